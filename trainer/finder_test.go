package trainer_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// The course rises as told, ends when the loss explodes, and the suggested rate is one that trains.
func TestFindLearningRate(t *testing.T) {
	t.Parallel()
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

// What does not learn gets no suggestion: with rates too small to change anything, and with targets that are noise.
func TestFinderSuggestsNothing(t *testing.T) {
	t.Parallel()
	small := trainer.FinderConfig{Min: 1e-30, Max: 1e-20, Steps: 40}
	for name, e := range map[string]experiment{"labels by chance": noise(), "rates of nothing": noisy()} {
		for seed := range uint64(5) {
			e.seed = seed
			m := e.make(t)
			cfg := small
			if name == "labels by chance" {
				cfg = trainer.FinderConfig{Min: 1e-6, Max: 1e-3, Steps: 60} // at which nothing is learned by heart
			}
			found, err := m.FindLearningRate(t.Context(), m.model, m.train, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if found.Suggested != 0 || found.Reason == "" || len(found.Losses) != len(found.LearningRates) {
				t.Errorf("%s, seed %d: found the suggestion %v, expected none and why", name, seed, found.Suggested)
			}
		}
	}
}

// noise is an experiment whose labels have nothing to do with the inputs.
func noise() experiment {
	e := noisy()
	s := waves(160, 1, data.ClassPerSequence)
	r := rand.New(rand.NewPCG(9, 9))
	for i := range s.labels {
		s.labels[i][0] = r.IntN(2)
	}
	e.train, e.valid = s, nil
	e.trainer.EarlyStopping, e.trainer.ReduceOnPlateau = nil, nil
	return e
}

// The suggestion does not depend on which batches come first: it is within a factor of 3 for all seeds, and lies in its range.
func TestFinderIsStable(t *testing.T) {
	t.Parallel()
	least, most := math.Inf(1), 0.0
	for seed := range uint64(6) {
		e := noisy()
		e.train, e.seed = waves(160, 1, data.ValuesPerSequence), seed
		e.trainer, e.layers = trainer.Config{BatchSize: 16}, gru(16, false)
		m := e.make(t)
		found, err := m.FindLearningRate(t.Context(), m.model, m.train, trainer.FinderConfig{})
		if err != nil {
			t.Fatal(err)
		}
		low, high := found.Range()
		if !(low > 1e-4 && low <= found.Suggested && found.Suggested <= high && high < 1) {
			t.Errorf("seed %d: found %v in the range from %v to %v", seed, found.Suggested, low, high)
		}
		least, most = min(least, found.Suggested), max(most, found.Suggested)
	}
	if most > 3*least {
		t.Errorf("found suggestions from %v to %v over seeds", least, most)
	}
}

func TestFinderRefuses(t *testing.T) {
	t.Parallel()
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
