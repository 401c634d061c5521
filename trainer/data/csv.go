package data

import (
	"context"
	"fmt"
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

	derived []InputColumn // inputs beside the columns of numbers
	date    []string      // the columns of the date, where the time is none
	inputs  *TableInputs  // once they are fitted
}

// loadCSV loads the tables of a valid configuration. A relative path that does not exist is looked for in dir.
func loadCSV(ctx context.Context, config Config, task Task, dir string) (*Data, error) {
	l := &csvLoader{config: config, task: task, dir: dir, partOf: map[*panel][]part{}}
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	data, err := l.data()
	if err != nil {
		return nil, err
	}
	data.Name, data.Files = "csv", l.files
	return data, nil
}

// data makes data of the panels, whose rows know their parts.
func (l *csvLoader) data() (*Data, error) {
	var classes []string
	if l.task == Classify {
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
		sets[p] = &rowSet{panel: l.panels[p], samples: samples}
	}

	if err := l.fitInputs(); err != nil {
		return nil, err
	}
	spec, err := l.spec(sets[train], classes)
	if err != nil {
		return nil, err
	}
	data := &Data{Spec: spec, Inputs: l.inputs}
	for p, set := range sets {
		if set == nil {
			continue
		}
		set.spec = spec
		*[parts]*Dataset{&data.Train, &data.Valid, &data.Test}[p] = set
	}
	data.Baselines = func() []Baseline { return tableBaselines(sets[train], sets[test]) }
	return data, nil
}

// read reads the files and says which part each row belongs to.
func (l *csvLoader) read(ctx context.Context) error {
	config := l.config.CSV
	want := layout{
		sequence: config.Sequence, time: config.Time, group: config.Group, inputs: config.Inputs,
		markers: l.config.Missing.Markers,
	}
	switch l.task {
	case Classify:
		want.label = config.Target
	case Regress:
		want.value = config.Target
	case Forecast:
		want.value, want.valueIsInput = l.config.Forecast.Target, true
	}
	open := func(path string) (*panel, error) {
		if _, err := os.Stat(path); err != nil && l.dir != "" && !filepath.IsAbs(path) {
			if _, err := os.Stat(filepath.Join(l.dir, path)); err == nil {
				path = filepath.Join(l.dir, path)
			}
		}
		table, err := readTable(ctx, path, want, &memoryStore{})
		if err != nil {
			return nil, err
		}
		l.files = append(l.files, path)
		// The training file has chosen: the others must have the same inputs.
		want.inputs = table.inputNames
		return newPanel(table, false)
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

// fitClasses returns the labels of the training part, sorted.
func (l *csvLoader) fitClasses() ([]string, error) {
	panel := l.panels[train]
	seen := map[string]bool{}
	for _, s := range panel.series {
		row, err := panel.labelOf(s)
		if err != nil {
			return nil, err
		}
		if row >= 0 && l.partOf[panel][s.lo] == train {
			seen[panel.text(row, panel.table.label)] = true
		}
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
	l.inputs.Columns = l.columns(fitted, inTrain)
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
		if c.Log = l.config.Scale == ScaleLog; !c.Log {
			scaled[i] = values[i]
		}
		fit := scaled[i].scaling(l.config.Scale)
		if l.config.Scale == ScaleRobust {
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
		if err := panel.prepare(l.inputs, &memoryStore{}); err != nil {
			return err
		}
	}
	return nil
}

// columns lists the inputs: first the columns of numbers as they stand.
func (l *csvLoader) columns(fitted *panel, inTrain func(row int) bool) []InputColumn {
	var columns []InputColumn
	for _, name := range fitted.inputNames {
		columns = append(columns, InputColumn{Name: name})
	}
	return append(columns, l.derived...)
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
	spec := Spec{Task: l.task, Features: panel.columns, FeatureNames: l.inputs.names()}
	switch l.task {
	case Classify:
		spec.TargetKind, spec.Targets, spec.Classes = ClassPerSequence, len(classes), classes
	case Next:
		spec.TargetKind, spec.Targets, spec.TargetNames = ValuesPerStep, len(panel.inputNames), panel.inputNames
		for _, c := range l.inputs.Columns[:spec.Targets] {
			spec.TargetScale, spec.TargetOffset = append(spec.TargetScale, c.Scale), append(spec.TargetOffset, c.Offset)
		}
	default:
		var name string
		if l.task == Forecast {
			name = l.config.Forecast.Target
		} else {
			name = l.config.CSV.Target
		}
		values := fitted.targetValues()
		column := summarize(values)
		fit := column.scaling(l.config.Scale)
		if l.config.Scale == ScaleRobust {
			fit = robustScaling(values)
		}
		if !fit.usable() {
			return spec, panel.unscalable(name, column)
		}
		spec.TargetKind, spec.Targets, spec.TargetNames = ValuesPerSequence, 1, []string{name}
		spec.TargetScale, spec.TargetOffset = []float64{fit.scale}, []float64{fit.offset}
	}
	return spec, nil
}
