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

func checkGrowth(faults *fault.List, path string, v float64) {
	faults.Check(v >= 1 && v <= 100, path, v, "a number from 1 to 100")
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

func checkCount(faults *fault.List, path string, v int) {
	faults.Check(v >= 1 && v <= 1e9, path, v, "a whole number from 1 to 1e9")
}

func checkGroupRate(faults *fault.List, path string, v float64) {
	faults.Check(v > 0 && v <= 1e6, path, v, "a number above 0, at most 1e6")
}

// checkPart is for what a schedule comes to, measured in what it is a schedule of.
func checkPart(faults *fault.List, path string, v float64) {
	faults.Check(v >= 0 && v <= 100, path, v, "a number from 0 to 100")
}

func checkPower(faults *fault.List, path string, v float64) {
	faults.Check(v > 0 && v <= 100, path, v, "a number above 0, at most 100")
}

func checkInner(faults *fault.List, path string, v float64) {
	faults.Check(v > 0 && v < 1, path, v, "a number between 0 and 1")
}

func checkRising(faults *fault.List, path string, v []float64) {
	ok := len(v) > 0 && v[0] > 0 && v[len(v)-1] <= 1e6
	for i := 1; i < len(v); i++ {
		ok = ok && v[i] > v[i-1]
	}
	faults.Check(ok, path, v, "epochs above 0, at most 1e6, each later than the one before")
}

// checkAfter leaves room as checkEpochs does.
func checkAfter(faults *fault.List, path string, v float64) {
	faults.Check(v >= 0 && v <= 1e6, path, v, "a number of epochs from 0 to 1e6")
}
