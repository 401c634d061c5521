package experiment

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/inspect"
)

// Bounds of what is kept.
const (
	insideSequences = 8    // that are looked at
	insideSteps     = 4000 // of all of them together, so that it takes little time next to training
	insideFlow      = 1000 // steps back
	insideShown     = 120  // steps of the one sequence that is shown: its last ones
	insideUnits     = 24
	insideLayers    = 6
	insideGuesses   = 400 // predictions, in each of the two ways
	insideTargets   = 4
	insideClasses   = 100
	insideRows      = 100_000 // sequences that a confusion matrix is made of unasked
)

// LookInside looks into the model of an experiment that has been trained, on the test part of its data: what gates and gradients of its
// recurrences do over the first sequences, in one of them step by step, which classes are taken for others, and numbers next to what was
// right. What cannot be looked at is said in Missing and is no error; an interruption is [trainer.ErrInterrupted].
func (e *Experiment) LookInside(ctx context.Context) (*Inside, error) {
	if e.trainer == nil {
		return nil, errNotTrained
	}
	in := &Inside{Part: "test"}
	if err := e.lookAtGates(ctx, in); err != nil {
		if ctx.Err() != nil {
			return nil, errors.WithStack(trainer.ErrInterrupted)
		}
		in.Missing = err.Error()
	}
	spec, test := e.data.Spec, e.data.Test
	kind := spec.TargetKind
	asked := slices.Contains(e.cfg.Trainer.Metrics, trainer.MetricConfusion) // then it is in the result
	if kind == data.ClassPerSequence && !asked && spec.Targets <= insideClasses && test.Len() <= insideRows {
		counts, err := e.trainer.Confusion(ctx, e.model, test)
		if err != nil {
			return nil, err
		}
		in.Confusion = &Confusion{Classes: spec.ClassNames(), Counts: counts}
	}
	if kind == data.ValuesPerSequence || kind == data.ValuesPerStep {
		if err := e.predictInside(ctx, in); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// lookAtGates looks at the first sequences of the test part, as the verb inspect does.
func (e *Experiment) lookAtGates(ctx context.Context, in *Inside) error {
	var indices []int
	total := 0
	for i := 0; i < e.data.Test.Len() && len(indices) < insideSequences; i++ {
		steps := e.data.Test.Steps(i)
		if steps > 0 && total+steps <= insideSteps {
			indices, total = append(indices, i), total+steps
		}
	}
	if indices == nil {
		return errors.Errorf("no sequence of the part %s has from 1 to %d steps", in.Part, insideSteps)
	}
	looks, err := inspect.Sequences(ctx, e.model, e.data.Test, indices, e.pool)
	if err != nil {
		return err
	}
	flows := inspect.Flows(looks)
	for i, summary := range inspect.Summaries(looks) {
		if i == insideLayers {
			break
		}
		f := InsideFlow{Name: summary.Name, Sequences: len(looks)}
		for _, g := range summary.Gates {
			f.Gates = append(f.Gates, InsideGate{g.Name, short(g.Mean), short(g.Low), short(g.High)})
		}
		n := min(len(flows[i].Mean), insideFlow)
		f.Gradient, f.Counts = shorts(flows[i].Mean[:n]), flows[i].Counts[:n]
		in.Recurrences = append(in.Recurrences, f)
	}
	in.Sequence = showLook(longest(looks))
	return nil
}

// longest is the longest of the looks that can be shown whole, else the first.
func longest(looks []inspect.Look) inspect.Look {
	best := looks[0]
	for _, l := range looks {
		if l.Steps <= insideShown && (l.Steps > best.Steps || best.Steps > insideShown) {
			best = l
		}
	}
	return best
}

func showLook(l inspect.Look) *InsideLook {
	shown := &InsideLook{Sequence: l.Sequence, Steps: l.Steps, Loss: short(l.Loss), First: max(0, l.Steps-insideShown)}
	for _, r := range l.Recurrences {
		if len(shown.Layers) == insideLayers {
			break
		}
		steps, units := r.Gates[0].Dims()
		if steps != l.Steps {
			continue // of a decoder, whose steps are others
		}
		if shown.Names == nil && r.Gates[0].Steps != nil {
			shown.Names = r.Gates[0].Steps[shown.First:]
		}
		h := InsideHeat{Name: r.Name, Units: spread(units, insideUnits), Of: units}
		for _, gate := range r.Gates {
			v := InsideValues{Name: gate.Name, Signed: gate.Signed()}
			for step := shown.First; step < steps; step++ {
				row := make([]float64, len(h.Units))
				for i, unit := range h.Units {
					row[i] = short(gate.At(step, unit))
				}
				v.Steps = append(v.Steps, row)
			}
			h.Values = append(h.Values, v)
		}
		shown.Layers = append(shown.Layers, h)
	}
	return shown
}

// predictInside keeps predictions next to the truth: a stretch of them, one after the other, and some from all over the part.
func (e *Experiment) predictInside(ctx context.Context, in *Inside) error {
	ds, spec := e.data.Test, e.data.Spec
	perStep := spec.TargetKind == data.ValuesPerStep
	stretch, all := whole(ds), spread(ds.Len(), insideGuesses)
	if perStep {
		stretch, all = stretch[:min(1, len(stretch))], spread(ds.Len(), 20)
	}
	stretch = stretch[:min(insideGuesses, len(stretch))]
	near, err := e.trainer.Predictions(ctx, e.model, data.Subset(ds, stretch))
	if err != nil {
		return err
	}
	far, err := e.trainer.Predictions(ctx, e.model, data.Subset(ds, all))
	if err != nil {
		return err
	}
	total := ds.Len()
	if perStep {
		total = 0
		for i := range ds.Len() {
			total += ds.Steps(i)
		}
	}
	near = near[:min(insideGuesses, len(near))]
	var thinned []trainer.Prediction
	for _, i := range spread(len(far), insideGuesses) {
		thinned = append(thinned, far[i])
	}
	for k := range min(spec.Targets, insideTargets) {
		v := InsideValue{Name: "target " + strconv.Itoa(k+1), Of: total, Steps: perStep}
		if k < len(spec.TargetNames) {
			v.Name = spec.TargetNames[k]
		}
		if e.cfg.Head(spec).Loss == layers.QuantileLoss {
			v.Quantiles = e.cfg.LossOptions.Quantiles
			for i, q := range v.Quantiles {
				if math.Abs(q-0.5) < math.Abs(v.Quantiles[v.Point]-0.5) {
					v.Point = i
				}
			}
		}
		v.Stretch, v.Spread = guesses(near, k, spec.Targets, perStep, stretch), guesses(thinned, k, spec.Targets, perStep, all)
		in.Predictions = append(in.Predictions, v)
	}
	return nil
}

// guesses are those of one target.
func guesses(rows []trainer.Prediction, target, targets int, perStep bool, indices []int) []InsideGuess {
	out := make([]InsideGuess, len(rows))
	for i, row := range rows {
		width := len(row.Values) / targets
		out[i] = InsideGuess{At: indices[row.Sequence], Truth: short(row.Truth[target]), Predicted: shorts(row.Values[target*width : (target+1)*width])}
		if perStep {
			out[i].At = row.Step
		}
	}
	return out
}

func whole(ds data.Dataset) []int { return spread(ds.Len(), ds.Len()) }

// spread is at most that many numbers from 0 to n−1, at equal distances.
func spread(n, most int) []int {
	k := min(n, most)
	numbers := make([]int, k)
	for i := range numbers {
		numbers[i] = i * n / k
	}
	return numbers
}

// short is a number with five significant digits: files stay small.
func short(v float64) float64 {
	rounded, err := strconv.ParseFloat(fmt.Sprintf("%.5g", v), 64)
	if err != nil || math.IsInf(rounded, 0) || math.IsNaN(rounded) {
		return 0
	}
	return rounded
}

func shorts(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = short(v)
	}
	return out
}
