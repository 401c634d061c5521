package trainer_test

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

var kinds = []data.TargetKind{
	data.ClassPerSequence, data.ValuesPerSequence, data.BinaryPerStep, data.ValuesPerStep, data.TokenPerStep, data.ClassPerStep,
}

// rows returns the predictions for one sequence on its own, without any padding, a row per target.
func rows(t *testing.T, m made, s *sequences, i int) [][]float64 {
	t.Helper()
	b := graph.NewBuilder(graph.Evaluate, tensor.Float64, m.streams, nil)
	out, err := m.model.Build(b, graph.BatchShape{Steps: s.Steps(i), Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.Compile(out)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var batch data.Batch
	if err := s.Fill(&batch, []int{i}); err != nil {
		t.Fatal(err)
	}
	feeds := graph.Feeds{graph.FeedInputs: batch.Inputs, graph.FeedMask: batch.Mask, graph.FeedWeights: batch.Weights}
	if s.spec.TargetKind.Labels() {
		feeds[graph.FeedLabels] = batch.Labels
	} else {
		feeds[graph.FeedTargets] = batch.Targets
	}
	if err := p.Run(feeds); err != nil {
		t.Fatal(err)
	}
	predictions, err := p.Value(graph.OutputPredictions)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]float64
	values := predictions.Float64s()
	for k := s.spec.Targets; len(values) > 0; values = values[k:] {
		all = append(all, values[:k])
	}
	return all
}

// reference computes the metrics from their definitions, sequence by sequence.
func reference(t *testing.T, m made, s *sequences, smoothing float64) map[string]float64 {
	var weights, nll, smoothed, correct, squared, absolute, scaled float64
	for i := range s.inputs {
		for r, row := range rows(t, m, s, i) {
			w := 1.0
			if s.weights != nil {
				w = s.weights[i][r]
			}
			weights += w
			var total, mean float64
			for _, v := range row {
				total += math.Exp(v)
			}
			for k, v := range row {
				switch s.spec.TargetKind {
				case data.ClassPerSequence, data.ClassPerStep, data.TokenPerStep:
					cost := math.Log(total) - v
					mean += cost / float64(len(row))
					if k == s.labels[i][r] {
						nll += w * cost
						smoothed += w * (1 - smoothing) * cost
					}
				case data.BinaryPerStep:
					nll += w * (math.Log1p(math.Exp(v)) - v*s.targets[i][r][k])
				default:
					d := v - s.targets[i][r][k]
					scaled += w * d * d / float64(len(row))
					if s.spec.TargetScale != nil {
						d *= s.spec.TargetScale[k]
					}
					squared += w * d * d / float64(len(row))
					absolute += w * math.Abs(d) / float64(len(row))
				}
			}
			smoothed += w * smoothing * mean
			if s.labels[i] != nil && row[s.labels[i][r]] >= maximum(row) {
				correct += w
			}
		}
	}
	switch s.spec.TargetKind {
	case data.ClassPerSequence, data.ClassPerStep:
		return map[string]float64{"loss": smoothed / weights, "nll": nll / weights, "accuracy": correct / weights}
	case data.TokenPerStep:
		return map[string]float64{"loss": smoothed / weights, "nll": nll / weights, "accuracy": correct / weights, "perplexity": math.Exp(nll / weights)}
	case data.BinaryPerStep:
		return map[string]float64{"loss": nll / weights, "nll": nll / weights}
	default:
		return map[string]float64{"loss": scaled / weights, "mse": squared / weights, "rmse": math.Sqrt(squared / weights), "mae": absolute / weights}
	}
}

func maximum(row []float64) float64 {
	most := math.Inf(-1)
	for _, v := range row {
		most = max(most, v)
	}
	return most
}

// In float64 a metric is the same in whatever batches the sequences come, but for the order of a sum of some hundred
// terms: 1e-12 relative is ample for that and nothing else.
func TestMetricsAreThoseOfTheSequences(t *testing.T) {
	t.Parallel()
	const tolerance = 1e-12
	for _, kind := range kinds {
		s := waves(45, 7, kind)
		s.weights = make([][]float64, s.Len())
		for i := range s.weights {
			s.weights[i] = make([]float64, 12)
			for j := range s.weights[i] {
				s.weights[i][j] = float64((i + j) % 3) // targets that do not count, and some that count twice
			}
		}
		for _, size := range []int{1, 7, 32, trainer.FullBatch} {
			e := noisy()
			e.layers = gru(4, kind.PerStep())
			e.dtype, e.train = tensor.Float64, s
			if kind.Labels() {
				e.smoothing = 0.1
			}
			e.trainer.BatchSize = size
			m := e.make(t)
			found, err := m.Evaluate(t.Context(), m.model, s)
			if err != nil {
				t.Fatal(err)
			}
			expected := reference(t, m, s, e.smoothing)
			if !reflect.DeepEqual(keys(found), keys(expected)) {
				t.Errorf("%v: found %v, expected %v", kind, keys(found), keys(expected))
			}
			for name, v := range expected {
				if math.Abs(found[name]-v) > tolerance*math.Abs(v) {
					t.Errorf("%v, batches of %d: found %s %v, expected %v", kind, size, name, found[name], v)
				}
			}
		}
	}
}

// The training metrics of the first epoch, in one batch and without noise, are those of the untrained model.
func TestTrainingMetrics(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		e := noisy()
		e.trainer = trainer.Config{MaxEpochs: 1, BatchSize: trainer.FullBatch}
		e.layers = gru(4, kind.PerStep())
		e.train, e.valid, e.solver.L2 = waves(20, 1, kind), nil, 0
		before := e.make(t)
		expected, err := before.Evaluate(t.Context(), before.model, e.train)
		if err != nil {
			t.Fatal(err)
		}
		found := e.mustFit(t).history.Epochs[0].Train
		for name, v := range expected { // float32, and the training pass may round otherwise
			if math.Abs(found[name]-v) > 1e-5*math.Abs(v) {
				t.Errorf("%v: found %s %v, expected %v", kind, name, found[name], v)
			}
		}
	}
}

// The training metrics of an epoch are the means over its own steps, each with the weights of its time.
func TestTrainingMetricsOfEachEpoch(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.train = waves(40, 1, data.ClassPerSequence) // five whole batches, which weigh the same
	e.solver.Schedule = solvers.ScheduleConfig{Name: solvers.ScheduleExponential}
	var sum, rate float64
	e.options.Callbacks = []trainer.Callback{
		on(trainer.EpochStart, func(*trainer.Event) error { sum = 0; return nil }),
		on(trainer.StepEnd, func(event *trainer.Event) error {
			sum += event.Loss
			rate = event.LearningRate
			return nil
		}),
		on(trainer.EpochEnd, func(event *trainer.Event) error {
			last := event.History.Epochs[event.Epoch-1]
			if math.Abs(last.Train["loss"]-sum/5) > 1e-6 { // the steps' means are float32
				t.Errorf("epoch %d: found loss %v, expected %v", event.Epoch, last.Train["loss"], sum/5)
			}
			if last.LearningRate != rate {
				t.Errorf("epoch %d: found learning rate %v, expected %v as in the last step", event.Epoch, last.LearningRate, rate)
			}
			return nil
		}),
	}
	e.mustFit(t)
}

func TestEvaluateLeavesNoTrace(t *testing.T) {
	t.Parallel()
	m := noisy().make(t)
	if _, err := m.fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	streams, err := m.streams.State()
	if err != nil {
		t.Fatal(err)
	}
	weights := values(m.model.Params())
	first, err := m.Evaluate(t.Context(), m.model, m.valid)
	if err != nil {
		t.Fatal(err)
	}
	second, err := m.Evaluate(t.Context(), m.model, m.valid)
	if err != nil {
		t.Fatal(err)
	}
	after, err := m.streams.State()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, second) || !reflect.DeepEqual(streams, after) || !reflect.DeepEqual(weights, values(m.model.Params())) {
		t.Error("found a change by an evaluation, expected none")
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Evaluate(ctx, m.model, m.valid); !isInterrupted(err) {
		t.Errorf("canceled: found %v", err)
	}
}

func TestEvaluateRefuses(t *testing.T) {
	t.Parallel()
	e := noisy()
	s := waves(5, 1, data.ClassPerSequence)
	s.weights = [][]float64{{0}, {0}, {0}, {0}, {0}}
	m := e.make(t)
	if found, err := m.Evaluate(t.Context(), m.model, s); err == nil || !strings.Contains(err.Error(), "no target") {
		t.Errorf("no target counts: found %v, expected an error (%v)", found, err)
	}
	s = waves(5, 1, data.ClassPerSequence)
	s.inputs[2][0][0] = math.NaN()
	found, err := m.Evaluate(t.Context(), m.model, s)
	if err != nil || !slices.Equal(found.Undefined(), []string{"loss", "nll"}) {
		t.Errorf("NaN in the data: found %v and %v, expected that loss and nll are undefined", found, err)
	}
	s.weights = [][]float64{{1}, {1}, {0}, {1}, {1}}
	if _, err := m.Evaluate(t.Context(), m.model, s); err != nil {
		t.Errorf("NaN where no target counts: %v", err)
	}
	if found, err := m.Evaluate(t.Context(), m.model, waves(5, 1, data.ValuesPerSequence)); err == nil {
		t.Errorf("data of another task: found %v, expected an error", found)
	}
}
