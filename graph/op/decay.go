package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Decay is y = exp(−max(0, x)), element by element. x has up to three axes.
func Decay(s *Scope, x *G.Node) (*G.Node, error) {
	c := check{op: "Decay"}
	c.floats("x", x, anyRank(x, 1, 3)...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, decay[float32], decay[float64])(s, x)
}

func decay[F kernel.Float](s *Scope, x *G.Node) (*G.Node, error) {
	return elementwise(s, "Decay", kernel.Decay[F](), x)
}

// Impute fills in missing values of x [T,B,3D], which is values, masks and gaps next to each other, with weights w [D] and
// biases b [D] of the decay. It returns the filled values and the masks next to each other, [T,B,2D]; the equations are
// those of [kernel.Impute]. x has no gradient.
func Impute(s *Scope, x, w, b *G.Node) (*G.Node, error) {
	c := check{op: "Impute"}
	shape := c.floats("x", x, anySize, anySize, anySize)
	width := shape[2] / 3
	c.that(shape[2] == 3*width, "x", fmt.Sprintf("%d columns", shape[2]), "a multiple of 3")
	c.floats("w", w, width)
	c.floats("b", b, width)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, impute[float32], impute[float64])(s, x, w, b)
}

func impute[F kernel.Float](s *Scope, x, w, b *G.Node) (*G.Node, error) {
	shape := x.Shape()
	width := shape[2] / 3
	dB := make([]F, width) // written even if it is not read
	backward := memoized(func(_, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "ImputeGradient", inputs: []*G.Node{x, w, b, dy}, shape: w.Shape(),
			run: func(in values[F], dW []F) {
				f := in.floats
				kernel.ImputeGradient(s.pool, f[0], f[1], f[2], f[3], dW, dB)
			},
		})
	})
	shape[2] = 2 * width
	return add(s, operation[F]{
		name: "Impute", inputs: []*G.Node{x, w, b}, shape: shape,
		run: func(in values[F], y []F) {
			f := in.floats
			kernel.Impute(s.pool, f[0], f[1], f[2], y)
		},
		gradients: []gradient{nil, backward, sideOutput(s, "ImputeBiasGradient", backward, b, &dB)},
	})
}
