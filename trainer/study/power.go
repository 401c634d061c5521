package study

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

const (
	power    = 0.8  // with which a difference is to be found
	mostRuns = 1000 // beyond which nobody asks
)

// RunsNeeded is how many pairs it takes to find a difference like that of these pairs with a probability of 80 % in a
// two-sided t-test at the level alpha: the least n with |m|/s·√n ≥ t_{1−α/2} + t_{0.8}, quantiles of Student's
// distribution with n−1 degrees of freedom. Equal differences have no s: then it is the least n of a sign test. It is 0 where more than 1,000 are needed or nothing can be said.
func RunsNeeded(differences []float64, alpha float64) int {
	if len(differences) < 2 {
		return 0
	}
	mean, deviation := stat.MeanStdDev(differences, nil)
	if mean == 0 {
		return 0
	}
	effect, equal := math.Abs(mean)/deviation, flat(mean, deviation)
	for n := 2; n <= mostRuns; n++ {
		if equal {
			if flatP(mean, n) <= alpha {
				return n
			}
			continue
		}
		t := student(n)
		if effect*math.Sqrt(float64(n)) >= t.Quantile(1-alpha/2)+t.Quantile(power) {
			return n
		}
	}
	return 0
}
