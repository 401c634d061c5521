package op

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Activate is y = f(x), element by element, for one of [kernel.ActivationNames]; [kernel.ActivationNamed] has the
// equations. x has up to three axes. Linear is x itself, without a node.
func Activate(s *Scope, name string, x *G.Node) (*G.Node, error) {
	c := check{op: "Activate"}
	_, known := kernel.ActivationNamed[float64](name)
	c.that(known, "name", name, kernel.ActivationNames())
	c.floats("x", x, anyRank(x, 1, 3)...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, activate[float32], activate[float64])(s, name, x)
}

// Sigmoid is y = σ(x) = 1/(1+exp(−x)). See [Activate].
func Sigmoid(s *Scope, x *G.Node) (*G.Node, error) { return Activate(s, "sigmoid", x) }

// Tanh is y = tanh x. See [Activate].
func Tanh(s *Scope, x *G.Node) (*G.Node, error) { return Activate(s, "tanh", x) }

// Rectify is y = max(x, 0). See [Activate].
func Rectify(s *Scope, x *G.Node) (*G.Node, error) { return Activate(s, "relu", x) }

// Softplus is y = log(1+exp(x)). See [Activate].
func Softplus(s *Scope, x *G.Node) (*G.Node, error) { return Activate(s, "softplus", x) }

// GELU is y = x·Φ(x) with the normal distribution function Φ. See [Activate].
func GELU(s *Scope, x *G.Node) (*G.Node, error) { return Activate(s, "gelu", x) }

// Exp is y = exp(x), element by element, for x with up to three axes. The gradient is dx = dy⊙y.
func Exp(s *Scope, x *G.Node) (*G.Node, error) {
	c := check{op: "Exp"}
	c.floats("x", x, anyRank(x, 1, 3)...)
	if c.err != nil {
		return nil, c.err
	}
	if c.dtype == tensor.Float32 {
		return elementwise(s, "Exp", kernel.Exponential[float32](), x)
	}
	return elementwise(s, "Exp", kernel.Exponential[float64](), x)
}

func activate[F kernel.Float](s *Scope, name string, x *G.Node) (*G.Node, error) {
	f, _ := kernel.ActivationNamed[F](name)
	if f.Identity() {
		return x, nil
	}
	return elementwise(s, "Activate_"+name, f, x)
}

// elementwise is y = f(x).
func elementwise[F kernel.Float](s *Scope, name string, f kernel.Activation[F], x *G.Node) (*G.Node, error) {
	return add(s, operation[F]{
		name: name, inputs: []*G.Node{x}, shape: x.Shape(),
		run: func(in values[F], y []F) { f.Apply(s.pool, in.floats[0], y) },
		gradients: []gradient{func(y, dy *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: name + "Gradient", inputs: []*G.Node{x, y, dy}, shape: x.Shape(),
				run: func(in values[F], dx []F) { f.Gradient(s.pool, in.floats[0], in.floats[1], in.floats[2], dx) },
			})
		}},
	})
}
