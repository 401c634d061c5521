package data

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// series is the rows [lo, hi) of a panel.
type series struct{ lo, hi int }

// panel is a table whose rows stand in order: sequence by sequence in the order of their first rows in the file, each by
// time. The order of the columns' values is that of the rows.
type panel struct {
	table
	series   []series
	complete []bool // of each row: whether every input was observed

	columns int
	cells   []float64 // [rows, columns], what a model sees: inputs, then masks, then gaps; filled and scaled
}

// newPanel orders a table. It fails on two rows of a sequence with the same time and on a sequence in two groups.
func newPanel(t *table) (*panel, error) {
	n := t.rows()
	sequenceOf := make([]int, n) // of each row, numbered by first appearance
	if t.sequences != nil {
		numbers := map[string]int{}
		for row, name := range t.sequences {
			number, seen := numbers[name]
			if !seen {
				number = len(numbers)
				numbers[name] = number
			}
			sequenceOf[row] = number
		}
	}
	order := make([]int, n)
	for row := range order {
		order[row] = row
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if c := cmp.Compare(sequenceOf[a], sequenceOf[b]); c != 0 || t.times == nil {
			return c
		}
		return cmp.Compare(t.times[a], t.times[b])
	})

	p := &panel{}
	for row, from := range order {
		if row == 0 || sequenceOf[from] != sequenceOf[order[row-1]] {
			p.series = append(p.series, series{lo: row, hi: row})
		} else if err := compatible(t, order[row-1], from); err != nil {
			return nil, err
		}
		p.series[len(p.series)-1].hi = row + 1
	}
	p.table = table{
		path: t.path, lines: permuted(t.lines, order), sequences: permuted(t.sequences, order),
		groups: permuted(t.groups, order), labels: permuted(t.labels, order), times: permuted(t.times, order),
		values: permuted(t.values, order), inputNames: t.inputNames, inputs: make([][]float64, len(t.inputs)),
	}
	for i, column := range t.inputs {
		p.inputs[i] = permuted(column, order)
		t.inputs[i] = nil // so that there are never two copies of everything
	}
	p.complete = slices.Repeat([]bool{true}, n)
	for _, column := range p.inputs {
		for row, x := range column {
			p.complete[row] = p.complete[row] && !math.IsNaN(x)
		}
	}
	return p, nil
}

func permuted[T any](column []T, order []int) []T {
	if column == nil {
		return nil
	}
	out := make([]T, len(order))
	for to, from := range order {
		out[to] = column[from]
	}
	return out
}

// compatible checks two rows that follow each other in a sequence.
func compatible(t *table, before, row int) error {
	where := "the series"
	if t.sequences != nil {
		where = "sequence " + shorten(t.sequences[row])
	}
	first, second := min(t.lines[before], t.lines[row]), max(t.lines[before], t.lines[row])
	if t.times != nil && t.times[before] == t.times[row] {
		return errors.WithStack(&FileError{
			Path: t.path, Line: second, What: where, Found: fmt.Sprintf("the time of line %d again", first),
			Expected: "a row of a sequence for each time",
		})
	}
	if t.groups != nil && t.groups[before] != t.groups[row] {
		return errors.WithStack(&FileError{
			Path: t.path, Line: second, What: where,
			Found:    fmt.Sprintf("the groups %s and %s", shorten(t.groups[before]), shorten(t.groups[row])),
			Expected: "a sequence to be in one group",
		})
	}
	return nil
}

// name says which series this is, for an error.
func (p *panel) name(s series) string {
	if p.sequences == nil {
		return "the series"
	}
	return "sequence " + shorten(p.sequences[s.lo])
}

// clock returns the time of each row: that of the time column or, without one, its number.
func (p *panel) clock(row int) float64 {
	if p.times == nil {
		return float64(row)
	}
	return p.times[row]
}

// gaps returns δ of a column for each row: the time since the last row before it in which the column was observed, 0
// in the first row of a series, and since the first row where nothing was observed yet.
func (p *panel) gaps(column []float64) []float64 {
	gaps := make([]float64, len(column))
	for _, s := range p.series {
		last := s.lo
		for row := s.lo + 1; row < s.hi; row++ {
			if !math.IsNaN(column[row-1]) {
				last = row - 1
			}
			gaps[row] = p.clock(row) - p.clock(last)
		}
	}
	return gaps
}

// fill replaces the missing values of a column in place. Where the way of filling has nothing to take, it is mean.
func (p *panel) fill(column []float64, how Fill, mean float64) {
	for _, s := range p.series {
		last := -1 // the row last observed
		for row := s.lo; row < s.hi; row++ {
			if !math.IsNaN(column[row]) {
				if how == FillLinear && last >= 0 {
					p.interpolate(column, last, row)
				}
				last = row
				continue
			}
			switch {
			case how == FillZero:
				column[row] = 0
			case how == FillMean || last < 0:
				column[row] = mean
			default:
				// With linear this stands only where no value follows.
				column[row] = column[last]
			}
		}
	}
}

// interpolate draws a line from row lo to row hi.
func (p *panel) interpolate(column []float64, lo, hi int) {
	for row := lo + 1; row < hi; row++ {
		share := (p.clock(row) - p.clock(lo)) / (p.clock(hi) - p.clock(lo))
		column[row] = column[lo] + share*(column[hi]-column[lo])
	}
}
