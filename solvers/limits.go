package solvers

import (
	"math"

	"github.com/gruexp/gruexp/graph/fault"
)

// The ranges of options, one owner for [Config] and transforms. What is out of them is a slip of the pen or a number
// that an experiment computed wrongly, NaN above all, which fails every comparison.

func checkRate(faults *fault.List, path string, v float64) {
	faults.Check(v > 0 && !math.IsInf(v, 0), path, v, "a finite number above 0")
}

func checkDecay(faults *fault.List, path string, v float64) {
	faults.Check(v >= 0 && v < 1, path, v, "a number of at least 0, below 1")
}

func checkEpsilon(faults *fault.List, path string, v float64) {
	faults.Check(v > 0 && v <= 1, path, v, "a number above 0, at most 1")
}

func checkStrength(faults *fault.List, path string, v float64) {
	faults.Check(v >= 0 && v <= 100, path, v, "a number from 0 to 100")
}

func checkThreshold(faults *fault.List, path string, v float64) {
	faults.Check(v > 0 && !math.IsInf(v, 0), path, v, "a finite number above 0")
}

func checkDecayFactor(faults *fault.List, path string, v float64) {
	faults.Check(v > 0 && v <= 1, path, v, "a number above 0, at most 1")
}

func checkFraction(faults *fault.List, path string, v float64) {
	faults.Check(v >= 0 && v <= 1, path, v, "a number from 0 to 1")
}

// checkEpochs leaves room for schedules far longer than any training, not for those whose steps overflow an int.
func checkEpochs(faults *fault.List, path string, v float64) {
	faults.Check(v > 0 && v <= 1e6, path, v, "a number of epochs above 0, at most 1e6")
}

// checkLimit is for thresholds that may be switched off by 0.
func checkLimit(faults *fault.List, path string, v float64) {
	faults.Check(v >= 0 && !math.IsInf(v, 0), path, v, "a finite number of at least 0")
}
