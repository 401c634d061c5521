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
// linear_before_reset, which is the form reset-after. Dropout does nothing in a prediction and is left out.
func writeONNX(w io.Writer, m *layers.Model) error {
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

	head, faults := layers.PredictionHead(m.Config())
	if err := faults.Err(); err != nil {
		return err
	}
	for _, p := range all {
		switch {
		case p.Embedding != nil:
			x = g.node("Gather", []string{g.parameter(same("", p.params["embeddings"])), x})
		case p.GRU != nil:
			x = g.gru(p, x)
		case p.Dense != nil:
			x = g.dense(p, x)
		case p.Pool != nil:
			x = g.pool(p.Pool.Kind, x)
		}
	}
	g.rename(x, onnxPredictions)
	if head.PerStep {
		g.output(onnxPredictions, g.float, "T", "B", head.Units)
	} else {
		g.output(onnxPredictions, g.float, "B", head.Units)
	}
	file := g.model()
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

func (g *onnxGraph) dense(p part, x string) string {
	y := g.node("MatMul", []string{x, g.parameter(same("", p.params["kernel"]))})
	y = g.node("Add", []string{y, g.parameter(same("", p.params["bias"]))})
	if activation, ok := onnxActivations()[p.Dense.Activation]; ok {
		y = g.node(activation, []string{y})
	}
	return y
}

// onnxActivations are the operators of the activations but for linear.
func onnxActivations() map[layers.Activation]string {
	return map[layers.Activation]string{layers.ReLU: "Relu", layers.Tanh: "Tanh", layers.Sigmoid: "Sigmoid"}
}

// pool adds a pool over the steps t < lengths[b] of x [T,B,D].
func (g *onnxGraph) pool(kind layers.PoolKind, x string) string {
	steps := g.node("Gather", []string{g.node("Shape", []string{x}), g.integer(0)})
	step := g.node("Unsqueeze", []string{g.node("Range", []string{g.integer(0), steps, g.integer(1)}), g.integers(1)}) // [T,1]
	lengths := g.node("Cast", []string{onnxLengths}, onnxInt("to", onnxInt64))
	zero := g.number(0)
	switch kind {
	case layers.PoolMean:
		counted := g.where(g.node("Less", []string{step, lengths}), x, zero)
		count := g.node("Max", []string{g.node("Cast", []string{lengths}, onnxInt("to", g.float)), g.number(1)})
		return g.node("Div", []string{g.sum(counted), g.node("Unsqueeze", []string{count, g.integers(1)})})
	case layers.PoolMax:
		counted := g.where(g.node("Less", []string{step, lengths}), x, g.number(math.Inf(-1)))
		greatest := g.node("ReduceMax", []string{counted}, onnxInts("axes", 0), onnxInt("keepdims", 0))
		begun := g.node("Unsqueeze", []string{g.node("Less", []string{g.integer(0), lengths}), g.integers(1)}) // [B,1]
		return g.node("Where", []string{begun, greatest, zero})
	default:
		final := g.node("Sub", []string{lengths, g.integer(1)})
		return g.sum(g.where(g.node("Equal", []string{step, final}), x, zero))
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
