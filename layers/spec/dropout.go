package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
)

// DropoutConfig says what dropout to make.
type DropoutConfig struct {
	Rate   float64 `yaml:"rate"`   // share of elements that become 0, in (0, 1); required
	Shared bool    `yaml:"shared"` // one draw [B,D] for all steps of a sequence
}

// WithDefaults returns c: no rate suits all models.
func (c DropoutConfig) WithDefaults() DropoutConfig { return c }

// Validate lists what is wrong with the configuration.
func (c DropoutConfig) Validate() fault.List {
	var l fault.List
	l.Check(c.Rate > 0 && c.Rate < 1, "rate", c.Rate, "more than 0 and less than 1")
	return l
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (c DropoutConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	in.ExpectNumbers(&l)
	in.expectUndropped(&l, "rate", c.Rate)
	l.Check(in.Steps || !c.Shared, "shared", c.Shared, "false where there are no steps to share a draw")
	in.Tokens = false
	return in, l
}

func (c DropoutConfig) dropsOutput() bool { return true }
