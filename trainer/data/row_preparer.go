package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// RowPreparer makes inputs of the rows of one sequence as they arrive: the same numbers as [TableInputs.FromTable] of all rows
// up to then, without what needs the end of a window: see [RowPreparer.Relate].
type RowPreparer struct {
	inputs   *TableInputs
	places   []int // of the number or text that a column is made of
	relative int   // the place of the column Relative among the numbers
	missing  markers
	marked   []float64 // numbers without those that mean missing

	rows     int
	filler   *filler
	observed []float64   // the time at which each column was last observed
	base     float64     // the last value of the column Relative
	history  [][]float64 // rows of numbers before this one, the latest first
	before   int         // how many of them are needed

	values, gaps []float64 // of the last row
}

// NewRowPreparer begins a sequence. A preparation that needs later rows, as filling on the line between two values, is an
// error.
func (t *TableInputs) NewRowPreparer() (*RowPreparer, error) {
	switch {
	case t.Tokens != "":
		return nil, errors.WithStack(fault.Fault{What: "the inputs are tokens", Expected: "inputs that are made of columns"}.Err())
	case t.Fill == FillLinear:
		return nil, errors.WithStack(fault.Fault{
			What: "rows cannot be prepared as they arrive", Found: "missing.fill: linear, which needs the next value",
			Expected: "a model that was trained with forward, mean or zero; whole sequences can be predicted",
		}.Err())
	}
	p := &RowPreparer{inputs: t, missing: newMarkers(t.Markers), places: make([]int, len(t.Columns)), filler: newFiller(t)}
	layout := t.Layout()
	for i, c := range t.Columns {
		names := layout.Inputs
		if c.Category != "" {
			names = layout.Texts
		}
		p.places[i] = slices.Index(names, c.source())
		p.before = max(p.before, c.Lag, c.Difference)
	}
	p.relative = slices.Index(layout.Inputs, t.Relative)
	p.observed, p.values, p.gaps = make([]float64, len(t.Columns)), make([]float64, len(t.Columns)), make([]float64, len(t.Columns))
	p.history = make([][]float64, p.before)
	for i := range p.history {
		p.history[i] = make([]float64, len(layout.Inputs))
	}
	p.Reset()
	return p, nil
}

// Reset begins another sequence.
func (p *RowPreparer) Reset() {
	p.rows = 0
	clear(p.observed)
	if at := slices.IndexFunc(p.inputs.Columns, p.inputs.isRelative); at >= 0 {
		p.base = p.inputs.Columns[at].Mean
	}
	for _, row := range p.history {
		for j := range row {
			row[j] = math.NaN()
		}
	}
}

// Next returns the inputs that are made of the next row: its numbers and texts in the order of [TableInputs.Layout], NaN and
// "" where they are missing; clock is its time, in units of the column of the time, or its number where there is none;
// seconds is its date, where inputs are made of the calendar. The result holds until the next row.
func (p *RowPreparer) Next(numbers []float64, texts []string, clock, seconds float64) []float64 {
	t := p.inputs
	for i, x := range numbers {
		if p.missing.numbers != nil && p.missing.number(x, Cell{}) {
			p.marked = append(p.marked[:0], numbers...)
			for j := i; j < len(numbers); j++ {
				p.marked[j] = p.missing.orMissing(numbers[j], false)
			}
			numbers = p.marked
			break
		}
	}
	for i := range t.Columns {
		if p.rows == 0 {
			p.observed[i] = clock
		}
		p.values[i], p.gaps[i] = p.value(i, numbers, texts, seconds), clock-p.observed[i]
		if !math.IsNaN(p.values[i]) {
			p.observed[i] = clock
		}
	}
	features := p.filler.features(p.values, p.gaps, p.rows == 0)
	if p.relative >= 0 && !math.IsNaN(numbers[p.relative]) {
		p.base = numbers[p.relative]
	}
	if p.before > 0 {
		oldest := p.history[p.before-1]
		copy(p.history[1:], p.history)
		copy(oldest, numbers)
		p.history[0] = oldest
	}
	p.rows++
	return features
}

// value is that of a column before it is filled and scaled, NaN where it is missing.
func (p *RowPreparer) value(i int, numbers []float64, texts []string, seconds float64) float64 {
	c, at := &p.inputs.Columns[i], p.places[i]
	switch {
	case c.Calendar != "" && c.Cosine:
		return math.Cos(c.Calendar.angle(seconds))
	case c.Calendar != "":
		return math.Sin(c.Calendar.angle(seconds))
	case c.Category != "" && texts[at] == "":
		return math.NaN()
	case c.Category != "" && texts[at] == c.Category:
		return 1
	case c.Category != "":
		return 0
	case c.Lag > 0:
		return p.history[c.Lag-1][at]
	case c.Difference > 0:
		return numbers[at] - p.history[c.Difference-1][at]
	default:
		return numbers[at]
	}
}

// Relate takes the inputs of rows [rows,Features] from the last value of the column Relative, as those of a window that ends with
// the last row, and returns that value, from which the outputs are changes. Without such a column it changes nothing and returns 0.
func (p *RowPreparer) Relate(features []float64) (base float64) {
	if p.inputs.Relative == "" {
		return 0
	}
	for at := 0; at < len(features); at += p.inputs.Features() {
		p.inputs.Shift(features[at:at+p.inputs.Features()], p.base)
	}
	return p.base
}

// State is all that the next inputs follow from, to be given to [RowPreparer.SetState] of the same preparation.
func (p *RowPreparer) State() []float64 {
	state := slices.Concat([]float64{float64(p.rows), p.base}, p.filler.last, p.observed)
	return slices.Concat(state, slices.Concat(p.history...))
}

// SetState continues from a state.
func (p *RowPreparer) SetState(state []float64) error {
	size := 2 + len(p.filler.last) + len(p.observed)
	for _, row := range p.history {
		size += len(row)
	}
	if len(state) != size {
		return fmt.Errorf("state of the rows: found %d numbers, expected %d", len(state), size)
	}
	p.rows, p.base = int(state[0]), state[1]
	rest := state[2:]
	for _, into := range append([][]float64{p.filler.last, p.observed}, p.history...) {
		rest = rest[copy(into, rest):]
	}
	return nil
}

// Source is the column of the data that the input is made of, empty for one that is made of the date.
func (c InputColumn) Source() string { return c.source() }

// TimeMatters tells whether the inputs depend on the time between rows, and not only on their order.
func (t *TableInputs) TimeMatters() bool { return t.Time != "" && (t.Gap || t.Fill == FillLinear) }
