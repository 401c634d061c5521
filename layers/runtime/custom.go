package runtime

import (
	"fmt"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/spec"
)

// VectorLayer is what the options of a layer that is not built in have in order to run without a graph, if the layer works on
// every vector by itself.
type VectorLayer interface {
	spec.Layer
	// Vector writes what the layer makes of a vector x into y. params are the parameters by their names within the layer. Only y
	// may be changed, and nothing may be kept.
	Vector(params map[string][]float64, x, y []float64)
}

// SequenceLayer is the same for a layer that looks at several steps. It cannot run step by step.
type SequenceLayer interface {
	spec.Layer
	// Sequence returns what the layer makes of whole sequences, whose numbers it may not change.
	Sequence(params map[string][]float64, in Sequence) Sequence
}

// Sequence is sequences side by side.
type Sequence struct {
	X           []float64 // [T,B,Width], or [B,Width] where Steps is 0
	Steps, Size int       // T and B
	Width       int
	Mask        []float64 // [T,B]: 1 where there is data; nil: there is no padding, or no step
}

// checkEquations rejects layers that are not built in and that cannot run without a graph.
func checkEquations(planned []spec.PlannedLayer) error {
	for _, p := range planned {
		switch c := p.Config.(type) {
		case spec.ResidualConfig:
			if err := checkEquations(c.Inside(p.Name, p.In)); err != nil {
				return err
			}
		case spec.GRUConfig, spec.GRUDConfig, spec.LSTMConfig, spec.RNNConfig, spec.MinGRUConfig, spec.CellConfig, spec.DenseConfig, spec.EmbeddingConfig, spec.DropoutConfig,
			spec.PoolConfig, spec.AttentionPoolConfig, spec.Conv1DConfig, spec.BatchNormConfig, spec.LayerNormConfig, spec.CategoryEmbeddingConfig,
			spec.ActivityRegularizationConfig, VectorLayer, SequenceLayer:
		default:
			return fault.Fault{
				Where: p.Name, What: fmt.Sprintf("a layer of the kind %s cannot run without a graph", p.Kind),
				Expected: "options with the method Vector or Sequence: see runtime.VectorLayer and runtime.SequenceLayer",
			}.Err()
		}
	}
	return nil
}

// custom is a layer that is not built in.
type custom[F kernel.Float] struct {
	name    string
	vector  VectorLayer // exactly one of the two is not nil
	whole   SequenceLayer
	in, out int
	arrays  map[string][]F
}

func (b *builder[F]) custom(p spec.PlannedLayer) (layer[F], error) {
	c := &custom[F]{name: p.Name, in: p.In.Width, out: p.Out.Width, arrays: b.arraysBelow(p.Name + "/")}
	switch options := p.Config.(type) {
	case VectorLayer:
		c.vector = options
	case SequenceLayer:
		c.whole = options
	} // checkEquations rejects any other
	return c, nil
}

// params are the parameters as they are now, in memory that is used again.
func (c *custom[F]) params(memory map[string][]float64) map[string][]float64 {
	for name, values := range c.arrays {
		memory[name] = widened(memory[name], values)
	}
	return memory
}

// widened is values as float64, over memory that is used again.
func widened[F kernel.Float](memory []float64, values []F) []float64 {
	memory = memory[:0]
	for _, v := range values {
		memory = append(memory, float64(v))
	}
	return memory
}

func (c *custom[F]) pass(*kernel.Pool) pass[F] {
	return &customRun[F]{custom: c, memory: map[string][]float64{}}
}

func (c *custom[F]) stage(s *Stepper[F]) (stage[F], error) {
	if c.vector == nil {
		return nil, errors.Errorf("%s: found a layer that looks at several steps, expected one that can run step by step", c.name)
	}
	s.units = c.out
	return &customRun[F]{custom: c, memory: map[string][]float64{}, y: s.rows(c.out)}, nil
}

// customRun is a pass and a stage. It remembers nothing.
type customRun[F kernel.Float] struct {
	*custom[F]
	memory         map[string][]float64
	x, wide, masks []float64
	y, mask        []F
}

func (c *customRun[F]) step(in, _ []F) []F {
	c.vectors(in)
	return c.y
}

// vectors fills y.
func (c *customRun[F]) vectors(in []F) {
	params := c.params(c.memory)
	c.x = widened(c.x, in)
	rows := len(in) / c.in
	c.y = resized(c.y, rows*c.out)
	c.wide = resized(c.wide, c.out)
	for row := range rows {
		clear(c.wide)
		c.vector.Vector(params, c.x[row*c.in:(row+1)*c.in], c.wide)
		narrowInto(c.y[row*c.out:], c.wide)
	}
}

func narrowInto[F kernel.Float](into []F, values []float64) {
	for i, v := range values {
		into[i] = F(v)
	}
}

func (c *customRun[F]) run(in sequence[F]) sequence[F] {
	if c.vector != nil {
		c.vectors(in.x)
		in.x, in.width = c.y, c.out
		return in
	}
	c.x, c.masks = widened(c.x, in.x), widened(c.masks, in.mask)
	given := Sequence{X: c.x, Steps: in.steps, Size: in.batch, Width: in.width}
	if in.mask != nil {
		given.Mask = c.masks
	}
	found := c.whole.Sequence(c.params(c.memory), given)
	if rows := max(found.Steps, 1) * found.Size; found.Size != in.batch || found.Width != c.out || len(found.X) != rows*c.out || found.Mask != nil && len(found.Mask) != rows {
		in.err = errors.Errorf("%s: found %d numbers of %d steps of %d sequences, expected vectors of %d for %d sequences", c.name, len(found.X), found.Steps, found.Size, c.out, in.batch)
		return in
	}
	c.y = resized(c.y, len(found.X))
	narrowInto(c.y, found.X)
	out := sequence[F]{x: c.y, steps: found.Steps, batch: in.batch, width: c.out}
	if found.Mask != nil {
		c.mask = resized(c.mask, len(found.Mask))
		narrowInto(c.mask, found.Mask)
		out.mask = c.mask
	}
	return out
}
