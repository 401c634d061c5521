package op_test

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/op"
)

func softmaxPool(s *op.Scope, in nodes) (*G.Node, error) {
	return op.SoftmaxPool(s, in["x"], in["scores"], in["mask"])
}

func softmaxPoolWant(in inputs) []float64 {
	x, scores, mask := in["x"], in["scores"].floats, in["mask"].floats
	batch, width := x.shape[1], x.shape[2]
	y := make([]float64, batch*width)
	for i := range y {
		var total float64
		for at, score := range scores {
			if at%batch == i/width && (mask == nil || mask[at] != 0) {
				total += math.Exp(score)
				y[i] += math.Exp(score) * x.floats[at*width+i%width]
			}
		}
		if total > 0 {
			y[i] /= total
		}
	}
	return y
}

func TestSoftmaxPool(t *testing.T) {
	for _, e := range []example{
		{"no mask", inputs{"x": random(1, 4, 4, 3), "scores": random(2, 4, 4, 1)}, softmaxPool, softmaxPoolWant},
		{"a mask", inputs{"x": random(1, 4, 4, 3), "scores": random(2, 4, 4, 1), "mask": mask}, softmaxPool, softmaxPoolWant},
		{"one step", inputs{"x": random(1, 1, 2, 3), "scores": random(2, 1, 2, 1)}, softmaxPool, softmaxPoolWant},
	} {
		t.Run(e.name, func(t *testing.T) { verify(t, e) })
	}
}

// Great scores are no infinite powers.
func TestSoftmaxPoolOfGreatScores(t *testing.T) {
	in := inputs{"x": random(1, 3, 1, 2), "scores": fixed([]float64{1e4, -1e4, 1e4}, 3, 1, 1)}
	want := []float64{(in["x"].floats[0] + in["x"].floats[4]) / 2, (in["x"].floats[1] + in["x"].floats[5]) / 2}
	expectClose(t, "y", mustCompile[float64](t, 1, true, in, softmaxPool).results(t)["output"], want, 1e-15)
}
