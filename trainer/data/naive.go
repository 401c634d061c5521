package data

import "math"

// naive is the mean absolute difference of a column between a row of the training part and the one before it, where both were
// observed: what the mean absolute scaled error is scaled by (Hyndman and Koehler 2006). It is 0 where there is no such pair.
func (l *Builder) naive(column func(row int) float64) float64 {
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
	return sum / max(1, count)
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
