package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// AttentionScore names how a decoder's state is compared with a state of the encoder.
type AttentionScore string

// The scores. NoAttention leaves the decoder with what its first state holds.
const (
	AdditiveAttention AttentionScore = "additive"
	DotAttention      AttentionScore = "dot"
	GeneralAttention  AttentionScore = "general"
	NoAttention       AttentionScore = "none"
)

// AttentionConfig says how a decoder reads the states of its encoder. The zero value of a field is its default.
type AttentionConfig struct {
	Score AttentionScore `yaml:"score"`           // how two states are compared; default additive
	Units int            `yaml:"units,omitempty"` // with the score additive: size of the comparison; default 64
}

// WithDefaults returns c with its zero fields set.
func (c AttentionConfig) WithDefaults() AttentionConfig {
	setDefault(&c.Score, AdditiveAttention)
	if c.Score == AdditiveAttention {
		setDefault(&c.Units, 64)
	}
	return c
}

// Validate lists what is wrong with the configuration.
func (c AttentionConfig) Validate() fault.List {
	var l fault.List
	switch c.Score {
	case AdditiveAttention:
		CheckUnits(&l, "units", c.Units)
	case DotAttention, GeneralAttention, NoAttention:
		l.Check(c.Units == 0, "units", c.Units, "none with the score %s: only %s has them", c.Score, AdditiveAttention)
	default:
		l.Add("score", string(c.Score), "one of %v", []AttentionScore{AdditiveAttention, DotAttention, GeneralAttention, NoAttention})
	}
	return l
}

// misfits lists why states of these sizes cannot be compared.
func (c AttentionConfig) misfits(decoded, encoded int) fault.List {
	var l fault.List
	switch c.Score {
	case AdditiveAttention:
		CheckParam(&l, "units", max(decoded, encoded), c.Units)
	case GeneralAttention:
		CheckParam(&l, "score", encoded, decoded)
	case DotAttention:
		l.Check(decoded == encoded, "score", string(c.Score), "%s, or a gru of the decoder with the %d units that the encoder has instead of %d",
			GeneralAttention, encoded, decoded)
	}
	return l
}

// Params are the parameters that the score has, for a decoder and an encoder with states of these sizes.
func (c AttentionConfig) Params(decoded, encoded int) []Param {
	switch c.Score {
	case AdditiveAttention:
		return []Param{
			newParam("query_kernel", param.RoleKernel, decoded, c.Units), newParam("key_kernel", param.RoleKernel, encoded, c.Units),
			newParam("bias", param.RoleBias, c.Units), newParam("vector", param.RoleKernel, c.Units),
		}
	case GeneralAttention:
		return []Param{newParam("key_kernel", param.RoleKernel, encoded, decoded)}
	default:
		return nil
	}
}
