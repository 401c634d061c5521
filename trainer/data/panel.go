package data

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// series is the rows [lo, hi) of a panel.
type Series struct{ Lo, Hi int }

// panel is a table whose rows stand in order: sequence by sequence in the order of their first rows in the file, each by
// time.
type Panel struct {
	*Table
	Series []Series
	Mapped bool // the rows are in mapped files, see [GuardMapped]

	InputColumns int // features that are no masks or gaps
	Columns      int
	Features     []float64 // [rows, columns], what a model sees: inputs, then masks, then gaps; filled and scaled
}

// newPanel orders a table; where it may not be moved, one that is out of order is refused. It fails on two rows of a
// sequence with the same time and on a sequence in two groups.
func NewPanel(t *Table, fixed bool) (*Panel, error) {
	p := &Panel{Table: t, Mapped: fixed}
	if row := t.firstOutOfOrder(); row >= 0 {
		if fixed {
			return nil, errors.WithStack(fault.Fault{
				Where: t.Path, Line: t.LineOf(row), What: t.name(row), Found: "a row that belongs before the one above",
				Expected: "with data.stream rows that are sorted by sequence and time",
			}.Err())
		}
		t.sort()
	}
	for row := range t.Rows() {
		if row == 0 || t.differ(t.Sequence, row-1, row) {
			p.Series = append(p.Series, Series{Lo: row, Hi: row})
		} else if err := t.compatible(row-1, row); err != nil {
			return nil, err
		}
		p.Series[len(p.Series)-1].Hi = row + 1
	}
	return p, nil
}

// differ says whether two rows have other values in a column; where there is none they agree.
func (t *Table) differ(column, a, b int) bool {
	return column >= 0 && t.At(a, column) != t.At(b, column)
}

// compare orders rows. A sequence's number is that of its first appearance.
func (t *Table) compare(a, b int) int {
	for _, column := range []int{t.Sequence, t.Time} {
		if column < 0 {
			continue
		}
		if c := cmp.Compare(t.At(a, column), t.At(b, column)); c != 0 {
			return c
		}
	}
	return 0
}

// firstOutOfOrder returns the first row that belongs before the one above it, or -1.
func (t *Table) firstOutOfOrder() int {
	for row := 1; row < t.Rows(); row++ {
		if t.compare(row-1, row) > 0 {
			return row
		}
	}
	return -1
}

func (t *Table) sort() {
	order := make([]int32, t.Rows())
	for row := range order {
		order[row] = int32(row)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return t.compare(int(a), int(b)) })
	cells := make([]float64, 0, len(t.Cells))
	for _, from := range order {
		cells = append(cells, t.Cells[int(from)*t.Width:(int(from)+1)*t.Width]...)
	}
	t.Cells = cells
}

// compatible checks two rows that follow each other in a sequence.
func (t *Table) compatible(before, row int) error {
	first, second := min(t.LineOf(before), t.LineOf(row)), max(t.LineOf(before), t.LineOf(row))
	if t.Time >= 0 && !t.differ(t.Time, before, row) {
		expected := "a row of a sequence for each time"
		if t.Dates && t.Zone == withoutZone {
			expected += "; hours of a clock that was put back need dates with a zone"
		}
		return errors.WithStack(fault.Fault{
			Where: t.Path, Line: second, What: t.name(row), Found: fmt.Sprintf("the time of line %d again", first), Expected: expected,
		}.Err())
	}
	if t.differ(t.Group, before, row) {
		return errors.WithStack(fault.Fault{
			Where: t.Path, Line: second, What: t.name(row),
			Found:    fmt.Sprintf("the groups %s and %s", quote.Text(t.Text(before, t.Group)), quote.Text(t.Text(row, t.Group))),
			Expected: "a sequence to be in one group",
		}.Err())
	}
	return nil
}

// name says of which series a row is, for an error.
func (t *Table) name(row int) string {
	if t.Sequence < 0 {
		return "the series"
	}
	return "sequence " + quote.Text(t.Text(row, t.Sequence))
}

// clock returns the time of each row: that of the time column or, without one, its number.
func (t *Table) Clock(row int) float64 {
	if t.Time < 0 {
		return float64(row) * cmp.Or(t.RowStep, 1)
	}
	return t.At(row, t.Time)
}

// TargetValue is what the column of target k has in a row, in original units.
func (t *Table) TargetValue(row, k int) float64 { return t.At(row, t.Values[k]) }

// complete says whether every input of numbers was observed in a row.
func (t *Table) Complete(row int) bool {
	for _, column := range t.Inputs {
		if math.IsNaN(t.At(row, column)) {
			return false
		}
	}
	return true
}

// row returns the features of a row.
func (p *Panel) Row(row int) []float64 {
	return p.Features[row*p.Columns : (row+1)*p.Columns]
}

// start is the first row of the series that a row is in.
func (p *Panel) Start(row int) int {
	return p.Series[sort.Search(len(p.Series), func(i int) bool { return p.Series[i].Hi > row })].Lo
}

// rowStep is the time between two rows of the training part that follow each other, 0 where it is not always the same or there are no
// times.
func (p *Panel) rowStep(inTrain func(row int) bool) float64 {
	step := 0.0
	if p.Time < 0 {
		return step
	}
	for _, s := range p.Series {
		for row := s.Lo + 1; row < s.Hi; row++ {
			if !inTrain(row) || !inTrain(row-1) {
				continue
			}
			d := p.Clock(row) - p.Clock(row-1)
			if step == 0 {
				step = d
			}
			// Times such as 0.1, 0.2, 0.3 are rounded.
			if math.Abs(d-step) > 1e-6*step {
				return 0
			}
		}
	}
	return step
}
