package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/spec"
)

// Seq is what flows from layer to layer. X is one of
//
//	[T,B,D]  numbers, a vector at every step of every sequence
//	[B,D]    numbers, a vector for every sequence; Mask is nil
//	[T,B]    token ids of tensor.Int
//
// Mask [T,B] is 1 where there is data and 0 where a shorter sequence is padded; nil means that there is no padding.
type Seq struct{ X, Mask *gorgonia.Node }

// Layer is a function of a sequence, with parameters.
type Layer interface {
	// Params are the layer's parameters, the same ones in the same order each time.
	Params() []*graph.Param
	// Apply adds the layer to the graph. It may be called once per graph.
	Apply(b *graph.Builder, in Seq) (Seq, error)
}

// check returns everything that is wrong with a layer called name: its configuration, its input and the type of its
// parameters.
func check(name string, cfg spec.Layer, in spec.Shape, dtype tensor.Dtype) error {
	return errors.WithMessage(faultsOf(cfg, in, dtype).Err(), name)
}

func faultsOf(cfg spec.Layer, in spec.Shape, dtype tensor.Dtype) fault.List {
	faults := cfg.Validate()
	if in.Tokens {
		spec.CheckVocabulary(&faults, "vocabulary", in.Width)
	} else {
		spec.CheckInputs(&faults, in.Width)
	}
	checkDtype(&faults, dtype)
	if faults == nil {
		_, faults = cfg.OutputShape(in)
	}
	return faults
}

// checkDtype adds a fault unless parameters can have that type.
func checkDtype(l *fault.List, dtype tensor.Dtype) {
	l.Check(dtype == tensor.Float32 || dtype == tensor.Float64, "dtype", dtype, "float32 or float64")
}

// expectWidth returns an error unless x has the rank (one of ranks) and the last dimension that a layer was made for.
func expectWidth(layer string, x *gorgonia.Node, width int, ranks ...int) error {
	shape := x.Shape()
	for _, rank := range ranks {
		if shape.Dims() == rank && shape[rank-1] == width {
			return nil
		}
	}
	return errors.Errorf("%s: found an input of shape %v, expected rank %v with last dimension %d", layer, shape, ranks, width)
}
