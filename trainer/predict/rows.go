package predict

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// rowReader makes tables of rows with names, as a reader of files makes one of its records.
type rowReader struct {
	where  string
	inputs data.TableInputs
	layout data.Layout
	known  map[string]map[string]bool // of each column of categories: those of the training part
	dated  bool                       // inputs are made of the calendar
}

// newRowReader reads rows that have the columns of the model. That of the time and that of the sequence may be absent, where only
// the order of the rows depends on it: then the rows are one sequence, in their order.
func newRowReader(where string, t *data.TableInputs, rows []Row) *rowReader {
	r := &rowReader{where: where, inputs: *t, known: map[string]map[string]bool{}}
	for _, c := range t.Columns {
		r.dated = r.dated || c.Calendar != ""
		if c.Category == "" {
			continue
		}
		source := c.Source()
		if r.known[source] == nil {
			r.known[source] = map[string]bool{}
		}
		r.known[source][c.Category] = true
	}
	has := func(name string) bool {
		return slices.ContainsFunc(rows, func(row Row) bool { _, ok := row[name]; return ok })
	}
	if !has(r.inputs.Sequence) {
		r.inputs.Sequence = ""
	}
	if !has(r.inputs.Time) && !r.dated && !t.TimeMatters() {
		r.inputs.Time = ""
	}
	if !r.dated {
		r.inputs.Date = nil
	}
	r.layout = r.inputs.Layout()
	return r
}

// table reads rows.
func (r *rowReader) table(rows []Row) (*data.Table, error) {
	if len(rows) == 0 {
		return nil, fault.Fault{Where: r.where, What: "no rows", Expected: "at least one"}.Err()
	}
	if err := r.expectColumns(rows); err != nil {
		return nil, err
	}
	t, err := data.ParseTable(context.Background(), r.where, data.RecordsOf(r.wallClock(rows)), r.layout, &data.MemoryStore{})
	if err == nil && r.dated && !t.Dates && r.layout.Date == nil {
		err = fault.Fault{
			Where: r.where, What: fmt.Sprintf("column %q", r.layout.Time), Found: "numbers", Expected: "times, as time.Time: inputs are made of the calendar",
		}.Err()
	}
	return t, err
}

// wallClock are the rows with dates without a zone, if the dates of the training had none: what the clock shows where a time is.
func (r *rowReader) wallClock(rows []Row) []Row {
	const withoutZone = "none"
	if r.inputs.Zone != withoutZone || r.layout.Time == "" {
		return rows
	}
	changed := slices.Clone(rows)
	for i, row := range rows {
		if at, ok := row[r.layout.Time].(time.Time); ok {
			changed[i] = maps.Clone(row)
			changed[i][r.layout.Time] = at.Format("2006-01-02 15:04:05.999999999")
		}
	}
	return changed
}

// wanted are the columns that rows must have.
func (r *rowReader) wanted() []string {
	names := slices.Concat(r.layout.Inputs, r.layout.Texts, r.layout.Date)
	if r.layout.Time != "" {
		names = append(names, r.layout.Time)
	}
	return names
}

// expectColumns lists the columns that no row has.
func (r *rowReader) expectColumns(rows []Row) error {
	present := map[string]bool{}
	for _, row := range rows {
		for name := range row {
			present[name] = true
		}
	}
	var missing fault.List
	for _, name := range r.wanted() {
		if !present[name] && r.layout.Steps == nil {
			missing = append(missing, fault.Fault{
				Where: r.where, What: "missing column", Found: "the columns " + list(slices.Sorted(maps.Keys(present))), Expected: fmt.Sprintf("a column %q", name),
			})
		}
	}
	return missing.Err()
}

// completed is a row in which the columns that it leaves out are missing values.
func (r *rowReader) completed(row Row) Row {
	for _, name := range r.wanted() {
		if _, ok := row[name]; !ok {
			row = maps.Clone(row)
			row[name] = nil
		}
	}
	return row
}

// unknown is how many texts of a row are categories that the training part did not have.
func (r *rowReader) unknown(t *data.Table, row int) (n int) {
	for i, at := range t.Texts {
		if known := r.known[t.TextNames[i]]; known != nil {
			if text := t.Text(row, at); text != "" && !known[text] {
				n++
			}
		}
	}
	return n
}

// rows prepares rows with names, as the same rows of a file. unknown counts by sequence.
func (p *Predictor) rows(where string, rows Rows) (in *data.Sequences, unknown []int, err error) {
	t := p.preparation.Table
	switch {
	case t == nil && p.words > 0:
		return nil, nil, p.expectTokens(where, "rows")
	case t == nil:
		return nil, nil, fault.Fault{Where: where, What: "the columns of the model have no names", Found: "rows with names", Expected: "Numbers"}.Err()
	}
	r := newRowReader(where, t, rows)
	table, err := r.table(rows)
	if err != nil {
		return nil, nil, err
	}
	place := map[float64]int{} // of a sequence, in the order of the first rows; the table is not sorted yet
	for row := range table.Rows() {
		name := 0.0
		if table.Sequence >= 0 {
			name = table.At(row, table.Sequence)
		}
		if _, ok := place[name]; !ok {
			place[name] = len(place)
			unknown = append(unknown, 0)
		}
		unknown[place[name]] += r.unknown(table, row)
	}
	in, err = r.inputs.FromTable(table, p.preparation.Alphabet)
	return in, unknown, err
}

// rowStep is the time from one row without a time to the next.
func rowStep(t *data.TableInputs) float64 { return cmp.Or(t.RowStep, 1) }
