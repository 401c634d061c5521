package study

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// differenceP is the two-sided p-value of the hypothesis that paired differences come from a distribution whose mean is 0: the
// greater one of the bootstrap's and of the paired t-test's. The bootstrap alone calls two equal arms different in 5.2 % of the
// studies with ten pairs and normal noise, the greater one in 4.0 %; with five pairs it is 5.0 % and 3.4 %.
func differenceP(differences []float64, e Estimate) float64 {
	mean, deviation := stat.MeanStdDev(differences, nil)
	n := float64(len(differences))
	if n < 2 || flat(mean, deviation) {
		return e.p
	}
	t := distuv.StudentsT{Sigma: 1, Nu: n - 1}
	return max(e.p, 2*t.Survival(math.Abs(mean)/(deviation/math.Sqrt(n))))
}
