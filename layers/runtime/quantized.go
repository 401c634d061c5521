package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/spec"
)

// Format is how a model keeps its weights in memory.
type Format int

// The formats. Float32 means the numbers of the model file, which may be float64.
const (
	Float32  Format = iota // as they are in the model file
	Int8                   // 8 bits and a scale for the weights of each output: a quarter of the memory
	BFloat16               // the upper half of each float32: half the memory
)

var formatNames = [...]string{Float32: "float32", Int8: "int8", BFloat16: "bf16"}

// FormatNames are the names of the formats.
func FormatNames() []string { return slices.Clone(formatNames[:]) }

// String is the name: float32, int8 or bf16.
func (f Format) String() string {
	if f < 0 || int(f) >= len(formatNames) {
		return fmt.Sprintf("format %d", int(f))
	}
	return formatNames[f]
}

// FormatNamed is the format of that name. An unknown one is an error of type [*fault.Error].
func FormatNamed(name string) (Format, error) {
	if i := slices.Index(formatNames[:], name); i >= 0 {
		return Format(i), nil
	}
	return 0, fault.Fault{What: "unknown format of weights", Found: name, Expected: "one of " + strings.Join(formatNames[:], ", ")}.Err()
}

// Format is how the model keeps its weights.
func (m *Model) Format() Format { return m.format }

// Size is how many bytes the parameters of the model take.
func (m *Model) Size() int { return m.size }

// Quantized returns the model with smaller weights, for services that have many streams or little memory. It rounds the
// kernels of dense and recurrent layers and the embeddings of tokens. All other parameters, activations and states stay
// float32. It no longer sees changes of the parameters of m, and holds none of those that it rounded.
//
// With [Int8] each output j has the scale s[j] = max|w[·,j]|/127, and its weights are rounded to the nearest multiples of it. A
// product x·w + b then differs by at most s[j]/2·Σ|x[l]|. With [BFloat16] each weight is rounded to 8 significant bits, to
// even, and a product differs by at most 2⁻⁹·Σ|x[l]·w[l,j]|. To both come the roundings of sums in float32, which all kinds
// of processors make in the same way: steps and whole sequences have the same bits everywhere where the activations have.
// Inputs are not rounded.
//
// Whole sequences are run step by step, one sequence after the other: that costs time where batches are large.
//
// A model of float64, one with a decoder, a cell that is not built in, a minGRU and a GRU with heads or with gating "input" are errors of type
// [*fault.Error], and so is another format of a model that is quantized.
func (m *Model) Quantized(format Format) (*Model, error) {
	if format == m.format {
		return m, nil
	}
	name := format.String()
	if format != Int8 && format != BFloat16 {
		return nil, unquantizable(name, "weights that were rounded cannot be restored", m.format.String(), "a model that is opened again")
	}
	if m.format != Float32 {
		return nil, unquantizable(name, "the weights are quantized already", m.format.String(), "a model that is opened again")
	}
	if m.single == nil {
		return nil, unquantizable(name, "the type of the weights", "float64", "float32")
	}
	if m.plan.Model.Decoder != nil {
		return nil, unquantizable(name, "a model with a decoder", "", "")
	}
	if err := checkQuantizable(name, m.plan.Layers); err != nil {
		return nil, err
	}
	b := newBuilder[float32](m.arrays)
	b.quantize = func(w []float32, units int) kernel.Weights[float32] {
		if format == Int8 {
			return kernel.Int8Weights(nil, w, units)
		}
		return kernel.BFloat16Weights(nil, w, units)
	}
	network, err := newNetwork(m.plan, b)
	if err != nil {
		return nil, err
	}
	return &Model{plan: m.plan, metadata: m.metadata, format: format, size: m.size - b.saved, single: network}, nil
}

// checkQuantizable lists the layers that only know weights of float32.
func checkQuantizable(format string, planned []spec.PlannedLayer) error {
	for _, p := range planned {
		switch c := p.Config.(type) {
		case spec.ResidualConfig:
			if err := checkQuantizable(format, c.Inside(p.Name, p.In)); err != nil {
				return err
			}
		case spec.Recurrent:
			r := c.Recurrence()
			if r.Cell != nil {
				return unquantizable(format, p.Name+": a cell that is not built in", "", "")
			}
			if r.Minimal() {
				return unquantizable(format, p.Name+": a cell without a recurrent kernel", "", "")
			}
			if r.Heads > 1 {
				return unquantizable(format, p.Name+": heads", fmt.Sprint(r.Heads), "1")
			}
			if r.Gating == spec.InputGating {
				return unquantizable(format, p.Name+": gating", string(spec.InputGating), string(spec.LiteralGating))
			}
		}
	}
	return nil
}

func unquantizable(format, what, found, expected string) error {
	return fault.Fault{Where: "weights " + format, What: what, Found: found, Expected: expected}.Err()
}
