package solvers_test

import (
	"fmt"
	"log"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// The cost ½·Σ (w−1)² has the gradient w−1. A training takes its gradients from a [graph.Program] instead.
func Example() {
	kernel, err := graph.NewParam("dense/kernel", graph.RoleKernel, tensor.Float64, graph.Zeros, graph.NewStreams(1), 2, 2)
	if err != nil {
		log.Fatal(err)
	}
	solver, err := solvers.New(
		&solvers.ClipByGlobalNorm{Max: 1},
		&solvers.Momentum{Momentum: 0.9, Form: solvers.EMA},
		&solvers.ScaleByLearningRate{Schedule: solvers.Cosine(0.5, 0, 200)},
	)
	if err != nil {
		log.Fatal(err)
	}
	gradient := graph.Gradient{Param: kernel, Tensor: tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(2, 2))}
	for range 200 {
		for i, w := range kernel.Value.Float64s() {
			gradient.Tensor.Float64s()[i] = w - 1
		}
		if err := solver.Step([]gorgonia.ValueGrad{gradient}); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Printf("%.3f after %d steps\n", kernel.Value.Float64s(), solver.Steps())
	// Output: [1.000 1.000 1.000 1.000] after 200 steps
}

func ExampleConfig() {
	config := solvers.Config{
		Name:     solvers.NameAdamW,
		Beta1:    new(0.85),
		Momentum: new(0.9),
		Schedule: solvers.ScheduleConfig{Name: solvers.ScheduleStep, Factor: new(1.5)},
	}
	fmt.Println(config.WithDefaults().Validate().Err())
	// Output: momentum: found 0.9, expected null or left out: adamw has no momentum; schedule.factor: found 1.5, expected a number above 0, at most 1
}

// signMomentum steps by the sign of a moving average of the gradients. Moments are its memory: they are saved and restored with
// the solver.
type signMomentum struct {
	decay float64
	solvers.Moments
}

func (*signMomentum) Name() string { return "sign_momentum" }

func (s *signMomentum) Init(params []*graph.Param) error {
	s.Moments = solvers.NewMoments(params)
	return nil
}

func (s *signMomentum) Apply(_ int, updates []solvers.Update) error {
	for _, u := range updates {
		solvers.ForEach(func(v []float64) { // the gradient and its average
			v[1] = s.decay*v[1] + (1-s.decay)*v[0]
			v[0] = math.Copysign(1, v[1])
		}, u.Delta, s.Moments[u.Param.Name])
	}
	return nil
}

// An added solver by name: solver: {name: sign_momentum, momentum: 0.5} in YAML selects it where the program hands over the
// extensions.
func ExampleExtensions() {
	extensions := &solvers.Extensions{Solvers: map[string]solvers.Factory{
		"sign_momentum": {
			Defaults: solvers.Config{LearningRate: 0.1, Momentum: new(0.9)},
			New: func(c solvers.Config, _ solvers.Plan) ([]solvers.Transform, error) {
				return []solvers.Transform{&signMomentum{decay: *c.Momentum}}, nil
			},
		},
	}}
	config := solvers.Config{Name: "sign_momentum", Momentum: new(0.5), ClipNorm: 1, Extensions: extensions}
	solver, err := config.New(solvers.Plan{})
	if err != nil {
		log.Fatal(err)
	}
	kernel, err := graph.NewParam("dense/kernel", graph.RoleKernel, tensor.Float32, graph.Zeros, graph.NewStreams(1), 3)
	if err != nil {
		log.Fatal(err)
	}
	gradient := tensor.New(tensor.WithShape(3), tensor.WithBacking([]float32{0.5, -2, 1}))
	if err := solver.Step([]gorgonia.ValueGrad{graph.Gradient{Param: kernel, Tensor: gradient}}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(kernel.Value.Float32s())

	config.Name = "sign"
	fmt.Println(config.WithDefaults().Validate()[0].Expected)
	// Output:
	// [-0.1 0.1 -0.1]
	// one of [gd sgd momentum nesterov adagrad adadelta rmsprop adam amsgrad adamw nadam radam adabelief lion rprop asgd sign_momentum]
}
