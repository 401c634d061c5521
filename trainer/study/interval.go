package study

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

const (
	level     = 0.95  // of intervals
	resamples = 10000 // of a bootstrap: the ends of an interval then move by about a hundredth of its width between seeds

	// smoothing is the deviation of the noise that is added to resamples, where the values' is 1 and there is one of them.
	smoothing = 0.5
)

// Estimate is a mean of values with what is known about the mean of the distribution that they were drawn from.
type Estimate struct {
	Mean Value `json:"mean"`
	Low  Value `json:"low"` // of the 95 % interval
	High Value `json:"high"`
	Cut  bool  `json:"cut,omitempty"` // an end was beyond what the metric can be, and is at that bound instead

	p float64 // two-sided, of the hypothesis that the true mean is 0
}

// Interval estimates the mean of the distribution that the values were drawn from independently:
//
//	[m − t*_{0.975}·s/√n, m − t*_{0.025}·s/√n]
//
// where t*_q are quantiles of (m*−m)/(s*/√n) over 10,000 smoothed resamples x* of the values x:
//
//	x*_i = x_{j(i)} + h·ε_i,  h = s/2·n^{-1/5},  j uniform, ε standard normal
//
// the smoothed studentized bootstrap (Hall 1988, doi:10.1214/aos/1176350933; Polansky and Schucany 1997). Its coverage is
// near 95 % already with five values, where that of percentiles of m* is 83 %; without smoothing, a few values of which
// some are equal have no finite interval. The factor of h is our choice, by simulation: coverage is then 95 % for
// normal values and from 92 to 97 % for uniform, moderately skewed and heavy-tailed ones.
//
// One value has no interval, and none has no mean either (NaN). Values without any spread have an interval of width 0. The
// random numbers follow from the seed alone.
func Interval(values []float64, seed uint64) Estimate { return interval(values, seed, resamples) }

func interval(values []float64, seed uint64, resamples int) Estimate {
	n := len(values)
	if n == 0 {
		return Estimate{Mean: nan, Low: nan, High: nan, p: 1}
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	if n == 1 {
		return Estimate{Mean: Value(mean), Low: nan, High: nan, p: 1}
	}
	if flat(mean, deviation) {
		return Estimate{Mean: Value(mean), Low: Value(mean), High: Value(mean), p: flatP(mean, n)}
	}
	spread := deviation / math.Sqrt(float64(n))
	t := studentized(values, mean, deviation, seed, resamples)
	quantile := func(q float64) float64 { return stat.Quantile(q, stat.Empirical, t, nil) }
	return Estimate{
		Mean: Value(mean), Low: Value(mean - quantile((1+level)/2)*spread), High: Value(mean - quantile((1-level)/2)*spread),
		p: twoSided(t, mean/spread),
	}
}

// Within is the estimate of the mean of values that cannot go below least or above most; nil: no bound. The interval is cut there, which
// loses no coverage: the true mean is within the bounds.
func (e Estimate) Within(least, most *float64) Estimate {
	if least != nil && float64(e.Low) < *least {
		e.Low, e.Cut = Value(*least), true
	}
	if most != nil && float64(e.High) > *most {
		e.High, e.Cut = Value(*most), true
	}
	return e
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
func studentized(values []float64, mean, deviation float64, seed uint64, resamples int) []float64 {
	n := len(values)
	width := deviation * smoothing * math.Pow(float64(n), -0.2)
	r := rand.New(rand.NewPCG(seed, 0x626f6f74))
	resample, t := make([]float64, n), make([]float64, resamples)
	for i := range t {
		for j := range resample {
			resample[j] = values[r.IntN(n)] + width*r.NormFloat64()
		}
		m, s := stat.MeanStdDev(resample, nil)
		t[i] = (m - mean) / (s / math.Sqrt(float64(n)))
	}
	slices.Sort(t)
	return t
}

// twoSided is twice the share of the sorted t beyond x, on the side where that is less.
func twoSided(t []float64, x float64) float64 {
	less, _ := slices.BinarySearch(t, x)
	beyond := min(less, len(t)-less)
	return min(1, 2*float64(beyond+1)/float64(len(t)+1))
}
