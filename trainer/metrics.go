package trainer

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/trainer/data"
)

// measure is one metric as a function of the sums over an epoch.
type measure struct {
	name string
	of   func(s sums) float64
}

// measuresOf is the metrics of each kind of target.
func measuresOf(kind data.TargetKind) []measure {
	loss := measure{MetricLoss, func(s sums) float64 { return s.Loss / s.Weight }}
	nll := measure{MetricNLL, func(s sums) float64 { return s.NLL / s.Weight }}
	perplexity := measure{MetricPerplexity, func(s sums) float64 { return math.Exp(s.NLL / s.Weight) }}
	accuracy := measure{MetricAccuracy, func(s sums) float64 { return s.Correct / s.Weight }}
	exact := measure{MetricExactMatch, func(s sums) float64 { return s.Exact / s.Sequences }}
	mse := measure{MetricMSE, func(s sums) float64 { return float64(s.Squared) / s.Weight }}
	rmse := measure{MetricRMSE, func(s sums) float64 { return math.Sqrt(float64(s.Squared) / s.Weight) }}
	mae := measure{MetricMAE, func(s sums) float64 { return float64(s.Absolute) / s.Weight }}
	switch kind {
	case data.ClassPerSequence, data.ClassPerStep:
		return []measure{loss, nll, accuracy}
	case data.TokenPerStep:
		return []measure{loss, nll, accuracy, perplexity}
	case data.TokenSequence:
		return []measure{loss, nll, accuracy, perplexity, exact}
	case data.BinaryPerStep:
		return []measure{loss, nll}
	case data.ValuesPerSequence, data.ValuesPerStep:
		return []measure{loss, mse, rmse, mae}
	default:
		return []measure{loss}
	}
}

// sums are what metrics are made of, added up over rows times their weights.
type sums struct {
	Weight   float64 `json:"weight"`
	Loss     float64 `json:"loss"`
	NLL      float64 `json:"nll"`
	Correct  float64 `json:"correct"`
	Squared  number  `json:"squared"`  // mean over outputs, original units
	Absolute number  `json:"absolute"` // likewise

	Sequences float64 `json:"sequences"` // with a label that counts, of targets that are sequences of their own
	Exact     float64 `json:"exact"`     // of which all labels are right

	Batches float64            `json:"batches"` // with gradients
	Penalty float64            `json:"penalty"` // of their layers
	Norm    float64            `json:"norm"`    // of their gradients
	Norms   map[string]float64 `json:"norms"`   // of each parameter's, where that is wanted
}

// add adds the rows of a batch that program has just run on.
func (s *sums) add(spec *data.Spec, batch *data.Batch, program *program) error {
	v, err := program.values(len(batch.Weights))
	if err != nil {
		return err
	}
	if v.losses.Dtype() == tensor.Float32 {
		addRows(s, spec, batch, v.losses.Float32s(), v.nlls.Float32s(), v.predictions.Float32s())
	} else {
		addRows(s, spec, batch, v.losses.Float64s(), v.nlls.Float64s(), v.predictions.Float64s())
	}
	return nil
}

// values are what a run of a program has left, row by row.
type values struct {
	losses, nlls *tensor.Dense
	predictions  *tensor.Dense // what is compared with targets
	outputs      *tensor.Dense // of the last layer: the same, or several for each target
}

func (p *program) values(rows int) (v values, err error) {
	if v.losses, err = p.Value(graph.OutputLosses); err != nil {
		return v, err
	}
	if v.nlls, err = p.Value(p.nll); err != nil {
		return v, err
	}
	if v.predictions, err = p.Value(p.points); err != nil {
		return v, err
	}
	if v.outputs, err = p.Value(graph.OutputPredictions); err != nil {
		return v, err
	}
	if v.losses.DataSize() != rows || v.nlls.DataSize() != rows || v.predictions.DataSize()%rows != 0 {
		return v, errors.Errorf("outputs of the model: found losses of shape %v and predictions of shape %v, expected a row for each of %d weights",
			v.losses.Shape(), v.predictions.Shape(), rows)
	}
	return v, nil
}

func addRows[F float32 | float64](s *sums, spec *data.Spec, batch *data.Batch, losses, nlls, predictions []F) {
	width := len(predictions) / len(batch.Weights)
	for i, weight := range batch.Weights {
		if weight == 0 {
			continue
		}
		s.Weight += weight
		s.Loss += weight * float64(losses[i])
		row := predictions[i*width : (i+1)*width]
		switch spec.TargetKind {
		case data.ClassPerSequence, data.ClassPerStep, data.TokenPerStep, data.TokenSequence:
			s.NLL += weight * float64(nlls[i])
			if largest(row) == batch.Labels[i] {
				s.Correct += weight
			}
		case data.BinaryPerStep:
			s.NLL += weight * float64(nlls[i])
		case data.ValuesPerSequence, data.ValuesPerStep:
			squared, absolute := deviations(spec, row, batch.Targets[i*width:(i+1)*width])
			s.Squared += number(weight * squared)
			s.Absolute += number(weight * absolute)
		}
	}
	if spec.TargetKind == data.TokenSequence {
		s.addSequences(batch, func(i int) bool { return largest(predictions[i*width:(i+1)*width]) == batch.Labels[i] })
	}
}

// addSequences counts the sequences of a batch and those of which every label of any weight is right. The tokens before a
// label were the right ones, and are those that greedy decoding has written as long as it is right itself: so it gets just
// these sequences right.
func (s *sums) addSequences(batch *data.Batch, right func(row int) bool) {
	for b := range batch.Size {
		counts, exact := false, true
		for u := range batch.TargetSteps {
			if i := u*batch.Size + b; batch.Weights[i] != 0 {
				counts, exact = true, exact && right(i)
			}
		}
		if counts {
			s.Sequences++
		}
		if counts && exact {
			s.Exact++
		}
	}
}

// largest is the index of the first largest value.
func largest[F float32 | float64](row []F) int {
	best := 0
	for i, v := range row {
		if v > row[best] {
			best = i
		}
	}
	return best
}

// deviations are the mean squared and the mean absolute error of a row in original units.
func deviations[F float32 | float64](spec *data.Spec, row []F, targets []float64) (squared, absolute float64) {
	for k, v := range row {
		d := spec.Original(k, float64(v)) - spec.Original(k, targets[k])
		squared += d * d
		absolute += math.Abs(d)
	}
	return squared / float64(len(row)), absolute / float64(len(row))
}

// metrics is the value of every measure. One that is not finite, as the perplexity of a very bad model, is undefined.
func (s sums) metrics(kind data.TargetKind, of string) (Values, error) {
	if s.Weight == 0 {
		return nil, errors.Errorf("%s data: found no target of any weight, expected at least one", of)
	}
	values := Values{}
	for _, m := range measuresOf(kind) {
		v := m.of(s)
		if !isFinite(v) {
			v = math.NaN()
		}
		values[m.name] = v
	}
	return values, nil
}

// checkLoss returns an error where the loss of a part of the data is not finite: the model is lost.
func (s sums) checkLoss(of string) error {
	if v := s.Loss / s.Weight; !isFinite(v) {
		return errors.WithStack(&nonFinite{what: of + "." + MetricLoss, value: v})
	}
	return nil
}
