package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
)

// Dropout sets elements to 0 with the probability Rate and divides the others by 1−Rate, in the forward and the
// backward pass of training graphs; elsewhere it does nothing (Srivastava et al. 2014, in the inverted form). With
// Shared an element of a sequence [T,B,D] is dropped at all steps or at none (Gal and Ghahramani 2016,
// arXiv:1512.05287). It takes [B,D] or [T,B,D]. It has no parameters.
type Dropout struct {
	name   string
	config DropoutConfig
}

// NewDropout makes a dropout layer that draws from the stream "noise/NAME". The error of a wrong configuration is a
// [*fault.Error].
func NewDropout(cfg DropoutConfig, name string) (*Dropout, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, errors.WithMessage(err, name)
	}
	return &Dropout{name, cfg}, nil
}

// Params returns nothing.
func (d *Dropout) Params() []*graph.Param { return nil }

// Apply adds the layer to a training graph.
func (d *Dropout) Apply(b *graph.Builder, in Seq) (Seq, error) {
	if !d.config.Shared {
		x, err := dropOut(b, d.name, d.config.Rate, in.X)
		return Seq{x, in.Mask}, errors.WithMessage(err, d.name)
	}
	x, err := dropOutSteps(b, d.name, d.config.Rate, in.X)
	return Seq{x, in.Mask}, errors.WithMessage(err, d.name)
}

// dropOut multiplies x by inverted dropout of its own shape in a training graph, and is x elsewhere.
func dropOut(b *graph.Builder, noise string, rate float64, x *gorgonia.Node) (*gorgonia.Node, error) {
	if rate == 0 {
		return x, nil
	}
	factors, err := b.Noise(noise, graph.InvertedDropout(rate), x.Shape()...)
	if err != nil || factors == nil {
		return x, err
	}
	return op.Scale(b.Ops(), x, factors)
}

// dropOutSteps is dropOut of x [T,B,D] with one draw [B,D] for all steps.
func dropOutSteps(b *graph.Builder, noise string, rate float64, x *gorgonia.Node) (*gorgonia.Node, error) {
	shape := x.Shape()
	if shape.Dims() != 3 {
		return nil, errors.Errorf("found an input of shape %v, expected [T,B,D] to share a draw between steps", shape)
	}
	if rate == 0 {
		return x, nil
	}
	factors, err := b.Noise(noise, graph.InvertedDropout(rate), shape[1], shape[2])
	if err != nil || factors == nil {
		return x, err
	}
	return op.ScaleSteps(b.Ops(), x, factors)
}
