package trainer_test

import (
	"context"
	"encoding/json"
	stderrors "errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// on calls f for events of one kind.
func on(kind trainer.EventKind, f func(*trainer.Event) error) trainer.Callback {
	return trainer.CallbackFunc(func(_ context.Context, e *trainer.Event) error {
		if e.Kind != kind {
			return nil
		}
		return f(e)
	})
}

func countSteps(steps *int) []trainer.Callback {
	return []trainer.Callback{on(trainer.StepEnd, func(*trainer.Event) error { *steps++; return nil })}
}

func gru(units int, sequences bool) []layers.LayerConfig {
	return []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: units, ReturnSequences: sequences}}, {Dense: &layers.DenseConfig{}}}
}

// Every kind of target is learned far better than by what ignores the inputs.
func TestFitLearns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind   data.TargetKind
		metric string
		better func(found float64) bool
		bar    string
	}{
		{data.ClassPerSequence, "accuracy", func(v float64) bool { return v > 0.85 }, "above 0.85; guessing gives about 0.5"},
		{data.ValuesPerSequence, "rmse", func(v float64) bool { return v < 0.8 }, "below 0.8; the means give 1.6"},
		{data.ValuesPerStep, "mse", func(v float64) bool { return v < 0.15 }, "below 0.15; 0 gives 0.5"},
		{data.BinaryPerStep, "nll", func(v float64) bool { return v < 0.9 }, "below 0.9; guessing gives 2·ln 2 = 1.39"},
		{data.TokenPerStep, "accuracy", func(v float64) bool { return v > 0.6 }, "above 0.6; the commonest gives about 0.3"},
	} {
		e := experiment{
			trainer: trainer.Config{MaxEpochs: 25, BatchSize: 16},
			solver:  solvers.Config{LearningRate: 0.02},
			layers:  gru(16, test.kind.PerStep()),
			train:   waves(160, 1, test.kind), valid: waves(80, 2, test.kind),
			seed: 1,
		}
		h := e.mustFit(t).history
		last := h.Epochs[len(h.Epochs)-1]
		if v := last.Valid[test.metric]; !test.better(v) {
			t.Errorf("%v: found valid.%s %v, expected %s", test.kind, test.metric, v, test.bar)
		}
		if h.StopReason != trainer.StopMaxEpochs || last.Epoch != 25 || last.Step != 250 || h.Steps != 250 {
			t.Errorf("%v: found %s after epoch %d, step %d", test.kind, h.StopReason, last.Epoch, last.Step)
		}
	}
}

func TestSameBitsWithAnyNumberOfThreads(t *testing.T) {
	t.Parallel()
	e := noisy()
	expected := e.mustFit(t)
	for _, threads := range []int{1, 2, 3} {
		e.threads = threads
		if found := e.mustFit(t); !reflect.DeepEqual(found, expected) {
			t.Errorf("%d threads: found another run than with one:\n%+v\n%+v", threads, found.history, expected.history)
		}
	}
	e.seed++
	if reflect.DeepEqual(e.mustFit(t), expected) {
		t.Error("found the same run with another seed")
	}
}

// orderOf records the sequences of every batch that a run asks for.
type orderOf struct {
	data.Dataset
	batches *[][]int
}

func (o orderOf) Fill(b *data.Batch, indices []int) error {
	*o.batches = append(*o.batches, slices.Clone(indices))
	return o.Dataset.Fill(b, indices)
}

func TestOrderOfTheData(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer = trainer.Config{MaxEpochs: 2, BatchSize: 8}
	e.valid = nil
	train := e.train
	order := func(seed uint64, bucketing bool) (first, second [][]int) {
		var batches [][]int
		e.seed, e.trainer.Bucketing, e.train = seed, &bucketing, orderOf{train, &batches}
		e.mustFit(t)
		if len(batches) != 10 {
			t.Fatalf("found %d batches in two epochs, expected 10", len(batches))
		}
		return batches[:5], batches[5:]
	}
	first, second := order(1, true)
	if reflect.DeepEqual(first, second) {
		t.Error("found the same order in two epochs")
	}
	if other, _ := order(2, true); reflect.DeepEqual(first, other) {
		t.Error("found the same order with another seed")
	}
	mixed, _ := order(1, false)
	padding := func(batches [][]int) (steps int) {
		for _, indices := range batches {
			longest := 0
			for _, i := range indices {
				longest = max(longest, train.Steps(i))
			}
			for _, i := range indices {
				steps += longest - train.Steps(i)
			}
		}
		return steps
	}
	if with, without := padding(first), padding(mixed); with*2 > without {
		t.Errorf("found %d steps of padding with bucketing, %d without, expected less than half", with, without)
	}
	for _, epoch := range [][][]int{first, second, mixed} {
		all := slices.Concat(epoch...)
		slices.Sort(all)
		for i, index := range all {
			if i != index {
				t.Fatalf("found the sequences %v in an epoch, expected each one once", all)
			}
		}
	}
}

// shapes records what a model is built for.
type shapes struct {
	trainer.Model
	built map[graph.BatchShape]bool
}

func (s shapes) Build(b *graph.Builder, shape graph.BatchShape) (graph.Outputs, error) {
	s.built[shape] = true
	return s.Model.Build(b, shape)
}

// Sequences of one length are not padded; those of many lengths are, so that few shapes are compiled.
func TestShapes(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer = trainer.Config{MaxEpochs: 2, BatchSize: 1}
	waves := waves(40, 1, data.ClassPerSequence)
	var ofFive []int
	for i := range waves.inputs {
		if waves.Steps(i) == 5 {
			ofFive = append(ofFive, i)
		}
	}
	for _, test := range []struct {
		train    data.Dataset
		expected map[graph.BatchShape]bool
	}{
		{subset{waves, ofFive}, map[graph.BatchShape]bool{{Steps: 5, Size: 1}: true}},
		{waves, map[graph.BatchShape]bool{{Steps: 4, Size: 1}: true, {Steps: 8, Size: 1}: true, {Steps: 12, Size: 1}: true}},
	} {
		m := e.make(t)
		s := shapes{m.model, map[graph.BatchShape]bool{}}
		if _, err := m.Fit(t.Context(), s, test.train, nil); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(s.built, test.expected) {
			t.Errorf("found graphs of the shapes %v, expected %v", s.built, test.expected)
		}
	}
}

// Weight noise changes a run; a run without it draws none.
func TestWeightNoiseMatters(t *testing.T) {
	t.Parallel()
	e := noisy()
	with := e.mustFit(t)
	e.trainer.WeightNoise = 0
	if reflect.DeepEqual(e.mustFit(t).weights, with.weights) {
		t.Error("found the same weights with and without noise")
	}
}

func TestFrozenParametersStay(t *testing.T) {
	t.Parallel()
	e := noisy()
	m := e.make(t)
	m.model.Params()[0].Frozen = true
	before := values(m.model.Params())
	h, err := m.fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after := m.outcome(h).weights
	for i, p := range m.model.Params() {
		if moved := !slices.Equal(before[i], after[i]); moved == p.Frozen {
			t.Errorf("%s: found moved %v, frozen %v", p.Name, moved, p.Frozen)
		}
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer.MaxEpochs = 2
	var log []string
	rates := map[float64]bool{}
	e.options.Callbacks = []trainer.Callback{trainer.CallbackFunc(func(_ context.Context, e *trainer.Event) error {
		switch e.Kind {
		case trainer.RunStart:
			log = append(log, "start")
		case trainer.EpochStart:
			log = append(log, fmt.Sprintf("epoch %d of %d steps", e.Epoch, e.Of))
		case trainer.StepEnd:
			log = append(log, fmt.Sprintf("%d.%d/%d", e.Epoch, e.Step, e.Of))
			if !(e.Loss > 0 && e.GradientNorm > 0 && e.Rate > 0) || math.IsInf(e.Rate, 0) {
				t.Errorf("found loss %v, gradient norm %v, rate %v, expected positive numbers", e.Loss, e.GradientNorm, e.Rate)
			}
			rates[e.LearningRate] = true
		case trainer.EpochEnd:
			last := e.History.Epochs[len(e.History.Epochs)-1]
			log = append(log, fmt.Sprintf("epoch %d done, %d in the history", e.Epoch, len(e.History.Epochs)))
			if last.Epoch != e.Epoch || last.Seconds <= 0 || last.LearningRate != 0.01 {
				t.Errorf("found %+v at the end of epoch %d", last, e.Epoch)
			}
		case trainer.RunEnd:
			log = append(log, "end: "+string(e.History.StopReason))
		case trainer.Warning:
			t.Errorf("found warning %s", e.Message)
		}
		return nil
	})}
	e.mustFit(t)
	expected := "start|epoch 1 of 5 steps|1.1/5|1.2/5|1.3/5|1.4/5|1.5/5|epoch 1 done, 1 in the history" +
		"|epoch 2 of 5 steps|2.1/5|2.2/5|2.3/5|2.4/5|2.5/5|epoch 2 done, 2 in the history|end: max_epochs"
	if found := strings.Join(log, "|"); found != expected {
		t.Errorf("found %s\nexpected %s", found, expected)
	}
	if len(rates) != 1 || !rates[0.01] {
		t.Errorf("found learning rates %v, expected 0.01", rates)
	}
}

func TestCallbackEndsRun(t *testing.T) {
	t.Parallel()
	for _, at := range []trainer.EventKind{trainer.RunStart, trainer.EpochStart, trainer.StepEnd, trainer.EpochEnd} {
		e := noisy()
		ended := false
		e.options.Callbacks = []trainer.Callback{
			on(at, func(*trainer.Event) error { return errors.WithMessage(trainer.ErrStop, "enough") }),
			on(trainer.RunEnd, func(*trainer.Event) error { ended = true; return trainer.ErrStop }),
		}
		h, err := e.make(t).fit(t.Context())
		if err != nil || h.StopReason != trainer.StopCallback || !ended {
			t.Errorf("event %d: found %v, %v, end reported: %v, expected a clean end", at, err, h, ended)
		}
	}

	failure := stderrors.New("no space for the log")
	e := noisy()
	e.options.Callbacks = []trainer.Callback{on(trainer.StepEnd, func(*trainer.Event) error { return failure })}
	h, err := e.make(t).fit(t.Context())
	if !errors.Is(err, failure) || h.StopReason != trainer.StopFailed || h.Steps != 1 {
		t.Errorf("found %v, %+v, expected the callback's error", err, h)
	}
}

// A callback may stop the run when its last epoch is over anyway: that has a better reason.
func TestStopAfterTheLastEpoch(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer.EarlyStopping = nil
	e.options.Callbacks = []trainer.Callback{on(trainer.EpochEnd, func(e *trainer.Event) error {
		if e.Epoch == 3 {
			return trainer.ErrStop
		}
		return nil
	})}
	if h := e.mustFit(t).history; h.StopReason != trainer.StopMaxEpochs {
		t.Errorf("found %s, expected %s", h.StopReason, trainer.StopMaxEpochs)
	}
}

func TestEarlyStoppingRestoresTheBestWeights(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer.MaxEpochs = 50
	e.trainer.ReduceOnPlateau = nil
	e.solver.LearningRate = 0.2 // rough enough to get worse
	for _, restore := range []bool{true, false} {
		e.trainer.EarlyStopping = &trainer.EarlyStoppingConfig{Patience: new(3), RestoreBest: &restore}
		weights := map[int][][]float64{} // after each epoch
		var m made
		e.options.Callbacks = []trainer.Callback{on(trainer.EpochEnd, func(event *trainer.Event) error {
			weights[event.Epoch] = values(m.model.Params())
			return nil
		})}
		m = e.make(t)
		h, err := m.fit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		last := len(h.Epochs)
		if h.StopReason != trainer.StopEarly || last != h.BestEpoch+3 {
			t.Fatalf("found %s after epoch %d, best %d, expected early stopping 3 epochs after the best", h.StopReason, last, h.BestEpoch)
		}
		for _, epoch := range h.Epochs {
			if epoch.Epoch != h.BestEpoch && epoch.Valid["loss"] < h.Best().Valid["loss"] {
				t.Errorf("found a better epoch, %d, than the best, %d", epoch.Epoch, h.BestEpoch)
			}
		}
		expected := weights[last]
		if restore {
			expected = weights[h.BestEpoch]
		}
		if !reflect.DeepEqual(values(m.model.Params()), expected) {
			t.Errorf("restore_best %v: found other weights than those of that epoch", restore)
		}
		if err := m.RestoreBest(m.model); err != nil || !reflect.DeepEqual(values(m.model.Params()), weights[h.BestEpoch]) {
			t.Errorf("RestoreBest: found other weights than those of the best epoch (%v)", err)
		}
		found, err := m.Evaluate(t.Context(), m.model, m.valid)
		if err != nil || !reflect.DeepEqual(found, h.Best().Valid) {
			t.Errorf("best weights: found %v (%v), expected the metrics %v of their epoch", found, err, h.Best().Valid)
		}
	}
}

// Without early stopping the best epoch is known too, by the training loss where there is no validation set.
func TestBestEpochWithoutEarlyStopping(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer.EarlyStopping, e.trainer.ReduceOnPlateau, e.valid = nil, nil, nil
	e.trainer.MaxEpochs = 6
	m := e.make(t)
	if err := m.RestoreBest(m.model); err == nil {
		t.Error("found best weights before training")
	}
	h, err := m.fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	best := slices.MinFunc(h.Epochs, func(a, b trainer.Epoch) int { return int(math.Copysign(1, a.Train["loss"]-b.Train["loss"])) })
	if h.BestEpoch != best.Epoch || h.Best().Epoch != best.Epoch {
		t.Errorf("found best epoch %d, expected %d", h.BestEpoch, best.Epoch)
	}
	if h.Epochs[0].Valid != nil {
		t.Errorf("found validation metrics %v without validation data", h.Epochs[0].Valid)
	}
	if err := m.RestoreBest(m.model); err != nil {
		t.Error(err)
	}
	if _, err := m.fit(t.Context()); err == nil {
		t.Error("found a second Fit, expected that it is refused")
	}
}

func TestReduceOnPlateau(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer.MaxEpochs = 9
	e.trainer.EarlyStopping = nil
	// No epoch is better than the first by so much: after each two further ones the rate is lowered.
	e.trainer.ReduceOnPlateau = &trainer.ReduceOnPlateauConfig{MinDelta: 100, Patience: new(2), Factor: 0.25, MinLearningRate: 0.001}
	var found []float64
	for _, epoch := range e.mustFit(t).history.Epochs {
		found = append(found, epoch.LearningRate)
	}
	expected := []float64{0.01, 0.01, 0.01, 0.0025, 0.0025, 0.001, 0.001, 0.001, 0.001}
	for i := range expected {
		if math.Abs(found[i]-expected[i]) > 1e-15 { // the rate is a product of factors
			t.Errorf("found learning rates %v, expected %v", found, expected)
			break
		}
	}
}

func TestPenaltyIsReported(t *testing.T) {
	t.Parallel()
	e := noisy()
	m := e.make(t)
	e.trainer.EarlyStopping.RestoreBest = new(false)
	h, err := m.fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.RestoreBest(m.model); err != nil {
		t.Fatal(err)
	}
	if found, expected := h.Best().Train["penalty"], m.solver.Penalty(m.model.Params()); found != expected || !(found > 0) {
		t.Errorf("found penalty %v, expected %v as the weights of that epoch have", found, expected)
	}
	e.solver.L2 = 0
	if h := e.mustFit(t).history; slices.Contains(keys(h.Epochs[0].Train), "penalty") {
		t.Error("found a penalty of a solver that has none")
	}
}

func keys(m map[string]float64) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestDivergedRunChangesNothingMore(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.dtype = tensor.Float64
	bad := waves(16, 1, data.ValuesPerSequence)
	bad.inputs[3][1][0] = math.Inf(1) // Inf − Inf somewhere in the gates
	e.train, e.valid = bad, nil
	e.trainer = trainer.Config{BatchSize: 1, Bucketing: new(false), WeightNoise: 0.1}
	e.solver.L2 = 0
	var before [][]float64
	var m made
	e.options.Callbacks = []trainer.Callback{on(trainer.StepEnd, func(*trainer.Event) error {
		before = values(m.model.Params())
		return nil
	})}
	m = e.make(t)
	h, err := m.fit(t.Context())
	var broken *trainer.DivergedError
	var cause *graph.NonFiniteError
	if !errors.As(err, &broken) || !errors.As(err, &cause) || h.StopReason != trainer.StopDiverged {
		t.Fatalf("found %v, %+v, expected that the run diverged", err, h)
	}
	named := cause.Param // for the cost, any parameter may be the largest
	if named == "" {
		named = broken.Param
	}
	if broken.Epoch != 1 || broken.Step != h.Steps+1 || broken.Param != named || broken.Param == "" {
		t.Errorf("found %+v after %d steps, expected the step after", broken, h.Steps)
	}
	if where := fmt.Sprintf("epoch 1, step %d", h.Steps+1); !strings.Contains(err.Error(), where) || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("found %q, expected %q and what was found", err, where)
	}
	if h.Steps > 0 && !reflect.DeepEqual(values(m.model.Params()), before) {
		t.Error("found weights that the diverged step had changed")
	}
}

// A rate so large that the weights overflow in the very last update: no later step would notice.
func TestDivergedInTheLastUpdate(t *testing.T) {
	t.Parallel()
	e := noisy()
	m := e.make(t)
	solver := trainer.SolverFunc(func(solvers.Plan) (*solvers.Solver, error) {
		return solvers.New(&solvers.ScaleByLearningRate{Schedule: solvers.Constant(1e300)})
	})
	cfg := trainer.Config{MaxEpochs: 1, BatchSize: trainer.FullBatch}
	tr, err := trainer.New(cfg, solver, m.streams, trainer.Options{Checkpoints: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	h, err := tr.Fit(t.Context(), m.model, m.train, nil)
	var broken *trainer.DivergedError
	if !errors.As(err, &broken) || h.StopReason != trainer.StopDiverged || h.BestEpoch != 0 || broken.Step != 1 || broken.Param == "" {
		t.Errorf("found %v, %+v, expected that the run diverged", err, h)
	}
}

func TestHistoryAsJSON(t *testing.T) {
	t.Parallel()
	h := noisy().mustFit(t).history
	raw, err := json.Marshal(h.Epochs[0])
	if err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.Unmarshal(raw, &line); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"epoch", "step", "seconds", "learning_rate", "train", "valid"} {
		if _, ok := line[key]; !ok {
			t.Errorf("found no %q in %s", key, raw)
		}
	}
	if len(line) != 6 {
		t.Errorf("found %s, expected the six fields of metrics.jsonl", raw)
	}
}

func TestFitRefuses(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.train = firstOf(e.train, 0)
	if _, err := e.make(t).fit(t.Context()); err == nil || !strings.Contains(err.Error(), "training data") {
		t.Errorf("no sequences: found %v", err)
	}
	e = noisy()
	e.valid = firstOf(e.valid, 0)
	if _, err := e.make(t).fit(t.Context()); err == nil || !strings.Contains(err.Error(), "validation data") {
		t.Errorf("no sequences: found %v", err)
	}
	m := noisy().make(t)
	tr, err := trainer.New(trainer.Config{}, nil, m.streams, trainer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Fit(t.Context(), m.model, m.train, m.valid); err == nil || !strings.Contains(err.Error(), "solver") {
		t.Errorf("no solver: found %v", err)
	}
}
