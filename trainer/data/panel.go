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
// time.
type panel struct {
	*table
	series []series

	inputColumns int // features that are no masks or gaps
	columns      int
	features     []float64 // [rows, columns], what a model sees: inputs, then masks, then gaps; filled and scaled
}

// newPanel orders a table; where it may not be moved, one that is out of order is refused. It fails on two rows of a
// sequence with the same time and on a sequence in two groups.
func newPanel(t *table, fixed bool) (*panel, error) {
	p := &panel{table: t}
	if row := t.firstOutOfOrder(); row >= 0 {
		if fixed {
			return nil, errors.WithStack(&FileError{
				Path: t.path, Line: t.lineOf(row), What: t.name(row), Found: "a row that belongs before the one above",
				Expected: "with data.stream rows that are sorted by sequence and time",
			})
		}
		t.sort()
	}
	for row := range t.rows() {
		if row == 0 || t.differ(t.sequence, row-1, row) {
			p.series = append(p.series, series{lo: row, hi: row})
		} else if err := t.compatible(row-1, row); err != nil {
			return nil, err
		}
		p.series[len(p.series)-1].hi = row + 1
	}
	return p, nil
}

// differ says whether two rows have other values in a column; where there is none they agree.
func (t *table) differ(column, a, b int) bool {
	return column >= 0 && t.at(a, column) != t.at(b, column)
}

// compare orders rows. A sequence's number is that of its first appearance.
func (t *table) compare(a, b int) int {
	for _, column := range []int{t.sequence, t.time} {
		if column < 0 {
			continue
		}
		if c := cmp.Compare(t.at(a, column), t.at(b, column)); c != 0 {
			return c
		}
	}
	return 0
}

// firstOutOfOrder returns the first row that belongs before the one above it, or -1.
func (t *table) firstOutOfOrder() int {
	for row := 1; row < t.rows(); row++ {
		if t.compare(row-1, row) > 0 {
			return row
		}
	}
	return -1
}

func (t *table) sort() {
	order := make([]int32, t.rows())
	for row := range order {
		order[row] = int32(row)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return t.compare(int(a), int(b)) })
	cells := make([]float64, 0, len(t.cells))
	for _, from := range order {
		cells = append(cells, t.cells[int(from)*t.width:(int(from)+1)*t.width]...)
	}
	t.cells = cells
}

// compatible checks two rows that follow each other in a sequence.
func (t *table) compatible(before, row int) error {
	first, second := min(t.lineOf(before), t.lineOf(row)), max(t.lineOf(before), t.lineOf(row))
	if t.time >= 0 && !t.differ(t.time, before, row) {
		return errors.WithStack(&FileError{
			Path: t.path, Line: second, What: t.name(row), Found: fmt.Sprintf("the time of line %d again", first),
			Expected: "a row of a sequence for each time",
		})
	}
	if t.differ(t.group, before, row) {
		return errors.WithStack(&FileError{
			Path: t.path, Line: second, What: t.name(row),
			Found:    fmt.Sprintf("the groups %s and %s", shorten(t.text(before, t.group)), shorten(t.text(row, t.group))),
			Expected: "a sequence to be in one group",
		})
	}
	return nil
}

// name says of which series a row is, for an error.
func (t *table) name(row int) string {
	if t.sequence < 0 {
		return "the series"
	}
	return "sequence " + shorten(t.text(row, t.sequence))
}

// clock returns the time of each row: that of the time column or, without one, its number.
func (t *table) clock(row int) float64 {
	if t.time < 0 {
		return float64(row)
	}
	return t.at(row, t.time)
}

// targetValue is what the column of the target has in a row, in original units.
func (t *table) targetValue(row int) float64 { return t.at(row, t.value) }

// complete says whether every input of numbers was observed in a row.
func (t *table) complete(row int) bool {
	for _, column := range t.inputs {
		if math.IsNaN(t.at(row, column)) {
			return false
		}
	}
	return true
}

// row returns the features of a row.
func (p *panel) row(row int) []float64 {
	return p.features[row*p.columns : (row+1)*p.columns]
}
