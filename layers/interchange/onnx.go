package interchange

import (
	"io"
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
)

// Names of the inputs and the output of an ONNX model.
const (
	onnxInputs      = "inputs"      // [T,B,D]
	onnxTokens      = "tokens"      // [T,B], int64
	onnxLengths     = "lengths"     // [B], int32: steps of each sequence
	onnxPredictions = "predictions" // [T,B,units] or [B,units]
)

// writeONNX writes the whole model for ONNX runtimes (https://onnx.ai, operator set 17): GRUs are the operator GRU with
// linear_before_reset, which is the form reset-after. Dropout has no effect in a prediction and is left out. The metadata are
// the properties of the file, in the order of their keys.
func writeONNX(w io.Writer, m *layers.Model, metadata map[string]string) error {
	all, faults := parts(m, "ONNX")
	if err := faults.Err(); err != nil {
		return err
	}
	g := &onnxGraph{float: onnxFloat32}
	if params := m.Params(); len(params) > 0 && params[0].Value.Dtype() == tensor.Float64 {
		g.float = onnxFloat64
	}
	input := m.Config().Input
	x := onnxInputs
	if input.Vocabulary > 0 {
		x = onnxTokens
		g.input(x, onnxInt64, "T", "B")
	} else {
		g.input(x, g.float, "T", "B", input.Size)
	}
	g.input(onnxLengths, onnxInt32, "B")

	for _, p := range all {
		var err error
		switch {
		case p.Embedding != nil:
			x = g.node("Gather", []string{g.parameter(same("", p.params["embeddings"])), x})
		case p.GRU != nil:
			x = g.gru(p, x)
		case p.Dense != nil:
			x, err = g.dense(p, x)
		case p.Pool != nil:
			x, err = g.pool(p.Pool.Kind, x)
		case p.Dropout != nil:
		default:
			err = errors.Errorf("onnx: found the layer %s, expected one that the format has", p.path)
		}
		if err != nil {
			return err
		}
	}
	head := m.Head()
	g.rename(x, onnxPredictions)
	if head.PerStep {
		g.output(onnxPredictions, g.float, "T", "B", head.Width())
	} else {
		g.output(onnxPredictions, g.float, "B", head.Width())
	}
	file := g.model(metadata)
	if len(file) > math.MaxInt32 {
		return errors.Errorf("onnx: found a model of %d bytes, expected at most %d, which is all that the format can hold", len(file), math.MaxInt32)
	}
	_, err := w.Write(file)
	return errors.Wrap(err, "write onnx")
}

// gru adds a GRU. The gates of the operator are z, r, h in blocks of rows; B is the input's biases, then the recurrent
// ones. Y is [T,directions,B,H], Y_h [directions,B,H].
func (g *onnxGraph) gru(p part, x string) string {
	h, directions := p.GRU.Units, p.directions()
	inputs := directions[0].kernel.Value.Shape()[0]
	var kernels, recurrentKernels, biases []*graph.Param
	for _, d := range directions {
		kernels = append(kernels, d.kernel)
		recurrentKernels = append(recurrentKernels, d.recurrentKernel)
		biases = append(biases, d.bias, d.recurrentBias)
	}
	n, way := len(directions), "forward"
	if n > 1 {
		way = "bidirectional"
	}
	y, last := g.name(), g.name()
	g.add("GRU", []string{
		x, g.parameter(onnxKernel(h, inputs, kernels)), g.parameter(onnxKernel(h, h, recurrentKernels)),
		g.parameter(swapped("", h, []int{n, 6 * h}, biases...)), onnxLengths,
	}, []string{y, last}, onnxText("direction", way), onnxInt("hidden_size", h), onnxInt("linear_before_reset", 1))
	if p.GRU.ReturnSequences {
		turned := g.node("Transpose", []string{y}, onnxInts("perm", 0, 2, 1, 3))
		return g.node("Reshape", []string{turned, g.integers(0, 0, n*h)})
	}
	turned := g.node("Transpose", []string{last}, onnxInts("perm", 1, 0, 2))
	return g.node("Reshape", []string{turned, g.integers(0, n*h)})
}

// onnxKernel is kernels [D,3H], one a direction, as [directions,3H,D] with the gates z, r, h.
func onnxKernel(units, inputs int, kernels []*graph.Param) slot {
	rows := 3 * units
	return slot{shape: []int{len(kernels), rows, inputs}, params: kernels, at: func(i int) int {
		direction, row, column := i/(rows*inputs), i/inputs%rows, i%inputs
		return direction*rows*inputs + column*rows + swapGates(row, units)
	}}
}

func (g *onnxGraph) dense(p part, x string) (string, error) {
	y := g.node("MatMul", []string{x, g.parameter(same("", p.params["kernel"]))})
	y = g.node("Add", []string{y, g.parameter(same("", p.params["bias"]))})
	y, err := g.activate(p.Dense.Activation, y)
	return y, errors.WithMessage(err, p.path)
}

// Constants of selu (Klambauer et al. 2017, arXiv:1706.02515), as package kernel has them.
const (
	seluScale = 1.0507009873554804934193349852946
	seluAlpha = 1.6732632423543772848170429916717
)

// activate adds an activation, with the equations of [kernel.ActivationNamed]. Operators whose constants are attributes, and that
// common runtimes have for float32 only, are made of others.
func (g *onnxGraph) activate(a layers.Activation, x string) (string, error) {
	one := func() string { return g.number(1) }
	shiftedExp := func() string { // exp(min(x, 0)) − 1
		return g.node("Sub", []string{g.node("Exp", []string{g.node("Min", []string{x, g.number(0)})}), one()})
	}
	switch a {
	case layers.Linear:
		return x, nil
	case layers.ReLU:
		return g.node("Relu", []string{x}), nil
	case layers.Tanh:
		return g.node("Tanh", []string{x}), nil
	case layers.Sigmoid:
		return g.node("Sigmoid", []string{x}), nil
	case layers.HardSigmoid:
		y := g.node("Div", []string{g.node("Add", []string{x, g.number(3)}), g.number(6)})
		return g.node("Min", []string{g.node("Max", []string{y, g.number(0)}), one()}), nil
	case layers.Softplus: // max(x, 0) + log(1 + exp(−|x|))
		e := g.node("Exp", []string{g.node("Neg", []string{g.node("Abs", []string{x})})})
		return g.node("Add", []string{g.node("Relu", []string{x}), g.node("Log", []string{g.node("Add", []string{one(), e})})}), nil
	case layers.ELU:
		return g.node("Add", []string{g.node("Relu", []string{x}), shiftedExp()}), nil
	case layers.SELU:
		y := g.node("Add", []string{g.node("Relu", []string{x}), g.node("Mul", []string{g.number(seluAlpha), shiftedExp()})})
		return g.node("Mul", []string{g.number(seluScale), y}), nil
	case layers.Swish:
		return g.node("Mul", []string{x, g.node("Sigmoid", []string{x})}), nil
	case layers.GELU: // x/2·(1 + erf(x/√2))
		erf := g.node("Erf", []string{g.node("Div", []string{x, g.number(math.Sqrt2)})})
		return g.node("Mul", []string{g.node("Mul", []string{x, g.number(0.5)}), g.node("Add", []string{one(), erf})}), nil
	case layers.Positive: // max(x + 1/2, σ(x))
		return g.node("Max", []string{g.node("Add", []string{x, g.number(0.5)}), g.node("Sigmoid", []string{x})}), nil
	default:
		return "", errors.Errorf("onnx: found the activation %q, expected one that has operators", a)
	}
}

// pool adds a pool over the steps t < lengths[b] of x [T,B,D].
func (g *onnxGraph) pool(kind layers.PoolKind, x string) (string, error) {
	steps := g.node("Gather", []string{g.node("Shape", []string{x}), g.integer(0)})
	step := g.node("Unsqueeze", []string{g.node("Range", []string{g.integer(0), steps, g.integer(1)}), g.integers(1)}) // [T,1]
	lengths := g.node("Cast", []string{onnxLengths}, onnxInt("to", onnxInt64))
	zero := func() string { return g.number(0) }
	switch kind {
	case layers.PoolMean:
		counted := g.where(g.node("Less", []string{step, lengths}), x, zero())
		count := g.node("Max", []string{g.node("Cast", []string{lengths}, onnxInt("to", g.float)), g.number(1)})
		return g.node("Div", []string{g.sum(counted), g.node("Unsqueeze", []string{count, g.integers(1)})}), nil
	case layers.PoolMax:
		counted := g.where(g.node("Less", []string{step, lengths}), x, g.number(math.Inf(-1)))
		greatest := g.node("ReduceMax", []string{counted}, onnxInts("axes", 0), onnxInt("keepdims", 0))
		begun := g.node("Unsqueeze", []string{g.node("Less", []string{g.integer(0), lengths}), g.integers(1)}) // [B,1]
		return g.node("Where", []string{begun, greatest, zero()}), nil
	case layers.PoolLast:
		final := g.node("Sub", []string{lengths, g.integer(1)})
		return g.sum(g.where(g.node("Equal", []string{step, final}), x, zero())), nil
	default:
		return "", errors.Errorf("onnx: found the pool %q, expected one that has operators", kind)
	}
}

// where is x [T,B,D] at the steps that which [T,B] has, else other.
func (g *onnxGraph) where(which, x, other string) string {
	return g.node("Where", []string{g.node("Unsqueeze", []string{which, g.integers(2)}), x, other})
}

// sum adds up the steps of x [T,B,D].
func (g *onnxGraph) sum(x string) string {
	return g.node("ReduceSum", []string{x, g.integers(0)}, onnxInt("keepdims", 0))
}

// parameter adds the tensor of a slot.
func (g *onnxGraph) parameter(s slot) string {
	t := s.tensor()
	return g.constant(g.float, t.Shape, t)
}

// number adds a scalar of the model's numbers.
func (g *onnxGraph) number(v float64) string {
	if g.float == onnxFloat64 {
		return g.constant(g.float, nil, weights.Tensor{Data: []float64{v}})
	}
	return g.constant(g.float, nil, weights.Tensor{Data: []float32{float32(v)}})
}

// integer adds a scalar, integers a vector.
func (g *onnxGraph) integer(v int) string {
	return g.constant(onnxInt64, nil, weights.Tensor{Data: []int64{int64(v)}})
}

func (g *onnxGraph) integers(values ...int) string {
	data := make([]int64, len(values))
	for i, v := range values {
		data[i] = int64(v)
	}
	return g.constant(onnxInt64, []int{len(values)}, weights.Tensor{Data: data})
}
