package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// TableInputs is how the columns of a table become the inputs of a model, with all that was fitted on the training part:
// what is needed to prepare other rows in the same way. Missing values are filled, then each column is scaled to
// (x-Offset)/Scale; with Mask and Gap the inputs of these names follow, as at [MissingConfig].
type TableInputs struct {
	Sequence    string        `json:"sequence,omitempty"` // the column that groups rows, as in [CSVConfig]
	Time        string        `json:"time,omitempty"`     // the column that orders the rows of a sequence
	Date        []string      `json:"date,omitempty"`     // the columns of year, month, day and hour, where the time is no date
	Steps       []string      `json:"steps,omitempty"`    // patterns of columns, as in [CSVConfig]
	Tokens      string        `json:"tokens,omitempty"`   // the column of which the inputs are tokens; then Columns is empty
	Unit        Unit          `json:"unit,omitempty"`     // of Tokens
	Columns     []InputColumn `json:"columns"`            // in the order of the inputs
	Markers     []string      `json:"markers"`
	TextMarkers []string      `json:"text_markers,omitempty"` // nil: Markers, as in [MissingConfig]
	Notation
	Zone    string  `json:"zone,omitempty"` // whether the dates had a zone: "given" or "none"; "numbers": the times were no dates; empty: not known
	Fill    Fill    `json:"fill"`
	Mask    bool    `json:"mask,omitempty"`
	Gap     bool    `json:"gap,omitempty"`
	Window  int     `json:"window,omitempty"` // a forecast is made of this number of rows; 0: of all
	RowStep float64 `json:"step,omitempty"`   // the time between two rows in the training part, where it is always the same; else 0

	// Relative is the column whose values are taken from the last one observed when the window ends, in units of RelativeScale, as
	// the outputs are; empty: there is none.
	Relative      string  `json:"relative,omitempty"`
	RelativeScale float64 `json:"relative_scale,omitempty"`
}

func newTableInputs(config Config, task Task) *TableInputs {
	t := &TableInputs{Markers: config.Missing.Markers, TextMarkers: config.Missing.TextMarkers, Fill: config.Missing.Fill, Mask: config.Missing.Mask, Gap: config.Missing.Gap}
	if config.Table != nil {
		t.Notation = config.Table.notation()
		t.Sequence, t.Time, t.Steps = config.Table.Sequence, config.Table.Time, config.Table.Steps
		if tokens := config.Table.Tokens; tokens != nil {
			t.Tokens, t.Unit = tokens.Column, tokens.Unit
		}
	}
	if task == Forecast {
		t.Window = config.Forecast.Window
		if config.Forecast.Relative {
			t.Relative = config.Forecast.Target
		}
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

// names are those of the features.
func (t *TableInputs) names() []string {
	var names []string
	for _, kind := range []struct {
		wanted bool
		suffix string
	}{{true, ""}, {t.Mask, " observed"}, {t.Gap, " gap"}} {
		for _, c := range t.Columns {
			if kind.wanted {
				names = append(names, c.Name+kind.suffix)
			}
		}
	}
	return names
}

// Categories are the blocks of inputs that say which category a row has, a block for each column of texts. Inputs that were
// scaled are no longer 0 or 1, and none of them.
func (t *TableInputs) Categories() []CategoryBlock {
	var blocks []CategoryBlock
	of := "" // the column of the block that the last input belongs to
	for i, c := range t.Columns {
		switch {
		case c.Category == "" || c.Log || c.Scale != 1 || c.Offset != 0:
			of = ""
		case c.source() == of:
			blocks[len(blocks)-1].Count++
		default:
			of = c.source()
			blocks = append(blocks, CategoryBlock{First: i, Count: 1})
		}
	}
	return blocks
}

// Validate lists what is wrong with a preparation that comes from a file, by its JSON keys.
func (t *TableInputs) Validate() fault.List {
	var faults fault.List
	if t.Tokens != "" {
		faults.Check(len(t.Columns) == 0, "columns", len(t.Columns), "none beside tokens")
		checkOneOf(&faults, "unit", t.Unit, UnitCell, UnitCharacter, UnitWord)
	} else {
		faults.Check(len(t.Columns) > 0 && len(t.Columns) <= MaxColumns, "columns", len(t.Columns), "1 to %d", MaxColumns)
	}
	seen := map[string]bool{}
	for i, c := range t.Columns {
		path := fmt.Sprintf("columns.%d", i)
		faults.Check(c.Name != "" && !seen[c.Name], path+".name", c.Name, "a name of its own")
		seen[c.Name] = true
		faults.Check((scaling{c.Scale, c.Offset}).usable(), path+".scale", c.Scale, "a number above 0")
		faults.Check(c.Gap >= 0, path+".gap", c.Gap, "0 or more")
		faults.Check(c.Lag >= 0 && c.Lag <= maxWindow, path+".lag", c.Lag, "0 to %d rows", maxWindow)
		faults.Check(c.Difference >= 0 && c.Difference <= maxWindow, path+".difference", c.Difference, "0 to %d rows", maxWindow)
		kinds := calc.One(c.Category != "") + calc.One(c.Lag != 0) + calc.One(c.Difference != 0) + calc.One(c.Calendar != "")
		faults.Check(kinds <= 1, path, kinds, "at most one of category, lag, difference and calendar")
		if c.Calendar != "" {
			checkOneOf(&faults, path+".calendar", c.Calendar, Calendars()...)
			faults.Check(t.Time != "" || t.Date != nil, path+".calendar", string(c.Calendar), "none without time or date")
		}
	}
	faults.Check(t.Date == nil || len(t.Date) == 4, "date", len(t.Date), "4 columns")
	checkOneOf(&faults, "fill", t.Fill, FillForward, FillLinear, FillMean, FillZero)
	faults.Check(t.Window >= 0 && t.Window <= maxWindow, "window", t.Window, "0 to %d rows", maxWindow)
	faults.Check(t.RowStep >= 0 && !math.IsInf(t.RowStep, 0), "step", t.RowStep, "a number, 0 or more")
	if t.Relative != "" {
		faults.Check(slices.ContainsFunc(t.Columns, t.isRelative), "relative", t.Relative, "a column of numbers among the inputs")
		faults.Check((scaling{t.RelativeScale, 0}).usable(), "relative_scale", t.RelativeScale, "a number above 0")
	}
	return faults
}

// RawColumns is how many numbers a row has before it is prepared.
func (t *TableInputs) RawColumns() int { return len(t.Layout().Inputs) }

// Numeric says whether numbers alone make the inputs, and no texts or dates.
func (t *TableInputs) Numeric() bool {
	dated := slices.ContainsFunc(t.Columns, func(c InputColumn) bool { return c.Calendar != "" })
	return t.Tokens == "" && !dated && len(t.Layout().Texts) == 0
}

// Sources is the columns of a file that the inputs are made of.
func (t *TableInputs) Sources() []string {
	want := t.Layout()
	return slices.Concat(want.Inputs, want.Texts)
}

// layout is what of a file is needed for the inputs.
func (t *TableInputs) Layout() Layout {
	want := Layout{Sequence: t.Sequence, Time: t.Time, Date: t.Date, Markers: t.Markers, TextMarkers: t.TextMarkers, Notation: t.Notation, Zone: t.Zone, Inputs: []string{}, Steps: t.Steps, Unit: t.Unit}
	if t.Tokens != "" {
		want.Texts = []string{t.Tokens}
	}
	for _, c := range t.Columns {
		into := &want.Inputs
		if c.Category != "" {
			into = &want.Texts
		}
		if name := c.source(); name != "" && !slices.Contains(*into, name) {
			*into = append(*into, name)
		}
	}
	return want
}

// tokenize makes the ids of tokens the features.
func (p *Panel) tokenize(alphabet []string, store RowStore) error {
	p.Columns = 1
	ids := TokenIDs(alphabet)
	texts := p.Lexicons[p.Texts[0]].Texts
	idOf := make([]float64, len(texts))
	for i, text := range texts {
		idOf[i] = float64(ids[text])
	}
	for row := range p.Rows() {
		id := 0.0
		if number := p.At(row, p.Texts[0]); !math.IsNaN(number) {
			id = idOf[int(number)]
		}
		if err := store.Add([]float64{id}); err != nil {
			return err
		}
	}
	var err error
	p.Features, err = store.Finish()
	return err
}

// prepare gives the panel its features.
func (p *Panel) prepare(t *TableInputs, store RowStore) error {
	p.InputColumns, p.Columns = len(t.Columns), t.Features()
	f := newFiller(t)
	err := p.Walk(t.Columns, func(s Series, row int, values, gaps []float64) error {
		return store.Add(f.features(values, gaps, row == s.Lo))
	})
	if errors.Is(err, ErrTooManyNumbers) {
		return errors.WithStack(fault.Fault{
			Where: p.Path, What: "inputs", Found: fmt.Sprintf("%d numbers", p.Rows()*p.Columns),
			Expected: fmt.Sprintf("at most %d, or data.stream: true", MaxNumbers),
		}.Err())
	}
	if err != nil {
		return err
	}
	if p.Features, err = store.Finish(); err == nil && t.Fill == FillLinear {
		p.interpolate(t.Columns)
	}
	return err
}

// filler makes features of what was observed in the rows of a series, one after the other.
type filler struct {
	inputs  *TableInputs
	feature []float64
	last    []float64 // the value of each input that was observed last
}

func newFiller(t *TableInputs) *filler {
	return &filler{t, make([]float64, t.Features()), make([]float64, len(t.Columns))}
}

// features returns those of a row, which are overwritten by the next call.
func (f *filler) features(values, gaps []float64, begins bool) []float64 {
	t, width := f.inputs, len(f.inputs.Columns)
	for i, c := range t.Columns {
		x, at := values[i], width+i
		if t.Mask {
			f.feature[at] = float64(1 - calc.One(math.IsNaN(x)))
			at += width
		}
		if t.Gap {
			f.feature[at] = c.scaleGap(gaps[i])
		}
		if begins {
			f.last[i] = c.Mean
		}
		switch {
		case !math.IsNaN(x):
			f.last[i] = x
		case t.Fill == FillZero:
			x = 0
		case t.Fill == FillMean:
			x = c.Mean
		default:
			// With linear it is a first value: it remains where no value follows, or where none was observed before.
			x = f.last[i]
		}
		f.feature[i] = c.apply(x)
	}
	return f.feature
}

// interpolate draws a line between the values that were observed before and after missing ones.
func (p *Panel) interpolate(columns []InputColumn) {
	for i, r := range p.readers(columns) {
		for _, s := range p.Series {
			lo, from := -1, 0.0 // the row last observed, and its value
			for hi := s.Lo; hi < s.Hi; hi++ {
				to := r.value(s, hi)
				if math.IsNaN(to) {
					continue
				}
				for row := lo + 1; lo >= 0 && row < hi; row++ {
					share := (p.Clock(row) - p.Clock(lo)) / (p.Clock(hi) - p.Clock(lo))
					p.Row(row)[i] = columns[i].apply(from + share*(to-from))
				}
				lo, from = hi, to
			}
		}
	}
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
	Single bool        // the inputs were float32, which hold other decimals than float64
	Base   []float64   // of each sequence what an output is the change from, in units of the data; nil: outputs are no changes
	Notes  []string    // what a user may not expect of how they were read, a line each

	// Times are those of the steps of each sequence, [steps]; nil where they have none. With Dates they are seconds since 1970.
	Times    [][]float64
	Dates    bool
	TimeBase int64 // to be added to the times that are whole numbers too large for a float64; else 0
}

// Len is the number of sequences.
func (s *Sequences) Len() int { return max(len(s.Inputs), len(s.Tokens)) }

// addTimes adds the times of the rows [lo, hi), the date where there is one.
func (s *Sequences) addTimes(p *Panel, lo, hi int) {
	column := p.Time
	if p.Date >= 0 {
		column = p.Date
	}
	if column < 0 {
		return
	}
	times := make([]float64, 0, hi-lo)
	for row := lo; row < hi; row++ {
		times = append(times, p.At(row, column))
	}
	s.Times, s.TimeBase, s.Dates = append(s.Times, times), p.TimeBase, p.Table.Dates || p.Date >= 0 && p.Date != p.Time
}

// Prepare makes features of numbers that are given one row after the other in each sequence, a missing one as NaN, as the
// rows of a table would. They have no times: they count as far apart as the rows of the training part, and where those are at different
// distances, inputs that depend on it are an error. Of a sequence that is longer than Window its last rows are taken.
func (t *TableInputs) Prepare(raw *Sequences) (*Sequences, error) {
	if !t.Numeric() {
		return nil, errors.WithStack(fault.Fault{
			Where: "inputs", Found: "numbers alone", Expected: "a table like that of the training: the inputs are made of texts or dates as well",
		}.Err())
	}
	if t.TimeMatters() && t.RowStep == 0 {
		return nil, errors.WithStack(fault.Fault{
			Where: "inputs", What: "the time between rows is missing", Found: "numbers alone",
			Expected: fmt.Sprintf("a table with the column %q: gaps, or filling on the line between two values, depend on it", t.Time),
		}.Err())
	}
	want := t.Layout()
	width := len(want.Inputs)
	table := &Table{Path: "inputs", RowStep: t.RowStep, Width: width, InputNames: want.Inputs, Line: -1, Sequence: -1, Group: -1, Label: -1, Time: -1, Date: -1}
	for i := range width {
		table.Inputs = append(table.Inputs, i)
	}
	missing := newMarkers(t.Markers)
	p := &Panel{Table: table}
	for i, values := range raw.Inputs {
		if len(values)%width != 0 {
			return nil, errors.WithStack(fault.Fault{
				Where: "inputs", What: fmt.Sprintf("sequence %d", i), Found: fmt.Sprintf("%d numbers", len(values)), Expected: fmt.Sprintf("a multiple of %d", width),
			}.Err())
		}
		lo := table.Rows()
		for _, x := range values {
			table.Cells = append(table.Cells, missing.orMissing(x, raw.Single))
		}
		p.Series = append(p.Series, Series{lo, table.Rows()})
	}
	// A series without a row begins nowhere.
	whole := p.Series
	p.Series = slices.DeleteFunc(slices.Clone(whole), func(s Series) bool { return s.Lo == s.Hi })
	if err := p.prepare(t, &MemoryStore{}); err != nil {
		return nil, err
	}
	out := &Sequences{Names: raw.Names, Inputs: make([][]float64, len(raw.Inputs))}
	short := 0
	for i, s := range whole {
		lo := t.windowOf(s, &short)
		out.Inputs[i] = p.Features[lo*p.Columns : s.Hi*p.Columns]
		t.relate(p, s, out.Inputs[i], out)
	}
	out.Notes = t.shortNote("inputs", short)
	return out, nil
}

// windowOf is where the rows begin that a forecast is made of; short counts the series that have fewer.
func (t *TableInputs) windowOf(s Series, short *int) int {
	if t.Window == 0 {
		return s.Lo
	}
	*short += calc.One(s.Hi-s.Lo < t.Window)
	return max(s.Lo, s.Hi-t.Window)
}

func (t *TableInputs) shortNote(path string, short int) []string {
	if short == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: %d sequences have fewer rows than the window of %d that the model was trained on; they are predicted from what there is", path, short, t.Window)}
}

// unitNote says that the times of a table seem to be in another unit than those of the training: rows that are exactly 1000 times as
// far apart, or as near, or that squared or cubed.
func (t *TableInputs) unitNote(p *Panel) []string {
	if !t.TimeMatters() || t.RowStep == 0 {
		return nil
	}
	step := p.rowStep(func(int) bool { return true })
	for _, times := range []float64{1e3, 1e6, 1e9} {
		if math.Abs(step/t.RowStep-times) < 1e-6*times || math.Abs(t.RowStep/step-times) < 1e-6*times {
			return []string{fmt.Sprintf("%s: the rows are %s apart in the column %s, and those of the training were %s: are its times in another unit, as milliseconds are of seconds?",
				p.Path, plain(step), quote.Text(t.Time), plain(t.RowStep))}
		}
	}
	return nil
}

// unknownNotes count the cells of each column of categories whose text the training part did not have.
func (t *TableInputs) unknownNotes(table *Table) []string {
	known := map[string]map[string]bool{}
	for _, c := range t.Columns {
		if c.Category != "" {
			if known[c.source()] == nil {
				known[c.source()] = map[string]bool{}
			}
			known[c.source()][c.Category] = true
		}
	}
	var notes []string
	for i, name := range table.TextNames {
		if known[name] == nil {
			continue
		}
		cells, example := 0, ""
		for row := range table.Rows() {
			if text := table.Text(row, table.Texts[i]); text != "" && !known[name][text] {
				if cells++; cells == 1 {
					example = text
				}
			}
		}
		if cells > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d cells of column %s are none of its categories in the training, as %s", table.Path, cells, quote.Text(name), quote.Text(example)))
		}
	}
	return notes
}

func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// FromTable makes inputs of a table with the columns of [TableInputs.Layout]; alphabet is that of the tokens, if the inputs are such.
// The sequences are in the order of their first rows; of each, where there is a Window, its last rows are taken.
func (t *TableInputs) FromTable(table *Table, alphabet []string) (*Sequences, error) {
	p, err := NewPanel(table, false)
	if err != nil {
		return nil, err
	}
	if t.Tokens != "" {
		err = p.tokenize(alphabet, &MemoryStore{})
	} else {
		err = p.prepare(t, &MemoryStore{})
	}
	if err != nil {
		return nil, err
	}
	s, short := &Sequences{}, 0
	for _, one := range p.Series {
		if p.Sequence >= 0 {
			s.Names = append(s.Names, p.Text(one.Lo, p.Sequence))
		}
		lo := t.windowOf(one, &short)
		s.addTimes(p, lo, one.Hi)
		features := p.Features[lo*p.Columns : one.Hi*p.Columns]
		t.relate(p, one, features, s)
		if t.Tokens == "" {
			s.Inputs = append(s.Inputs, features)
			continue
		}
		tokens := make([]int, len(features))
		for i, id := range features {
			tokens[i] = int(id)
		}
		s.Tokens = append(s.Tokens, tokens)
	}
	s.Notes = append(table.Notes(), t.shortNote(p.Path, short)...)
	s.Notes = append(append(s.Notes, t.unitNote(p)...), t.unknownNotes(table)...)
	return s, nil
}
