package data

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// Builder makes data of tables whose rows know their parts: it fits classes, categories, scaling and filling on the training
// part and gives every part its sequences or windows.
type Builder struct {
	Config Config // with its defaults
	Task   Task

	// A panel may serve several parts; PartOf says for each of its rows which one it belongs to.
	Panels [Parts]*Panel
	PartOf map[*Panel][]Part

	DrawsValid bool // see Data

	Derived []InputColumn // inputs in addition to the columns of numbers
	Date    []string      // the columns of the date, where the time is none

	NewStore func(numbers int) (RowStore, error) // keeps rows, of about that many numbers together; nil: in memory

	Classes []string // in their order; nil: those of the training part, sorted

	RidgeRows int // of a window that the linear baseline sees; 0: all

	inputs   *TableInputs // once they are fitted
	alphabet []string     // of the tokens, if the inputs are such
	left     int          // sequences or windows of a part that have no target
	notes    []string     // see Data
}

func (l *Builder) store(numbers int) (RowStore, error) {
	if l.NewStore == nil {
		return NewMemoryStore(numbers), nil
	}
	return l.NewStore(numbers)
}

// Data makes data of the panels.
func (l *Builder) Data() (*Data, error) {
	var classes []string
	if l.Task == Classify || l.Task == Label {
		var err error
		if classes, err = l.fitClasses(); err != nil {
			return nil, err
		}
	}
	var sets [Parts]*RowSet
	for p := range Parts {
		if l.Panels[p] == nil {
			continue
		}
		samples, err := l.samples(p, classes)
		if err != nil {
			return nil, err
		}
		sets[p] = &RowSet{Panel: l.Panels[p], Samples: samples, Outputs: l.outputs(l.Panels[p])}
		if l.Task == Label {
			if sets[p].classes, err = l.classesOf(l.Panels[p], p, classes); err != nil {
				return nil, err
			}
		}
	}

	fit := l.fitInputs
	if l.Config.Table != nil && l.Config.Table.Tokens != nil {
		fit = l.fitTokens
	}
	if err := fit(); err != nil {
		return nil, err
	}
	spec, err := l.spec(sets[TrainPart], classes)
	if err != nil {
		return nil, err
	}
	data := &Data{Spec: spec, Inputs: l.inputs, DrawsValid: l.DrawsValid, Notes: l.notes}
	if (l.Task == Next || l.Task == Label) && l.Config.Forecast != nil {
		data.Cut = l.Config.Forecast.Window
	}
	for p, set := range sets {
		if set == nil {
			continue
		}
		set.spec = spec
		if l.inputs.Relative != "" {
			set.Relative = l.inputs
		}
		*data.Part(Part(p)) = set
	}
	season, ridgeRows := 0, l.RidgeRows
	if l.Task == Forecast {
		season, ridgeRows = l.Config.Forecast.Season, cmp.Or(ridgeRows, l.Config.Forecast.Window)
	}
	data.Basis = &Basis{Train: sets[TrainPart], Test: sets[TestPart], Season: season, RidgeRows: ridgeRows}
	return data, nil
}

// fitClasses returns the labels of the training part, sorted.
func (l *Builder) fitClasses() ([]string, error) {
	if l.Classes != nil {
		return l.Classes, nil
	}
	panel := l.Panels[TrainPart]
	seen := map[string]bool{}
	see := func(row int) {
		if row >= 0 && l.PartOf[panel][row] == TrainPart && !math.IsNaN(panel.At(row, panel.Table.Label)) {
			seen[panel.Text(row, panel.Table.Label)] = true
		}
	}
	for _, s := range panel.Series {
		if l.Task == Label {
			for row := s.Lo; row < s.Hi; row++ {
				see(row)
			}
			continue
		}
		row, err := panel.labelOf(s)
		if err != nil {
			return nil, err
		}
		see(row)
	}
	classes := make([]string, 0, len(seen))
	for label := range seen {
		classes = append(classes, label)
	}
	slices.Sort(classes)
	if len(classes) < 2 {
		return nil, errors.WithStack(fault.Fault{
			Where: panel.Path, What: "column " + quote.Text(l.Config.Table.Target),
			Found: fmt.Sprintf("%d labels in the training part", len(classes)), Expected: "at least 2",
		}.Err())
	}
	return classes, nil
}

// fitInputs fits the preparation of the inputs on the training part and gives every panel its features.
func (l *Builder) fitInputs() error {
	fitted := l.Panels[TrainPart]
	inTrain := func(row int) bool { return l.PartOf[fitted][row] == TrainPart }
	l.inputs = newTableInputs(l.Config, l.Task)
	l.inputs.Date = l.Date
	var err error
	if l.inputs.Columns, err = l.columns(fitted, inTrain); err != nil {
		return err
	}
	values, scaled, gaps := make([]Summary, len(l.inputs.Columns)), make([]Summary, len(l.inputs.Columns)), make([]Summary, len(l.inputs.Columns))
	fitted.Walk(l.inputs.Columns, func(_ Series, row int, now, gap []float64) error {
		if !inTrain(row) {
			return nil
		}
		for i, x := range now {
			values[i].add(x)
			if l.Config.Scale == ScaleLog {
				scaled[i].add(signedLog(x))
			}
			gaps[i].add(gap[i])
		}
		return nil
	})
	for i := range l.inputs.Columns {
		c := &l.inputs.Columns[i]
		scale := l.Config.Scale
		if c.Category != "" && !l.scalesCategories() {
			scale = ScaleNone
		}
		if c.Log = scale == ScaleLog; !c.Log {
			scaled[i] = values[i]
		}
		size := fitted.size(*c, inTrain)
		fit := scaled[i].scaling(scale, size)
		if scale == ScaleRobust {
			fit = fitted.robust(*c, size, inTrain)
		}
		if !fit.usable() {
			return fitted.unscalable(c.Name, values[i])
		}
		c.Mean, c.Scale, c.Offset = values[i].Mean, fit.scale, fit.offset
		if l.Config.Missing.Gap && l.Config.Scale != ScaleNone {
			c.Gap = gaps[i].Mean
		}
	}
	l.inputs.RowStep, l.inputs.Zone = fitted.rowStep(inTrain), fitted.Zone
	for panel := range l.PartOf {
		store, err := l.store(panel.Rows() * l.inputs.Features())
		if err != nil {
			return err
		}
		if err := panel.prepare(l.inputs, store); err != nil {
			return err
		}
	}
	return nil
}

// scalesCategories says whether the inputs made of texts are scaled as the others are.
func (l *Builder) scalesCategories() bool {
	return l.Config.Table == nil || l.Config.Table.ScaleCategories == nil || *l.Config.Table.ScaleCategories
}

// maxCategories bounds the inputs that are made of one column of texts.
const maxCategories = 1 << 10

// columns lists the inputs: first the columns of numbers as they stand, which the task next predicts.
func (l *Builder) columns(fitted *Panel, inTrain func(row int) bool) ([]InputColumn, error) {
	var columns []InputColumn
	for _, name := range fitted.InputNames {
		columns = append(columns, InputColumn{Name: name})
	}
	if l.Config.Table == nil {
		return append(columns, l.Derived...), nil
	}
	for _, name := range l.Config.Table.Categories {
		seen := fitted.trainTexts(name, inTrain)
		if len(seen) > maxCategories {
			return nil, errors.WithStack(fault.Fault{
				Where: fitted.Path, What: "column " + quote.Text(name), Found: fmt.Sprintf("%d categories in the training part", len(seen)),
				Expected: fmt.Sprintf("at most %d, or table.tokens", maxCategories),
			}.Err())
		}
		for _, category := range slices.Sorted(maps.Keys(seen)) {
			columns = append(columns, InputColumn{Name: name + "=" + category, Of: name, Category: category})
		}
	}
	for _, cycle := range l.Config.Table.Calendar {
		columns = append(columns, cycle.Inputs()...)
	}
	for _, name := range fitted.InputNames {
		for _, rows := range l.Config.Table.Lags {
			columns = append(columns, InputColumn{Name: fmt.Sprintf("%s lag %d", name, rows), Of: name, Lag: rows})
		}
		for _, rows := range l.Config.Table.Differences {
			columns = append(columns, InputColumn{Name: fmt.Sprintf("%s difference %d", name, rows), Of: name, Difference: rows})
		}
	}
	if len(columns) > MaxColumns {
		return nil, errors.WithStack(fault.Fault{
			Where: fitted.Path, What: "inputs", Found: fmt.Sprint(len(columns)), Expected: fmt.Sprintf("at most %d", MaxColumns),
		}.Err())
	}
	return append(columns, l.Derived...), nil
}

// trainTexts counts the texts of a column in the training part.
func (p *Panel) trainTexts(name string, inTrain func(row int) bool) map[string]int {
	counts := map[string]int{}
	column := p.Texts[slices.Index(p.TextNames, name)]
	numbers := make([]int, len(p.Lexicons[column].Texts))
	for row := range p.Rows() {
		if number := p.At(row, column); !math.IsNaN(number) && inTrain(row) {
			numbers[int(number)]++
		}
	}
	for number, count := range numbers {
		if count > 0 {
			counts[p.Lexicons[column].Texts[number]] = count
		}
	}
	return counts
}

// fitTokens makes tokens of the one input, numbered by what the training part has.
func (l *Builder) fitTokens() error {
	fitted, tokens := l.Panels[TrainPart], l.Config.Table.Tokens
	counts := fitted.trainTexts(tokens.Column, func(row int) bool { return l.PartOf[fitted][row] == TrainPart })
	l.alphabet = Alphabet(counts, tokens.MinCount)
	l.inputs = newTableInputs(l.Config, l.Task)
	for panel := range l.PartOf {
		store, err := l.store(panel.Rows())
		if err != nil {
			return err
		}
		if err := panel.tokenize(l.alphabet, store); err != nil {
			return err
		}
	}
	return nil
}

// robust is the scaling of an input by the quartiles of the training part.
func (p *Panel) robust(c InputColumn, size float64, inTrain func(row int) bool) scaling {
	var values []float64
	p.Walk([]InputColumn{c}, func(_ Series, row int, now, _ []float64) error {
		if inTrain(row) {
			values = append(values, now[0])
		}
		return nil
	})
	return robustScaling(values, size)
}

// size is how large the numbers are that an input is computed from, where that is not told by the input: differences of large numbers
// have the rounding of these, and sines that of 1.
func (p *Panel) size(c InputColumn, inTrain func(row int) bool) float64 {
	switch {
	case c.Calendar != "":
		return 1
	case c.Difference > 0:
		var s Summary
		place := p.Inputs[slices.Index(p.InputNames, c.source())]
		for row := range p.Rows() {
			if inTrain(row) {
				s.add(p.At(row, place))
			}
		}
		return s.magnitude()
	default:
		return 0
	}
}

// unscalable is the error of a column whose training values are too far apart.
func (p *Panel) unscalable(name string, s Summary) error {
	return errors.WithStack(fault.Fault{
		Where: p.Path, What: "column " + quote.Text(name),
		Found: fmt.Sprintf("values from %g to %g", s.minimum, s.maximum), Expected: "values that can be scaled in 64 bits",
	}.Err())
}

// spec describes the data and scales the targets.
func (l *Builder) spec(fitted *RowSet, classes []string) (Spec, error) {
	panel := l.Panels[TrainPart]
	spec := Spec{Task: l.Task, Features: panel.Columns, FeatureNames: l.inputs.names(), Categories: l.inputs.Categories()}
	if l.alphabet != nil {
		spec.Features, spec.Vocabulary, spec.Alphabet = 0, len(l.alphabet), l.alphabet
		spec.Unit = l.inputs.Unit
	}
	switch {
	case l.Task == Next && l.alphabet != nil:
		spec.TargetKind, spec.Targets, spec.Continues = TokenPerStep, len(l.alphabet), ContinuesTokens
	case l.Task == Classify:
		spec.TargetKind, spec.Targets, spec.Classes = ClassPerSequence, len(classes), classes
	case l.Task == Label:
		spec.TargetKind, spec.Targets, spec.Classes = ClassPerStep, len(classes), classes
	case l.Task == Next:
		spec.TargetKind, spec.Targets, spec.TargetNames = ValuesPerStep, len(panel.InputNames), panel.InputNames
		if len(l.inputs.Columns) == spec.Targets {
			spec.Continues = ContinuesValues
		}
		for i, c := range l.inputs.Columns[:spec.Targets] {
			spec.TargetScale, spec.TargetOffset = append(spec.TargetScale, c.Scale), append(spec.TargetOffset, c.Offset)
			spec.TargetNaive = append(spec.TargetNaive, c.Scale*l.naive(math.Abs(c.Offset/c.Scale), panel.observed(i)))
		}
	default:
		spec.TargetKind, spec.Targets = ValuesPerSequence, len(fitted.Outputs)
		if spec.Targets > MaxColumns {
			return spec, errors.WithStack(fault.Fault{
				Where: panel.Path, What: "targets", Found: fmt.Sprintf("%d columns at %d horizons", len(panel.Values), fitted.OutputsPerTarget()),
				Expected: fmt.Sprintf("at most %d together", MaxColumns),
			}.Err())
		}
		if l.inputs.Relative != "" {
			fitted.Relative = l.inputs
		}
		spec.TargetColumns = panel.ValueNames
		for k, name := range panel.ValueNames {
			if err := l.scaleTarget(&spec, fitted, k, name); err != nil {
				return spec, err
			}
		}
	}
	return spec, nil
}

// scaleTarget fits the scaling of a target and names its outputs.
func (l *Builder) scaleTarget(spec *Spec, fitted *RowSet, k int, name string) error {
	panel, each := fitted.Panel, fitted.OutputsPerTarget()
	values := fitted.TargetValues(k)
	size := 0.0
	if fitted.Relative != nil {
		size = Summarize(values).magnitude()
		for i := range values {
			values[i] -= fitted.Base(fitted.Samples[i/each])
		}
	}
	column := Summarize(values)
	fit := column.scaling(l.Config.Scale, size)
	if l.Config.Scale == ScaleRobust {
		fit = robustScaling(values, size)
	}
	if !fit.usable() {
		return panel.unscalable(name, column)
	}
	if fitted.Relative != nil {
		l.inputs.RelativeScale = fit.scale
	}
	spec.TargetScale = append(spec.TargetScale, slices.Repeat([]float64{fit.scale}, each)...)
	spec.TargetOffset = append(spec.TargetOffset, slices.Repeat([]float64{fit.offset}, each)...)
	if l.Task == Forecast {
		naive := l.naive(max(size, column.magnitude()), func(row int) float64 { return panel.TargetValue(row, k) })
		spec.TargetNaive = append(spec.TargetNaive, slices.Repeat([]float64{naive}, each)...)
	}
	if each == 1 {
		spec.TargetNames = append(spec.TargetNames, name)
		return nil
	}
	for _, h := range l.Config.Forecast.horizons() {
		spec.TargetNames = append(spec.TargetNames, fmt.Sprintf("%s +%d", name, h))
	}
	return nil
}

// CheckTable rejects a table that turns out not to have what the configuration counts on.
func (l *Builder) CheckTable(t *Table) error {
	refuse := func(what, found, expected string) error {
		return errors.WithStack(fault.Fault{Where: t.Path, What: what, Found: found, Expected: expected}.Err())
	}
	switch {
	case t.Sequence < 0 && (l.Task == Classify || l.Task == Regress):
		return refuse("file", "one series", fmt.Sprintf("sequences for the task %s: arrays [T,B,D], or table.sequence", l.Task))
	case t.Sequence < 0 && (l.Task == Next || l.Task == Label) && l.Config.Forecast == nil:
		return refuse("file", "one series", "sequences, or forecast.window to cut the one long series into pieces")
	case len(l.Config.Table.Calendar) > 0 && !t.Dates:
		return refuse("column "+quote.Text(l.Config.Table.Time), "numbers", "dates, as table.calendar wants")
	}
	return nil
}
