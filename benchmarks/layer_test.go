package benchmarks

import (
	"fmt"
	"hash"
	"hash/fnv"
	"math"
	"testing"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/op"
)

func BenchmarkLayer(b *testing.B) {
	for _, s := range allShapes(b) {
		runBenchmark(b, s.Name, func(b *testing.B) {
			layer, err := newLayer(s, kernel.NewPool(0))
			if err != nil {
				b.Fatal(err)
			}
			rate := measure(b, layer)
			b.ReportMetric(rate*s.layerFLOPs()/1e9, "GFLOP/s")
			b.ReportMetric(rate*float64(s.Batch), "sequences/s")
		})
	}
}

// layer is a GRU as it stands inside of a network: something above it hands down the gradient of its states, something
// below it, or a solver, takes the gradients of its inputs where the operations leave them. It is made of nodes and a
// machine without a graph.Program, which would copy the gradient of x out and take its norm as if it were a parameter's.
type layer struct {
	machine   gorgonia.VM
	gradients map[string]*gorgonia.Node
	hidden    *gorgonia.Node
}

func newLayer(s shape, pool *kernel.Pool) (*layer, error) {
	g, scope := gorgonia.NewGraph(), op.NewScope(pool, true)
	var leaves gorgonia.Nodes
	leaf := func(name string, deviation float32, sizes ...int) *gorgonia.Node {
		value := tensor.New(tensor.WithShape(sizes...),
			tensor.WithBacking(normal(uint64(len(leaves)), tensor.Shape(sizes).TotalSize(), deviation)))
		node := gorgonia.NewTensor(g, tensor.Float32, len(sizes),
			gorgonia.WithShape(sizes...), gorgonia.WithName(name), gorgonia.WithValue(value))
		leaves = append(leaves, node)
		return node
	}
	deviation := float32(1 / math.Sqrt(float64(s.Units)))
	x := leaf("x", 1, s.Steps, s.Batch, s.Inputs)
	initial := leaf("initial", 0.1, s.Batch, s.Units)
	w := leaf("kernel", deviation, s.Inputs, 3*s.Units)
	u := leaf("recurrent_kernel", deviation, s.Units, 3*s.Units)
	bias := leaf("bias", 0.1, 3*s.Units)
	recurrentBias := leaf("recurrent_bias", 0.1, 3*s.Units)
	dHidden := leaf("hidden_gradient", 0.1, s.Steps, s.Batch, s.Units)

	gates, err := op.Affine(scope, x, w, bias)
	if err != nil {
		return nil, err
	}
	hidden, err := op.Recurrence(scope, op.RecurrenceNodes{Gates: gates, RecurrentKernel: u, RecurrentBias: recurrentBias, Initial: initial}, op.RecurrenceOptions{})
	if err != nil {
		return nil, err
	}
	cost, err := gorgonia.ApplyOp(costOf{}, hidden, dHidden)
	if err != nil {
		return nil, errors.Wrap(err, "cost")
	}
	l := &layer{hidden: hidden, gradients: map[string]*gorgonia.Node{}}
	wrt := gorgonia.Nodes{x, initial, w, u, bias, recurrentBias}
	outputs, err := gorgonia.Grad(cost, wrt...)
	if err != nil {
		return nil, errors.Wrap(err, "differentiate")
	}
	for i, n := range wrt {
		l.gradients[n.Name()] = outputs[i]
	}
	program, locations, err := gorgonia.CompileFunction(g, leaves, outputs)
	if err != nil {
		return nil, errors.Wrap(err, "compile")
	}
	l.machine = gorgonia.NewTapeMachine(g, gorgonia.WithPrecompiled(program, locations))
	return l, nil
}

func (l *layer) step() error {
	l.machine.Reset()
	return l.machine.RunAll()
}

func (l *layer) results() (map[string][]float32, error) {
	found := map[string][]float32{}
	for name, node := range l.gradients {
		dense, ok := node.Value().(*tensor.Dense)
		if !ok {
			return nil, errors.Errorf("gradient of %s: found %T, expected a dense tensor", name, node.Value())
		}
		found[name] = dense.Float32s()
	}
	return found, nil
}

func (l *layer) close() error { return l.machine.Close() }

// costOf stands for whatever is above a layer: a number whose gradient with respect to the first input, the layer's
// output, is the second one. It is there to be differentiated and is never run.
type costOf struct{}

var _ gorgonia.SDOp = costOf{}

func (costOf) Arity() int { return 2 }

func (costOf) Type() hm.Type {
	states := gorgonia.TensorType{Dims: 3, Of: tensor.Float32}
	return hm.NewFnType(states, states, tensor.Float32)
}

func (costOf) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return tensor.ScalarShape(), nil
}

func (costOf) Do(...gorgonia.Value) (gorgonia.Value, error) {
	return nil, errors.New("found a run of a cost that is only differentiated")
}

func (costOf) ReturnsPtr() bool     { return false }
func (costOf) CallsExtern() bool    { return false }
func (costOf) OverwritesInput() int { return -1 }
func (c costOf) String() string     { return "CostOf" }

func (c costOf) WriteHash(h hash.Hash) { fmt.Fprint(h, c) }

func (c costOf) Hashcode() uint32 {
	h := fnv.New32a()
	c.WriteHash(h)
	return h.Sum32()
}

func (costOf) DiffWRT(int) []bool { return []bool{true, false} }

func (costOf) SymDiff(inputs gorgonia.Nodes, _, _ *gorgonia.Node) (gorgonia.Nodes, error) {
	return gorgonia.Nodes{inputs[1], nil}, nil
}
