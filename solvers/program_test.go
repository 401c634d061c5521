package solvers_test

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/solvers"
)

// recurrent is a GRU of three units and a dense layer that tell the distress of each flight from the temperatures so
// far: a training program with the parameters that it has gradients for.
func recurrent(t *testing.T, dtype tensor.Dtype) (*graph.Program, []*graph.Param, graph.Feeds) {
	t.Helper()
	const units = 3
	temperatures, distress := flights()
	steps := len(temperatures)
	streams := graph.NewStreams(1)
	b := graph.NewBuilder(graph.Train, dtype, streams, nil)
	must := func(n *gorgonia.Node, err error) *gorgonia.Node {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var params []*graph.Param
	param := func(name string, role graph.Role, init graph.Initializer, shape ...int) *gorgonia.Node {
		t.Helper()
		p, err := graph.NewParam(name, role, dtype, init, streams, shape...)
		if err != nil {
			t.Fatal(err)
		}
		params = append(params, p)
		return must(b.Param(p))
	}
	s := b.Ops()
	gates := must(op.Affine(s, must(b.Input(graph.FeedInputs, dtype, steps, 1, 1)),
		param("gru0/kernel", graph.RoleKernel, graph.GlorotUniform, 1, 3*units),
		param("gru0/bias", graph.RoleBias, graph.Zeros, 3*units)))
	hidden := must(op.Recurrence(s, op.RecurrenceNodes{
		Gates:           gates,
		RecurrentKernel: param("gru0/recurrent_kernel", graph.RoleRecurrentKernel, graph.Orthogonal, units, 3*units),
		RecurrentBias:   param("gru0/recurrent_bias", graph.RoleBias, graph.Zeros, 3*units),
	}, op.RecurrenceOptions{}))
	logits := must(op.Affine(s, hidden,
		param("dense/kernel", graph.RoleKernel, graph.GlorotUniform, units, 1),
		param("dense/bias", graph.RoleBias, graph.Zeros, 1)))
	rows := must(op.BinaryCrossEntropy(s, logits, must(b.Input(graph.FeedTargets, dtype, steps, 1, 1))))
	cost := must(op.WeightedMean(s, rows, must(b.Input(graph.FeedWeights, dtype, steps, 1))))
	program, err := b.Compile(graph.Outputs{Cost: cost})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := program.Close(); err != nil {
			t.Error(err)
		}
	})
	return program, params, graph.Feeds{
		graph.FeedInputs: temperatures, graph.FeedTargets: distress, graph.FeedWeights: slices.Repeat([]float64{1}, steps),
	}
}

// TestTrainsAProgram runs every rule, all options on, over a compiled graph. What has seen the flights before knows more
// than a regression on the temperature alone.
func TestTrainsAProgram(t *testing.T) {
	t.Parallel()
	const steps = 500
	rates := map[string]float64{
		"gd": 1, "sgd": 1, "momentum": 1, "nesterov": 1, "adagrad": 0.2, "adadelta": 10, "rmsprop": 0.02, "adam": 0.02, "amsgrad": 0.02,
		"adamw": 0.02, "nadam": 0.02, "radam": 0.02, "adabelief": 0.02, "lion": 0.005, "rprop": 0.01, "asgd": 1,
	}
	for _, name := range solvers.Names() {
		for _, dtype := range dtypes() {
			t.Run(name+"/"+dtype.String(), func(t *testing.T) {
				program, params, feeds := recurrent(t, dtype)
				solver := newSolver(t, solvers.Config{
					Name: name, LearningRate: rates[name], ClipNorm: 1, ClipValue: 1, L1: 1e-6, L2: 1e-6,
					Schedule: solvers.ScheduleConfig{Name: solvers.ScheduleLinear, WarmUpEpochs: 10},
				}, solvers.Plan{StepsPerEpoch: 1, Epochs: steps})
				if err := solver.Init(params); err != nil {
					t.Fatal(err)
				}
				for range steps {
					if err := program.Run(feeds); err != nil {
						t.Fatal(err)
					}
					step(t, solver, program.Gradients()...)
				}
				if found := program.Cost(); found > 0.9*oRingMinimum {
					t.Errorf("found cost %v, expected less than %v, nine tenths of the regression's", found, 0.9*oRingMinimum)
				}
			})
		}
	}
}
