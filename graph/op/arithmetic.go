package op

import (
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Add is z = x + y, element by element. x has up to three axes. y has the shape of x, or is repeated to it: y of x [T,B,D]
// may also be [B,D], the same for each step, [D], the same for each row, or [T,B,1], a number for each row; of x [B,D] it may
// be [D] or [B,1]. The gradients are dx = dz and dy = Σ dz over the repetitions.
func Add(s *Scope, x, y *G.Node) (*G.Node, error) {
	return combine(s, "Add", x, y, kernel.Plus[float32](), kernel.Plus[float64]())
}

// Subtract is z = x − y, with y repeated to the shape of x as in [Add]. The gradients are dx = dz and dy = −Σ dz.
func Subtract(s *Scope, x, y *G.Node) (*G.Node, error) {
	return combine(s, "Subtract", x, y, kernel.Minus[float32](), kernel.Minus[float64]())
}

// Multiply is z = x⊙y, element by element, with y repeated to the shape of x as in [Add]. The gradients are dx = dz⊙y and
// dy = Σ dz⊙x. For factors without a gradient [Scale] does less.
func Multiply(s *Scope, x, y *G.Node) (*G.Node, error) {
	return combine(s, "Multiply", x, y, kernel.Times[float32](), kernel.Times[float64]())
}

// Divide is z = x/y, element by element, with y repeated to the shape of x as in [Add]. The gradients are dx = dz/y and
// dy = −Σ dz⊙x/y².
func Divide(s *Scope, x, y *G.Node) (*G.Node, error) {
	return combine(s, "Divide", x, y, kernel.Over[float32](), kernel.Over[float64]())
}

func combine(s *Scope, name string, x, y *G.Node, single kernel.Binary[float32], double kernel.Binary[float64]) (*G.Node, error) {
	c := check{op: name}
	shape := c.floats("x", x, anyRank(x, 1, 3)...)
	repeat := c.broadcast("y", y, shape)
	if c.err != nil {
		return nil, c.err
	}
	if c.dtype == tensor.Float32 {
		return binary(s, name, x, y, repeat, single)
	}
	return binary(s, name, x, y, repeat, double)
}

// broadcast verifies an input that is repeated to the given shape, and says how.
func (c *check) broadcast(name string, n *G.Node, shape tensor.Shape) kernel.Broadcast {
	found := c.floats(name, n, anyRank(n, 1, len(shape))...)
	if c.err != nil {
		return kernel.Broadcast{}
	}
	last := len(shape) - 1
	column := slices.Clone(shape)
	column[last] = 1
	size := sizeOf(shape)
	switch {
	case slices.Equal(found, shape[len(shape)-len(found):]):
		return kernel.Broadcast{Rows: size / sizeOf(found), Width: sizeOf(found)}
	case slices.Equal(found, column):
		return kernel.Broadcast{Rows: size / shape[last], Width: shape[last], Column: true}
	}
	expected := sizesString(shape)
	for i := 1; i <= last; i++ {
		expected += ", " + sizesString(shape[i:])
	}
	c.fail(name, "shape "+sizesString(found), expected+" or "+sizesString(column))
	return kernel.Broadcast{}
}

func binary[F kernel.Float](s *Scope, name string, x, y *G.Node, repeat kernel.Broadcast, f kernel.Binary[F]) (*G.Node, error) {
	gradientOf := func(name string, of *G.Node, run func(x, y, dz, out []F)) gradient {
		return func(_, dz *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: name, inputs: []*G.Node{x, y, dz}, shape: of.Shape(),
				run: func(in values[F], out []F) { run(in.floats[0], in.floats[1], in.floats[2], out) },
			})
		}
	}
	return add(s, operation[F]{
		name: name, inputs: []*G.Node{x, y}, shape: x.Shape(),
		run: func(in values[F], z []F) { f.Apply(s.pool, repeat, in.floats[0], in.floats[1], z) },
		gradients: []gradient{
			gradientOf(name+"GradientOfX", x, func(x, y, dz, dx []F) { f.GradientX(s.pool, repeat, x, y, dz, dx) }),
			gradientOf(name+"GradientOfY", y, func(x, y, dz, dy []F) { f.GradientY(s.pool, repeat, x, y, dz, dy) }),
		},
	})
}

// ScaleShift is y = scale·x + shift for two numbers and x with up to three axes. The gradient is dx = scale·dy.
func ScaleShift(s *Scope, x *G.Node, scale, shift float64) (*G.Node, error) {
	c := check{op: "ScaleShift"}
	c.floats("x", x, anyRank(x, 1, 3)...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, scaleShift[float32], scaleShift[float64])(s, x, scale, shift)
}

// OneMinus is y = 1 − x, what a gate leaves. It is [ScaleShift] by −1 and 1.
func OneMinus(s *Scope, x *G.Node) (*G.Node, error) { return ScaleShift(s, x, -1, 1) }

func scaleShift[F kernel.Float](s *Scope, x *G.Node, scale, shift float64) (*G.Node, error) {
	return add(s, operation[F]{
		name: "ScaleShift", inputs: []*G.Node{x}, shape: x.Shape(),
		run: func(in values[F], y []F) { kernel.ScaleShift(s.pool, F(scale), F(shift), in.floats[0], y) },
		gradients: []gradient{func(_, dy *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: "ScaleShiftGradient", inputs: []*G.Node{dy}, shape: x.Shape(),
				run: func(in values[F], dx []F) { kernel.ScaleShift(s.pool, F(scale), 0, in.floats[0], dx) },
			})
		}},
	})
}

// SumLast is the sum over the last axis of x, which stays with size 1: y[…,0] = Σ_d x[…,d] for x [D], [B,D] or [T,B,D]. The
// gradient is dx[…,d] = dy[…,0].
func SumLast(s *Scope, x *G.Node) (*G.Node, error) { return reduceLast(s, "SumLast", x, false) }

// MeanLast is the mean over the last axis of x, which stays with size 1: y[…,0] = Σ_d x[…,d]/D for x [D], [B,D] or [T,B,D].
// The gradient is dx[…,d] = dy[…,0]/D.
func MeanLast(s *Scope, x *G.Node) (*G.Node, error) { return reduceLast(s, "MeanLast", x, true) }

func reduceLast(s *Scope, name string, x *G.Node, mean bool) (*G.Node, error) {
	c := check{op: name}
	shape := c.floats("x", x, anyRank(x, 1, 3)...)
	if c.err != nil {
		return nil, c.err
	}
	factor := 1.0
	if mean {
		factor = 1 / float64(shape[len(shape)-1])
	}
	return byDtype(c.dtype, sumLast[float32], sumLast[float64])(s, name, x, factor)
}

func sumLast[F kernel.Float](s *Scope, name string, x *G.Node, factor float64) (*G.Node, error) {
	shape := x.Shape()
	width := shape[len(shape)-1]
	sums := slices.Clone(shape)
	sums[len(sums)-1] = 1
	return add(s, operation[F]{
		name: name, inputs: []*G.Node{x}, shape: sums,
		run: func(in values[F], y []F) { kernel.SumRows(s.pool, width, factor, in.floats[0], y) },
		gradients: []gradient{func(_, dy *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: name + "Gradient", inputs: []*G.Node{dy}, shape: shape,
				run: func(in values[F], dx []F) { kernel.SumRowsGradient(s.pool, width, factor, in.floats[0], dx) },
			})
		}},
	})
}

// Softmax is y[…,c] = exp(x[…,c])/Σ exp(x[…,:]) along the last axis of x [D], [B,D] or [T,B,D]. The gradient is
// dx = y⊙(dy − Σ y⊙dy). For a loss [SoftmaxCrossEntropy] is more exact.
func Softmax(s *Scope, x *G.Node) (*G.Node, error) {
	c := check{op: "Softmax"}
	c.floats("x", x, anyRank(x, 1, 3)...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, softmax[float32], softmax[float64])(s, x)
}

func softmax[F kernel.Float](s *Scope, x *G.Node) (*G.Node, error) {
	_, width := rowsOf(x)
	return add(s, operation[F]{
		name: "Softmax", inputs: []*G.Node{x}, shape: x.Shape(),
		run: func(in values[F], y []F) { kernel.Softmax(s.pool, width, in.floats[0], y) },
		gradients: []gradient{func(y, dy *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: "SoftmaxGradient", inputs: []*G.Node{y, dy}, shape: x.Shape(),
				run: func(in values[F], dx []F) {
					kernel.SoftmaxGradient(s.pool, width, in.floats[0], in.floats[1], dx)
				},
			})
		}},
	})
}
