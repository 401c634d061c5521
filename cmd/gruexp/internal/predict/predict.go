// Package predict is the verb predict: inputs from a file, outputs of a model's last layer to another.
package predict

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/modelfile"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/table"
)

// Options say what to predict from and where to.
type Options struct {
	Input, Output string // kinds by their endings, see Endings
	Lengths       string // of the sequences of an .npy input; empty: all are of full length
	Stream        bool   // step by step, without a graph
	Unscaled      bool   // outputs in the units of the data
	Threads       int    // 0: as many as the machine has cores
}

const (
	npyEnding   = ".npy"
	csvEnding   = ".csv"
	jsonlEnding = ".jsonl"
)

// outputs are what a model gives for sequences.
type outputs struct {
	names   []string // of the sequences, nil where they have none
	lengths []int
	steps   int         // T: the longest sequence, or what the input was padded to
	perStep bool        // a vector at every step
	units   int         // K
	wide    bool        // the numbers are float64, else float32
	values  [][]float64 // of each sequence [length,K], or [K]
}

// Run predicts with the model of a run and returns how many sequences there were.
func Run(ctx context.Context, dir string, o Options) (sequences int, err error) {
	if err := o.check(); err != nil {
		return 0, err
	}
	file, err := modelfile.Open(dir)
	if err != nil {
		return 0, err
	}
	if o.Unscaled && file.Signature.TargetScale == nil {
		return 0, fault.Fault{
			Where: "predict --unscaled", What: "the outputs have no scale", Found: "a model without scaled targets",
			Expected: "a run that was trained to predict numbers of a table",
		}.Err()
	}
	in, steps, err := o.read(ctx, file)
	if err != nil {
		return 0, err
	}
	if file.Model.Head().Sequence {
		t, err := translate(ctx, file, in)
		if err != nil {
			return 0, err
		}
		return in.Len(), t.write(o.Output)
	}
	out, err := newPredictor(file.Model, o).predict(ctx, in)
	if err != nil {
		return 0, err
	}
	out.names, out.steps = in.Names, max(out.steps, steps)
	if o.Unscaled {
		out.unscale(file.Signature, in.Base)
	}
	if err := out.checkFinite(); err != nil {
		return 0, err
	}
	return in.Len(), out.write(o.Output, file.Signature)
}

func (o Options) check() error {
	var faults fault.List
	known := map[string]bool{npyEnding: true, csvEnding: true, jsonlEnding: true}
	for _, f := range []struct{ flag, path string }{{"--input", o.Input}, {"--output", o.Output}} {
		switch {
		case f.flag == "--input" && table.IsTable(f.path):
		case f.path == "":
			faults = append(faults, fault.Fault{Where: "predict", What: "missing flag", Found: "no " + f.flag, Expected: f.flag + " FILE that ends in .npy, .csv or .jsonl"})
		case !known[filepath.Ext(f.path)]:
			faults = append(faults, fault.Fault{Where: f.flag + " " + f.path, What: "unknown kind of file", Found: fmt.Sprintf("%q", filepath.Ext(f.path)), Expected: "a name that ends in .npy, .csv or .jsonl"})
		}
	}
	if o.Lengths != "" && o.Input != "" && filepath.Ext(o.Input) != npyEnding {
		faults = append(faults, fault.Fault{Where: "--lengths", What: "does not belong to this input", Found: o.Input, Expected: "an .npy input: in other files each sequence has its own length"})
	}
	return faults.Err()
}

// unscale takes the outputs back to the units of the targets, of which each has as many outputs, of its quantiles, next to each
// other; base is what they are changes from.
func (o *outputs) unscale(signature data.Preparation, base []float64) {
	for sequence, values := range o.values {
		from := 0.0
		if base != nil {
			from = base[sequence]
		}
		for i, v := range values {
			k := i % o.units * len(signature.TargetScale) / o.units
			if signature.Logarithm {
				v = math.Exp(v)
			}
			values[i] = v*signature.TargetScale[k] + signature.TargetOffset[k] + from
		}
	}
}

// checkFinite refuses numbers that no file but .npy could hold.
func (o *outputs) checkFinite() error {
	for i, values := range o.values {
		for at, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fault.Fault{
					Where: fmt.Sprintf("sequence %d", i), What: fmt.Sprintf("output %d of step %d cannot be told", at%o.units, at/o.units),
					Found: fmt.Sprint(v), Expected: "a finite number; the inputs are too large for the model's precision",
				}.Err()
			}
		}
	}
	return nil
}

// predictor runs a model.
type predictor struct {
	model   *layers.Model
	options Options
	pool    *kernel.Pool
	head    layers.Head
	wide    bool
}

func newPredictor(m *layers.Model, o Options) *predictor {
	return &predictor{model: m, options: o, pool: kernel.NewPool(o.Threads), head: m.Head(), wide: isWide(m)}
}

// Bounds of what is predicted at once.
const (
	batchSize = 64
	maxCells  = 1 << 15 // steps × sequences
)

// predict runs sequences of similar length together.
func (p *predictor) predict(ctx context.Context, in *data.Sequences) (*outputs, error) {
	out := &outputs{lengths: make([]int, in.Len()), perStep: p.head.PerStep, units: p.head.Width(), wide: p.wide, values: make([][]float64, in.Len())}
	for i := range out.lengths {
		if in.Tokens != nil {
			out.lengths[i] = len(in.Tokens[i])
		} else {
			out.lengths[i] = len(in.Inputs[i]) / p.model.Config().Input.Size
		}
		out.steps = max(out.steps, out.lengths[i])
	}
	run := p.graph
	if p.options.Stream {
		if err := p.checkSteps(); err != nil {
			return nil, err
		}
		run = p.stream
	}
	size := min(batchSize, max(1, maxCells/max(out.steps, 1)))
	programs := &programs{predictor: p}
	defer programs.close()
	for _, indices := range data.Batches(out.lengths, size, nil, true) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := run(programs, in, indices, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}
