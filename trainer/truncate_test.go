package trainer_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// inWindows is a small experiment with sequences of 3 to 12 steps in windows of steps, or whole where that is 0. It uses
// everything that a run hands on to the next: carried states, running statistics, noise.
func inWindows(steps int) experiment {
	e := experiment{
		trainer: trainer.Config{MaxEpochs: 2, BatchSize: 8},
		solver:  solvers.Config{LearningRate: 0.01, ClipNorm: 1},
		layers: []layers.LayerConfig{
			{GRU: &layers.GRUConfig{Units: 4, ReturnSequences: true, Stateful: steps > 0, Dropout: 0.2, RecurrentDropout: 0.1}},
			{BatchNorm: &layers.BatchNormConfig{Momentum: new(0.5)}},
			{Residual: &layers.ResidualConfig{Layers: []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 4, ReturnSequences: true, Stateful: steps > 0}}}}},
			{Dense: &layers.DenseConfig{}},
		},
		dtype: tensor.Float64,
		train: waves(29, 1, data.ValuesPerStep),
		valid: waves(21, 2, data.ValuesPerStep),
		seed:  3,
	}
	if steps > 0 {
		e.trainer.Truncate = &trainer.TruncateConfig{Steps: steps}
	}
	return e
}

// Evaluation in windows gives the metrics of whole sequences, whether windows divide them or not.
func TestEvaluationInWindowsEqualsWholeSequences(t *testing.T) {
	t.Parallel()
	whole := inWindows(0).make(t)
	expected, err := whole.Evaluate(t.Context(), whole.model, whole.valid)
	if err != nil {
		t.Fatal(err)
	}
	for _, steps := range []int{1, 3, 4, 12, 50} {
		m := inWindows(steps).make(t)
		for range 2 { // a second evaluation shows whether the first left states behind
			found, err := m.Evaluate(t.Context(), m.model, m.valid)
			if err != nil {
				t.Fatal(err)
			}
			for name, v := range expected {
				if !(math.Abs(found[name]-v) <= 1e-12) { // float64 sums in another order
					t.Errorf("windows of %d: %s: found %v, expected %v", steps, name, found[name], v)
				}
			}
		}
	}
}

// Where a window holds the longest sequence nothing is truncated: the run is that of whole sequences.
func TestTrainingInOneWindowEqualsWholeSequences(t *testing.T) {
	t.Parallel()
	quiet := func(steps int) outcome {
		e := inWindows(steps)
		e.layers[0].GRU.Dropout, e.layers[0].GRU.RecurrentDropout = 0, 0 // draws depend on the shape of a batch
		return e.mustFit(t)
	}
	expected, found := quiet(0), quiet(12)
	for i := range expected.weights {
		for j, v := range expected.weights[i] {
			if !(math.Abs(found.weights[i][j]-v) <= 1e-9) { // float64 sums in another order, through Adam's square root
				t.Fatalf("found parameter %d: %v, expected %v", i, found.weights[i], expected.weights[i])
			}
		}
	}
	if found.history.Steps != expected.history.Steps {
		t.Errorf("found %d steps, expected %d", found.history.Steps, expected.history.Steps)
	}
}

// Training carries states, too: without an update that matters, its loss is that of whole sequences.
func TestTrainingCarriesStates(t *testing.T) {
	t.Parallel()
	losses := func(steps int) float64 {
		e := inWindows(steps)
		e.layers = slices.Delete(slices.Clone(e.layers), 1, 2) // normalized over a window, a step has another value
		e.layers[0].GRU.Dropout, e.layers[0].GRU.RecurrentDropout = 0, 0
		e.solver.LearningRate = 1e-15
		e.trainer.MaxEpochs = 1
		return e.mustFit(t).history.Epochs[0].Train[trainer.MetricLoss]
	}
	expected := losses(0)
	for _, steps := range []int{1, 5} {
		if found := losses(steps); !(math.Abs(found-expected) <= 1e-10) { // what updates of 1e-15 may change
			t.Errorf("windows of %d: found loss %v, expected %v", steps, found, expected)
		}
	}
}

func TestWindowsAreSteps(t *testing.T) {
	t.Parallel()
	e := inWindows(5)
	steps, last := 0, 0
	e.options.Callbacks = append(countSteps(&steps), on(trainer.StepEnd, func(event *trainer.Event) error {
		if event.Step > event.Of {
			t.Errorf("found step %d of %d", event.Step, event.Of)
		}
		last = event.Of
		return nil
	}))
	o := e.mustFit(t)
	if steps != o.history.Steps || steps <= 2*4 { // four batches in each of two epochs
		t.Errorf("found %d events, %d steps, expected the same and more than batches", steps, o.history.Steps)
	}
	if planned := trainer.StepsPerEpoch(e.trainer, e.train); planned < 4 || math.Abs(float64(planned-last)) > 3 {
		t.Errorf("found a plan of %d steps, expected about %d", planned, last)
	}
	if planned := trainer.StepsPerEpoch(inWindows(0).trainer, e.train); planned != 4 {
		t.Errorf("whole sequences: found a plan of %d steps, expected 4", planned)
	}
}

func TestSameBitsInWindowsWithAnyNumberOfThreads(t *testing.T) {
	t.Parallel()
	e := inWindows(5)
	expected := e.mustFit(t)
	e.threads = 3
	if found := e.mustFit(t); !reflect.DeepEqual(found, expected) {
		t.Error("three threads: found another run")
	}
}

// An interruption after any window leaves no trace.
func TestResumeAfterEveryWindow(t *testing.T) {
	t.Parallel()
	e := inWindows(5)
	expected := e.mustFit(t)
	e.trainer.CheckpointEvery = math.MaxInt
	for at := range expected.history.Steps {
		e.options.Checkpoints = t.TempDir()
		if _, h, err := e.interruptAfter(t, at); !isInterrupted(err) || h.Steps != at {
			t.Fatalf("found %v, %+v, expected an interruption after window %d", err, h, at)
		}
		if found := e.mustResume(t); !reflect.DeepEqual(found, expected) {
			t.Errorf("interrupted after window %d: found another run than the uninterrupted one", at)
		}
	}
}

func TestTruncateRefuses(t *testing.T) {
	t.Parallel()
	perSequence := inWindows(5)
	perSequence.train, perSequence.valid = waves(9, 1, data.ClassPerSequence), nil
	perSequence.layers = []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 4, Stateful: true}}, {Dense: &layers.DenseConfig{}}}
	noState := inWindows(5)
	noState.layers = []layers.LayerConfig{{Dense: &layers.DenseConfig{}}}
	negative := inWindows(5)
	negative.trainer.Truncate.Steps = -1
	for words, e := range map[string]experiment{
		"truncate: found class per sequence, expected a target at every step": perSequence,
		"found no layer with stateful: true":                                  noState,
		"truncate.steps: found -1, expected from 1 to 16777216":               negative,
	} {
		m, err := e.build()
		if err == nil {
			_, err = m.fit(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("found %v, expected %s", err, words)
		}
	}

	m := inWindows(5).make(t)
	whole, err := trainer.New(trainer.Config{}, m.solver, m.streams, trainer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := whole.Fit(t.Context(), m.model, m.train, nil); err == nil || !strings.Contains(err.Error(), "expected none without truncate") {
		t.Errorf("stateful layers without truncate: found %v", err)
	}
}

// A window takes no memory for steps that no sequence has, however long it is configured.
func TestLongWindows(t *testing.T) {
	t.Parallel()
	e := inWindows(1 << 24)
	m := e.make(t)
	if _, err := m.fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if faults := (trainer.Config{Truncate: &trainer.TruncateConfig{Steps: 1 << 62}}).WithDefaults().Validate(); len(faults) != 1 || faults[0].Path != "truncate.steps" {
		t.Errorf("found %v, expected a fault of truncate.steps", faults)
	}
}

func TestTruncateDefaults(t *testing.T) {
	t.Parallel()
	cfg := trainer.Config{Truncate: &trainer.TruncateConfig{}}.WithDefaults()
	if cfg.Truncate.Steps != 64 || cfg.Validate() != nil {
		t.Errorf("found %+v with faults %v, expected 64 steps", cfg.Truncate, cfg.Validate())
	}
	if (trainer.Config{}).WithDefaults().Truncate != nil {
		t.Error("found windows by default")
	}
}
