package data

import "math"

// scaling maps a value x to (x-offset)/scale.
type scaling struct{ scale, offset float64 }

func (s scaling) apply(x float64) float64 { return (x - s.offset) / s.scale }

// summary is the statistics of observed values.
type summary struct {
	count            int
	mean, variance   float64 // variance: of the population
	minimum, maximum float64
}

// summarize takes the values of the rows that are wanted; a missing one, NaN, does not count.
func summarize(values []float64, want func(row int) bool) summary {
	s := summary{minimum: math.Inf(1), maximum: math.Inf(-1)}
	var squares float64 // of the deviations from the mean, summed
	for row, x := range values {
		if math.IsNaN(x) || !want(row) {
			continue
		}
		// Welford's recurrence: exact for a constant column.
		s.count++
		delta := x - s.mean
		s.mean += delta / float64(s.count)
		squares += delta * (x - s.mean)
		s.minimum, s.maximum = min(s.minimum, x), max(s.maximum, x)
	}
	if s.count > 0 {
		s.variance = squares / float64(s.count)
	}
	return s
}

// scaling is that of this kind; without any value, or with equal ones, it does not stretch. It may overflow.
func (s summary) scaling(kind Scale) scaling {
	fit := scaling{scale: 1}
	if s.count == 0 {
		return fit
	}
	switch kind {
	case ScaleStandard:
		fit = scaling{scale: math.Sqrt(s.variance), offset: s.mean}
	case ScaleMinMax:
		fit = scaling{scale: s.maximum - s.minimum, offset: s.minimum}
	}
	if s.minimum == s.maximum {
		fit.scale = 1
	}
	return fit
}

func (s scaling) usable() bool {
	return s.scale > 0 && !math.IsInf(s.scale, 0) && !math.IsInf(s.offset, 0) && !math.IsNaN(s.offset)
}
