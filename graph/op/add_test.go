package op_test

import (
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/op"
)

func TestAdd(t *testing.T) {
	build := func(s *op.Scope, in nodes) (*G.Node, error) { return op.Add(s, in["x"], in["y"]) }
	want := func(in inputs) []float64 {
		z := make([]float64, len(in["x"].floats))
		for i := range z {
			z[i] = in["x"].floats[i] + in["y"].floats[i]
		}
		return z
	}
	verify(t, example{"matrix", inputs{"x": random(1, 4, 3), "y": random(2, 4, 3)}, build, want})
	verify(t, example{"sequences", inputs{"x": random(1, 4, 2, 3), "y": random(2, 4, 2, 3)}, build, want})
	twice := func(s *op.Scope, in nodes) (*G.Node, error) {
		h, err := op.Add(s, in["x"], in["x"])
		if err != nil {
			return nil, err
		}
		return op.Add(s, h, in["x"])
	}
	verify(t, example{"one node three times", inputs{"x": random(1, 4, 3)}, twice, func(in inputs) []float64 {
		z := make([]float64, len(in["x"].floats))
		for i, v := range in["x"].floats {
			z[i] = 3 * v
		}
		return z
	}})
}
