// Package infer is the verbs predict and sample: a trained model reads a file and writes another. The predictions are those of
// package trainer/predict.
package infer

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/predict"
)

// PredictOptions say what to predict from and where to.
type PredictOptions struct {
	Input, Output string // the kinds of files follow from their endings
	Lengths       string // of the sequences of an .npy input; empty: all are of full length
	Stream        bool   // step by step
	Raw           bool   // the outputs of the last layer, without classes and units
	Unscaled      bool   // outputs of an .npy file in the units of the data, as other files have them
	Threads       int    // 0: as many as the machine has cores

	Extensions *experiment.Extensions // nil: the model has built-in parts only
}

// Report is what the verb predict tells its user.
type Report struct {
	Sequences int
	Notes     []string // what is unusual about the input or the predictions, a line each
}

const (
	npyEnding   = ".npy"
	csvEnding   = ".csv"
	jsonlEnding = ".jsonl"
)

// Predict predicts with the model of the run in a directory.
func Predict(ctx context.Context, dir string, o PredictOptions) (*Report, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	p, err := o.open(dir)
	if err != nil {
		return nil, err
	}
	if o.Unscaled && p.Preparation().TargetScale == nil {
		return nil, fault.Fault{
			Where: "predict --unscaled", What: "the outputs have no scale", Found: "a model without scaled targets",
			Expected: "a run that was trained to predict numbers of a table",
		}.Err()
	}
	in, steps, err := o.read(ctx, p)
	if err != nil {
		return nil, err
	}
	found, err := p.PredictPrepared(ctx, in)
	if err != nil {
		return nil, err
	}
	report := &Report{Sequences: in.Len(), Notes: append(in.Notes, notes(p, found)...)}
	if p.Kind() == predict.OfTexts {
		t := translations{names: in.Names, texts: p.Preparation().TargetAlphabet != nil, found: found}
		return report, t.write(o.Output)
	}
	out := o.outputs(p, in, found)
	out.steps = max(out.steps, steps)
	if err := out.checkFinite(); err != nil {
		return nil, err
	}
	return report, out.write(o.Output)
}

func (o PredictOptions) check() error {
	var faults fault.List
	const endings = ".npy, .csv or .jsonl"
	if o.Input == "" {
		faults = append(faults, fault.Fault{Where: "predict", What: "missing flag", Found: "no --input", Expected: "--input FILE that ends in " + endings})
	}
	switch ending := filepath.Ext(o.Output); {
	case o.Output == "":
		faults = append(faults, fault.Fault{Where: "predict", What: "missing flag", Found: "no --output", Expected: "--output FILE that ends in " + endings})
	case !slices.Contains([]string{npyEnding, csvEnding, jsonlEnding}, ending):
		faults = append(faults, fault.Fault{Where: "--output " + o.Output, What: "unknown kind of file", Found: fmt.Sprintf("%q", ending), Expected: "a name that ends in " + endings})
	}
	if o.Lengths != "" && o.Input != "" && filepath.Ext(o.Input) != npyEnding {
		faults = append(faults, fault.Fault{Where: "--lengths", What: "does not belong to this input", Found: o.Input, Expected: "an .npy input: in other files each sequence has its own length"})
	}
	if o.Raw && o.Unscaled {
		faults = append(faults, fault.Fault{Where: "predict", What: "flags that contradict each other", Found: "--raw and --unscaled", Expected: "one of them"})
	}
	return faults.Err()
}

// open reads the model of a run.
func (o PredictOptions) open(dir string) (*predict.Predictor, error) {
	p, err := openRun(dir, o.Extensions, predict.Threads(o.Threads))
	if err != nil || !o.Stream || p.Kind() == predict.OfTexts {
		return p, err
	}
	p, err = predict.New(p.Model(), p.Preparation(), predict.Threads(o.Threads), predict.StepByStep())
	return p, fault.In("predict --stream", err)
}

// openRun reads the model of the run in a directory.
func openRun(dir string, extensions *experiment.Extensions, options ...predict.Option) (*predict.Predictor, error) {
	if err := rundir.Exists(dir); err != nil {
		return nil, err
	}
	p, err := predict.Open(filepath.Join(dir, rundir.ModelFile), append(options, predict.Extensions(extensions.Kinds()))...)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, rundir.Missing(dir)
	}
	if err != nil {
		return nil, err
	}
	preparation := p.Preparation()
	if window := windowBefore(p, extensions); window > 0 {
		preparation.Cut = window
		return predict.New(p.Model(), preparation, options...)
	}
	return p, nil
}

// windowBefore is how many rows the windows had that series were cut into, of a run whose model file does not say it as newer
// ones do; 0: they were whole. The configuration of the run says it.
func windowBefore(p *predict.Predictor, extensions *experiment.Extensions) int {
	preparation := p.Preparation()
	if !p.PerStep() || preparation.Cut > 0 || preparation.Table == nil {
		return 0
	}
	cfg, err := experiment.ParseConfig("", []byte(p.Model().Metadata()[experiment.ConfigKey]), nil, extensions)
	if err != nil || cfg.Data.Forecast == nil || cfg.Task != data.Label && cfg.Task != data.Next {
		return 0
	}
	return cfg.Data.Forecast.Window
}

// notes says what is unusual.
func notes(p *predict.Predictor, found []predict.Prediction) []string {
	unknown, texts, crossed, rows := 0, 0, 0, 0
	for _, one := range found {
		if one.Unknown > 0 {
			unknown += one.Unknown
			texts++
		}
		outcomes := one.Steps
		if !p.PerStep() {
			outcomes = []predict.Outcome{one.Outcome}
		}
		for _, o := range outcomes {
			rows++
			if o.Crossed {
				crossed++
			}
		}
	}
	var notes []string
	add := func(n int, format string, args ...any) {
		if n > 0 {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	add(unknown, "%d tokens in %d of %d sequences are not in the vocabulary of the model and were read as the unknown token", unknown, texts, len(found))
	add(crossed, "quantiles crossed in %d of %d predictions and were sorted", crossed, rows)
	return notes
}

// outputs are what is written for sequences.
type outputs struct {
	names    []string // of the sequences, nil where they have none
	steps    int      // T: the longest sequence, or what the input was padded to
	perStep  bool     // a row at every step
	wide     bool     // the numbers are float64, else float32
	columns  []string // of the numbers
	values   [][]float64
	classes  [][]string  // of each row; nil: there are none
	times    [][]float64 // of each row; nil: there are none
	timeName string
	dates    bool // the times are seconds since 1970
}

// units is how many numbers a row has.
func (o *outputs) units() int { return len(o.columns) }

// outputs chooses what to write: classes with probabilities, numbers in the units of the data, or the outputs of the last layer.
func (o PredictOptions) outputs(p *predict.Predictor, in *data.Sequences, found []predict.Prediction) *outputs {
	preparation := p.Preparation()
	raw := o.Raw || filepath.Ext(o.Output) == npyEnding && !o.Unscaled
	classes := !raw && p.Kind() == predict.OfClasses && preparation.Continues == ""
	units := !raw && p.Kind() == predict.OfNumbers
	out := &outputs{names: in.Names, perStep: p.PerStep(), wide: p.Model().Double(), columns: columnsOf(p), values: make([][]float64, len(found))}
	if units && in.Times != nil && preparation.TargetScale != nil {
		out.times, out.dates, out.timeName = make([][]float64, len(found)), in.Dates, timeName(preparation.Table)
	}
	if classes {
		out.classes = make([][]string, len(found))
	}
	for i, one := range found {
		outcomes := one.Steps
		if !out.perStep {
			outcomes = []predict.Outcome{one.Outcome}
		}
		out.steps = max(out.steps, len(outcomes))
		for t := range outcomes {
			outcome := &outcomes[t]
			switch {
			case classes:
				out.classes[i] = append(out.classes[i], outcome.Class)
				for _, c := range outcome.Probabilities {
					out.values[i] = append(out.values[i], c.Probability)
				}
			case units:
				out.values[i] = appendNumbers(out.values[i], outcome)
			default:
				out.values[i] = append(out.values[i], outcome.Raw...)
			}
		}
		if out.times != nil {
			out.times[i] = in.Times[i]
			if n := len(in.Times[i]); !out.perStep && n > 0 {
				out.times[i] = in.Times[i][n-1:]
			}
		}
	}
	return out
}

// appendNumbers adds the numbers of an outcome, or the quantiles of each.
func appendNumbers(values []float64, o *predict.Outcome) []float64 {
	for _, v := range o.Values {
		if v.Quantiles == nil {
			values = append(values, v.Value)
		}
		for _, q := range v.Quantiles {
			values = append(values, q.Value)
		}
	}
	return values
}

// timeName is what the column of the times is called.
func timeName(t *data.TableInputs) string {
	if t.Date != nil || t.Time == "" {
		return "time"
	}
	return t.Time
}

// columnsOf names the outputs by the classes or the targets of the training, with their quantiles, or output_0, output_1, ….
func columnsOf(p *predict.Predictor) []string {
	preparation := p.Preparation()
	names, classes := preparation.TargetNames, preparation.Classes != nil
	if classes {
		names = preparation.Classes
	} else if p.Kind() == predict.OfClasses && preparation.Continues == "" {
		names, classes = p.Names(), true
	}
	if q := p.Quantiles(); q != nil {
		var each []string
		for _, name := range names {
			for _, level := range q {
				each = append(each, fmt.Sprintf("%s q%v", name, level))
			}
		}
		names = each
	}
	taken := []string{"sequence", "step"}
	if classes {
		taken = append(taken, "class", "probability")
	} else if t := preparation.Table; t != nil {
		taken = append(taken, timeName(t))
	}
	if len(names) == p.Outputs() && !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(taken, name) }) {
		return names
	}
	names = make([]string, p.Outputs())
	for k := range names {
		names[k] = fmt.Sprintf("output_%d", k)
	}
	return names
}

// checkFinite rejects numbers that no file but .npy could hold.
func (o *outputs) checkFinite() error {
	for i, values := range o.values {
		for at, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fault.Fault{
					Where: fmt.Sprintf("sequence %d", i), What: fmt.Sprintf("output %d of step %d cannot be written", at%o.units(), at/o.units()),
					Found: fmt.Sprint(v), Expected: "a finite number; the inputs are too large for the model's precision",
				}.Err()
			}
		}
	}
	return nil
}
