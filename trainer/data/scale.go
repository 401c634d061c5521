package data

import (
	"math"
	"slices"
)

// scaling maps a value x to (x-offset)/scale.
type scaling struct{ scale, offset float64 }

func (s scaling) apply(x float64) float64 { return (x - s.offset) / s.scale }

func (s scaling) usable() bool {
	return s.scale > 0 && !math.IsInf(s.scale, 0) && !math.IsInf(s.offset, 0) && !math.IsNaN(s.offset)
}

// summary is the statistics of observed values.
type Summary struct {
	count            int
	Mean             float64
	squares          float64 // of the deviations from the mean, summed
	minimum, maximum float64
}

// add counts a value; a missing one, NaN, does not count.
func (s *Summary) add(x float64) {
	if math.IsNaN(x) {
		return
	}
	if s.count == 0 {
		s.minimum, s.maximum = x, x
	}
	// Welford's recurrence: exact for a constant column.
	s.count++
	delta := x - s.Mean
	s.Mean += delta / float64(s.count)
	s.squares += delta * (x - s.Mean)
	s.minimum, s.maximum = min(s.minimum, x), max(s.maximum, x)
}

func Summarize(values []float64) Summary {
	var s Summary
	for _, x := range values {
		s.add(x)
	}
	return s
}

// scaling is that of this kind, but for [ScaleRobust]; without any value, or with equal ones, it does not stretch. It may
// overflow. The values were computed from numbers up to size.
func (s Summary) scaling(kind Scale, size float64) scaling {
	fit := scaling{scale: 1}
	if s.count == 0 {
		return fit
	}
	switch kind {
	case ScaleStandard, ScaleLog:
		fit = scaling{scale: math.Sqrt(s.squares / float64(s.count)), offset: s.Mean} // the deviation of the population
	case ScaleMinMax:
		fit = scaling{scale: s.maximum - s.minimum, offset: s.minimum}
	}
	return fit.unstretched(s.minimum, s.maximum, size)
}

// unstretched is a scaling that does not stretch where the values between two are almost equal; it shrinks them where they are large.
func (s scaling) unstretched(low, high, size float64) scaling {
	if almostEqual(low, high, size) {
		s.scale = max(1, high-low)
	}
	return s
}

// almostEqual says whether two numbers differ by no more than the rounding of what they were computed from, numbers up to size. To bring
// such a difference to 1 would make large numbers of nothing.
func almostEqual(a, b, size float64) bool {
	return math.Abs(a-b) <= 1e-12*max(math.Abs(a), math.Abs(b), size)
}

// magnitude is the largest absolute value, 0 where there is none.
func (s Summary) magnitude() float64 { return max(math.Abs(s.minimum), math.Abs(s.maximum)) }

// robustScaling brings the median to 0 and the distance of the quartiles to 1; where that is 0 it does not stretch. The
// values are sorted in place. They were computed from numbers up to size.
func robustScaling(values []float64, size float64) scaling {
	values = slices.DeleteFunc(values, math.IsNaN)
	if len(values) == 0 {
		return scaling{scale: 1}
	}
	slices.Sort(values)
	low, high := quantile(values, 0.25), quantile(values, 0.75)
	fit := scaling{scale: high - low, offset: quantile(values, 0.5)}
	return fit.unstretched(low, high, size).unstretched(values[0], values[len(values)-1], size)
}

// quantile is that of sorted values, on the line between the two that are next to it.
func quantile(sorted []float64, q float64) float64 {
	place := q * float64(len(sorted)-1)
	i := int(place)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	share := place - float64(i)
	return sorted[i]*(1-share) + sorted[i+1]*share
}

// signedLog is sign(x)·log(1+|x|).
func signedLog(x float64) float64 { return math.Copysign(math.Log1p(math.Abs(x)), x) }
