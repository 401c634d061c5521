package data

import (
	"math"
	"slices"
)

// Split gives every row of a panel to a part.
func (l *Builder) Split(p *Panel, validFraction, testFraction float64) []Part {
	partOf := make([]Part, p.Rows())
	assign := func(s Series, to Part) {
		for row := s.Lo; row < s.Hi; row++ {
			partOf[row] = to
		}
	}
	by := l.Config.Split.By
	if by == BySequence && p.Sequence < 0 {
		by = ByTime // a format that may have sequences, and here has none
	}
	l.DrawsValid = by != ByTime && validFraction > 0
	switch by {
	case BySequence:
		for i, to := range DrawParts(l.Config.ValidSeed, len(p.Series), validFraction, testFraction) {
			assign(p.Series[i], to)
		}
	case ByGroup:
		numbers := map[float64]int{} // of the groups, in the order of the sequences
		for _, s := range p.Series {
			group := p.At(s.Lo, p.Group)
			if _, seen := numbers[group]; !seen {
				numbers[group] = len(numbers)
			}
		}
		drawn := DrawParts(l.Config.ValidSeed, len(numbers), validFraction, testFraction)
		for _, s := range p.Series {
			assign(s, drawn[numbers[p.At(s.Lo, p.Group)]])
		}
	case ByTime:
		wholeSeries := l.Task == Classify || l.Task == Regress
		var times []float64
		for _, s := range p.Series {
			if wholeSeries {
				times = append(times, p.Clock(s.Hi-1))
				continue
			}
			for row := s.Lo; row < s.Hi; row++ {
				times = append(times, p.Clock(row))
			}
		}
		slices.Sort(times) // hardly any work for one series, whose rows are in order
		counts := CountParts(len(times), validFraction, testFraction)
		validFrom := timeAt(times, counts[TrainPart])
		testFrom := timeAt(times, counts[TrainPart]+counts[ValidPart])
		for _, s := range p.Series {
			for row := s.Lo; row < s.Hi; row++ {
				at := p.Clock(row)
				if wholeSeries {
					at = p.Clock(s.Hi - 1)
				}
				switch {
				case at >= testFrom:
					partOf[row] = TestPart
				case at >= validFrom:
					partOf[row] = ValidPart
				}
			}
		}
	}
	return partOf
}

// timeAt returns times[i], or a time that never comes where i is their number.
func timeAt(times []float64, i int) float64 {
	if i == len(times) {
		return math.Inf(1)
	}
	return times[i]
}
