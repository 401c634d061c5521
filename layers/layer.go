package layers

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
)

// Seq is what flows from layer to layer. X is one of
//
//	[T,B,D]  numbers, a vector at every step of every sequence
//	[B,D]    numbers, a vector for every sequence; Mask is nil
//	[T,B]    token ids of tensor.Int
//
// Mask [T,B] is 1 where there is data and 0 where a shorter sequence is padded; nil means that there is no padding.
type Seq struct{ X, Mask *gorgonia.Node }

// Layer is a function of a sequence with parameters of its own.
type Layer interface {
	// Params are the layer's parameters, the same ones in the same order each time.
	Params() []*graph.Param
	// Apply adds the layer to the graph. It may be called once per graph.
	Apply(b *graph.Builder, in Seq) (Seq, error)
}

const (
	maxUnits    = 1 << 16
	maxElements = 1 << 31 // of one parameter
)

// checkUnits adds a fault where a layer of so many units could not be built.
func checkUnits(l *fault.List, path string, units int) {
	l.Check(units >= 1 && units <= maxUnits, path, units, "1 to %d", maxUnits)
}

// checkInputs adds a fault where no layer could read so many inputs: at most what two directions of a GRU return.
func checkInputs(l *fault.List, inputs int) {
	l.Check(inputs >= 1 && inputs <= 2*maxUnits, "inputs", inputs, "1 to %d", 2*maxUnits)
}

// checkVocabulary adds a fault where there could be no embedding of so many tokens.
func checkVocabulary(l *fault.List, path string, vocabulary int) {
	l.Check(vocabulary >= 1 && int64(vocabulary) <= maxElements, path, vocabulary, "1 to %d", int64(maxElements))
}

// checkElements adds a fault where a parameter [rows, columns] is too large. The factors are at most 2³¹ each.
func checkElements(l *fault.List, path string, rows, columns int) {
	l.Check(int64(rows)*int64(columns) <= maxElements, path, fmt.Sprintf("a parameter of %d by %d elements", rows, columns),
		"at most %d of them", int64(maxElements))
}

// checkRate adds a fault unless rate is in [0, 1).
func checkRate(l *fault.List, path string, rate float64) {
	l.Check(rate >= 0 && rate < 1, path, rate, "0 or more and less than 1")
}

// checkInitializer adds a fault where graph knows no initializer of that name.
func checkInitializer(l *fault.List, path, name string) {
	if _, err := graph.NamedInitializer(name, 1); err != nil {
		l.Add(path, name, "one of %v", graph.InitializerNames())
	}
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
