package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// cellActivations are the functions that replace σ and tanh in the equations of a cell in plain Go.
type cellActivations[F Float] struct {
	gate, candidate Activation[F]
	// keeps means that arguments are saved too, after everything else that the cell saves. The derivatives of σ and tanh do
	// not need them; then the values overwrite them.
	keeps bool
}

// plainActivations are σ and tanh themselves.
func plainActivations[F Float]() cellActivations[F] {
	return cellActivations[F]{gate: Activation[F]{logistic[F], logisticDerivative[F]}, candidate: Activation[F]{hyperbolic[F], hyperbolicDerivative[F]}}
}

// cellActivationsOf returns the activations that a shape names.
func cellActivationsOf[F Float](s RecurrenceShape) cellActivations[F] {
	a := plainActivations[F]()
	a.keeps = true
	if s.GateActivation != "" {
		a.gate, _ = ActivationNamed[F](s.GateActivation)
	}
	if s.Activation != "" {
		a.candidate, _ = ActivationNamed[F](s.Activation)
	}
	return a
}

// plain reports whether the activations are σ and tanh.
func (s RecurrenceShape) plain() bool {
	return (s.GateActivation == "" || s.GateActivation == "sigmoid") && (s.Activation == "" || s.Activation == "tanh")
}

// saved returns how many blocks a cell saves in all: the values of its gates and others.
func (a cellActivations[F]) saved(values, others int) int {
	if a.keeps {
		others += values
	}
	return values + others
}

// of returns the first blocks of a saved row, the values of gates of the given number of columns, and their arguments.
func (a cellActivations[F]) of(saved []F, columns int) (values, arguments []F) {
	values = saved[:columns]
	if a.keeps {
		return values, saved[len(saved)-columns:]
	}
	return values, values
}

// set sets y = f(x); x may be y if arguments are not kept.
func (a Activation[F]) set(loops *simd.Loops[F], x, y []F) {
	if a.Identity() {
		copy(y, x)
		return
	}
	a.function(loops, x, y)
}

// derive sets dx = dy·f'(x), given y = f(x) and, if arguments are kept, x.
func (a Activation[F]) derive(loops *simd.Loops[F], x, y, dy, dx []F) {
	if a.Identity() {
		copy(dx, dy)
		return
	}
	a.derivative(loops, x, y, dy, dx)
}
