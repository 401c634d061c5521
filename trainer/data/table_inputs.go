package data

import (
	"context"
	"fmt"
	"math"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// TableInputs is how the columns of a table become the inputs of a model, with all that was fitted on the training part:
// what is needed to prepare other rows in the same way. Missing values are filled, then each column is scaled to
// (x-Offset)/Scale; with Mask and Gap the inputs of these names follow, as at [MissingConfig].
type TableInputs struct {
	Sequence string        `json:"sequence,omitempty"` // the column that groups rows, as in [CSVConfig]
	Time     string        `json:"time,omitempty"`     // the column that orders the rows of a sequence
	Columns  []InputColumn `json:"columns"`            // in the order of the inputs
	Markers  []string      `json:"markers"`
	Fill     Fill          `json:"fill"`
	Mask     bool          `json:"mask,omitempty"`
	Gap      bool          `json:"gap,omitempty"`
	Window   int           `json:"window,omitempty"` // a forecast is made of so many rows; 0: of all
}

// InputColumn is what is known of one column.
type InputColumn struct {
	Name   string  `json:"name"`
	Mean   float64 `json:"mean"` // stands in for what is missing before the first value
	Scale  float64 `json:"scale"`
	Offset float64 `json:"offset"`
	Gap    float64 `json:"gap,omitempty"` // the mean gap; 0: gaps are not scaled
}

func newTableInputs(config Config, task Task) *TableInputs {
	t := &TableInputs{Markers: config.Missing.Markers, Fill: config.Missing.Fill, Mask: config.Missing.Mask, Gap: config.Missing.Gap}
	if config.CSV != nil {
		t.Sequence, t.Time = config.CSV.Sequence, config.CSV.Time
	}
	if task == Forecast {
		t.Window = config.Forecast.Window
	}
	return t
}

// Features is the number of inputs of a step.
func (t *TableInputs) Features() int {
	kinds := 1
	for _, extra := range []bool{t.Mask, t.Gap} {
		if extra {
			kinds++
		}
	}
	return kinds * len(t.Columns)
}

// Validate lists what is wrong with a preparation that comes from a file, by its JSON keys.
func (t *TableInputs) Validate() fault.List {
	var faults fault.List
	faults.Check(len(t.Columns) > 0 && len(t.Columns) <= maxColumns, "columns", len(t.Columns), "1 to %d", maxColumns)
	seen := map[string]bool{}
	for i, c := range t.Columns {
		path := fmt.Sprintf("columns.%d", i)
		faults.Check(c.Name != "" && !seen[c.Name], path+".name", c.Name, "a name of its own")
		seen[c.Name] = true
		faults.Check((scaling{c.Scale, c.Offset}).usable(), path+".scale", c.Scale, "a number above 0")
		faults.Check(c.Gap >= 0, path+".gap", c.Gap, "0 or more")
	}
	checkOneOf(&faults, "fill", t.Fill, FillForward, FillLinear, FillMean, FillZero)
	faults.Check(t.Window >= 0 && t.Window <= maxWindow, "window", t.Window, "0 to %d rows", maxWindow)
	return faults
}

// prepare gives the panel its features. The inputs are used up.
func (p *panel) prepare(t *TableInputs) error {
	p.columns = t.Features()
	if cells := p.rows() * p.columns; cells > maxCells {
		return errors.WithStack(&FileError{
			Path: p.path, What: "inputs", Found: fmt.Sprintf("%d numbers", cells), Expected: fmt.Sprintf("at most %d", maxCells),
		})
	}
	p.cells = make([]float64, p.rows()*p.columns)
	width := len(t.Columns)
	for i, column := range t.Columns {
		values, at := p.inputs[i], width+i
		if t.Mask {
			p.setFeature(at, values, func(x float64) float64 { return float64(1 - index(math.IsNaN(x))) })
			at += width
		}
		if t.Gap {
			p.setFeature(at, p.gaps(values), column.scaleGap)
		}
		p.fill(values, t.Fill, column.Mean)
		p.setFeature(i, values, scaling{column.Scale, column.Offset}.apply)
		p.inputs[i] = nil // its values live on in the features
	}
	return nil
}

// scaleGap is log(1 + δ/δ̄) of a gap δ. Gaps are nearly all equal and a few are huge, so a standard deviation says nothing
// of them.
func (c InputColumn) scaleGap(gap float64) float64 {
	if c.Gap == 0 {
		return gap
	}
	return math.Log1p(gap / c.Gap)
}

// Follow makes the inputs of a row [columns] of which nothing is missing and that follows another such row: in a table
// with time after the mean gap of the training part.
func (t *TableInputs) Follow(row []float64) []float64 {
	features := make([]float64, 0, t.Features())
	for i, c := range t.Columns {
		features = append(features, scaling{c.Scale, c.Offset}.apply(row[i]))
	}
	if t.Mask {
		for range t.Columns {
			features = append(features, 1)
		}
	}
	if t.Gap {
		for _, c := range t.Columns {
			gap := 1.0
			if t.Time != "" {
				gap = c.Gap
			}
			features = append(features, c.scaleGap(gap))
		}
	}
	return features
}

// Sequences are inputs of a model without targets.
type Sequences struct {
	Names  []string    // of each sequence; nil where they have none
	Inputs [][]float64 // of each sequence [steps,D], row by row; nil where the inputs are tokens
	Tokens [][]int     // of each sequence; nil where the inputs are numbers
}

// Len is the number of sequences.
func (s *Sequences) Len() int { return max(len(s.Inputs), len(s.Tokens)) }

// Prepare makes features of numbers that stand one row after the other in each sequence, a missing one as NaN, as the
// rows of a table would. There is no time: rows count as one apart.
func (t *TableInputs) Prepare(raw *Sequences) (*Sequences, error) {
	width := len(t.Columns)
	table := &table{path: "inputs", inputs: make([][]float64, width)}
	for i, values := range raw.Inputs {
		if len(values)%width != 0 {
			return nil, errors.Errorf("sequence %d: found %d numbers, expected a multiple of %d", i, len(values), width)
		}
		for row := range len(values) / width {
			table.lines = append(table.lines, row+1)
			table.sequences = append(table.sequences, fmt.Sprint(i))
			for c := range width {
				table.inputs[c] = append(table.inputs[c], values[row*width+c])
			}
		}
	}
	p, err := newPanel(table)
	if err != nil {
		return nil, err
	}
	if err := p.prepare(t); err != nil {
		return nil, err
	}
	out := &Sequences{Names: raw.Names, Inputs: make([][]float64, len(raw.Inputs))}
	at := 0
	for i, values := range raw.Inputs {
		end := at + len(values)/width
		out.Inputs[i] = p.cells[at*p.columns : end*p.columns]
		at = end
	}
	return out, nil
}

// Read reads a CSV file of such rows, other columns left out. Sequences stand in the order of their first rows; of each,
// where there is a Window, its last rows are taken.
func (t *TableInputs) Read(ctx context.Context, path string) (*Sequences, error) {
	want := layout{sequence: t.Sequence, time: t.Time, markers: t.Markers}
	for _, c := range t.Columns {
		want.inputs = append(want.inputs, c.Name)
	}
	table, err := readTable(ctx, path, want)
	if err != nil {
		return nil, err
	}
	p, err := newPanel(table)
	if err != nil {
		return nil, err
	}
	if err := p.prepare(t); err != nil {
		return nil, err
	}
	s := &Sequences{}
	for _, one := range p.series {
		lo := one.lo
		if t.Window > 0 {
			lo = max(lo, one.hi-t.Window)
		}
		s.Inputs = append(s.Inputs, p.cells[lo*p.columns:one.hi*p.columns])
		if p.sequences != nil {
			s.Names = append(s.Names, p.sequences[one.lo])
		}
	}
	return s, nil
}

// ReadInputs reads a CSV file for a model that was trained elsewhere: the column sequence groups rows and the column time
// orders them, where there are such; all others, features of them, are the inputs in their order and as
// they are. No number may be missing.
func ReadInputs(ctx context.Context, path string, features int) (*Sequences, error) {
	names, err := columnNames(path)
	if err != nil {
		return nil, err
	}
	t := &TableInputs{Fill: FillZero}
	for _, name := range names {
		switch name {
		case "sequence":
			t.Sequence = name
		case "time":
			t.Time = name
		default:
			t.Columns = append(t.Columns, InputColumn{Name: name, Scale: 1})
		}
	}
	if len(t.Columns) != features {
		return nil, errors.WithStack(&FileError{
			Path: path, Line: 1, What: "header", Found: fmt.Sprintf("%d columns beside sequence and time: %s", len(t.Columns), shortList(names)),
			Expected: fmt.Sprintf("%d, as the model has inputs", features),
		})
	}
	return t.Read(ctx, path)
}
