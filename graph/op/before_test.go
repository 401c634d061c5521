package op_test

import (
	"fmt"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/op"
)

func TestBefore(t *testing.T) {
	x, initial := random(1, 3, 2, 2), random(2, 2, 2)
	for _, reverse := range []bool{false, true} {
		for _, in := range []inputs{{"x": x}, {"x": x, "initial": initial}} {
			want := func(in inputs) []float64 {
				first := make([]float64, 4)
				copy(first, in["initial"].floats)
				if reverse {
					return slices.Concat(in["x"].floats[4:], first)
				}
				return slices.Concat(first, in["x"].floats[:8])
			}
			build := func(s *op.Scope, in nodes) (*G.Node, error) { return op.Before(s, in["x"], in["initial"], reverse) }
			name := fmt.Sprintf("reverse %v, %d inputs", reverse, len(in))
			t.Run(name, func(t *testing.T) { verify(t, example{name, in, build, want}) })
		}
	}
}
