package trainer_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// Predictions are those that metrics are made of, in the order of the data, whatever the batches and windows.
func TestPredictionsAreThoseOfTheMetrics(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind     data.TargetKind
		loss     layers.Loss
		truncate bool
		width    int // numbers for each target
		point    int // which of them is measured
	}{
		{data.ValuesPerSequence, layers.MeanSquaredError, false, 1, 0},
		{data.ValuesPerSequence, layers.QuantileLoss, false, 3, 1},
		{data.ValuesPerStep, layers.MeanSquaredError, false, 1, 0},
		{data.ValuesPerStep, layers.MeanSquaredError, true, 1, 0},
	} {
		e := experiment{trainer: trainer.Config{MaxEpochs: 1, BatchSize: 8}, layers: gru(4, test.kind.PerStep()), train: waves(37, 1, test.kind), loss: test.loss}
		if test.loss == layers.QuantileLoss {
			e.lossOptions = layers.LossOptions{Quantiles: []float64{0.1, 0.5, 0.9}}
		}
		if test.truncate {
			e.layers[0].GRU.Stateful = true
			e.trainer.Truncate = &trainer.TruncateConfig{Steps: 4}
		}
		m := e.make(t)
		metrics, err := m.Evaluate(t.Context(), m.model, m.train)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := m.Predictions(t.Context(), m.model, m.train)
		if err != nil {
			t.Fatal(err)
		}
		targets, sum, last := m.train.Spec().Targets, 0.0, trainer.Prediction{Sequence: -1}
		for _, p := range rows {
			if p.Sequence < last.Sequence || p.Sequence == last.Sequence && p.Step <= last.Step {
				t.Fatalf("%v: found sequence %d step %d after sequence %d step %d", test.kind, p.Sequence, p.Step, last.Sequence, last.Step)
			}
			if last = p; len(p.Truth) != targets || len(p.Values) != targets*test.width {
				t.Fatalf("%v: found %d numbers for %d targets, expected %d for each", test.kind, len(p.Values), len(p.Truth), test.width)
			}
			for k, truth := range p.Truth {
				sum += math.Abs(p.Values[k*test.width+test.point]-truth) / float64(targets)
			}
		}
		if mae := sum / float64(len(rows)); math.Abs(mae-metrics["mae"]) > 1e-9*metrics["mae"] { // the same float64 sums in another order
			t.Errorf("%v, %s: found the mean absolute error %g over %d rows, expected %g", test.kind, test.loss, mae, len(rows), metrics["mae"])
		}
	}
	m := noisy().make(t)
	if _, err := m.Predictions(t.Context(), m.model, m.train); err == nil || !strings.Contains(err.Error(), "found targets that are class per sequence, expected numbers") {
		t.Errorf("found %v, expected that classes are refused", err)
	}
}
