package trainer_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// The course rises as told, ends when the loss explodes, and the suggested rate is one that trains.
func TestFindLearningRate(t *testing.T) {
	e := noisy()
	e.train = waves(160, 1, data.ValuesPerStep)
	e.layers = gru(8, true)
	e.trainer = trainer.Config{BatchSize: 16}
	e.solver = solvers.Config{Name: solvers.NameSGD, LearningRate: 7}
	m := e.make(t)
	found, err := m.FindLearningRate(t.Context(), m.model, m.train, trainer.FinderConfig{Min: 1e-4, Max: 1e4, Steps: 80})
	if err != nil {
		t.Fatal(err)
	}
	for i, rate := range found.LearningRates {
		if want := 1e-4 * math.Pow(1e8, float64(i)/79); math.Abs(rate-want) > 1e-12*want {
			t.Errorf("step %d: found learning rate %v, expected %v", i, rate, want)
		}
	}
	if !found.Diverged || len(found.Losses) >= 80 || !(found.Suggested > 1e-3 && found.Suggested < 10) {
		t.Errorf("found %+v, expected a course that explodes before a rate of 10000", found)
	}
	again := e.make(t)
	if twice, err := again.FindLearningRate(t.Context(), again.model, again.train, trainer.FinderConfig{Min: 1e-4, Max: 1e4, Steps: 80}); err != nil || twice.Suggested != found.Suggested {
		t.Errorf("found another course the second time: %+v (%v)", twice, err)
	}

	e.solver.LearningRate, e.trainer.MaxEpochs = found.Suggested, 10
	e.valid = waves(40, 2, data.ValuesPerStep)
	h := e.mustFit(t).history
	if first, last := h.Epochs[0].Valid["mse"], h.Epochs[9].Valid["mse"]; last > 0.8*first {
		t.Errorf("found mse %v after the first epoch and %v after the tenth with the suggested rate %v, expected it to learn", first, last, found.Suggested)
	}
}

func TestFinderRefuses(t *testing.T) {
	for want, cfg := range map[string]trainer.FinderConfig{
		"min: found -1, expected a finite number above 0":                    {Min: -1},
		"max: found 1e-07, expected a finite number above min":               {Max: 1e-7},
		"steps: found 3, expected at least 10":                               {Steps: 3},
		"steps before the loss exploded, expected at least 10: begin with a": {Min: 1e30, Max: 1e31, Steps: 20},
	} {
		e := noisy()
		e.train = waves(37, 1, data.ValuesPerStep)
		e.layers = gru(4, true)
		e.trainer = trainer.Config{BatchSize: 37}
		e.solver = solvers.Config{Name: solvers.NameSGD, LearningRate: 1}
		m := e.make(t)
		if _, err := m.FindLearningRate(t.Context(), m.model, m.train, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: found %v, expected %s", cfg, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := noisy().make(t)
	if _, err := m.FindLearningRate(ctx, m.model, m.train, trainer.FinderConfig{}); !errors.Is(err, trainer.ErrInterrupted) {
		t.Errorf("found %v, expected an interruption", err)
	}
}
