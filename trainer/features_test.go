package trainer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// strategies are the ways to train that have a memory or change the plan of a run, each on top of noisy, which has the others.
func strategies() map[string]experiment {
	all := map[string]experiment{}
	add := func(name string, change func(e *experiment)) {
		e := noisy()
		e.trainer.EarlyStopping = &trainer.EarlyStoppingConfig{Patience: new(2)} // of its own
		change(&e)
		all[name] = e
	}
	add("plateaus", func(e *experiment) {
		e.trainer.ReduceOnPlateau = &trainer.ReduceOnPlateauConfig{Monitor: "train.loss", MinDelta: 0.9, MinDeltaMode: trainer.MinDeltaRelative, Patience: new(1), Cooldown: 2, Factor: 0.5}
	})
	add("accumulate", func(e *experiment) { e.trainer.Accumulate = 2 })
	add("curriculum", func(e *experiment) { e.trainer.Curriculum = &trainer.CurriculumConfig{Epochs: 2, Initial: 0.4} })
	add("average", func(e *experiment) { e.solver.Average = new(solvers.AverageConfig{Decay: new(0.8)}) })
	add("stochastic weight averaging", func(e *experiment) {
		e.solver.Average = new(solvers.AverageConfig{Kind: solvers.AverageSWA, After: new(1.0)})
	})
	add("metrics and norms", func(e *experiment) {
		e.trainer.Metrics, e.trainer.GradientNorms = []string{trainer.MetricAUC, trainer.MetricECE}, true
		e.trainer.EarlyStopping.Monitor = "valid.auc"
	})
	add("thresholds", func(e *experiment) {
		e.trainer.EarlyStopping.Baseline, e.trainer.EarlyStopping.DivergenceThreshold = new(0.1), new(50.0)
	})
	add("accumulated windows", func(e *experiment) {
		e.train, e.valid = waves(21, 1, data.ValuesPerStep), waves(9, 2, data.ValuesPerStep)
		e.layers = []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 3, ReturnSequences: true, Stateful: true}}, {Dense: &layers.DenseConfig{}}}
		e.trainer.Truncate, e.trainer.Accumulate = &trainer.TruncateConfig{Steps: 5}, 3
		e.trainer.Curriculum, e.trainer.ReduceOnPlateau = &trainer.CurriculumConfig{Epochs: 2}, nil
	})
	add("activity regularization", func(e *experiment) {
		e.layers = []layers.LayerConfig{
			{GRU: &layers.GRUConfig{Units: 4, ReturnSequences: true}}, {ActivityRegularization: &layers.ActivityRegularizationConfig{L2: 2, Temporal: 1}},
			{Pool: &layers.PoolConfig{Kind: layers.PoolMean}}, {Dense: &layers.DenseConfig{}},
		}
	})
	add("weighted focal loss", func(e *experiment) {
		e.loss, e.lossOptions = layers.FocalLoss, layers.LossOptions{ClassWeights: []float64{1, 2}}
	})
	return all
}

// Whatever the strategy, an interruption after any batch leaves no trace, and neither does another number of threads.
func TestResumeOfEveryStrategy(t *testing.T) {
	for name, e := range strategies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			batches := 0
			counted := e
			counted.options.Callbacks = countSteps(&batches)
			expected := counted.mustFit(t)
			e.trainer.CheckpointEvery = math.MaxInt // so that nothing but the interruption writes one
			for at := range batches {
				e.options.Checkpoints = t.TempDir()
				e.threads = 1 + at%2
				if _, h, err := e.interruptAfter(t, at); !isInterrupted(err) {
					t.Fatalf("found %v, %+v, expected an interruption after batch %d", err, h, at)
				}
				if found := e.mustResume(t); !reflect.DeepEqual(found, expected) {
					t.Fatalf("interrupted after batch %d: found another run than the uninterrupted one:\n%+v\n%+v", at, found.history, expected.history)
				}
			}
		})
	}
}

// Steps over several batches are those of one batch of them all.
func TestAccumulatedGradientsAreThoseOfALargerBatch(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.layers = gru(4, false)
	e.dtype = tensor.Float64
	e.solver = solvers.Config{Name: solvers.NameSGD, LearningRate: 0.5}
	e.trainer = trainer.Config{MaxEpochs: 2, BatchSize: trainer.FullBatch}
	weighted := waves(37, 1, data.ClassPerSequence)
	for i := range weighted.inputs {
		weighted.weights = append(weighted.weights, []float64{float64(i % 3)})
	}
	e.train, e.valid = weighted, nil
	whole := e.mustFit(t)
	e.trainer.BatchSize, e.trainer.Accumulate = 8, 100 // the end of the epoch makes the step
	parts := e.mustFit(t)
	if parts.history.Steps != 2 || whole.history.Steps != 2 {
		t.Errorf("found %d and %d steps, expected one an epoch", parts.history.Steps, whole.history.Steps)
	}
	for i := range whole.weights {
		for j, want := range whole.weights[i] {
			// sums of 37 gradients in another order, in float64
			if math.Abs(parts.weights[i][j]-want) > 1e-12 {
				t.Fatalf("parameter %d[%d]: found %v, expected %v", i, j, parts.weights[i][j], want)
			}
		}
	}
	for accumulate, want := range map[int]int{1: 5, 2: 3, 3: 2, 5: 1, 6: 1} {
		e.trainer.Accumulate, e.trainer.MaxEpochs = accumulate, 1
		if found := trainer.StepsPerEpoch(e.trainer, e.train); found != want {
			t.Errorf("accumulate %d: found %d steps per epoch, expected %d", accumulate, found, want)
		}
		if found := e.mustFit(t).history.Steps; found != want {
			t.Errorf("accumulate %d: found %d steps, expected %d", accumulate, found, want)
		}
	}
}

func TestCurriculumBeginsWithTheShortest(t *testing.T) {
	t.Parallel()
	e := noisy()
	train := waves(40, 1, data.ClassPerSequence)
	var batches [][]int
	seen := map[int][]int{} // sequences by epoch
	e.train, e.valid = orderOf{train, &batches}, nil
	e.trainer = trainer.Config{MaxEpochs: 4, BatchSize: 8, Curriculum: &trainer.CurriculumConfig{Epochs: 2, Initial: 0.3}}
	e.options.Callbacks = []trainer.Callback{on(trainer.EpochEnd, func(event *trainer.Event) error {
		seen[event.Epoch] = slices.Concat(batches...)
		batches = nil
		return nil
	})}
	e.mustFit(t)
	for epoch, want := range map[int]int{1: 12, 2: 30, 3: 40, 4: 40} { // 0.3, √((0.09+1)/2) = 0.738
		found := seen[epoch]
		slices.Sort(found)
		if len(found) != want || len(slices.Compact(slices.Clone(found))) != want {
			t.Fatalf("epoch %d: found %d sequences, expected %d, each once", epoch, len(found), want)
		}
		longest, left := 0, math.MaxInt
		for i := range train.inputs {
			if _, in := slices.BinarySearch(found, i); in {
				longest = max(longest, train.Steps(i))
			} else {
				left = min(left, train.Steps(i))
			}
		}
		if longest > left {
			t.Errorf("epoch %d: found a sequence of %d steps, but not one of %d", epoch, longest, left)
		}
	}
	e.train = firstOf(subset{train, []int{0, 0, 0}}, 3)
	if _, err := e.make(t).fit(t.Context()); err == nil || !strings.Contains(err.Error(), "expected sequences of different lengths") {
		t.Errorf("found %v, expected a fault of a curriculum of equal lengths", err)
	}
}

// A run that its budget ends, as often as need be, is the run without one.
func TestBudgets(t *testing.T) {
	t.Parallel()
	expected := noisy().mustFit(t)
	for reason, budget := range map[trainer.StopReason]trainer.Config{
		trainer.StopMaxSteps:   {MaxSteps: 4},
		trainer.StopMaxSeconds: {MaxSeconds: 1e-9}, // over after the first step
	} {
		e := noisy()
		e.trainer.MaxSteps, e.trainer.MaxSeconds = budget.MaxSteps, budget.MaxSeconds
		e.options.Checkpoints, e.options.Resume = t.TempDir(), true
		for steps := max(1, budget.MaxSteps); ; steps += max(1, budget.MaxSteps) {
			m := e.make(t)
			h, err := m.fit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !h.StopReason.IsBudget() {
				if found := m.outcome(h); !reflect.DeepEqual(found, expected) {
					t.Errorf("%s: found another run:\n%+v\n%+v", reason, found.history, expected.history)
				}
				break
			}
			if h.StopReason != reason || h.Steps != steps {
				t.Fatalf("found %s after %d steps, expected %s after %d", h.StopReason, h.Steps, reason, steps)
			}
		}
	}
}

// memory counts steps and remembers them over interruptions.
type memory struct {
	name  string
	Steps int
	fail  bool
}

func (m *memory) On(_ context.Context, e *trainer.Event) error {
	if e.Kind == trainer.StepEnd {
		m.Steps++
		if m.fail {
			return errors.New("no more")
		}
	}
	return nil
}
func (m *memory) Name() string               { return m.name }
func (m *memory) State() ([]byte, error)     { return json.Marshal(m) }
func (m *memory) Restore(state []byte) error { return json.Unmarshal(state, m) }

func TestCallbacksWithAMemory(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.options.Checkpoints = t.TempDir()
	first := &memory{name: "counter"}
	e.options.Callbacks = []trainer.Callback{first}
	if _, _, err := e.interruptAfter(t, 7); !isInterrupted(err) {
		t.Fatal(err)
	}
	again := &memory{name: "counter"}
	e.options.Callbacks = []trainer.Callback{&memory{name: "new"}, again}
	if h := e.mustResume(t).history; again.Steps != h.Steps || first.Steps != 7 {
		t.Errorf("found %d steps counted, expected all %d", again.Steps, h.Steps)
	}

	e = noisy()
	e.options.Callbacks = []trainer.Callback{&memory{name: "same"}, &memory{name: "same"}}
	if _, err := e.make(t).fit(t.Context()); err == nil || !strings.Contains(err.Error(), `found two callbacks with a state and the name "same"`) {
		t.Errorf("found %v, expected that two memories with one name are refused", err)
	}
	for _, c := range []trainer.Callback{&memory{name: "third", fail: true}, trainer.Named("third", on(trainer.StepEnd, func(*trainer.Event) error { return errors.New("no more") }))} {
		e.options.Callbacks = []trainer.Callback{c}
		if _, err := e.make(t).fit(t.Context()); err == nil || err.Error() != "callback third: no more" {
			t.Errorf("found %v, expected the name of the callback", err)
		}
	}
}

func TestGradientNorms(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer.GradientNorms = true
	var sum, count float64
	means := map[int]float64{}
	e.options.Callbacks = []trainer.Callback{
		on(trainer.StepEnd, func(event *trainer.Event) error { sum, count = sum+event.GradientNorm, count+1; return nil }),
		on(trainer.EpochEnd, func(event *trainer.Event) error { means[event.Epoch], sum, count = sum/count, 0, 0; return nil }),
	}
	m := e.make(t)
	h, err := m.fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, epoch := range h.Epochs {
		if found := epoch.Train[trainer.MetricGradientNorm]; found != means[epoch.Epoch] || !(found > 0) {
			t.Errorf("epoch %d: found %v, expected the mean %v", epoch.Epoch, found, means[epoch.Epoch])
		}
		largest, squares := 0.0, 0.0
		for _, p := range m.model.Params() {
			norm, ok := epoch.GradientNorms[p.Name]
			if !ok || !(norm > 0) {
				t.Errorf("%s: found norm %v, expected one above 0", p.Name, norm)
			}
			largest, squares = max(largest, norm), squares+norm*norm
		}
		// The norm of the means of norms is at most the mean of the norms of all (convexity), and one of them no more.
		if whole := epoch.Train[trainer.MetricGradientNorm]; largest > whole || squares > whole*whole*(1+1e-12) {
			t.Errorf("found norms %v, expected none above %v", epoch.GradientNorms, whole)
		}
	}
}

func TestFaultsOfStrategies(t *testing.T) {
	t.Parallel()
	cfg := trainer.Config{
		MaxSteps: -1, MaxSeconds: math.Inf(1), Accumulate: -2, Curriculum: &trainer.CurriculumConfig{Epochs: -1, Initial: 1},
		EarlyStopping: &trainer.EarlyStoppingConfig{Baseline: new(math.NaN()), StoppingThreshold: new(math.Inf(1)), DivergenceThreshold: new(math.NaN())},
	}.WithDefaults()
	var paths []string
	for _, f := range cfg.Validate() {
		paths = append(paths, f.Path)
	}
	const expected = "max_steps max_seconds accumulate curriculum.epochs curriculum.initial " +
		"early_stopping.baseline early_stopping.stopping_threshold early_stopping.divergence_threshold"
	if found := strings.Join(paths, " "); found != expected {
		t.Errorf("found faults of\n%s, expected\n%s", found, expected)
	}
}

// The reason says which threshold ended the run, and is the same when it is resumed after its end.
func TestThresholdsEndRuns(t *testing.T) {
	t.Parallel()
	for reason, cfg := range map[trainer.StopReason]trainer.EarlyStoppingConfig{
		trainer.StopThreshold:  {StoppingThreshold: new(100.0)},
		trainer.StopDivergence: {DivergenceThreshold: new(0.0)},
		trainer.StopEarly:      {Baseline: new(0.0), Patience: new(2)},
	} {
		e := noisy()
		e.trainer.EarlyStopping = &cfg
		e.options.Checkpoints = t.TempDir()
		found := e.mustFit(t)
		if found.history.StopReason != reason {
			t.Errorf("found %s, expected %s", found.history.StopReason, reason)
		}
		if again := e.mustResume(t); fmt.Sprint(again) != fmt.Sprint(found) {
			t.Errorf("%s: found another run when it was resumed", reason)
		}
	}
}

// The loss that is reported is that of the data; what layers add to it stands beside it, and the gradient has both.
func TestActivityPenaltyIsReportedApart(t *testing.T) {
	t.Parallel()
	e := strategies()["activity regularization"]
	e.trainer = trainer.Config{MaxEpochs: 1, BatchSize: trainer.FullBatch, Bucketing: new(false)}
	e.solver, e.valid = solvers.Config{Name: solvers.NameSGD, LearningRate: 1e-3}, nil
	var cost float64
	e.options.Callbacks = []trainer.Callback{on(trainer.StepEnd, func(event *trainer.Event) error { cost = event.Loss; return nil })}
	with := e.mustFit(t)
	train := with.history.Epochs[0].Train
	if penalty := train[trainer.MetricActivity]; !(penalty > 0) || math.Abs(train["loss"]+penalty-cost) > 1e-6 { // float32
		t.Errorf("found loss %v and penalty %v, expected the sum %v", train["loss"], penalty, cost)
	}
	e.layers = slices.Delete(slices.Clone(e.layers), 1, 2)
	without := e.mustFit(t)
	if plain := without.history.Epochs[0].Train; plain["loss"] != train["loss"] || plain[trainer.MetricActivity] != 0 {
		t.Errorf("found %v, expected the loss of the data, %v, alone", plain, train["loss"])
	}
	if reflect.DeepEqual(with.weights, without.weights) {
		t.Error("found the same weights with and without a penalty")
	}
}
