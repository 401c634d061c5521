package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// section is a part of a page with a heading.
type section struct {
	ID     string
	Title  string
	Deep   bool // below another section
	Blocks []block
}

// NewPage says whether the section begins a page on paper: what has pictures does, and what comes after them.
func (s section) NewPage() bool {
	if strings.HasSuffix(s.ID, "run") || strings.HasSuffix(s.ID, "study") {
		return true
	}
	return slices.ContainsFunc(s.Blocks, func(b block) bool { return b.Chart != nil || b.Charts != nil })
}

// block is what stands in a section, one after the other: one of these.
type block struct {
	Text    string   // a paragraph
	Verdict []string // what it comes to, in sentences
	Fault   string   // what is wrong with a file, in a line
	Code    string   // commands
	Table   *table
	Chart   *chart
	Charts  []*chart // side by side where there is room
	Hidden  *hidden
	File    *file
}

// hidden are blocks that a reader unfolds.
type hidden struct {
	Key    string // which stays the same when the page is made again
	Title  string
	Blocks []block
}

// file is a text that can be saved.
type file struct {
	Name, Type, Text string
}

// table is rows of cells, each with a name for the row in front. It can be saved as CSV.
type table struct {
	Name    string // of the file, without its ending
	Caption string
	Columns []column
	Rows    []row
	Key     string // of the fold where it is hidden; empty: it is not
	OfChart bool   // the numbers of the chart above
}

type column struct {
	Name string
	Unit string
	Text bool // not numbers
}

type row struct {
	Cells  []cell
	Marked bool // differs from what is usual
}

// cell is a number or a text.
type cell struct {
	Text string // as it is shown
	Full string // as it is saved; empty: as Text
}

// text is a cell of words.
func text(s string) cell { return cell{Text: s} }

// whole is a cell of a count.
func whole(n int) cell { return cell{Text: strconv.Itoa(n)} }

// number is a cell of a number, empty where it is unknown.
func number(v float64) cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return cell{Text: "–", Full: " "}
	}
	return cell{Text: Number(v), Full: strconv.FormatFloat(v, 'g', -1, 64)}
}

// rate is a cell of a learning rate or another number of any size.
func rate(v float64) cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return number(v)
	}
	return cell{Text: strconv.FormatFloat(v, 'g', 4, 64), Full: strconv.FormatFloat(v, 'g', -1, 64)}
}

// chart is a picture as the script draws it. Its JSON says what is meant and nothing of how it looks.
type chart struct {
	ID      string `json:"-"`
	Title   string `json:"title"`
	Summary string `json:"summary"` // what is to be seen, in a sentence
	Note    string `json:"-"`       // what else a reader has to know
	Table   *table `json:"-"`       // the same numbers
	Wide    bool   `json:"-"`

	Kind   string    `json:"kind"`
	X      axis      `json:"x"`
	Y      axis      `json:"y"`
	Series []series  `json:"series,omitempty"`
	Marks  []mark    `json:"marks,omitempty"`  // vertical lines
	Heat   *heat     `json:"heat,omitempty"`   // of kind heat
	Lines  *parallel `json:"lines,omitempty"`  // of kind parallel
	Equal  bool      `json:"equal,omitempty"`  // x and y are of the same kind: a diagonal stands for equality
	Zero   bool      `json:"zero,omitempty"`   // a line where the values are 0
	Higher bool      `json:"higher,omitempty"` // of kind parallel: more of the metric is better
}

// The kinds of charts.
const (
	kindXY        = "xy"        // lines, bands and points over numbers
	kindIntervals = "intervals" // a row for each category: a mean with an interval, and points
	kindBars      = "bars"      // a bar for each category
	kindHeat      = "heat"
	kindParallel  = "parallel"
)

type axis struct {
	Name       string    `json:"name"`
	Unit       string    `json:"unit,omitempty"`
	Log        bool      `json:"log,omitempty"`
	Whole      bool      `json:"whole,omitempty"` // numbers without fractions
	FromZero   bool      `json:"fromZero,omitempty"`
	Ends       []float64 `json:"ends,omitempty"` // the least and the greatest number that is seen; left out: all are
	Categories []string  `json:"categories,omitempty"`
}

// The ways to draw a series.
const (
	drawLine   = "line"
	drawDashed = "dashed"
	drawStep   = "step" // a number stays until the next
	drawBand   = "band" // points are x, low, high
	drawPoints = "points"
	drawBars   = "bars"
	drawErrors = "errors" // points are x, low, mean, high
)

type series struct {
	Name   string      `json:"name"`
	Draw   string      `json:"draw"`
	Color  int         `json:"color"` // the number of a color; series of one thing share it
	Points [][]float64 `json:"points"`
	Labels []string    `json:"labels,omitempty"` // of the points
	Faint  bool        `json:"faint,omitempty"`  // in the background, without a color and a name of its own
}

type mark struct {
	At   float64 `json:"at"`
	Name string  `json:"name"`
}

// heat is a matrix; the first row of cells is the lowest.
type heat struct {
	Cells     [][]float64 `json:"cells"` // by row (y), then column (x)
	Low       float64     `json:"low"`
	High      float64     `json:"high"`
	Diverging bool        `json:"diverging,omitempty"` // 0 is in the middle
	Name      string      `json:"name"`                // of the numbers
}

// parallel is a line for each trial over several axes, the last of which is the metric.
type parallel struct {
	Axes []axis  `json:"axes"`
	Rows [][]any `json:"rows"` // the best first
}
