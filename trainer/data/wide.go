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

	numbers []string // the other columns whose first cell is a number
	words   []string // what a user may not expect of the columns

	steps [][]int  // of each pattern the positions of its columns
	other []int    // positions of the other columns
	names []string // of the other columns
	named bool     // one of them is called sequence

	wide  []Cell // the row
	line  int
	row   int // counts them
	step  int // the next
	count int // steps up to the last that has a value
	taken int // steps of all rows so far
	cells []Cell
}

func (w *wideRecords) Header() ([]string, error) {
	names, err := w.Records.Header()
	if err != nil {
		return nil, err
	}
	taken := make([]bool, len(names))
	var first []int // the numbers of the steps of the first pattern
	for i, pattern := range w.patterns {
		positions, numbers, words := stepsOf(names, pattern)
		for step := 1; step < len(numbers); step++ {
			if numbers[step] == numbers[step-1] {
				return nil, w.fault(1, "column "+quote.Text(names[positions[step]]), fmt.Sprintf("step %d again, which is %s", numbers[step], quote.Text(names[positions[step-1]])), "a column for each step")
			}
		}
		w.words = append(w.words, words...)
		if i == 0 {
			first = numbers
		} else if !slices.Equal(numbers, first) && len(numbers) == len(first) {
			w.words = append(w.words, fmt.Sprintf("the columns of %s and %s have other numbers: the first of the one belongs to the first of the other, and so on", w.patterns[0], pattern))
		}
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
	w.names = slices.Clone(out)
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

// stepsOf returns the positions of the names that a pattern with one star stands for, by the numbers at the star; names without a
// number there are no steps. Where no name has one, all are steps, in the order of the file. Words say what a user may not expect.
func stepsOf(names []string, pattern string) (positions, numbers []int, words []string) {
	before, after, _ := strings.Cut(pattern, "*")
	type found struct {
		position, number int
		name             string
	}
	var numbered []found
	var others []string
	for position, name := range names {
		if len(name) <= len(before)+len(after) || !strings.HasPrefix(name, before) || !strings.HasSuffix(name, after) {
			continue
		}
		number, err := strconv.Atoi(name[len(before) : len(name)-len(after)])
		if err != nil {
			others, positions = append(others, name), append(positions, position)
			continue
		}
		numbered = append(numbered, found{position, number, name})
	}
	if len(numbered) == 0 {
		if len(others) > 0 {
			words = append(words, fmt.Sprintf("the names of %s have no number at the star: their steps are in the order of the file", pattern))
		}
		return positions, nil, words
	}
	if len(others) > 0 {
		words = append(words, fmt.Sprintf("no steps of %s are %s, which have no number at the star", pattern, quote.List(others)))
	}
	slices.SortStableFunc(numbered, func(a, b found) int { return cmp.Compare(a.number, b.number) })
	positions = positions[:0]
	for i, f := range numbered {
		positions, numbers = append(positions, f.position), append(numbers, f.number)
		if i > 0 && f.number > numbered[i-1].number+1 && len(words) < 3 {
			words = append(words, fmt.Sprintf("the steps of %s go from %s to %s: they count as neighbors", pattern, numbered[i-1].name, f.name))
		}
	}
	return positions, numbers, words
}

func (w *wideRecords) Next() ([]Cell, int, error) {
	if w.step == w.count {
		var err error
		if w.wide, w.line, err = w.Records.Next(); err != nil {
			return nil, 0, err
		}
		if w.row++; w.row == 1 {
			for i, position := range w.other {
				c := w.wide[position]
				if _, err := ParseNumber(c.Text); c.Kind == NumberCell || c.Kind == TextCell && err == nil {
					w.numbers = append(w.numbers, w.names[i])
				}
			}
		}
		w.step, w.count = 0, len(w.steps[0])
		for w.count > 0 && w.empty(w.count-1) {
			w.count--
		}
		w.taken += w.count
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

// Count is the rows of the table of which each has a row for each of its steps. It is an estimate, and known only where it is not too high:
// where each row so far has had all its steps, or where those that the rows so far had on average would be far too many.
func (w *wideRecords) Count(most int) (rows int, known bool) {
	c, ok := w.Records.(Counted)
	if !ok || w.taken == 0 {
		return 0, false
	}
	lines, known := c.Count(most)
	rows = int(float64(lines) * float64(w.taken) / float64(w.row))
	return rows, known && (w.taken == w.row*len(w.steps[0]) || rows/2 > most)
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

// unread lists the columns that no pattern stands for, that nothing else reads, and that began with a number.
func (w *wideRecords) unread(want Layout) []string {
	var names []string
	for _, name := range w.numbers {
		if !slices.Contains(want.columns(), name) {
			names = append(names, name)
		}
	}
	return names
}
