// Package infer is the verbs predict and sample: a trained model reads a file and writes another. The predictions are those of
// package trainer/predict.
package infer

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/predict"
	"github.com/gruexp/gruexp/trainer/predict/files"
)

// PredictOptions say what to predict from and where to.
type PredictOptions struct {
	Input, Output string // the kinds of files follow from their endings
	Lengths       string // of the sequences of an .npy input; empty: all are of full length
	Stream        bool   // step by step
	Weights       string // the name of a runtime.Format; empty: as in the model file
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
	in, err := files.Read(ctx, p, o.Input, o.Lengths)
	if err != nil {
		return nil, err
	}
	found, err := p.PredictPrepared(ctx, in.Sequences)
	if err != nil {
		return nil, err
	}
	ending := filepath.Ext(o.Output)
	out, err := files.NewOutput(p, in, found, o.Raw || ending == files.NPY && !o.Unscaled)
	if err != nil {
		return nil, err
	}
	report := &Report{Sequences: in.Len(), Notes: append(in.Notes, notes(p, found)...)}
	return report, writeFile(o.Output, func(w io.Writer) error { return files.Write(w, out, ending) })
}

// writeFile writes the whole file or none.
func writeFile(path string, write func(io.Writer) error) error {
	var own error
	err := atomicfile.Write(path, 0o644, func(w io.Writer) error {
		own = write(w)
		return own
	})
	if fault.Of(own) != nil {
		return fault.In("--output "+path, own)
	}
	return usererr.Output(path, err)
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
	case !slices.Contains(files.Endings(), ending):
		faults = append(faults, fault.Fault{Where: "--output " + o.Output, What: "unknown kind of file", Found: fmt.Sprintf("%q", ending), Expected: "a name that ends in " + endings})
	}
	if o.Lengths != "" && o.Input != "" && filepath.Ext(o.Input) != files.NPY {
		faults = append(faults, fault.Fault{Where: "--lengths", What: "does not belong to this input", Found: o.Input, Expected: "an .npy input: in other files each sequence has its own length"})
	}
	if o.Raw && o.Unscaled {
		faults = append(faults, fault.Fault{Where: "predict", What: "flags that contradict each other", Found: "--raw and --unscaled", Expected: "one of them"})
	}
	return faults.Err()
}

// open reads the model of a run.
func (o PredictOptions) open(dir string) (*predict.Predictor, error) {
	format := runtime.Float32
	if o.Weights != "" {
		var err error
		if format, err = runtime.FormatNamed(o.Weights); err != nil {
			return nil, fault.In("--weights", err)
		}
	}
	p, err := openRun(dir, o.Extensions, predict.Threads(o.Threads), predict.Weights(format))
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
	if !p.PerStep() || preparation.Cut > 0 || preparation.Table == nil && preparation.Continues != data.ContinuesTokens {
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
