package data

import (
	stderrors "errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// Limits of what is kept of a table: rows are counted in 32 bits, and in memory the numbers are 2 GiB.
const (
	MaxColumns = 1 << 14
	MaxRows    = math.MaxInt32
	MaxNumbers = 1 << 28
)

// layout says which columns of a table to read, and as what. Empty names are columns that are not wanted.
type Layout struct {
	Sequence, Time, Group string
	IfThere               bool     // the file may be without the column sequence
	Date                  []string // columns of year, month, day and hour; nil: the date is the time
	Inputs                []string // nil: choose the numeric columns
	Texts                 []string // inputs that are read as texts
	Label                 string   // a target to be read as text
	Values                []string // targets to be read as numbers; they may be inputs as well, and AllColumns alone is all inputs of numbers
	ValuesAreInputs       bool     // whether they count when numeric columns are chosen
	Markers               []string // cells that mean a missing number
	TextMarkers           []string // cells that mean a missing text; nil: those of numbers
	Notation              Notation // of numbers
	Zone                  string   // whether the dates of the training had a zone: "given" or "none"; "numbers": its times were no dates; empty: not known
	TimeBase              *int64   // whole numbers as times are taken from it; nil: from the first, where that is too large for a float64

	Steps []string // patterns of columns: a row is a sequence
	Unit  Unit     // of texts[0]: where it is no whole cell, a row is a sequence
}

// values are the names of the targets, none where they are all inputs.
func (l Layout) values() []string {
	if l.allValues() {
		return nil
	}
	return l.Values
}

func (l Layout) allValues() bool { return len(l.Values) == 1 && l.Values[0] == AllColumns }

func (l Layout) CutsTexts() bool { return l.Unit == UnitCharacter || l.Unit == UnitWord }

// table is the wanted columns of a file. All of a row is numbers: a missing one is NaN, and a text is its number in a
// lexicon, so that the rows of a table are one array, wherever that is kept.
type Table struct {
	Path  string
	Width int       // numbers of a row
	Cells []float64 // [rows,width]

	// Where in a row what stands, -1 where it is not wanted.
	Line, Sequence, Group, Label, Time, Date int
	Values                                   []int // of the targets that are numbers; none where they are not wanted

	ValueNames []string // of the columns of Values

	InputNames []string // of the columns of numbers that are inputs
	Inputs     []int    // where they stand in a row
	Ignored    []string // the columns that might have been inputs, but for their first value
	TextNames  []string // of the columns of texts that are inputs
	Texts      []int

	RowStep  float64          // the time between rows where there is no column of times; 0: 1
	Zone     string           // whether the dates have a zone: "given" or "none"; "numbers": the times are no dates; empty: there are no times
	TimeBase int64            // what the times are taken from, where they are whole numbers that are too large for a float64
	Marked   map[string]int   // of each column of texts the cells that have a text which means missing
	Dropped  int              // rows without any value at the end
	Words    []string         // what else a user may not expect, a line each
	Dates    bool             // whether the times are dates, in seconds since 1970
	Lexicons map[int]*Lexicon // of what stands in a row as a text
}

func (t *Table) Rows() int { return len(t.Cells) / t.Width }

func (t *Table) At(row, column int) float64 { return t.Cells[row*t.Width+column] }

// text returns what a row has in a column of texts, "" where it is missing.
func (t *Table) Text(row, column int) string {
	id := t.At(row, column)
	if math.IsNaN(id) {
		return ""
	}
	return t.Lexicons[column].Texts[int(id)]
}

// lineOf is where a row begins in the file.
func (t *Table) LineOf(row int) int { return int(t.At(row, t.Line)) }

// lexicon numbers texts in the order in which they come.
type Lexicon struct {
	Texts   []string
	Numbers map[string]int
	last    int // the number that was asked for last: rows that follow each other mostly agree
}

func NewLexicon() *Lexicon { return &Lexicon{Numbers: map[string]int{}} }

func (d *Lexicon) Number(text string) int {
	if d.last < len(d.Texts) && d.Texts[d.last] == text {
		return d.last
	}
	number, known := d.Numbers[text]
	if !known {
		text = strings.Clone(text) // lets go of the record, of which the cell is a part
		number = len(d.Texts)
		d.Texts = append(d.Texts, text)
		d.Numbers[text] = number
	}
	d.last = number
	return number
}

// rowStore keeps rows of numbers that come one after the other.
type RowStore interface {
	Add(row []float64) error
	// finish returns all rows. Nothing may be added afterwards.
	Finish() ([]float64, error)
}

var ErrTooManyNumbers = stderrors.New("too many numbers")

// memoryStore keeps rows in memory.
type MemoryStore struct{ cells []float64 }

// newMemoryStore has room for that many numbers, if it may have so many.
func NewMemoryStore(numbers int) *MemoryStore {
	if numbers > MaxNumbers {
		numbers = 0
	}
	return &MemoryStore{make([]float64, 0, numbers)}
}

func (m *MemoryStore) Add(row []float64) error {
	if len(m.cells)+len(row) > MaxNumbers {
		return ErrTooManyNumbers
	}
	m.cells = append(m.cells, row...)
	return nil
}

func (m *MemoryStore) Finish() ([]float64, error) { return m.cells, nil }

// Notes says what a user may not expect of how a table was read, a line each.
func (t *Table) Notes() []string {
	var notes []string
	if len(t.Ignored) > 0 {
		notes = append(notes, fmt.Sprintf("%s: no inputs are the columns whose first value is no number: %s; table.categories takes texts",
			t.Path, quote.List(t.Ignored)))
	}
	for _, name := range slices.Sorted(maps.Keys(t.Marked)) {
		notes = append(notes, fmt.Sprintf("%s: %d cells of column %s count as missing, as missing.markers or missing.text_markers lists their text",
			t.Path, t.Marked[name], quote.Text(name)))
	}
	if t.Dropped > 0 {
		notes = append(notes, fmt.Sprintf("%s: the last %d rows are left out: they have no value in any column that is read", t.Path, t.Dropped))
	}
	notes = append(notes, t.Words...)
	return notes
}

// TableLayout is what of a table a configuration wants for a task.
func (c Config) TableLayout(task Task) Layout {
	table := c.Table
	if task == Translate {
		return Layout{
			Inputs: []string{}, Texts: []string{table.Tokens.Column}, Label: table.Target, Group: table.Group, Markers: c.Missing.Markers, TextMarkers: c.Missing.TextMarkers, Notation: table.notation(),
		}
	}
	want := Layout{
		Sequence: table.Sequence, Time: table.Time, Group: table.Group, Inputs: table.Inputs,
		Texts: table.Categories, Markers: c.Missing.Markers, TextMarkers: c.Missing.TextMarkers, Notation: table.notation(), Steps: table.Steps,
	}
	if table.Tokens != nil {
		want.Inputs, want.Texts, want.Unit = []string{}, []string{table.Tokens.Column}, table.Tokens.Unit
	} else if table.Steps != nil && want.Inputs == nil {
		want.Inputs = table.Steps
	}
	switch task {
	case Classify, Label:
		want.Label = table.Target
	case Regress:
		want.Values = []string{table.Target}
	case Forecast:
		want.Values, want.ValuesAreInputs = c.Forecast.columns(), true
	}
	return want
}

// rowsBelow says whether the rows from one on continue the last sequence: they begin none.
func (t *Table) rowsBelow(first int) bool {
	for row := first; row < t.Rows(); row++ {
		if t.differ(t.Sequence, first-1, row) {
			return false
		}
	}
	return true
}

// columns lists the names of the columns that are wanted, each once.
func (l Layout) columns() []string {
	var names []string
	for _, name := range slices.Concat([]string{l.Sequence, l.Time, l.Group, l.Label}, l.values(), l.Date, l.Inputs, l.Texts) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
