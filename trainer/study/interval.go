package study

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

const (
	level     = 0.95  // of intervals
	resamples = 10000 // of a bootstrap: the ends of an interval then move by about a hundredth of its width between seeds

	// fewest is the number of values from which on the bootstrap is used. Of four values or fewer, 1.6 % or more of the
	// resamples are n times the same one, whose t is infinite.
	fewest = 5
)

// Estimate is a mean of values with what is known about the mean of the distribution that they were drawn from.
type Estimate struct {
	Mean Value `json:"mean"`
	Low  Value `json:"low"` // of the 95 % interval
	High Value `json:"high"`

	p float64 // two-sided, of the hypothesis that the true mean is 0
}

// Interval estimates the mean of the distribution that the values were drawn from independently:
//
//	[m − t*_{0.975}·s/√n, m − t*_{0.025}·s/√n]
//
// where t*_q are quantiles of (m*−m)/(s*/√n) over 10,000 resamples of the values with replacement: the studentized
// bootstrap (Efron 1982; Hall 1988, doi:10.1214/aos/1176350933). Its coverage is near 95 % already with five values,
// where that of percentiles of m* is 83 %. Fewer than five values get Student's interval; one value has none, and none
// has no mean either (NaN). Values without any spread have an interval of width 0.
//
// The random numbers follow from the seed alone.
func Interval(values []float64, seed uint64) Estimate { return interval(values, seed, resamples) }

func interval(values []float64, seed uint64, resamples int) Estimate {
	n := len(values)
	if n == 0 {
		return Estimate{nan, nan, nan, 1}
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	if n == 1 {
		return Estimate{Value(mean), nan, nan, 1}
	}
	if flat(mean, deviation) {
		return Estimate{Value(mean), Value(mean), Value(mean), flatP(mean, n)}
	}
	spread := deviation / math.Sqrt(float64(n))
	var t []float64 // sorted: draws from the distribution of t, or nil for Student's
	if n >= fewest {
		t = studentized(values, mean, seed, resamples)
	}
	below, above := tail(t, n, (1-level)/2), tail(t, n, (1+level)/2)
	return Estimate{
		Mean: Value(mean), Low: Value(mean - above*spread), High: Value(mean - below*spread),
		p: twoSided(t, n, mean/spread),
	}
}

// flat says whether values are equal up to rounding.
func flat(mean, deviation float64) bool { return deviation <= 1e-12*math.Abs(mean) }

// flatP is the p-value of n equal values: that of the sign test, since there is no spread to compare with.
func flatP(value float64, n int) float64 {
	if value == 0 {
		return 1
	}
	return math.Ldexp(1, 1-n)
}

// studentized draws t of resamples and sorts them.
func studentized(values []float64, mean float64, seed uint64, resamples int) []float64 {
	n := len(values)
	r := rand.New(rand.NewPCG(seed, 0x626f6f74))
	resample, t := make([]float64, n), make([]float64, resamples)
	for i := range t {
		for j := range resample {
			resample[j] = values[r.IntN(n)]
		}
		m, s := stat.MeanStdDev(resample, nil)
		difference := m - mean
		if flat(m, s) {
			t[i] = math.Inf(int(math.Copysign(1, difference)))
			continue
		}
		t[i] = difference / (s / math.Sqrt(float64(n)))
	}
	slices.Sort(t)
	return t
}

// tail is the quantile q of t.
func tail(t []float64, n int, q float64) float64 {
	if t == nil {
		return student(n).Quantile(q)
	}
	return stat.Quantile(q, stat.Empirical, t, nil)
}

// twoSided is twice the share of the distribution beyond x, on the side where that is less.
func twoSided(t []float64, n int, x float64) float64 {
	if t == nil {
		return 2 * student(n).Survival(math.Abs(x))
	}
	less, _ := slices.BinarySearch(t, x)
	upTo, _ := slices.BinarySearch(t, math.Nextafter(x, math.Inf(1)))
	beyond := min(upTo, len(t)-less)
	return min(1, 2*float64(beyond+1)/float64(len(t)+1))
}

func student(n int) distuv.StudentsT { return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)} }
