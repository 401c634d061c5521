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
func (t *TableInputs) base(p *panel, s series) float64 {
	at := slices.IndexFunc(t.Columns, t.isRelative)
	place := p.inputs[slices.Index(p.inputNames, t.Relative)]
	for row := s.hi - 1; row >= s.lo; row-- {
		if x := p.at(row, place); !math.IsNaN(x) {
			return x
		}
	}
	return t.Columns[at].Mean
}

// shift takes the inputs of the column in a row from base: (x − base)/RelativeScale, of log scaled ones the difference.
func (t *TableInputs) shift(features []float64, base float64) {
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
func (t *TableInputs) relate(p *panel, s series, features []float64, into *Sequences) {
	if t.Relative == "" {
		return
	}
	base := t.base(p, s)
	for at := 0; at < len(features); at += p.columns {
		t.shift(features[at:at+p.columns], base)
	}
	into.Base = append(into.Base, base)
}
