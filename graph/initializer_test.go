package graph_test

import (
	"math"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/param"
)

func TestInitializersHaveTheirMoments(t *testing.T) {
	const rows, cols = 120, 90
	tests := []struct {
		name      string
		deviation float64
		bound     float64 // 0: unbounded
	}{
		{param.InitGlorotUniform, math.Sqrt(2.0 / (rows + cols)), math.Sqrt(6.0 / (rows + cols))},
		{param.InitGlorotNormal, math.Sqrt(2.0 / (rows + cols)), 0},
		{param.InitHeUniform, math.Sqrt(2.0 / rows), math.Sqrt(6.0 / rows)},
		{param.InitHeNormal, math.Sqrt(2.0 / rows), 0},
		{param.InitUniform, 0.05 / math.Sqrt(3), 0.05},
		{param.InitTorchUniform, 0.1 / math.Sqrt(3), 0.1}, // torchFan 100
		{param.InitOrthogonal, 1 / math.Sqrt(rows), 1},
		{param.InitZeros, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			init, err := graph.NamedInitializer(test.name, 100)
			if err != nil {
				t.Fatal(err)
			}
			values := make([]float64, rows*cols)
			init(graph.NewStreams(3).Stream("init"), []int{rows, cols}, values)
			var sum, squares, largest float64
			for _, v := range values {
				sum += v
				squares += v * v
				largest = max(largest, math.Abs(v))
			}
			n := float64(len(values))
			mean, deviation := sum/n, math.Sqrt(squares/n)
			// 10,800 draws: the mean's standard error is deviation/104, the deviation's at most deviation/147.
			if math.Abs(mean) > 5*test.deviation/104+1e-15 {
				t.Errorf("mean: found %g, expected 0 within 5 standard errors", mean)
			}
			if math.Abs(deviation-test.deviation) > 0.05*test.deviation {
				t.Errorf("deviation: found %g, expected %g", deviation, test.deviation)
			}
			if test.bound > 0 && (largest > test.bound || largest < 0.5*test.bound && test.name != param.InitOrthogonal) {
				t.Errorf("largest: found %g, expected close to %g and not above", largest, test.bound)
			}
		})
	}
	if _, err := graph.NamedInitializer("gloror", 1); err == nil {
		t.Error("found no error for an unknown initializer")
	}
}

func TestOrthogonalIsOrthonormal(t *testing.T) {
	for _, shape := range [][]int{{5, 5}, {3, 8}, {8, 3}, {1, 4}, {4}} {
		rows, cols := 1, shape[0]
		if len(shape) == 2 {
			rows, cols = shape[0], shape[1]
		}
		values := make([]float64, rows*cols)
		graph.Orthogonal(graph.NewStreams(1).Stream("init"), shape, values)
		width := cols
		at := func(i, j int) float64 { return values[i*width+j] }
		if rows > cols { // orthonormal columns
			at = func(i, j int) float64 { return values[j*width+i] }
			rows, cols = cols, rows
		}
		for i := range rows {
			for k := range rows {
				var dot, want float64
				for j := range cols {
					dot += at(i, j) * at(k, j)
				}
				if i == k {
					want = 1
				}
				if math.Abs(dot-want) > 1e-12 { // rounding of a product of at most 8 terms
					t.Errorf("shape %v: product of %d and %d: found %g, expected %g", shape, i, k, dot, want)
				}
			}
		}
	}
}

func TestPerGateFillsEachGateAlone(t *testing.T) {
	const units = 4
	values := make([]float64, units*3*units)
	graph.PerGate(graph.Orthogonal, 3)(graph.NewStreams(1).Stream("init"), []int{units, 3 * units}, values)
	for gate := range 3 {
		for i := range units {
			var squares float64
			for j := range units {
				v := values[i*3*units+gate*units+j]
				squares += v * v
			}
			if math.Abs(squares-1) > 1e-12 {
				t.Errorf("gate %d, row %d: found squared length %g, expected 1", gate, i, squares)
			}
		}
	}
}

func TestNewParamRefusesBadShapes(t *testing.T) {
	for _, shape := range [][]int{{0}, {3, -1}} {
		if _, err := graph.NewParam("p", graph.RoleKernel, tensor.Float32, graph.Zeros, graph.NewStreams(1), shape...); err == nil {
			t.Errorf("shape %v: found no error", shape)
		}
	}
	if _, err := graph.NewParam("p", graph.RoleKernel, tensor.Complex64, graph.Zeros, graph.NewStreams(1), 2); err == nil {
		t.Error("dtype complex64: found no error")
	}
}
