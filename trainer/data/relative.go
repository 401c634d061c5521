package data

import (
	"math"
	"slices"
)

// isRelative says whether an input is of the column that values are taken from.
func (t *TableInputs) isRelative(c InputColumn) bool {
	return t.Relative != "" && c.source() == t.Relative && c.Difference == 0 && c.Category == "" && c.Calendar == ""
}

// base is the last value of the column that was observed in a series, or where none was the mean of the training part.
func (t *TableInputs) base(p *Panel, s Series) float64 {
	at := slices.IndexFunc(t.Columns, t.isRelative)
	place := p.Inputs[slices.Index(p.InputNames, t.Relative)]
	for row := s.Hi - 1; row >= s.Lo; row-- {
		if x := p.At(row, place); !math.IsNaN(x) {
			return x
		}
	}
	return t.Columns[at].Mean
}

// shift takes the inputs of the column in a row from base: (x − base)/RelativeScale, of log scaled ones the difference.
func (t *TableInputs) Shift(features []float64, base float64) {
	for i, c := range t.Columns {
		if !t.isRelative(c) {
			continue
		}
		features[i] -= c.apply(base)
		if !c.Log {
			features[i] *= c.Scale / t.RelativeScale
		}
	}
}

// relate does so for the features of a series that is to be predicted from, and keeps its base.
func (t *TableInputs) relate(p *Panel, s Series, features []float64, into *Sequences) {
	if t.Relative == "" {
		return
	}
	base := t.base(p, s)
	for at := 0; at < len(features); at += p.Columns {
		t.Shift(features[at:at+p.Columns], base)
	}
	into.Base = append(into.Base, base)
}
