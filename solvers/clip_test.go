package solvers_test

import (
	"math"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// apply gives the gradients to a transform alone.
func apply(t *testing.T, transform solvers.Transform, gradients []graph.Gradient) {
	t.Helper()
	params := make([]*graph.Param, len(gradients))
	updates := make([]solvers.Update, len(gradients))
	for i, g := range gradients {
		params[i] = g.Param
		updates[i] = solvers.Update{Param: g.Param, Delta: g.Tensor}
	}
	if err := transform.Init(params); err != nil {
		t.Fatal(err)
	}
	if err := transform.Apply(0, updates); err != nil {
		t.Fatal(err)
	}
}

func norm(gradients ...graph.Gradient) float64 {
	var squares float64
	for _, g := range gradients {
		for _, v := range floats(g.Tensor) {
			squares += v * v
		}
	}
	return math.Sqrt(squares)
}

// roundings is how far a clipped norm may be off: the factor and each product are rounded once, and in float64 the sum
// of a hundred squares weighs as much.
func roundings(dtype tensor.Dtype) float64 {
	if dtype == tensor.Float32 {
		return 2.0 / (1 << 23)
	}
	return 50.0 / (1 << 52)
}

func TestClipByGlobalNorm(t *testing.T) {
	t.Parallel()
	for _, dtype := range dtypes() {
		for _, limit := range []float64{1e-3, 1, 5, 1e3} {
			clipped := draw(t, sample(t, dtype), graph.NewStreams(5))
			original := draw(t, sample(t, dtype), graph.NewStreams(5))
			before := norm(original...)
			apply(t, &solvers.ClipByGlobalNorm{Max: limit}, clipped)
			if found, want := norm(clipped...), min(before, limit); math.Abs(found-want) > want*roundings(dtype) {
				t.Errorf("%v, limit %v: found norm %v, expected %v", dtype, limit, found, want)
			}
			for i, g := range clipped {
				for j, found := range floats(g.Tensor) {
					want := floats(original[i].Tensor)[j] * min(1, limit/before) // the direction stays
					if math.Abs(found-want) > math.Abs(want)*roundings(dtype) {
						t.Fatalf("%v, limit %v, %s[%d]: found %v, expected %v", dtype, limit, g.Param.Name, j, found, want)
					}
				}
			}
		}
	}
}

func TestClipByNormIsForEachParameter(t *testing.T) {
	t.Parallel()
	for _, dtype := range dtypes() {
		clipped := draw(t, sample(t, dtype), graph.NewStreams(5))
		original := draw(t, sample(t, dtype), graph.NewStreams(5))
		limit := norm(original[0]) * 0.9
		apply(t, &solvers.ClipByNorm{Max: limit}, clipped)
		unchanged := 0
		for i, g := range clipped {
			before := norm(original[i])
			if found, want := norm(g), min(before, limit); math.Abs(found-want) > want*roundings(dtype) {
				t.Errorf("%v, %s: found norm %v, expected %v", dtype, g.Param.Name, found, want)
			}
			if before < limit {
				unchanged++
			}
		}
		if unchanged == 0 || unchanged == len(clipped) {
			t.Fatalf("found %d of %d gradients within the limit, expected some of both kinds", unchanged, len(clipped))
		}
	}
}

func TestClipByValue(t *testing.T) {
	t.Parallel()
	for _, dtype := range dtypes() {
		p := newParam(t, dtype, "kernel", graph.RoleKernel, nil, 5)
		g := newGradient(t, p, []float64{-3, -0.5, 0, 0.25, 8})
		apply(t, &solvers.ClipByValue{Max: 0.5}, []graph.Gradient{g})
		for i, want := range []float64{-0.5, -0.5, 0, 0.25, 0.5} {
			if found := floats(g.Tensor)[i]; found != want {
				t.Errorf("%v [%d]: found %v, expected %v", dtype, i, found, want)
			}
		}
	}
}

// TestClipOfZero has no direction to keep and no norm to divide by.
func TestClipOfZero(t *testing.T) {
	t.Parallel()
	p := newParam(t, tensor.Float64, "kernel", graph.RoleKernel, nil, 3)
	for _, transform := range []solvers.Transform{
		&solvers.ClipByValue{Max: 1}, &solvers.ClipByNorm{Max: 1}, &solvers.ClipByGlobalNorm{Max: 1},
	} {
		g := newGradient(t, p, nil)
		apply(t, transform, []graph.Gradient{g})
		if found := norm(g); found != 0 {
			t.Errorf("%s: found norm %v, expected 0", transform.Name(), found)
		}
	}
}
