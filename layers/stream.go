package layers

import (
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/runtime"
)

// Stepper runs a model one time step at a time without a graph: for data that arrive step by step, and for predictions that
// are fed back. It is documented at [runtime.Stepper].
type Stepper[F kernel.Float] = runtime.Stepper[F]

// Translator writes what a model with a decoder makes of a sequence, without a graph. It is documented at
// [runtime.Translator].
type Translator[F kernel.Float] = runtime.Translator[F]

// Hypothesis is a translation as far as it was written: see [runtime.Hypothesis].
type Hypothesis = runtime.Hypothesis

// BeamConfig says how widely to search for translations: see [runtime.BeamConfig].
type BeamConfig = runtime.BeamConfig

// Runtime is the model without a graph. It shares the parameters: every change of theirs is seen by all that run it, so they
// must not change during a step. A layer without equations for the runtime, as one that is not built in, is an error.
// [runtime.Model.Quantized] makes a model with smaller weights of it.
func (m *Model) Runtime() (*runtime.Model, error) {
	return runtime.New(m.config, m.head, graph.Tensors(m.Params()))
}

// NewStepper makes a stepper for batch sequences at their beginning. F is the model's type of numbers. The stepper reads the
// parameters where the model has them and sees every change. A layer that needs the end of a sequence before it can give
// anything, as a bidirectional GRU does, is an error; so is a decoder, which a [Translator] runs.
func NewStepper[F kernel.Float](m *Model, batch int) (*Stepper[F], error) {
	r, err := m.Runtime()
	if err != nil {
		return nil, errors.WithMessage(err, "stepper")
	}
	return runtime.NewStepper[F](r, batch)
}

// NewTranslator makes a translator. F is the model's type of numbers; start is the token before the first one that is
// written, end the one that ends a translation. The translator reads the parameters where the model has them, so they must not
// change during a call.
func NewTranslator[F kernel.Float](m *Model, start, end int) (*Translator[F], error) {
	r, err := m.Runtime()
	if err != nil {
		return nil, errors.WithMessage(err, "translator")
	}
	return runtime.NewTranslator[F](r, start, end)
}
