package trainer_test

import (
	"reflect"
	"testing"

	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
)

// TestAveragesStandForWeights compares what is measured, remembered, seen and left with the means of the weights after each
// step, taken by hand.
func TestAveragesStandForWeights(t *testing.T) {
	t.Parallel()
	for _, restore := range []*trainer.EarlyStoppingConfig{nil, {Patience: new(5)}} {
		e := noisy()
		e.trainer.EarlyStopping, e.trainer.ReduceOnPlateau, e.trainer.WeightNoise = restore, nil, 0
		e.solver = solvers.Config{Name: solvers.NameASGD, LearningRate: 0.05, AverageAfter: new(1.0)}
		var m made
		var sum [][]float64
		count := 0.0
		means := map[int][][]float64{} // by epoch
		seen := map[int][][]float64{}
		e.options.Callbacks = []trainer.Callback{
			on(trainer.StepEnd, func(event *trainer.Event) error {
				if event.Epoch < 2 {
					return nil
				}
				now := values(m.model.Params())
				if count++; count == 1 {
					sum = now
					return nil
				}
				for i := range now {
					for j, v := range now[i] {
						sum[i][j] += v
					}
				}
				return nil
			}),
			on(trainer.EpochEnd, func(event *trainer.Event) error {
				seen[event.Epoch] = values(m.model.Params())
				var mean [][]float64
				for i := range sum {
					mean = append(mean, nil)
					for _, v := range sum[i] {
						mean[i] = append(mean[i], v/count)
					}
				}
				means[event.Epoch] = mean
				return nil
			}),
		}
		m = e.make(t)
		h, err := m.fit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for epoch := 2; epoch <= 3; epoch++ {
			for i := range means[epoch] {
				for j, want := range means[epoch][i] {
					if found := seen[epoch][i][j]; found-want > 1e-6 || want-found > 1e-6 { // roundings of float32 in ten steps
						t.Fatalf("epoch %d, parameter %d[%d]: found %v, expected the mean %v", epoch, i, j, found, want)
					}
				}
			}
		}
		left := 3
		if restore != nil {
			left = h.BestEpoch
		}
		if found := values(m.model.Params()); !reflect.DeepEqual(found, seen[left]) {
			t.Error("found other weights after the run than those that the epoch was measured with")
		}
		measured, err := m.Evaluate(t.Context(), m.model, m.valid)
		if err != nil {
			t.Fatal(err)
		}
		if want := h.Epochs[left-1].Valid; !reflect.DeepEqual(measured, want) {
			t.Errorf("found %v, expected %v", measured, want)
		}
	}
}

// TestTriggerSeesTheValidationLoss has a learning rate at which the loss soon rises: averages begin.
func TestTriggerSeesTheValidationLoss(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer = trainer.Config{MaxEpochs: 12, BatchSize: 8}
	e.solver = solvers.Config{Name: solvers.NameASGD, LearningRate: 2, Trigger: new(1)}
	m := e.make(t)
	h, err := m.fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	best, begins := h.Epochs[0].Valid[trainer.MetricLoss], 0
	for i := 2; i < len(h.Epochs) && begins == 0; i++ { // the best of all but the epoch before
		best = min(best, h.Epochs[i-2].Valid[trainer.MetricLoss])
		if h.Epochs[i].Valid[trainer.MetricLoss] > best {
			begins = i + 1
		}
	}
	if begins == 0 || begins >= len(h.Epochs) {
		t.Fatalf("found averages to begin after epoch %d of %d, expected one in between", begins, len(h.Epochs))
	}
	count := m.solver.State()["average_weights/count"].Float64s()[0]
	if want := float64((len(h.Epochs) - begins) * 5); count != want {
		t.Errorf("found a mean of %v steps, expected %v: from the end of epoch %d on", count, want, begins)
	}
}
