package trainer_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// goldenMetrics are predictions with their metrics, by testdata/metrics.py.
type goldenMetrics struct {
	Kind                 string
	Outputs              int
	Scores               [][][]float64 // of each sequence, at each step
	Labels               [][]int
	Targets              [][][]float64
	Weights              [][]float64
	Scale, Offset, Naive []float64
	Metrics              map[string]float64
	Confusion            [][]float64
}

// A model that hands its inputs on is measured as the script measures them, in whatever batches they come.
func TestMetricsAreThoseOfNumpy(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/metrics.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenMetrics
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		i := slices.IndexFunc(kinds, func(k data.TargetKind) bool { return k.String() == c.Kind })
		kind := kinds[i]
		task := data.Next
		if !kind.PerStep() {
			task = data.Forecast
		}
		s := &sequences{
			spec: data.Spec{
				Task: task, Features: c.Outputs, Targets: c.Outputs, TargetKind: kind, TargetScale: c.Scale, TargetOffset: c.Offset, TargetNaive: c.Naive,
			},
			inputs: c.Scores, targets: c.Targets, labels: c.Labels, weights: c.Weights,
		}
		always := trainer.MetricNames(kind)
		optional := slices.DeleteFunc(slices.Sorted(maps.Keys(c.Metrics)), func(name string) bool { return slices.Contains(always, name) })
		for _, name := range append(always, trainer.OptionalMetricNames(kind)...) {
			if name == trainer.MetricCoverage || name == trainer.MetricWidth || name == trainer.MetricCrossings {
				continue // of quantiles, which these models have not
			}
			if name = strings.Replace(name, "top_5", "top_2", 1); name != "loss" && name != trainer.MetricConfusion && !slices.Contains(slices.Collect(maps.Keys(c.Metrics)), name) {
				t.Errorf("%s: found no golden of %s", c.Kind, name)
			}
		}
		for _, batch := range []int{1, 7, 100} {
			e := experiment{
				trainer: trainer.Config{BatchSize: batch, Metrics: optional},
				layers:  []layers.LayerConfig{{Pool: &layers.PoolConfig{Kind: layers.PoolLast}}, {Dense: &layers.DenseConfig{}}},
				dtype:   tensor.Float64, train: s,
			}
			if kind.PerStep() {
				e.layers = e.layers[1:]
			}
			m := e.make(t)
			for k, kernel := 0, m.model.Params()[0].Value.Float64s(); k < len(kernel); k++ {
				kernel[k] = 0
				if k%(c.Outputs+1) == 0 {
					kernel[k] = 1
				}
			}
			found, err := m.Evaluate(t.Context(), m.model, s)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range c.Metrics {
				// float64, and sums of some hundred terms in another order
				if math.Abs(found[name]-want) > 1e-12*math.Max(1, math.Abs(want)) {
					t.Errorf("%s in batches of %d: found %s %v, expected %v", c.Kind, batch, name, found[name], want)
				}
			}
			matrix, err := m.Confusion(t.Context(), m.model, s)
			if kind.Labels() != (err == nil) {
				t.Errorf("%s: confusion: found %v", c.Kind, err)
			}
			for i, row := range c.Confusion {
				if !slices.Equal(matrix[i], row) { // sums of halves are exact
					t.Errorf("%s: found confusion %v, expected %v", c.Kind, matrix, c.Confusion)
				}
			}
		}
	}
}

// An optional metric is measured on the validation part, and can be what a run is watched by.
func TestOptionalMetricsOfARun(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer.Metrics = []string{trainer.MetricF1Macro, trainer.MetricAUC, trainer.MetricConfusion}
	e.trainer.EarlyStopping = &trainer.EarlyStoppingConfig{Monitor: "valid.auc", Patience: new(3)}
	h := e.mustFit(t).history
	best := slices.MaxFunc(h.Epochs, func(a, b trainer.Epoch) int { return int(math.Copysign(1, a.Valid["auc"]-b.Valid["auc"])) })
	if h.Best().Valid["auc"] != best.Valid["auc"] || !(best.Valid["f1_macro"] > 0) {
		t.Errorf("found best epoch %d, expected the one with the greatest area, %v", h.BestEpoch, best)
	}
	if found := strings.Join(keys(h.Epochs[0].Train), " "); strings.Contains(found, "auc") {
		t.Errorf("found %s of the training part, expected only what it always has", found)
	}
}

func TestFaultsOfMetrics(t *testing.T) {
	t.Parallel()
	for want, metrics := range map[string][]string{
		`metrics.0: found "mase", expected one of [top_5_accuracy f1_macro f1_micro auc ece confusion_matrix]: the targets are class per sequence`: {"mase"},
		`metrics.0: found "f2", expected one of [top_5_accuracy f1_macro`:                                                                          {"f2"},
		`metrics.0: found "top_02_accuracy", expected one of`:                                                                                      {"top_02_accuracy"},
		`metrics.0: found "top_2_accuracy", expected less than the 2 classes`:                                                                      {"top_2_accuracy"},
		`metrics.1: found "auc", expected every metric once`:                                                                                       {"auc", "auc"},
		`metrics.0: found "accuracy", expected one of`:                                                                                             {"accuracy"},
	} {
		e := noisy()
		e.trainer.Metrics = metrics
		m, err := e.build()
		if err == nil {
			_, err = m.fit(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: found %v, expected %s", metrics, err, want)
		}
	}
	e := noisy()
	e.trainer = trainer.Config{Metrics: []string{"mase"}}
	e.train = waves(8, 1, data.ValuesPerStep)
	e.layers = gru(2, true)
	m := e.make(t)
	if _, err := m.Evaluate(t.Context(), m.model, e.train); err == nil || !strings.Contains(err.Error(), "which is 0 or not known for targets of this kind") {
		t.Errorf("found %v, expected a word about the changes of the training part", err)
	}
	constant := waves(8, 1, data.ValuesPerStep)
	constant.spec.TargetNames, constant.spec.TargetNaive = []string{"level"}, []float64{0}
	e.train = constant
	m = e.make(t)
	if _, err := m.Evaluate(t.Context(), m.model, e.train); err == nil || !strings.Contains(err.Error(), `in the training part, which is 0 or not known for "level"`) {
		t.Errorf("found %v, expected the name of the target that does not change", err)
	}
}

// Of a model that hands on three quantiles of each of two numbers, the outer ones are the interval, in original units.
func TestIntervals(t *testing.T) {
	t.Parallel()
	s := &sequences{
		spec: data.Spec{
			Task: data.Forecast, Features: 6, Targets: 2, TargetKind: data.ValuesPerSequence,
			TargetScale: []float64{2, 10}, TargetOffset: []float64{1, 0}, TargetNaive: []float64{1, 1},
		},
		// The intervals are 1 … 5 and 0 … 10 of the one, -1 … 3 and -10 … 0 of the other.
		inputs:  [][][]float64{{{0, 1, 2, 0, 0.5, 1}}, {{-1, 0, 1, -1, 0, 0}}},
		targets: [][][]float64{{{2, 1.1}}, {{1.5, -1}}},
		labels:  [][]int{nil, nil},
	}
	e := experiment{
		trainer: trainer.Config{Metrics: []string{trainer.MetricCoverage, trainer.MetricWidth, trainer.MetricCrossings}},
		layers:  []layers.LayerConfig{{Pool: &layers.PoolConfig{Kind: layers.PoolLast}}, {Dense: &layers.DenseConfig{}}},
		dtype:   tensor.Float64, train: s, loss: layers.QuantileLoss,
	}
	m := e.make(t)
	for k, kernel := 0, m.model.Params()[0].Value.Float64s(); k < len(kernel); k++ {
		kernel[k] = 0
		if k%7 == 0 {
			kernel[k] = 1
		}
	}
	found, err := m.Evaluate(t.Context(), m.model, s)
	if err != nil {
		t.Fatal(err)
	}
	// Ends are inside: 5 of 1 … 5 and -10 of -10 … 0 are covered, 11 and 4 are not.
	if found["coverage"] != 0.5 || found["interval_width"] != (4+10+4+10)/4 {
		t.Errorf("found %v, expected a coverage of 0.5 and a width of 7", found)
	}
	// The quantiles of 2, 0, 1 cross: sorted, they are an interval from 1 to 5 again.
	s.inputs[0][0], s.inputs[1][0] = []float64{2, 0, 1, 0, 0.5, 1}, []float64{-1, 0, 1, -1, 0, 0}
	if found, err = m.Evaluate(t.Context(), m.model, s); err != nil {
		t.Fatal(err)
	}
	if found["interval_width"] != 7 || found["coverage"] != 0.5 || found["quantile_crossings"] != 0.25 {
		t.Errorf("found %v, expected a width of 7, a coverage of 0.5 and one of four targets with crossing quantiles", found)
	}
	e.trainer.Metrics = e.trainer.Metrics[:2]
	e.loss = layers.MeanSquaredError
	e.layers = []layers.LayerConfig{{Pool: &layers.PoolConfig{Kind: layers.PoolLast}}, {Dense: &layers.DenseConfig{}}}
	m = e.make(t)
	if _, err := m.Evaluate(t.Context(), m.model, s); err == nil || !strings.Contains(err.Error(), "expected quantiles") {
		t.Errorf("found %v, expected a word about quantiles", err)
	}
	steps := 0
	e.options.Callbacks = countSteps(&steps)
	if _, err := e.make(t).fit(t.Context()); err == nil || !strings.Contains(err.Error(), "expected quantiles") || steps != 0 {
		t.Errorf("found %v after %d steps of training, expected a word about quantiles before the first has ended", err, steps)
	}
}
