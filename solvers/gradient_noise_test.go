package solvers_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// TestGradientNoise compares mean and variance of many numbers with the equation. Both tolerances are five standard errors.
func TestGradientNoise(t *testing.T) {
	t.Parallel()
	const n, size = 100_000, 0.5
	for _, dtype := range dtypes() {
		p := newParam(t, dtype, "w", graph.RoleBias, nil, n)
		noise := &solvers.AddNoise{Variance: 0.3, Decay: 0.55, Streams: graph.NewStreams(1)}
		if err := noise.Init([]*graph.Param{p}); err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{0, 9, 99} {
			g := newGradient(t, p, slices.Repeat([]float64{size}, n))
			if err := noise.Apply(at, []solvers.Update{{Param: p, Delta: g.Tensor}}); err != nil {
				t.Fatal(err)
			}
			var mean, variance float64
			for _, v := range floats(g.Tensor) {
				mean += (v - size) / n
				variance += (v - size) * (v - size) / n
			}
			want := 0.3 / math.Pow(float64(1+at), 0.55)
			if math.Abs(mean) > 5*math.Sqrt(want/n) || math.Abs(variance-want) > 5*want*math.Sqrt(2.0/n) {
				t.Errorf("%v, step %d: found mean %v and variance %v, expected 0 and %v", dtype, at, mean, variance, want)
			}
		}
	}
}

// TestGradientNoiseOfTheSeed repeats with the seed, comes after clipping, and goes on from the state of the streams.
func TestGradientNoiseOfTheSeed(t *testing.T) {
	t.Parallel()
	config := solvers.Config{Name: solvers.NameSGD, ClipNorm: 1e-6, GradientNoise: new(solvers.GradientNoiseConfig{Variance: 1})}
	run := func(streams *graph.Streams, steps int) []float64 {
		params := sample(t, tensor.Float64)
		solver := newSolver(t, config, solvers.Plan{Streams: streams})
		for range steps {
			gradients := draw(t, params, graph.NewStreams(1))
			if steps == 1 {
				slices.Reverse(gradients)
			}
			step(t, solver, gradients...)
		}
		return floats(params[0].Value)
	}
	one, same, other := run(graph.NewStreams(1), 2), run(graph.NewStreams(1), 2), run(graph.NewStreams(2), 2)
	if !slices.Equal(one, same) || slices.Equal(one, other) {
		t.Error("found noise that does not follow from the seed alone")
	}
	var length float64
	for i, v := range floats(sample(t, tensor.Float64)[0].Value) {
		length += (v - one[i]) * (v - one[i])
	}
	if math.Sqrt(length) < 0.01 { // 36 numbers, two steps of a hundredth
		t.Errorf("found steps of %v in all, expected noise that is not clipped", math.Sqrt(length))
	}

	streams := graph.NewStreams(1)
	run(streams, 1)
	state, err := streams.State()
	if err != nil {
		t.Fatal(err)
	}
	want := run(streams, 1)
	resumed := graph.NewStreams(9)
	if err := resumed.Restore(state); err != nil {
		t.Fatal(err)
	}
	if found := run(resumed, 1); !slices.Equal(found, want) {
		t.Error("found other noise after the streams were restored")
	}
	wantError(t, (&solvers.AddNoise{}).Init(nil), "variance: found 0", "streams: found <nil>, expected the streams of the run")
}
