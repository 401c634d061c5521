package data

import "math"

// naive is the mean absolute difference of a column between a row of the training part and the one before it, where both were
// observed: what the mean absolute scaled error is scaled by (Hyndman and Koehler 2006). It is 0 where there is no such pair,
// or where they differ by the rounding of numbers up to size alone.
func (l *Builder) naive(size float64, column func(row int) float64) float64 {
	panel := l.Panels[TrainPart]
	var sum, count float64
	for _, s := range panel.Series {
		for row := s.Lo + 1; row < s.Hi; row++ {
			d := math.Abs(column(row) - column(row-1))
			if l.PartOf[panel][row] == TrainPart && l.PartOf[panel][row-1] == TrainPart && !math.IsNaN(d) {
				sum, count = sum+d, count+1
			}
		}
	}
	mean := sum / max(1, count)
	if almostEqual(mean, 0, size) {
		return 0
	}
	return mean
}

// observed is a column of the prepared inputs, NaN in the rows that are no target since an input is missing.
func (p *Panel) observed(column int) func(row int) float64 {
	return func(row int) float64 {
		if !p.Complete(row) {
			return math.NaN()
		}
		return p.Row(row)[column]
	}
}
