package data

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// InMemory says what is predicted from sequences in memory and how they are divided and prepared. Its zero value follows from the
// targets: labels are classified, numbers are regressed, without targets the next step is predicted.
type InMemory struct {
	Task       Task     // default: the one that the targets have
	ClassNames []string // of labels that are numbers, from 0; default: the numbers
	InputNames []string // of the D numbers of a step; default inputs_0, inputs_1, …

	Split   *SplitConfig   // default: 10 % of the sequences for validation, 10 % for the test
	Parts   []Part         // of each sequence, instead of Split
	Groups  []string       // of each sequence, for Split.By ByGroup
	Times   [][]float64    // of each step, rising in a sequence; default: steps are one apart
	Scale   Scale          // default standard
	Missing *MissingConfig // what becomes of NaN; nil: NaN is an error

	Forecast  *ForecastConfig // of the task forecast; of next and label its Window alone
	Fold      *FoldConfig
	ValidSeed uint64

	Unit     Unit // of texts: character, which is the default, or word
	MinCount int  // how often a token is in the training part at least; a rarer one is unknown; default 1
}

// sequencesInMemory is what messages call sequences that are not in a file.
const sequencesInMemory = "sequences in memory"

// FromSequences makes data of sequences of numbers: x[i][t] is step t of sequence i. Targets are
//
//   - []int or []string: the class of each sequence;
//   - []float64: a number for each sequence;
//   - [][]int or [][]string: the class of each step;
//   - nil: the next step, or with InMemory.Forecast the number that it says.
//
// Sequences may have different lengths: padding and masks are made when a batch is filled. Scaling, filling and classes are fitted on
// the training part, as for files. The error lists what is wrong with the sequences.
func FromSequences(x [][][]float64, targets any, c InMemory) (*Data, error) {
	m := newMemory(len(x), func(i int) int { return len(x[i]) }, c)
	width := m.width(x)
	if c.InputNames == nil {
		for i := range width {
			m.inputs = append(m.inputs, "inputs_"+strconv.Itoa(i))
		}
	}
	m.check(len(m.inputs) == width || width == 0, "InputNames", fmt.Sprintf("%d names", len(m.inputs)), "%d, as a step has numbers", width)
	for i, sequence := range x {
		for t, step := range sequence {
			if len(step) != width {
				m.check(false, fmt.Sprintf("sequence %d, step %d", i, t), fmt.Sprintf("%d numbers", len(step)), "%d as in the first step", width)
				continue
			}
			for k, v := range step {
				what := func() string { return fmt.Sprintf("sequence %d, step %d, input %d", i, t, k) }
				if math.IsInf(v, 0) {
					m.check(false, what(), fmt.Sprint(v), "a finite number")
				}
				if math.IsNaN(v) && c.Missing == nil {
					m.check(false, what(), "NaN", "a number, or InMemory.Missing, which says what becomes of missing values")
				}
			}
		}
	}
	m.input = func(i, t int, cells []Cell) {
		for k, v := range x[i][t] {
			cells[k] = numberOrNull(v)
		}
	}
	return m.data(targets, &TableConfig{Inputs: m.inputs})
}

// FromTokens makes data of sequences of tokens, which are numbers or texts; x[i][t] is step t of sequence i. Targets are as in
// [FromSequences]; without targets the next token is predicted. Tokens that the training part does not have are unknown.
func FromTokens[T ~int | ~string](x [][]T, targets any, c InMemory) (*Data, error) {
	m := newMemory(len(x), func(i int) int { return len(x[i]) }, c)
	m.check(c.InputNames == nil, "InputNames", "names", "none: the inputs are tokens")
	m.inputs = []string{"token"}
	m.input = func(i, t int, cells []Cell) { cells[0] = Cell{Text: fmt.Sprint(x[i][t])} }
	return m.data(targets, &TableConfig{Tokens: &TokensConfig{Column: "token", Unit: UnitCell, MinCount: c.MinCount}})
}

// FromTexts makes data of texts, which are cut into characters or words. Targets are as in [FromSequences] but for those of steps;
// with InMemory.Task Translate they are texts too.
func FromTexts(texts []string, targets any, c InMemory) (*Data, error) {
	m := newMemory(len(texts), func(int) int { return 1 }, c)
	m.check(c.InputNames == nil, "InputNames", "names", "none: the inputs are tokens")
	for i, text := range texts {
		if strings.TrimSpace(text) == "" {
			m.check(false, fmt.Sprintf("text %d", i), "no text", "at least one character")
		}
	}
	m.inputs = []string{"text"}
	m.input = func(i, _ int, cells []Cell) { cells[0] = Cell{Text: texts[i]} }
	unit := c.Unit
	if unit == "" {
		unit = UnitCharacter
	}
	return m.data(targets, &TableConfig{Tokens: &TokensConfig{Column: "text", Unit: unit, MinCount: c.MinCount}})
}

// maxFaults bounds how many faults of sequences are listed.
const maxFaults = 20

// memory is sequences in memory as records.
type memory struct {
	InMemory
	count  int
	steps  func(i int) int
	inputs []string // names of the columns
	input  func(i, t int, cells []Cell)

	columns []string              // those after the inputs
	others  []func(i, t int) Cell // what is in them
	classes []string              // of labels that are numbers
	faults  fault.List
	passed  int    // faults that are not listed
	i, t    int    // the next step
	cells   []Cell // of one row, made again for each
}

func newMemory(count int, steps func(i int) int, c InMemory) *memory {
	m := &memory{InMemory: c, count: count, steps: steps, inputs: slices.Clone(c.InputNames)}
	m.check(count > 0, "sequences", "none", "at least one")
	for i := range count {
		if steps(i) == 0 {
			m.check(false, fmt.Sprintf("sequence %d", i), "no steps", "at least one")
		}
	}
	m.check(c.Parts == nil || len(c.Parts) == count, "Parts", strconv.Itoa(len(c.Parts)), "%d, as there are sequences", count)
	for i, part := range c.Parts {
		if part >= Parts {
			m.check(false, fmt.Sprintf("Parts[%d]", i), strconv.Itoa(int(part)), "TrainPart, ValidPart or TestPart")
		}
	}
	m.check(c.Parts == nil || c.Split == nil, "Parts", "Parts and Split", "one of them")
	m.check(c.Groups == nil || len(c.Groups) == count, "Groups", strconv.Itoa(len(c.Groups)), "%d, as there are sequences", count)
	m.check(c.Times == nil || len(c.Times) == count, "Times", strconv.Itoa(len(c.Times)), "%d, as there are sequences", count)
	for i := range min(count, len(c.Times)) {
		if len(c.Times[i]) != steps(i) {
			m.check(false, fmt.Sprintf("Times[%d]", i), strconv.Itoa(len(c.Times[i])), "%d, as the sequence has steps", steps(i))
		}
	}
	return m
}

func (m *memory) check(ok bool, what, found, expected string, args ...any) {
	switch {
	case ok:
	case len(m.faults) == maxFaults:
		m.passed++
	default:
		m.faults = append(m.faults, fault.Fault{Where: sequencesInMemory, What: what, Found: found, Expected: fmt.Sprintf(expected, args...)})
	}
}

// width is that of the first step.
func (m *memory) width(x [][][]float64) int {
	for _, sequence := range x {
		if len(sequence) > 0 {
			m.check(len(sequence[0]) > 0, "step 0", "no numbers", "at least one")
			return len(sequence[0])
		}
	}
	return 0
}

// column adds one that is called want, or like it where an input has that name.
func (m *memory) column(want string, cell func(i, t int) Cell) string {
	for slices.Contains(m.inputs, want) {
		want = "_" + want
	}
	m.columns, m.others = append(m.columns, want), append(m.others, cell)
	return want
}

// data makes data of the sequences and their targets.
func (m *memory) data(targets any, table *TableConfig) (*Data, error) {
	task, target := m.targets(targets)
	if m.Task != "" {
		task = m.Task
	}
	texts := table.Tokens != nil && table.Tokens.Unit != UnitCell
	if !texts {
		table.Sequence = m.column("sequence", func(i, _ int) Cell { return Cell{Text: strconv.Itoa(i)} })
	}
	if m.Times != nil {
		table.Time = m.column("time", func(i, t int) Cell { return Cell{Kind: NumberCell, Number: m.Times[i][t]} })
	}
	if m.Groups != nil {
		table.Group = m.column("group", func(i, _ int) Cell { return Cell{Text: m.Groups[i]} })
	}
	if target != nil {
		table.Target = m.column("target", target)
	}
	forecast := m.Forecast
	if task == Forecast && forecast != nil && forecast.columns() == nil && len(m.inputs) == 1 {
		whole := *forecast
		whole.Target = m.inputs[0]
		forecast = &whole
	}
	if m.passed > 0 {
		m.faults = append(m.faults, fault.Fault{Where: sequencesInMemory, What: fmt.Sprintf("and %d more", m.passed)})
	}
	if err := m.faults.Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	table.Path = sequencesInMemory
	config := Config{
		Table: table, Forecast: forecast, Missing: m.Missing, Scale: m.Scale, Split: m.Split, Fold: m.Fold, ValidSeed: m.ValidSeed,
	}.WithDefaults()
	if err := config.ValidateFor(task).Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	return fromRecords(m, task, config, m.Parts, m.classes)
}

// targets checks them and says which task they have and what is in the column of targets.
func (m *memory) targets(targets any) (task Task, cell func(i, t int) Cell) {
	same := func(n int) {
		m.check(n == m.count, "targets", strconv.Itoa(n), "%d, as there are sequences", m.count)
	}
	switch y := targets.(type) {
	case nil:
		if m.Forecast != nil && (m.Forecast.columns() != nil || m.Forecast.Horizon != 0 || m.Forecast.Horizons != nil) {
			return Forecast, nil
		}
		return Next, nil
	case []int:
		same(len(y))
		if m.Task == Regress {
			return Regress, func(i, _ int) Cell { return IntegerCell(int64(y[i])) }
		}
		m.classesOf(y, func(i int) string { return fmt.Sprintf("target %d", i) })
		return Classify, func(i, _ int) Cell { return Cell{Text: m.class(y[i])} }
	case []string:
		same(len(y))
		for i, text := range y {
			m.check(strings.TrimSpace(text) != "", fmt.Sprintf("target %d", i), "no text", "a class or a text")
		}
		return Classify, func(i, _ int) Cell { return Cell{Text: y[i]} }
	case []float64:
		same(len(y))
		for i, v := range y {
			m.check(!math.IsInf(v, 0) && (!math.IsNaN(v) || m.Missing != nil), fmt.Sprintf("target %d", i), fmt.Sprint(v), "a finite number")
		}
		return Regress, func(i, _ int) Cell { return numberOrNull(y[i]) }
	case [][]int:
		same(len(y))
		m.sameSteps(len(y), func(i int) int { return len(y[i]) })
		flat := slices.Concat(y...)
		m.classesOf(flat, func(at int) string {
			i := 0
			for ; at >= len(y[i]); i++ {
				at -= len(y[i])
			}
			return fmt.Sprintf("target %d, step %d", i, at)
		})
		return Label, func(i, t int) Cell { return Cell{Text: m.class(y[i][t])} }
	case [][]string:
		same(len(y))
		m.sameSteps(len(y), func(i int) int { return len(y[i]) })
		return Label, func(i, t int) Cell {
			if strings.TrimSpace(y[i][t]) == "" {
				return Cell{Kind: NullCell}
			}
			return Cell{Text: y[i][t]}
		}
	default:
		m.check(false, "targets", fmt.Sprintf("%T", targets), "[]int, []string, []float64, [][]int, [][]string or nil")
		return Next, nil
	}
}

func (m *memory) sameSteps(n int, length func(i int) int) {
	for i := range min(n, m.count) {
		m.check(length(i) == m.steps(i), fmt.Sprintf("target %d", i), fmt.Sprintf("%d steps", length(i)), "%d as the sequence has", m.steps(i))
	}
}

// classesOf names the classes of labels that are numbers.
func (m *memory) classesOf(labels []int, what func(i int) string) {
	count := len(m.ClassNames)
	if count == 0 && len(labels) > 0 {
		count = slices.Max(labels) + 1
	}
	const most = 1 << 20
	m.check(count <= most, "targets", fmt.Sprintf("the class %d", count-1), "at most %d classes, numbered from 0", most)
	for i, label := range labels {
		if label < 0 || label >= count {
			m.check(false, what(i), fmt.Sprintf("the class %d", label), "0 to %d", count-1)
		}
	}
	m.classes = slices.Clone(m.ClassNames)
	if m.classes == nil {
		for class := range min(max(count, 0), most) {
			m.classes = append(m.classes, strconv.Itoa(class))
		}
	}
}

func (m *memory) class(label int) string { return m.classes[label] }

func (m *memory) Header() ([]string, error) {
	names := slices.Concat(m.inputs, m.columns)
	m.cells = make([]Cell, len(names))
	return names, CheckHeader(sequencesInMemory, 0, names)
}

func (m *memory) Next() ([]Cell, int, error) {
	for m.i < m.count && m.t == m.steps(m.i) {
		m.i, m.t = m.i+1, 0
	}
	if m.i == m.count {
		return nil, 0, io.EOF
	}
	m.input(m.i, m.t, m.cells[:len(m.inputs)])
	for k, cell := range m.others {
		m.cells[len(m.inputs)+k] = cell(m.i, m.t)
	}
	m.t++
	return m.cells, m.i + 1, nil
}
