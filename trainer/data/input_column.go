package data

import (
	"math"
	"slices"
	"time"

	"github.com/gruexp/gruexp/trainer/data/internal/calc"
)

// InputColumn is one input: what of the file it is made of, and what was fitted on the training part. At most one of
// Category, Lag, Difference and Calendar is set; with none the input is the column of the file as it stands.
type InputColumn struct {
	Name       string   `json:"name"`
	Of         string   `json:"of,omitempty"`         // the column of the file, where it is not called Name
	Category   string   `json:"category,omitempty"`   // 1 where the column has this text, else 0
	Lag        int      `json:"lag,omitempty"`        // the value so many rows before
	Difference int      `json:"difference,omitempty"` // the value less that so many rows before
	Calendar   Calendar `json:"calendar,omitempty"`   // of the row's date, as the sine of an angle
	Cosine     bool     `json:"cosine,omitempty"`     // of the angle instead

	Log    bool    `json:"log,omitempty"` // sign(x)·log(1+|x|) is taken before scaling
	Mean   float64 `json:"mean"`          // stands in for what is missing before the first value
	Scale  float64 `json:"scale"`
	Offset float64 `json:"offset"`
	Gap    float64 `json:"gap,omitempty"` // the mean gap; 0: gaps are not scaled
}

// Calendar is a cycle of the calendar. Of a date in it the inputs are sine and cosine of 2π·position/period.
type Calendar string

// The cycles.
const (
	CalendarHour    Calendar = "hour"    // of the day, with minutes and seconds
	CalendarWeekday Calendar = "weekday" // of the week, from Sunday
	CalendarMonth   Calendar = "month"   // of the year
	CalendarSeason  Calendar = "season"  // the day of the year
)

func Calendars() []Calendar {
	return []Calendar{CalendarHour, CalendarWeekday, CalendarMonth, CalendarSeason}
}

// angle is where in the cycle a time is, in seconds since 1970.
func (c Calendar) angle(seconds float64) float64 {
	at := time.Unix(int64(math.Floor(seconds)), 0).UTC()
	position, period := 0.0, 1.0
	switch c {
	case CalendarHour:
		position, period = float64(at.Hour())+float64(at.Minute()*60+at.Second())/3600, 24
	case CalendarWeekday:
		position, period = float64(at.Weekday()), 7
	case CalendarMonth:
		position, period = float64(at.Month()-1), 12
	case CalendarSeason:
		position, period = float64(at.YearDay()), 365.25
	}
	return 2 * math.Pi * position / period
}

// inputs is the cycle as sine and cosine.
func (c Calendar) Inputs() []InputColumn {
	return []InputColumn{{Name: string(c) + " sine", Calendar: c}, {Name: string(c) + " cosine", Calendar: c, Cosine: true}}
}

// source is the column of the file that an input is made of.
func (c InputColumn) source() string {
	switch {
	case c.Calendar != "":
		return ""
	case c.Of != "":
		return c.Of
	default:
		return c.Name
	}
}

// apply scales a value that is not missing.
func (c InputColumn) apply(x float64) float64 {
	if c.Log {
		x = signedLog(x)
	}
	return scaling{c.Scale, c.Offset}.apply(x)
}

// scaleGap is log(1 + δ/δ̄) of a gap δ. Gaps are nearly all equal and a few are huge, so a standard deviation says nothing
// of them.
func (c InputColumn) scaleGap(gap float64) float64 {
	if c.Gap == 0 {
		return gap
	}
	return math.Log1p(gap / c.Gap)
}

// inputReader reads an input, before it is filled and scaled, from the rows of a table.
type inputReader struct {
	table    *Table
	column   InputColumn
	place    int     // in a row of the table
	category float64 // the number of the category in this table; NaN where it does not occur
}

func (t *Table) readers(columns []InputColumn) []inputReader {
	readers := make([]inputReader, len(columns))
	for i, c := range columns {
		r := inputReader{table: t, column: c}
		switch {
		case c.Calendar != "":
			r.place = t.Date
		case c.Category != "":
			r.place = t.Texts[slices.Index(t.TextNames, c.source())]
			r.category = math.NaN()
			if number, known := t.Lexicons[r.place].Numbers[c.Category]; known {
				r.category = float64(number)
			}
		default:
			r.place = t.Inputs[slices.Index(t.InputNames, c.source())]
		}
		readers[i] = r
	}
	return readers
}

// value is that of a row of a series, NaN where it is missing.
func (r *inputReader) value(s Series, row int) float64 {
	if r.column.Lag > 0 {
		return r.before(s, row, r.column.Lag)
	}
	x := r.table.At(row, r.place)
	switch c := &r.column; {
	case math.IsNaN(x):
		return x
	case c.Calendar != "" && c.Cosine:
		return math.Cos(c.Calendar.angle(x))
	case c.Calendar != "":
		return math.Sin(c.Calendar.angle(x))
	case c.Category != "":
		return float64(calc.One(x == r.category))
	case c.Difference > 0:
		return x - r.before(s, row, c.Difference)
	default:
		return x
	}
}

func (r *inputReader) before(s Series, row, rows int) float64 {
	if row-rows < s.Lo {
		return math.NaN()
	}
	return r.table.At(row-rows, r.place)
}

// walk goes through all rows in order and gives each input as it was observed, NaN where it is missing, and its gap δ: the
// time since the last row before it in which it was observed, 0 in the first row of a series, and since the first row where
// nothing was observed yet. The slices are used again.
func (p *Panel) Walk(columns []InputColumn, visit func(s Series, row int, values, gaps []float64) error) error {
	w := newWalker(p.Table, columns)
	for _, s := range p.Series {
		for row := s.Lo; row < s.Hi; row++ {
			w.step(s, row, row == s.Lo)
			if err := visit(s, row, w.values, w.gaps); err != nil {
				return err
			}
		}
	}
	return nil
}

// walker goes through the rows of a table and keeps what was observed last.
type walker struct {
	table        *Table
	readers      []inputReader
	values, gaps []float64 // of the last row
	last         []float64 // when each input was observed
}

func newWalker(t *Table, columns []InputColumn) *walker {
	n := len(columns)
	return &walker{t, t.readers(columns), make([]float64, n), make([]float64, n), make([]float64, n)}
}

// step reads a row of a series, whose first row is begins.
func (w *walker) step(s Series, row int, begins bool) {
	now := w.table.Clock(row)
	for i := range w.readers {
		if begins {
			w.last[i] = now
		}
		w.values[i], w.gaps[i] = w.readers[i].value(s, row), now-w.last[i]
		if !math.IsNaN(w.values[i]) {
			w.last[i] = now
		}
	}
}
