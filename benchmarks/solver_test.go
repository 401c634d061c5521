package benchmarks

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
)

func BenchmarkSolver(b *testing.B) {
	for _, name := range solvers.Names() {
		runBenchmark(b, name, func(b *testing.B) {
			u, err := newUpdating(shapeNamed(b, "base"), name)
			if err != nil {
				b.Fatal(err)
			}
			measure(b, u)
		})
	}
}

// updating is a solver over the parameters of a layer. A solver uses its gradients up, so each step begins with a copy of
// them, which is measured too: a memory move of what the solver then reads and writes several times.
type updating struct {
	solver    *solvers.Solver
	params    []*graph.Param
	drawn     [][]float32
	gradients []gorgonia.ValueGrad
}

func newUpdating(s shape, name string) (*updating, error) {
	model, err := newModel(s, layers.GRUConfig{Units: s.Units})
	if err != nil {
		return nil, err
	}
	u := &updating{params: model.Params()}
	// The norm of the gradients is about √(number of parameters)/100, above 1: clipping has to scale them.
	if u.solver, err = (solvers.Config{Name: name, ClipNorm: 1}).New(solvers.Plan{}); err != nil {
		return nil, err
	}
	for i, p := range u.params {
		values := normal(uint64(i), p.Size(), 0.01)
		u.drawn = append(u.drawn, values)
		u.gradients = append(u.gradients, &graph.Gradient{
			Param:  p,
			Tensor: tensor.New(tensor.WithShape(p.Value.Shape().Clone()...), tensor.WithBacking(make([]float32, len(values)))),
		})
	}
	return u, nil
}

func (u *updating) step() error {
	for i, g := range u.gradients {
		copy(g.(*graph.Gradient).Tensor.Float32s(), u.drawn[i])
	}
	return u.solver.Step(u.gradients)
}

func (u *updating) results() (map[string][]float32, error) {
	found := map[string][]float32{}
	for _, p := range u.params {
		found[p.Name] = p.Value.Float32s()
	}
	return found, nil
}

func (u *updating) close() error { return nil }
