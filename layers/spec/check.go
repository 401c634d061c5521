package spec

import (
	"fmt"
	"math"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

const (
	maxUnits    = 1 << 16
	maxElements = 1 << 31 // of one parameter
)

// CheckInputs adds a fault if no layer could read vectors of that size: at most what two directions of a GRU return.
func CheckInputs(l *fault.List, inputs int) {
	l.Check(inputs >= 1 && inputs <= 2*maxUnits, "inputs", inputs, "1 to %d", 2*maxUnits)
}

// CheckVocabulary adds a fault if there could be no embedding of a vocabulary of that size.
func CheckVocabulary(l *fault.List, path string, vocabulary int) {
	l.Check(vocabulary >= 1 && int64(vocabulary) <= maxElements, path, vocabulary, "1 to %d", int64(maxElements))
}

// CheckUnits adds a fault if a layer of that many units could not be built.
func CheckUnits(l *fault.List, path string, units int) {
	l.Check(units >= 1 && units <= maxUnits, path, units, "1 to %d", maxUnits)
}

// CheckRate adds a fault unless rate is in [0, 1).
func CheckRate(l *fault.List, path string, rate float64) {
	l.Check(rate >= 0 && rate < 1, path, rate, "0 or more and less than 1")
}

// CheckActivation adds a fault unless there is an activation of that name.
func CheckActivation(l *fault.List, path string, a Activation) {
	names := kernel.ActivationNames()
	l.Check(slices.Contains(names, string(a)), path, string(a), "one of %v", names)
}

// CheckParam adds a fault if a parameter [rows, columns] would be too large. The factors are at most 2³¹ each.
func CheckParam(l *fault.List, path string, rows, columns int) {
	l.Check(int64(rows)*int64(columns) <= maxElements, path, fmt.Sprintf("a parameter of %d by %d elements", rows, columns),
		"at most %d of them", int64(maxElements))
}

// checkEpsilon adds a fault unless epsilon keeps a division by a variance of 0 from failing.
func checkEpsilon(l *fault.List, epsilon float64) {
	l.Check(epsilon > 0 && !math.IsInf(epsilon, 1), "epsilon", epsilon, "a finite number of more than 0")
}

// checkOneOf adds a fault unless value is one of allowed.
func checkOneOf[T ~string](l *fault.List, path string, value T, allowed ...T) {
	l.Check(slices.Contains(allowed, value), path, string(value), "one of %v", allowed)
}

// setDefault sets a field that is zero.
func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
