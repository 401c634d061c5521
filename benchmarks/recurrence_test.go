package benchmarks

import (
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/solvers"
)

// recurrence is what can be chosen at the recurrence of a GRU but not in a layer of a plain model.
type recurrence struct {
	decay       bool
	initial     bool
	returnState bool // beside the states of all steps, with a loss on each
}

// Feeds of a recurrence.
const (
	feedInitial = "initial"
	feedDecay   = "decay"
	feedStates  = "states"
)

// training is that of trainingConfig.training with nodes in place of a model.
func (r recurrence) training(s shape, pool *kernel.Pool) (*training, error) {
	b := graph.NewBuilder(graph.Train, tensor.Float32, graph.NewStreams(1), pool)
	cost, feeds, err := r.build(b, s)
	if err != nil {
		return nil, err
	}
	program, err := b.Compile(graph.Outputs{Cost: cost})
	if err != nil {
		return nil, err
	}
	solver, err := solvers.Config{Name: solvers.NameSGD, LearningRate: 0.01}.New(solvers.Plan{})
	if err != nil {
		return nil, err
	}
	return &training{program: program, solver: solver, feeds: feeds}, nil
}

// build adds the nodes up to the cost and returns what is fed to them.
func (r recurrence) build(b *graph.Builder, s shape) (*gorgonia.Node, graph.Feeds, error) {
	T, B, D, H := s.Steps, s.Batch, s.Inputs, s.Units
	feeds := graph.Feeds{}
	var err error
	do := func(f func() (*gorgonia.Node, error)) *gorgonia.Node {
		if err != nil {
			return nil
		}
		var node *gorgonia.Node
		node, err = f()
		return node
	}
	streams := graph.NewStreams(1)
	param := func(name string, role graph.Role, init graph.Initializer, shape ...int) *gorgonia.Node {
		return do(func() (*gorgonia.Node, error) {
			p, err := graph.NewParam(name, role, tensor.Float32, init, streams, shape...)
			if err != nil {
				return nil, err
			}
			return b.Param(p)
		})
	}
	feed := func(name string, values []float32, shape ...int) *gorgonia.Node {
		feeds[name] = values
		return do(func() (*gorgonia.Node, error) { return b.Input(name, tensor.Float32, shape...) })
	}
	ones := func(n int) []float32 { return slices.Repeat([]float32{1}, n) }

	x := feed(graph.FeedInputs, normal(1, T*B*D, 1), T, B, D)
	w, bias := param("kernel", graph.RoleKernel, graph.GlorotUniform, D, 3*H), param("bias", graph.RoleBias, graph.Zeros, 3*H)
	in := op.RecurrenceNodes{
		RecurrentKernel: param("recurrent_kernel", graph.RoleRecurrentKernel, graph.PerGate(graph.Orthogonal, 3), H, 3*H),
		RecurrentBias:   param("recurrent_bias", graph.RoleBias, graph.Zeros, 3*H),
		Mask:            feed(graph.FeedMask, ones(T*B), T, B), // as a model always has it
	}
	if r.initial {
		in.Initial = feed(feedInitial, normal(3, B*H, 0.1), B, H)
	}
	if r.decay {
		in.Decay = feed(feedDecay, slices.Repeat([]float32{0.9}, T*B*H), T, B, H)
	}
	in.Gates = do(func() (*gorgonia.Node, error) { return op.Affine(b.Ops(), x, w, bias) })
	hidden := do(func() (*gorgonia.Node, error) { return op.Recurrence(b.Ops(), in, op.RecurrenceOptions{}) })
	last := do(func() (*gorgonia.Node, error) { return op.Last(b.Ops(), hidden, nil, false) })
	near := func(node, targets *gorgonia.Node, weights []float32, name string, shape ...int) *gorgonia.Node {
		rows := do(func() (*gorgonia.Node, error) { return op.SquaredError(b.Ops(), node, targets) })
		counts := feed(name, weights, shape...)
		return do(func() (*gorgonia.Node, error) { return op.WeightedMean(b.Ops(), rows, counts) })
	}
	cost := near(last, feed(graph.FeedTargets, normal(2, B*H, 0.1), B, H), ones(B), graph.FeedWeights, B)
	if r.returnState {
		states := near(hidden, feed(feedStates, normal(2, T*B*H, 0.1), T, B, H), ones(T*B), "weights of "+feedStates, T, B)
		cost = do(func() (*gorgonia.Node, error) { return gorgonia.Add(cost, states) })
	}
	return cost, feeds, err
}
