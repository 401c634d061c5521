package solvers_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// newParam makes a parameter of the given values.
func newParam(t testing.TB, dtype tensor.Dtype, name string, role graph.Role, values []float64, shape ...int) *graph.Param {
	t.Helper()
	init := func(_ *rand.Rand, _ []int, v []float64) { copy(v, values) }
	p, err := graph.NewParam(name, role, dtype, init, graph.NewStreams(1), shape...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newGradient makes a gradient of the parameter with the given values.
func newGradient(t testing.TB, p *graph.Param, values []float64) graph.Gradient {
	t.Helper()
	g := newParam(t, p.Value.Dtype(), p.Name, p.Role, values, p.Value.Shape()...)
	return graph.Gradient{Param: p, Tensor: g.Value}
}

func floats(t *tensor.Dense) []float64 {
	if t.Dtype() == tensor.Float64 {
		return slices.Clone(t.Float64s())
	}
	values := make([]float64, t.DataSize())
	for i, v := range t.Float32s() {
		values[i] = float64(v)
	}
	return values
}

func newSolver(t testing.TB, config solvers.Config, plan solvers.Plan) *solvers.Solver {
	t.Helper()
	s, err := config.New(plan)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func step(t testing.TB, s *solvers.Solver, gradients ...graph.Gradient) {
	t.Helper()
	model := make([]gorgonia.ValueGrad, len(gradients))
	for i, g := range gradients {
		model[i] = g
	}
	if err := s.Step(model); err != nil {
		t.Fatal(err)
	}
}

// near tells whether a and b differ by at most tolerance, relative where they are above 1.
func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*max(1, math.Abs(a), math.Abs(b))
}

func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("found no error, expected one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("found error %q, expected it to say %q", err, part)
		}
	}
}

// sample is the gradients of a small model with every role a solver tells apart, made of a stream.
func sample(t testing.TB, dtype tensor.Dtype) (params []*graph.Param) {
	t.Helper()
	streams := graph.NewStreams(7)
	add := func(name string, role graph.Role, shape ...int) {
		p, err := graph.NewParam(name, role, dtype, graph.Normal(1), streams, shape...)
		if err != nil {
			t.Fatal(err)
		}
		params = append(params, p)
	}
	add("gru0/kernel", graph.RoleKernel, 4, 9)
	add("gru0/recurrent_kernel", graph.RoleRecurrentKernel, 3, 9)
	add("gru0/bias", graph.RoleBias, 9)
	add("tokens/embedding", graph.RoleEmbedding, 5, 4)
	return params
}

// draw makes a gradient for every parameter from the stream.
func draw(t testing.TB, params []*graph.Param, streams *graph.Streams) []graph.Gradient {
	t.Helper()
	gradients := make([]graph.Gradient, len(params))
	for i, p := range params {
		values := make([]float64, p.Size())
		graph.Normal(1)(streams.Stream(p.Name), nil, values)
		gradients[i] = newGradient(t, p, values)
	}
	return gradients
}

// dtypes are those that every solver works in.
func dtypes() []tensor.Dtype { return []tensor.Dtype{tensor.Float32, tensor.Float64} }
