package trainer

import (
	"context"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/trainer/data"
)

// Prediction is a row of the data, a sequence or a step of one, as a model sees it and as it is. All numbers are in the units of
// the data.
type Prediction struct {
	Sequence, Step int       // Step is 0 where targets belong to sequences
	Truth          []float64 // [K]
	Values         []float64 // [K]; of quantiles [K·Q], those of a target next to each other and sorted
}

// Predictions are what model predicts on ds, whose targets are numbers, in the order of the sequences and steps. Rows of
// weight 0 are left out. As [Trainer.Evaluate], it draws no random number and changes nothing.
func (t *Trainer) Predictions(ctx context.Context, model Model, ds data.Dataset) ([]Prediction, error) {
	rows, err := t.RawPredictions(ctx, model, ds)
	for _, p := range rows { // quantiles that cross are sorted
		each := len(p.Values) / max(1, len(p.Truth))
		for k := range p.Truth {
			slices.Sort(p.Values[k*each : (k+1)*each])
		}
	}
	return rows, err
}

// RawPredictions are [Trainer.Predictions] with quantiles in the order of the model's outputs, also where they cross.
func (t *Trainer) RawPredictions(ctx context.Context, model Model, ds data.Dataset) ([]Prediction, error) {
	found := make([][]Prediction, ds.Len())
	err := t.withEngine(model, ds, func(e *engine, s *source) error {
		if kind := s.spec.TargetKind; kind != data.ValuesPerSequence && kind != data.ValuesPerStep {
			return errors.Errorf("predictions: found targets that are %v, expected numbers", kind)
		}
		for _, w := range windowsOf(data.Batches(s.lengths, t.cfg.batchSize(), nil, true), s.lengths, e.window) {
			if ctx.Err() != nil {
				return errors.WithStack(ErrInterrupted)
			}
			program, err := e.run(graph.Evaluate, s, w)
			if err != nil {
				return err
			}
			values, err := program.numbers(s.spec.Targets)
			if err != nil {
				return err
			}
			e.collect(s, w, values, found)
		}
		return nil
	})
	var rows []Prediction
	for _, of := range found {
		rows = append(rows, of...)
	}
	return rows, err
}

// numbers are the outputs of the last run: all quantiles, or else what is compared with the targets.
func (p *program) numbers(targets int) ([]float64, error) {
	output, err := p.Value(graph.OutputPredictions)
	if err == nil && output.Shape()[output.Dims()-1] == targets {
		output, err = p.Value(p.points)
	}
	if err != nil {
		return nil, err
	}
	if output.Dtype() == tensor.Float64 {
		return output.Float64s(), nil
	}
	values := make([]float64, output.DataSize())
	for i, v := range output.Float32s() {
		values[i] = float64(v)
	}
	return values, nil
}

// collect adds the rows of a window to those of their sequences.
func (e *engine) collect(s *source, w window, values []float64, found [][]Prediction) {
	spec, b := &s.spec, &e.part
	width := len(values) / len(b.Weights)
	for i, weight := range b.Weights {
		if weight == 0 {
			continue
		}
		p := Prediction{Sequence: w.indices[i%b.Size], Truth: make([]float64, spec.Targets), Values: make([]float64, width)}
		if spec.TargetKind.PerStep() {
			p.Step = w.number*e.window + i/b.Size
		}
		for k := range p.Truth {
			p.Truth[k] = spec.Original(k, b.Targets[i*spec.Targets+k])
		}
		for k := range p.Values {
			p.Values[k] = spec.Original(k*spec.Targets/width, values[i*width+k])
		}
		found[p.Sequence] = append(found[p.Sequence], p)
	}
}
