package op_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/op"
)

// Every function of two nodes, for all ways to repeat the second one.
func TestFunctionsOfTwoNodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		add func(s *op.Scope, x, y *G.Node) (*G.Node, error)
		f   func(x, y float64) float64
	}{
		"Add":      {op.Add, func(x, y float64) float64 { return x + y }},
		"Subtract": {op.Subtract, func(x, y float64) float64 { return x - y }},
		"Multiply": {op.Multiply, func(x, y float64) float64 { return x * y }},
		"Divide":   {op.Divide, func(x, y float64) float64 { return x / y }},
	} {
		build := func(s *op.Scope, in nodes) (*G.Node, error) { return c.add(s, in["x"], in["y"]) }
		want := func(in inputs) []float64 {
			x, y := in["x"], in["y"]
			width := x.shape[len(x.shape)-1]
			column := len(y.shape) == len(x.shape) && y.shape[len(y.shape)-1] == 1
			z := make([]float64, len(x.floats))
			for i, v := range x.floats {
				at := i % len(y.floats)
				if column {
					at = i / width
				}
				z[i] = c.f(v, y.floats[at])
			}
			return z
		}
		for _, shapes := range [][2][]int{
			{{5}, {5}}, {{5}, {1}},
			{{4, 3}, {4, 3}}, {{4, 3}, {3}}, {{4, 3}, {4, 1}}, {{1, 3}, {3}}, {{4, 1}, {4, 1}}, {{4, 1}, {1}},
			{{4, 2, 3}, {4, 2, 3}}, {{4, 2, 3}, {2, 3}}, {{4, 2, 3}, {3}}, {{4, 2, 3}, {4, 2, 1}},
		} {
			in := inputs{"x": random(1, shapes[0]...), "y": positive(2, shapes[1]...)}
			t.Run(fmt.Sprintf("%s %v", name, shapes), func(t *testing.T) {
				t.Parallel()
				verify(t, example{name, in, build, want})
			})
		}
	}
}

// One node as both arguments, and as an argument of the result: its gradients are added up.
func TestOneNodeSeveralTimes(t *testing.T) {
	t.Parallel()
	each := func(in inputs, f func(x float64) float64) []float64 {
		z := make([]float64, len(in["x"].floats))
		for i, v := range in["x"].floats {
			z[i] = f(v)
		}
		return z
	}
	for name, c := range map[string]struct {
		f    func(s *op.Scope, x, y *G.Node) (*G.Node, error)
		want func(x float64) float64
	}{
		"Add":      {op.Add, func(x float64) float64 { return 3 * x }},
		"Multiply": {op.Multiply, func(x float64) float64 { return x * x * x }},
		"Subtract": {op.Subtract, func(x float64) float64 { return -x }},
		"Divide":   {op.Divide, func(x float64) float64 { return 1 / x }},
	} {
		build := func(s *op.Scope, in nodes) (*G.Node, error) {
			h, err := c.f(s, in["x"], in["x"])
			if err != nil {
				return nil, err
			}
			return c.f(s, h, in["x"])
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verify(t, example{name, inputs{"x": positive(1, 4, 3)}, build, func(in inputs) []float64 { return each(in, c.want) }})
		})
	}
}

func TestFunctionsOfOneNode(t *testing.T) {
	t.Parallel()
	perRow := func(f func(row []float64) []float64) func(in inputs) []float64 {
		return func(in inputs) []float64 {
			x := in["x"]
			width := x.shape[len(x.shape)-1]
			var y []float64
			for i := 0; i < len(x.floats); i += width {
				y = append(y, f(x.floats[i:i+width])...)
			}
			return y
		}
	}
	each := func(f func(x float64) float64) func(in inputs) []float64 {
		return perRow(func(row []float64) []float64 {
			y := make([]float64, len(row))
			for i, v := range row {
				y[i] = f(v)
			}
			return y
		})
	}
	total := func(row []float64) (sum float64) {
		for _, v := range row {
			sum += v
		}
		return sum
	}
	for name, c := range map[string]struct {
		add  func(s *op.Scope, x *G.Node) (*G.Node, error)
		want func(in inputs) []float64
	}{
		"OneMinus":   {op.OneMinus, each(func(x float64) float64 { return 1 - x })},
		"ScaleShift": {func(s *op.Scope, x *G.Node) (*G.Node, error) { return op.ScaleShift(s, x, 3, -0.25) }, each(func(x float64) float64 { return 3*x - 0.25 })},
		"Exp":        {op.Exp, each(math.Exp)},
		"Softplus":   {op.Softplus, each(func(x float64) float64 { return math.Log1p(math.Exp(x)) })},
		"GELU":       {op.GELU, each(func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 })},
		"SumLast":    {op.SumLast, perRow(func(row []float64) []float64 { return []float64{total(row)} })},
		"MeanLast":   {op.MeanLast, perRow(func(row []float64) []float64 { return []float64{total(row) / float64(len(row))} })},
		"Softmax": {op.Softmax, perRow(func(row []float64) []float64 {
			y := make([]float64, len(row))
			for i, v := range row {
				y[i] = math.Exp(v)
			}
			sum := total(y)
			for i := range y {
				y[i] /= sum
			}
			return y
		})},
	} {
		build := func(s *op.Scope, in nodes) (*G.Node, error) { return c.add(s, in["x"]) }
		for _, shape := range [][]int{{5}, {4, 3}, {3, 2, 4}, {4, 1}} {
			t.Run(fmt.Sprintf("%s %v", name, shape), func(t *testing.T) {
				t.Parallel()
				verify(t, example{name, inputs{"x": random(3, shape...)}, build, c.want})
			})
		}
	}
}

func TestMatMul(t *testing.T) {
	t.Parallel()
	// Both factors are results of other nodes.
	build := func(s *op.Scope, in nodes) (*G.Node, error) {
		x, err := op.Tanh(s, in["x"])
		if err != nil {
			return nil, err
		}
		w, err := op.ScaleShift(s, in["w"], 2, 0)
		if err != nil {
			return nil, err
		}
		return op.MatMul(s, x, w)
	}
	want := func(in inputs) []float64 {
		x, w := in["x"], in["w"]
		width, units := w.shape[0], w.shape[1]
		y := make([]float64, len(x.floats)/width*units)
		for i := range y {
			for k := range width {
				y[i] += math.Tanh(x.floats[i/units*width+k]) * 2 * w.floats[k*units+i%units]
			}
		}
		return y
	}
	verify(t, example{"matrix", inputs{"x": random(1, 4, 3), "w": random(2, 3, 5)}, build, want})
	verify(t, example{"sequences", inputs{"x": random(1, 2, 4, 3), "w": random(2, 3, 5)}, build, want})
}

func TestFaultsOfArithmetic(t *testing.T) {
	t.Parallel()
	g := G.NewGraph()
	s := op.NewScope(nil, true)
	float := func(name string, shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	x := float("x", 4, 3, 6)
	single := G.NewTensor(g, tensor.Float32, 1, G.WithShape(6), G.WithName("single"))
	node := func(n *G.Node, err error) error { return err }
	for want, err := range map[string]error{
		"Multiply: y: found shape [4,3], expected [4,3,6], [3,6], [6] or [4,3,1]": node(op.Multiply(s, x, float("tb", 4, 3))),
		"Add: y: found shape [4,3,6], expected [_]":                               node(op.Add(s, float("vector", 6), x)),
		"Subtract: y: found float32, expected float64":                            node(op.Subtract(s, x, single)),
		"Divide: y: found none, expected a node":                                  node(op.Divide(s, x, nil)),
		"Multiply: x: found none, expected a node":                                node(op.Multiply(s, nil, x)),
		"ScaleShift: x: found none, expected a node":                              node(op.OneMinus(s, nil)),
		"SumLast: x: found none, expected a node":                                 node(op.SumLast(s, nil)),
		"Softmax: x: found shape [2,2,2,2], expected [_,_,_]":                     node(op.Softmax(s, float("four", 2, 2, 2, 2))),
		"Exp: x: found none, expected a node":                                     node(op.Exp(s, nil)),
		"MatMul: w: found shape [4,3,6], expected [6,_]":                          node(op.MatMul(s, x, x)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found error %v, expected %q", err, want)
		}
	}
}
