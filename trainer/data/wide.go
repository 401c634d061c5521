package data

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// wideRecords is a table with a sequence in each row as one with a row for each step. The columns that a pattern stands
// for are one input, named as the pattern, step by step; all others have the same cell at every step.
type wideRecords struct {
	Records
	path     string
	patterns []string
	missing  func(Cell) bool

	steps [][]int // of each pattern the positions of its columns
	other []int   // positions of the other columns
	named bool    // one of them is called sequence

	wide  []Cell // the row
	line  int
	row   int // counts them
	step  int // the next
	count int // steps up to the last that has a value
	cells []Cell
}

func (w *wideRecords) Header() ([]string, error) {
	names, err := w.Records.Header()
	if err != nil {
		return nil, err
	}
	taken := make([]bool, len(names))
	for _, pattern := range w.patterns {
		positions := stepsOf(names, pattern)
		for _, position := range positions {
			if taken[position] {
				return nil, w.fault(1, "column "+quote.Text(names[position]), "two patterns for it", "one")
			}
			taken[position] = true
		}
		if len(positions) == 0 || w.steps != nil && len(positions) != len(w.steps[0]) {
			return nil, w.fault(1, "header", fmt.Sprintf("%d columns %s among %s", len(positions), pattern, quote.List(names)),
				"at least one, and as many for each pattern")
		}
		w.steps = append(w.steps, positions)
	}
	var out []string
	for position, name := range names {
		if !taken[position] {
			w.other = append(w.other, position)
			out = append(out, name)
			w.named = w.named || name == SequenceColumn
		}
	}
	out = append(out, w.patterns...)
	if !w.named {
		out = append(out, SequenceColumn)
	}
	w.cells = make([]Cell, len(out))
	return out, nil
}

func (w *wideRecords) fault(line int, what, found, expected string) error {
	return errors.WithStack(fault.Fault{Where: w.path, Line: line, What: what, Found: found, Expected: expected}.Err())
}

// stepsOf returns the positions of the names that a pattern with one star stands for, by the numbers at the star; where one
// is no number, in the order of the file.
func stepsOf(names []string, pattern string) []int {
	before, after, _ := strings.Cut(pattern, "*")
	type found struct{ position, number int }
	var all []found
	numbered := true
	for position, name := range names {
		if len(name) <= len(before)+len(after) || !strings.HasPrefix(name, before) || !strings.HasSuffix(name, after) {
			continue
		}
		number, err := strconv.Atoi(name[len(before) : len(name)-len(after)])
		numbered = numbered && err == nil
		all = append(all, found{position, number})
	}
	if numbered {
		slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.number, b.number) })
	}
	positions := make([]int, len(all))
	for i, f := range all {
		positions[i] = f.position
	}
	return positions
}

func (w *wideRecords) Next() ([]Cell, int, error) {
	if w.step == w.count {
		var err error
		if w.wide, w.line, err = w.Records.Next(); err != nil {
			return nil, 0, err
		}
		w.row++
		w.step, w.count = 0, len(w.steps[0])
		for w.count > 0 && w.empty(w.count-1) {
			w.count--
		}
		if w.count == 0 {
			return nil, 0, w.fault(w.line, "line", "no value in any step", "at least one")
		}
	}
	for i, position := range w.other {
		w.cells[i] = w.wide[position]
	}
	for i, positions := range w.steps {
		w.cells[len(w.other)+i] = w.wide[positions[w.step]]
	}
	if !w.named {
		w.cells[len(w.cells)-1] = Cell{Kind: NumberCell, Number: float64(w.row - 1)}
	}
	w.step++
	return w.cells, w.line, nil
}

// empty says whether nothing was observed at a step.
func (w *wideRecords) empty(step int) bool {
	for _, positions := range w.steps {
		if !w.missing(w.wide[positions[step]]) {
			return false
		}
	}
	return true
}
