package data

import (
	"math"
	"slices"
)

// split gives every row of a panel to a part.
func (l *csvLoader) split(p *panel, validFraction, testFraction float64) []part {
	partOf := make([]part, p.rows())
	assign := func(s series, to part) {
		for row := s.lo; row < s.hi; row++ {
			partOf[row] = to
		}
	}
	by := l.config.Split.By
	if by == BySequence && p.sequence < 0 {
		by = ByTime // a format that may have sequences, and here has none
	}
	l.drawsValid = by != ByTime && validFraction > 0
	switch by {
	case BySequence:
		for i, to := range draw(l.config.ValidSeed, len(p.series), validFraction, testFraction) {
			assign(p.series[i], to)
		}
	case ByGroup:
		numbers := map[float64]int{} // of the groups, in the order of the sequences
		for _, s := range p.series {
			group := p.at(s.lo, p.group)
			if _, seen := numbers[group]; !seen {
				numbers[group] = len(numbers)
			}
		}
		drawn := draw(l.config.ValidSeed, len(numbers), validFraction, testFraction)
		for _, s := range p.series {
			assign(s, drawn[numbers[p.at(s.lo, p.group)]])
		}
	case ByTime:
		wholeSeries := l.task == Classify || l.task == Regress
		var times []float64
		for _, s := range p.series {
			if wholeSeries {
				times = append(times, p.clock(s.hi-1))
				continue
			}
			for row := s.lo; row < s.hi; row++ {
				times = append(times, p.clock(row))
			}
		}
		slices.Sort(times) // hardly any work for one series, whose rows are in order
		counts := partCounts(len(times), validFraction, testFraction)
		validFrom := timeAt(times, counts[train])
		testFrom := timeAt(times, counts[train]+counts[valid])
		for _, s := range p.series {
			for row := s.lo; row < s.hi; row++ {
				at := p.clock(row)
				if wholeSeries {
					at = p.clock(s.hi - 1)
				}
				switch {
				case at >= testFrom:
					partOf[row] = test
				case at >= validFrom:
					partOf[row] = valid
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
