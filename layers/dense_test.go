package layers_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
)

func TestDenseIsItsEquation(t *testing.T) {
	x := []float64{1, -2, 3, 0.5, -1, 2} // [3,2], or [3,1,2]
	var tested []string
	for activation, f := range map[layers.Activation]func(float64) float64{
		layers.Linear:      func(v float64) float64 { return v },
		layers.ReLU:        func(v float64) float64 { return max(v, 0) },
		layers.Tanh:        math.Tanh,
		layers.Sigmoid:     logistic,
		layers.HardSigmoid: func(v float64) float64 { return min(max((v+3)/6, 0), 1) },
		layers.Softplus:    func(v float64) float64 { return math.Log1p(math.Exp(v)) },
		layers.ELU:         func(v float64) float64 { return max(v, math.Expm1(min(v, 0))) },
		layers.SELU: func(v float64) float64 {
			return 1.0507009873554805 * (max(v, 0) + 1.6732632423543772*math.Expm1(min(v, 0)))
		},
		layers.Swish: func(v float64) float64 { return v * logistic(v) },
		layers.GELU:  func(v float64) float64 { return v * (1 + math.Erf(v/math.Sqrt2)) / 2 },
		layers.Positive: func(v float64) float64 {
			if v >= 0 {
				return v + 0.5
			}
			return logistic(v)
		},
	} {
		tested = append(tested, string(activation))
		layer, err := layers.NewDense(layers.DenseConfig{Units: 2, Activation: activation}, "dense", 2, tensor.Float64, graph.NewStreams(1))
		if err != nil {
			t.Fatal(err)
		}
		copy(layer.Params()[0].Value.Float64s(), []float64{0.1, 0.2, 0.3, -0.4})
		copy(layer.Params()[1].Value.Float64s(), []float64{0.05, -0.6})
		var expected []float64
		for row := 0; row < len(x); row += 2 {
			expected = append(expected, f(0.1*x[row]+0.3*x[row+1]+0.05), f(0.2*x[row]-0.4*x[row+1]-0.6))
		}
		for _, shape := range [][]int{{3, 2}, {3, 1, 2}} {
			y := applyOnce(t, layer, graph.Evaluate, shape, x)
			expectClose(t, string(activation), y.Float64s(), expected, 1e-15)
		}
	}
	expected := kernel.ActivationNames()
	slices.Sort(expected)
	if slices.Sort(tested); !slices.Equal(tested, expected) {
		t.Errorf("found constants for %v, expected one for each of %v", tested, expected)
	}
}
