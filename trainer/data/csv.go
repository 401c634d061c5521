package data

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"
)

// csvLoader turns tables into datasets.
type csvLoader struct {
	config Config
	task   Task
	dir    string

	// A panel may serve several parts; partOf says for each of its rows which one it belongs to.
	panels [parts]*panel
	partOf map[*panel][]part
	files  []string

	drawsValid bool // see Data

	derived []InputColumn // inputs beside the columns of numbers
	date    []string      // the columns of the date, where the time is none
	inputs  *TableInputs  // once they are fitted

	notes []string

	stores []*fileStore // of the panels, with Config.Stream

	ridgeRows int // of a window that the linear baseline sees; 0: all

	alphabet []string // of the tokens, if the inputs are such
}

// loadCSV loads the tables of a valid configuration. A relative path that does not exist is looked for in dir.
func loadCSV(ctx context.Context, config Config, task Task, dir string) (*Data, error) {
	l := &csvLoader{config: config, task: task, dir: dir, partOf: map[*panel][]part{}}
	data, err := l.load(ctx)
	if err != nil {
		l.close()
		return nil, err
	}
	data.Name, data.Files, data.Notes, data.close = "csv", l.files, l.notes, l.close
	return data, nil
}

func (l *csvLoader) load(ctx context.Context) (*Data, error) {
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	return l.data()
}

// store is a new one for rows, of that many numbers together where that is known.
func (l *csvLoader) store(numbers int) (rowStore, error) {
	if !l.config.Stream {
		return newMemoryStore(numbers), nil
	}
	s, err := newFileStore()
	if err != nil {
		return nil, err
	}
	l.stores = append(l.stores, s)
	return s, nil
}

// close lets go of the files that the rows are in.
func (l *csvLoader) close() error {
	var first error
	for _, s := range l.stores {
		if err := s.Close(); first == nil {
			first = err
		}
	}
	l.stores = nil
	return first
}

// lookUp returns the path of a file, which if it does not exist may be in dir.
func lookUp(path, dir string) string {
	if _, err := os.Stat(path); err != nil && dir != "" && !filepath.IsAbs(path) {
		if _, err := os.Stat(filepath.Join(dir, path)); err == nil {
			return filepath.Join(dir, path)
		}
	}
	return path
}

// data makes data of the panels, whose rows know their parts.
func (l *csvLoader) data() (*Data, error) {
	var classes []string
	if l.task == Classify || l.task == Label {
		var err error
		if classes, err = l.fitClasses(); err != nil {
			return nil, err
		}
	}
	var sets [parts]*rowSet
	for p := range parts {
		if l.panels[p] == nil {
			continue
		}
		samples, err := l.samples(p, classes)
		if err != nil {
			return nil, err
		}
		sets[p] = &rowSet{panel: l.panels[p], samples: samples, ahead: l.ahead()}
		if l.task == Label {
			if sets[p].classes, err = l.classesOf(l.panels[p], p, classes); err != nil {
				return nil, err
			}
		}
	}

	fit := l.fitInputs
	if l.config.CSV != nil && l.config.CSV.Tokens != nil {
		fit = l.fitTokens
	}
	if err := fit(); err != nil {
		return nil, err
	}
	spec, err := l.spec(sets[train], classes)
	if err != nil {
		return nil, err
	}
	data := &Data{Spec: spec, Inputs: l.inputs, DrawsValid: l.drawsValid}
	for p, set := range sets {
		if set == nil {
			continue
		}
		set.spec = spec
		if l.inputs.Relative != "" {
			set.relative = l.inputs
		}
		*data.part(part(p)) = set
	}
	season, ridgeRows := 0, l.ridgeRows
	if l.task == Forecast {
		season, ridgeRows = l.config.Forecast.Season, cmp.Or(ridgeRows, l.config.Forecast.Window)
	}
	data.Baselines = func() []Baseline { return tableBaselines(sets[train], sets[test], season, ridgeRows) }
	return data, nil
}

// read reads the files and says which part each row belongs to.
func (l *csvLoader) read(ctx context.Context) error {
	config := l.config.CSV
	want := layout{
		sequence: config.Sequence, time: config.Time, group: config.Group, inputs: config.Inputs,
		texts: config.Categories, markers: l.config.Missing.Markers, steps: config.Steps,
	}
	if config.Tokens != nil {
		want.inputs, want.texts, want.unit = []string{}, []string{config.Tokens.Column}, config.Tokens.Unit
	} else if config.Steps != nil && want.inputs == nil {
		want.inputs = config.Steps
	}
	switch l.task {
	case Classify, Label:
		want.label = config.Target
	case Regress:
		want.value = config.Target
	case Forecast:
		want.value, want.valueIsInput = l.config.Forecast.Target, true
	}
	open := func(path string) (*panel, error) {
		path = lookUp(path, l.dir)
		store, err := l.store(0)
		if err != nil {
			return nil, err
		}
		table, err := readTable(ctx, path, want, store)
		if err != nil {
			return nil, err
		}
		l.files = append(l.files, path)
		if err := l.checkTable(table); err != nil {
			return nil, err
		}
		// The training file has chosen: the others must have the same inputs.
		want.inputs = append([]string{}, table.inputNames...)
		return newPanel(table, l.config.Stream)
	}
	whole := func(p part, path string) error {
		panel, err := open(path)
		if err != nil {
			return err
		}
		l.panels[p], l.partOf[panel] = panel, slices.Repeat([]part{p}, panel.rows())
		return nil
	}

	validFraction, testFraction := *l.config.Split.Valid, l.config.Split.Test
	first := config.Path
	if first == "" {
		first, testFraction = config.Train, 0
	}
	if config.Valid != "" {
		validFraction = 0
	}
	panel, err := open(first)
	if err != nil {
		return err
	}
	if len(panel.ignored) > 0 {
		l.notes = append(l.notes, fmt.Sprintf("%s: no inputs are the columns whose first value is no number: %s; csv.categories takes texts",
			panel.path, shortList(panel.ignored)))
	}
	l.panels[train], l.partOf[panel] = panel, l.split(panel, validFraction, testFraction)
	if config.Valid != "" {
		if err := whole(valid, config.Valid); err != nil {
			return err
		}
	} else if validFraction > 0 {
		l.panels[valid] = panel
	}
	if config.Test != "" {
		return whole(test, config.Test)
	}
	l.panels[test] = panel
	return nil
}

// checkTable refuses a table that turns out not to have what the configuration counts on.
func (l *csvLoader) checkTable(t *table) error {
	refuse := func(what, found, expected string) error {
		return errors.WithStack(&FileError{Path: t.path, What: what, Found: found, Expected: expected})
	}
	switch {
	case t.sequence < 0 && (l.task == Classify || l.task == Regress):
		return refuse("file", "one series", fmt.Sprintf("sequences for the task %s: arrays [T,B,D], or csv.sequence", l.task))
	case t.sequence < 0 && (l.task == Next || l.task == Label) && l.config.Forecast == nil:
		return refuse("file", "one series", "sequences, or forecast.window to cut the one long series into pieces")
	case len(l.config.CSV.Calendar) > 0 && !t.dates:
		return refuse("column "+shorten(l.config.CSV.Time), "numbers", "dates, as csv.calendar wants")
	}
	return nil
}

// fitClasses returns the labels of the training part, sorted.
func (l *csvLoader) fitClasses() ([]string, error) {
	panel := l.panels[train]
	seen := map[string]bool{}
	see := func(row int) {
		if row >= 0 && l.partOf[panel][row] == train && !math.IsNaN(panel.at(row, panel.table.label)) {
			seen[panel.text(row, panel.table.label)] = true
		}
	}
	for _, s := range panel.series {
		if l.task == Label {
			for row := s.lo; row < s.hi; row++ {
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
		return nil, errors.WithStack(&FileError{
			Path: panel.path, What: "column " + shorten(l.config.CSV.Target),
			Found: fmt.Sprintf("%d labels in the training part", len(classes)), Expected: "at least 2",
		})
	}
	return classes, nil
}

// fitInputs fits the preparation of the inputs on the training part and gives every panel its features.
func (l *csvLoader) fitInputs() error {
	fitted := l.panels[train]
	inTrain := func(row int) bool { return l.partOf[fitted][row] == train }
	l.inputs = newTableInputs(l.config, l.task)
	l.inputs.Date = l.date
	var err error
	if l.inputs.Columns, err = l.columns(fitted, inTrain); err != nil {
		return err
	}
	values, scaled, gaps := make([]summary, len(l.inputs.Columns)), make([]summary, len(l.inputs.Columns)), make([]summary, len(l.inputs.Columns))
	fitted.walk(l.inputs.Columns, func(_ series, row int, now, gap []float64) error {
		if !inTrain(row) {
			return nil
		}
		for i, x := range now {
			values[i].add(x)
			if l.config.Scale == ScaleLog {
				scaled[i].add(signedLog(x))
			}
			gaps[i].add(gap[i])
		}
		return nil
	})
	for i := range l.inputs.Columns {
		c := &l.inputs.Columns[i]
		scale := l.config.Scale
		if c.Category != "" && !l.scalesCategories() {
			scale = ScaleNone
		}
		if c.Log = scale == ScaleLog; !c.Log {
			scaled[i] = values[i]
		}
		fit := scaled[i].scaling(scale)
		if scale == ScaleRobust {
			fit = fitted.robust(*c, inTrain)
		}
		if !fit.usable() {
			return fitted.unscalable(c.Name, values[i])
		}
		c.Mean, c.Scale, c.Offset = values[i].mean, fit.scale, fit.offset
		if l.config.Missing.Gap && l.config.Scale != ScaleNone {
			c.Gap = gaps[i].mean
		}
	}
	for panel := range l.partOf {
		store, err := l.store(panel.rows() * l.inputs.Features())
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
func (l *csvLoader) scalesCategories() bool {
	return l.config.CSV == nil || l.config.CSV.ScaleCategories == nil || *l.config.CSV.ScaleCategories
}

// maxCategories bounds the inputs that are made of one column of texts.
const maxCategories = 1 << 10

// columns lists the inputs: first the columns of numbers as they stand, which the task next predicts.
func (l *csvLoader) columns(fitted *panel, inTrain func(row int) bool) ([]InputColumn, error) {
	var columns []InputColumn
	for _, name := range fitted.inputNames {
		columns = append(columns, InputColumn{Name: name})
	}
	if l.config.CSV == nil {
		return append(columns, l.derived...), nil
	}
	for _, name := range l.config.CSV.Categories {
		seen := fitted.trainTexts(name, inTrain)
		if len(seen) > maxCategories {
			return nil, errors.WithStack(&FileError{
				Path: fitted.path, What: "column " + shorten(name), Found: fmt.Sprintf("%d categories in the training part", len(seen)),
				Expected: fmt.Sprintf("at most %d, or csv.tokens", maxCategories),
			})
		}
		for _, category := range slices.Sorted(maps.Keys(seen)) {
			columns = append(columns, InputColumn{Name: name + "=" + category, Of: name, Category: category})
		}
	}
	for _, cycle := range l.config.CSV.Calendar {
		columns = append(columns, cycle.inputs()...)
	}
	for _, name := range fitted.inputNames {
		for _, rows := range l.config.CSV.Lags {
			columns = append(columns, InputColumn{Name: fmt.Sprintf("%s lag %d", name, rows), Of: name, Lag: rows})
		}
		for _, rows := range l.config.CSV.Differences {
			columns = append(columns, InputColumn{Name: fmt.Sprintf("%s difference %d", name, rows), Of: name, Difference: rows})
		}
	}
	if len(columns) > maxColumns {
		return nil, errors.WithStack(&FileError{
			Path: fitted.path, What: "inputs", Found: fmt.Sprint(len(columns)), Expected: fmt.Sprintf("at most %d", maxColumns),
		})
	}
	return append(columns, l.derived...), nil
}

// trainTexts counts the texts of a column in the training part.
func (p *panel) trainTexts(name string, inTrain func(row int) bool) map[string]int {
	counts := map[string]int{}
	column := p.texts[slices.Index(p.textNames, name)]
	numbers := make([]int, len(p.lexicons[column].texts))
	for row := range p.rows() {
		if number := p.at(row, column); !math.IsNaN(number) && inTrain(row) {
			numbers[int(number)]++
		}
	}
	for number, count := range numbers {
		if count > 0 {
			counts[p.lexicons[column].texts[number]] = count
		}
	}
	return counts
}

// fitTokens makes tokens of the one input, numbered by what the training part has.
func (l *csvLoader) fitTokens() error {
	fitted, tokens := l.panels[train], l.config.CSV.Tokens
	counts := fitted.trainTexts(tokens.Column, func(row int) bool { return l.partOf[fitted][row] == train })
	l.alphabet = alphabetOf(counts, tokens.MinCount)
	l.inputs = newTableInputs(l.config, l.task)
	for panel := range l.partOf {
		store, err := l.store(panel.rows())
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
func (p *panel) robust(c InputColumn, inTrain func(row int) bool) scaling {
	var values []float64
	p.walk([]InputColumn{c}, func(_ series, row int, now, _ []float64) error {
		if inTrain(row) {
			values = append(values, now[0])
		}
		return nil
	})
	return robustScaling(values)
}

// unscalable is the error of a column whose training values are too far apart.
func (p *panel) unscalable(name string, s summary) error {
	return errors.WithStack(&FileError{
		Path: p.path, What: "column " + shorten(name),
		Found: fmt.Sprintf("values from %g to %g", s.minimum, s.maximum), Expected: "values that can be scaled in 64 bits",
	})
}

// spec describes the data and scales the targets.
func (l *csvLoader) spec(fitted *rowSet, classes []string) (Spec, error) {
	panel := l.panels[train]
	spec := Spec{Task: l.task, Features: panel.columns, FeatureNames: l.inputs.names(), Categories: l.inputs.Categories()}
	if l.alphabet != nil {
		spec.Features, spec.Vocabulary, spec.Alphabet = 0, len(l.alphabet), l.alphabet
		spec.Unit = l.inputs.Unit
	}
	switch {
	case l.task == Next && l.alphabet != nil:
		spec.TargetKind, spec.Targets, spec.Continues = TokenPerStep, len(l.alphabet), ContinuesTokens
	case l.task == Classify:
		spec.TargetKind, spec.Targets, spec.Classes = ClassPerSequence, len(classes), classes
	case l.task == Label:
		spec.TargetKind, spec.Targets, spec.Classes = ClassPerStep, len(classes), classes
	case l.task == Next:
		spec.TargetKind, spec.Targets, spec.TargetNames = ValuesPerStep, len(panel.inputNames), panel.inputNames
		if len(l.inputs.Columns) == spec.Targets {
			spec.Continues = ContinuesValues
		}
		for i, c := range l.inputs.Columns[:spec.Targets] {
			spec.TargetScale, spec.TargetOffset = append(spec.TargetScale, c.Scale), append(spec.TargetOffset, c.Offset)
			spec.TargetNaive = append(spec.TargetNaive, c.Scale*l.naive(panel.observed(i)))
		}
	default:
		var name string
		if l.task == Forecast {
			name = l.config.Forecast.Target
			spec.TargetNaive = slices.Repeat([]float64{l.naive(panel.targetValue)}, len(fitted.ahead))
		} else {
			name = l.config.CSV.Target
		}
		values := fitted.targetValues()
		if l.inputs.Relative != "" {
			fitted.relative = l.inputs
			for i := range values {
				values[i] -= fitted.base(fitted.samples[i/len(fitted.ahead)])
			}
		}
		column := summarize(values)
		fit := column.scaling(l.config.Scale)
		if l.config.Scale == ScaleRobust {
			fit = robustScaling(values)
		}
		if !fit.usable() {
			return spec, panel.unscalable(name, column)
		}
		if l.inputs.Relative != "" {
			l.inputs.RelativeScale = fit.scale
		}
		spec.TargetKind, spec.Targets, spec.TargetNames = ValuesPerSequence, len(fitted.ahead), []string{name}
		spec.TargetScale, spec.TargetOffset = slices.Repeat([]float64{fit.scale}, spec.Targets), slices.Repeat([]float64{fit.offset}, spec.Targets)
		if spec.Targets > 1 {
			spec.TargetNames = nil
			for _, h := range l.config.Forecast.horizons() {
				spec.TargetNames = append(spec.TargetNames, fmt.Sprintf("%s +%d", name, h))
			}
		}
	}
	return spec, nil
}
