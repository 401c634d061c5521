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
			// The norm of the gradients is about √(number of parameters)/100, above 1: clipping has to scale them.
			u, err := newUpdating(shapeNamed(b, "base"), solvers.Config{Name: name, ClipNorm: 1}, graph.Param{})
			if err != nil {
				b.Fatal(err)
			}
			measure(b, u)
		})
	}
}

// BenchmarkGradient is gradient descent with one of the things that can be done to gradients, or to parameters after a step.
func BenchmarkGradient(b *testing.B) {
	for _, g := range gradientOptions() {
		runBenchmark(b, g.name, func(b *testing.B) {
			u, err := newUpdating(shapeNamed(b, "base"), g.config, g.param)
			if err != nil {
				b.Fatal(err)
			}
			measure(b, u)
		})
	}
}

// gradientOption is an option of a solver, or what its parameters ask for.
type gradientOption struct {
	name   string
	config solvers.Config
	param  graph.Param
}

func gradientOptions() []gradientOption {
	var all []gradientOption
	add := func(name string, config solvers.Config, param graph.Param) {
		config.Name = solvers.NameSGD
		all = append(all, gradientOption{name, config, param})
	}
	add("none", solvers.Config{}, graph.Param{})
	add("spikes", solvers.Config{Spikes: new(solvers.SpikeConfig{})}, graph.Param{})
	add("centralize", solvers.Config{Centralize: true}, graph.Param{})
	add("clip_value", solvers.Config{ClipValue: 1e-3}, graph.Param{})
	add("clip_param_norm", solvers.Config{ClipParamNorm: 1e-3}, graph.Param{})
	add("clip_adaptive", solvers.Config{ClipAdaptive: 1e-3}, graph.Param{})
	add("gradient_noise", solvers.Config{GradientNoise: new(solvers.GradientNoiseConfig{})}, graph.Param{})
	add("l2", solvers.Config{L2: 1e-3}, graph.Param{})
	add("orthogonality", solvers.Config{}, graph.Param{Penalty: graph.Penalty{Orthogonality: 1e-3}})
	add("groups", solvers.Config{Groups: []solvers.Group{{Names: []string{"*"}, LearningRateFactor: new(0.5)}}}, graph.Param{})
	add("lookahead", solvers.Config{Lookahead: new(solvers.LookaheadConfig{})}, graph.Param{})
	add("max_norm", solvers.Config{}, graph.Param{Constraint: graph.Constraint{MaxNorm: 1}})
	return all
}

// updating is a solver over the parameters of a layer. A solver uses its gradients up, so each step begins with a copy of
// them, which is measured too: a memory move of what the solver then reads and writes several times.
type updating struct {
	solver    *solvers.Solver
	params    []*graph.Param
	drawn     [][]float32
	gradients []gorgonia.ValueGrad
}

// newUpdating lets the matrices have the penalty and the constraint of param.
func newUpdating(s shape, config solvers.Config, param graph.Param) (*updating, error) {
	model, err := newModel(s, layers.GRUConfig{Units: s.Units})
	if err != nil {
		return nil, err
	}
	u := &updating{params: model.Params()}
	if u.solver, err = config.New(solvers.Plan{Streams: graph.NewStreams(1)}); err != nil {
		return nil, err
	}
	for i, p := range u.params {
		if p.Value.Dims() > 1 {
			p.Penalty, p.Constraint = param.Penalty, param.Constraint
		}
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
