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
	inputs *TableInputs // once they are scaled
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

	inputs, err := l.scaleInputs()
	if err != nil {
		return nil, err
	}
	spec, err := l.spec(sets[train], inputs, classes)
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
		table, err := readTable(ctx, path, want)
		if err != nil {
			return nil, err
		}
		l.files = append(l.files, path)
		// The training file has chosen: the others must have the same inputs.
		want.inputs = table.inputNames
		return newPanel(table)
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
		row, err := panel.label(s)
		if err != nil {
			return nil, err
		}
		if row >= 0 && l.partOf[panel][s.lo] == train {
			seen[panel.labels[row]] = true
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

// scaleInputs fits the preparation of the inputs on the training part, gives every panel its features, and returns the
// scalings of the columns of the files.
func (l *csvLoader) scaleInputs() ([]scaling, error) {
	fitted := l.panels[train]
	inTrain := func(row int) bool { return l.partOf[fitted][row] == train }
	l.inputs = newTableInputs(l.config, l.task)
	scalings := make([]scaling, len(fitted.inputs))
	for i, name := range fitted.inputNames {
		column := summarize(fitted.inputs[i], inTrain)
		scalings[i] = column.scaling(l.config.Scale)
		if !scalings[i].usable() {
			return nil, fitted.unscalable(name, column)
		}
		l.inputs.Columns = append(l.inputs.Columns, InputColumn{
			Name: name, Mean: column.mean, Scale: scalings[i].scale, Offset: scalings[i].offset,
			Gap: l.meanGap(fitted.inputs[i], inTrain),
		})
	}
	for panel := range l.partOf {
		if err := panel.prepare(l.inputs); err != nil {
			return nil, err
		}
	}
	return scalings, nil
}

// meanGap is the mean gap of this column in the training part, 0 where gaps are not scaled.
func (l *csvLoader) meanGap(column []float64, inTrain func(row int) bool) float64 {
	if !l.config.Missing.Gap || l.config.Scale == ScaleNone {
		return 0
	}
	return summarize(l.panels[train].gaps(column), inTrain).mean
}

// unscalable is the error of a column whose training values are too far apart.
func (p *panel) unscalable(name string, s summary) error {
	return errors.WithStack(&FileError{
		Path: p.path, What: "column " + shorten(name),
		Found: fmt.Sprintf("values from %g to %g", s.minimum, s.maximum), Expected: "values that can be scaled in 64 bits",
	})
}

// spec describes the data and scales the targets.
func (l *csvLoader) spec(fitted *rowSet, inputs []scaling, classes []string) (Spec, error) {
	panel := l.panels[train]
	spec := Spec{Task: l.task, Features: panel.columns, FeatureNames: slices.Clone(panel.inputNames)}
	for _, extra := range []struct {
		wanted bool
		name   string
	}{{l.config.Missing.Mask, "observed"}, {l.config.Missing.Gap, "gap"}} {
		for _, name := range panel.inputNames {
			if extra.wanted {
				spec.FeatureNames = append(spec.FeatureNames, name+" "+extra.name)
			}
		}
	}

	switch l.task {
	case Classify:
		spec.TargetKind, spec.Targets, spec.Classes = ClassPerSequence, len(classes), classes
		return spec, nil
	case Next:
		spec.TargetKind, spec.TargetNames, spec.Continues = ValuesPerStep, panel.inputNames, ContinuesValues
		for i, s := range inputs {
			spec.TargetNaive = append(spec.TargetNaive, s.scale*l.naive(panel.observed(i)))
		}
	default:
		target := ""
		if l.task == Forecast {
			target = l.config.Forecast.Target
			spec.TargetNaive = []float64{l.naive(panel.values)}
		} else {
			target = l.config.CSV.Target
		}
		spec.TargetKind, spec.TargetNames = ValuesPerSequence, []string{target}
		column := summarize(fitted.targetValues(), func(int) bool { return true })
		inputs = []scaling{column.scaling(l.config.Scale)}
		if !inputs[0].usable() {
			return spec, panel.unscalable(spec.TargetNames[0], column)
		}
	}
	spec.Targets = len(spec.TargetNames)
	for _, s := range inputs {
		spec.TargetScale, spec.TargetOffset = append(spec.TargetScale, s.scale), append(spec.TargetOffset, s.offset)
	}
	return spec, nil
}
