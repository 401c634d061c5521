package benchmarks

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// BenchmarkGorgonia measures the training step of BenchmarkTrainStep on Gorgonia alone: its operations, its BLAS, its
// machine and its solver, as one writes a GRU without this module.
func BenchmarkGorgonia(b *testing.B) {
	s := shapeNamed(b, "base")
	runBenchmark(b, s.Name, func(b *testing.B) {
		model, err := newModel(s, layers.GRUConfig{Units: s.Units})
		if err != nil {
			b.Fatal(err)
		}
		w, err := newGorgonia(s, model.Params(), batch(s, trainingConfig{}))
		if err != nil {
			b.Fatal(err)
		}
		rate := measure(b, w)
		b.ReportMetric(rate*float64(s.Batch), "sequences/s")
	})
}

// stockGorgonia is a GRU with a set of parameters for each gate and nodes for each step.
type stockGorgonia struct {
	machine gorgonia.VM
	solver  gorgonia.Solver
	model   []gorgonia.ValueGrad
	cost    *gorgonia.Node
}

// newGorgonia makes it with the values of a layer's parameters.
func newGorgonia(s shape, params []*graph.Param, feeds graph.Feeds) (_ *stockGorgonia, err error) {
	g := gorgonia.NewGraph()
	leaf := func(name string, values []float32, sizes ...int) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float32, len(sizes), gorgonia.WithShape(sizes...), gorgonia.WithName(name),
			gorgonia.WithValue(tensor.New(tensor.WithShape(sizes...), tensor.WithBacking(values))))
	}
	// add returns the node of an operation and keeps the first error.
	add := func(node *gorgonia.Node, failed error) *gorgonia.Node {
		if err == nil {
			err = failed
		}
		return node
	}
	var learned gorgonia.Nodes
	var gates [4][3]*gorgonia.Node // by parameter (kernel, recurrent kernel and their biases) and gate
	for i, p := range params {
		for gate := range gates[i] {
			values, rows := columns(p.Value, gate*s.Units, (gate+1)*s.Units)
			gates[i][gate] = leaf(fmt.Sprintf("%s/%d", p.Name, gate), values, rows, s.Units)
			learned = append(learned, gates[i][gate])
		}
	}
	affine := func(x *gorgonia.Node, kernel, bias, gate int) *gorgonia.Node {
		product := add(gorgonia.Mul(x, gates[kernel][gate]))
		if err != nil {
			return nil
		}
		return add(gorgonia.BroadcastAdd(product, gates[bias][gate], nil, []byte{0}))
	}
	inputs := feeds[graph.FeedInputs].([]float32)
	h := leaf("initial", slices.Repeat([]float32{0}, s.Batch*s.Units), s.Batch, s.Units)
	for t := range s.Steps {
		x := leaf(fmt.Sprintf("x%d", t), inputs[t*s.Batch*s.Inputs:(t+1)*s.Batch*s.Inputs], s.Batch, s.Inputs)
		var a, q [3]*gorgonia.Node
		for gate := range a {
			a[gate], q[gate] = affine(x, 0, 2, gate), affine(h, 1, 3, gate)
		}
		if err != nil {
			return nil, errors.Wrapf(err, "step %d", t)
		}
		reset := add(gorgonia.Sigmoid(add(gorgonia.Add(a[0], q[0]))))
		update := add(gorgonia.Sigmoid(add(gorgonia.Add(a[1], q[1]))))
		candidate := add(gorgonia.Tanh(add(gorgonia.Add(a[2], add(gorgonia.HadamardProd(reset, q[2]))))))
		h = add(gorgonia.Add(candidate, add(gorgonia.HadamardProd(update, add(gorgonia.Sub(h, candidate))))))
	}
	targets := leaf("targets", feeds[graph.FeedTargets].([]float32), s.Batch, s.Units)
	cost := add(gorgonia.Mean(add(gorgonia.Square(add(gorgonia.Sub(h, targets))))))
	if err != nil {
		return nil, errors.Wrap(err, "cost")
	}
	if _, err := gorgonia.Grad(cost, learned...); err != nil {
		return nil, errors.Wrap(err, "differentiate")
	}
	return &stockGorgonia{
		machine: gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(learned...)),
		solver:  gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.01)),
		model:   gorgonia.NodesToValueGrads(learned),
		cost:    cost,
	}, nil
}

// columns copies the columns [lo,hi) of a matrix, or of a vector as a matrix of one row.
func columns(t *tensor.Dense, lo, hi int) (values []float32, rows int) {
	width := t.Shape()[t.Dims()-1]
	for row := range slices.Chunk(t.Float32s(), width) {
		values = append(values, row[lo:hi]...)
		rows++
	}
	return values, rows
}

func (w *stockGorgonia) step() error {
	w.machine.Reset()
	if err := w.machine.RunAll(); err != nil {
		return err
	}
	return w.solver.Step(w.model)
}

func (w *stockGorgonia) results() (map[string][]float32, error) {
	cost, ok := w.cost.Value().Data().(float32)
	if !ok {
		return nil, errors.Errorf("cost: found %T, expected float32", w.cost.Value().Data())
	}
	return map[string][]float32{"cost": {cost}}, nil
}

func (w *stockGorgonia) close() error { return w.machine.Close() }
