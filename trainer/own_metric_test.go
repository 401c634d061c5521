package trainer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// count is an added metric: how many rows it has seen; undefined for fewer than least.
type count struct {
	rows  float64
	least float64
}

func (c *count) Add(r *trainer.Row) { c.rows += r.Weight }

func (c *count) Value() (float64, error) {
	if c.rows < c.least {
		return 0, errors.New("too few rows")
	}
	return c.rows, nil
}

func counting(least float64) trainer.MetricFactory {
	return trainer.MetricFactory{Higher: true, New: func(data.Spec) (trainer.Metric, error) { return &count{least: least}, nil }}
}

func TestOwnMetricIsMonitored(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer.Metrics, e.trainer.OwnMetrics = []string{"rows"}, trainer.MetricFactories{"rows": counting(0)}
	e.trainer.EarlyStopping = &trainer.EarlyStoppingConfig{Monitor: "valid.rows", StoppingThreshold: new(20.5)}
	e.trainer.ReduceOnPlateau.Monitor = "valid.rows"
	h := e.mustFit(t).history
	if h.StopReason != trainer.StopThreshold || h.BestEpoch != 1 || h.Epochs[0].Valid["rows"] != 21 {
		t.Errorf("found %v, best epoch %d, %v; expected the threshold to be reached by 21 rows", h.StopReason, h.BestEpoch, h.Epochs[0].Valid)
	}
	if higher, err := e.trainer.HigherIsBetter("valid.rows"); err != nil || !higher {
		t.Errorf("found %v and %v, expected the direction of the factory", higher, err)
	}
	if _, err := (trainer.Config{}).HigherIsBetter("valid.rows"); err == nil {
		t.Error("found a direction of a metric that is not known, expected an error")
	}
}

func TestOwnMetricsAreCheckedBeforeTraining(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(c *trainer.Config)
		want   string
	}{
		"taken":     {func(c *trainer.Config) { c.OwnMetrics = trainer.MetricFactories{"auc": counting(0)} }, "auc is built in"},
		"taken top": {func(c *trainer.Config) { c.OwnMetrics = trainer.MetricFactories{"top_3_accuracy": counting(0)} }, "is built in"},
		"no name":   {func(c *trainer.Config) { c.OwnMetrics = trainer.MetricFactories{"a.b": counting(0)} }, "a name without dots"},
		"no maker":  {func(c *trainer.Config) { c.OwnMetrics = trainer.MetricFactories{"mine": {}} }, "a function that makes the metric"},
		"unknown":   {func(c *trainer.Config) { c.Metrics = []string{"mine"} }, "metrics.0"},
		"not listed": {func(c *trainer.Config) {
			c.OwnMetrics = trainer.MetricFactories{"mine": counting(0)}
			c.EarlyStopping.Monitor = "valid.mine"
		}, "add mine there"},
		"misspelled": {func(c *trainer.Config) { c.EarlyStopping.Monitor = "valid.worst_recall" }, "worst_recall"},
		"other targets": {func(c *trainer.Config) {
			f := counting(0)
			f.Targets = []data.TargetKind{data.ValuesPerStep}
			c.OwnMetrics, c.Metrics = trainer.MetricFactories{"mine": f}, []string{"mine"}
		}, "metrics.0"},
		"broken": {func(c *trainer.Config) {
			f := trainer.MetricFactory{New: func(data.Spec) (trainer.Metric, error) { return nil, errors.New("no such data") }}
			c.OwnMetrics, c.Metrics = trainer.MetricFactories{"mine": f}, []string{"mine"}
		}, "no such data"},
	} {
		e := noisy()
		test.change(&e.trainer)
		m, err := e.build()
		if err == nil {
			if name != "other targets" && name != "broken" {
				t.Errorf("%s: found no error by New", name)
			}
			_, err = m.fit(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: found %v, expected it to say %q", name, err, test.want)
		}
	}
}

// A metric that is undefined for the data is null in the epochs, and neither training, resuming nor evaluating fails by it.
func TestUndefinedMetric(t *testing.T) {
	t.Parallel()
	e := noisy()
	one := waves(21, 2, data.ClassPerSequence)
	for i := range one.labels {
		one.labels[i][0] = 1
	}
	e.valid = one
	e.trainer.Metrics, e.trainer.OwnMetrics = []string{"auc", "rows", "nan"}, trainer.MetricFactories{
		"rows": counting(1000), "nan": {New: func(data.Spec) (trainer.Metric, error) { return &count{rows: math.NaN()}, nil }},
	}
	e.trainer.EarlyStopping = &trainer.EarlyStoppingConfig{Monitor: "valid.auc", Patience: new(2)}
	e.options.Checkpoints, e.options.Resume = t.TempDir(), true
	var warnings []string
	e.options.Callbacks = []trainer.Callback{on(trainer.Warning, func(event *trainer.Event) error {
		warnings = append(warnings, event.Message)
		return nil
	})}
	m := e.make(t)
	h, err := m.fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if h.StopReason != trainer.StopEarly || h.BestEpoch != 0 || len(h.Epochs) != 2 {
		t.Errorf("found %s after %d epochs with the best one %d, expected the end of patience without a best epoch", h.StopReason, len(h.Epochs), h.BestEpoch)
	}
	if found := h.Epochs[0].Valid.Undefined(); !slices.Equal(found, []string{"auc", "nan", "rows"}) {
		t.Errorf("found undefined %v", found)
	}
	if len(warnings) != 3 || !strings.Contains(warnings[0], "valid.auc is undefined and reported as null: metric auc: found no class") {
		t.Errorf("found the warnings %q, expected one for each metric", warnings)
	}
	text, err := json.Marshal(h.Epochs[0])
	if err != nil || !bytes.Contains(text, []byte(`"auc":null`)) {
		t.Errorf("found %s and %v, expected null", text, err)
	}
	var again trainer.Epoch
	if err := json.Unmarshal(text, &again); err != nil || !slices.Equal(again.Valid.Undefined(), []string{"auc", "nan", "rows"}) || again.Valid["loss"] != h.Epochs[0].Valid["loss"] {
		t.Errorf("found %v and %v when it was read back", again.Valid, err)
	}
	resumed, err := e.make(t).fit(t.Context())
	if err != nil || resumed.StopReason != h.StopReason || len(resumed.Epochs) != 2 {
		t.Errorf("resumed: found %+v and %v", resumed, err)
	}
	values, err := m.Evaluate(t.Context(), m.model, e.valid)
	if err != nil || !math.IsNaN(values["auc"]) || math.IsNaN(values["loss"]) {
		t.Errorf("evaluated: found %v and %v", values, err)
	}
}

// Targets beyond all bounds make sums that JSON has no number for. Checkpoints are written all the same.
func TestHugeTargetsEndNoRun(t *testing.T) {
	t.Parallel()
	e := noisy()
	huge := waves(37, 1, data.ValuesPerSequence)
	huge.spec.TargetScale, huge.spec.TargetOffset = []float64{1e200, 1}, []float64{0, 0}
	e.train, e.valid = huge, huge
	e.trainer.EarlyStopping, e.trainer.ReduceOnPlateau, e.trainer.MaxSteps = nil, nil, 7
	e.options.Checkpoints, e.options.Resume = t.TempDir(), true
	for range 3 { // a budget of 7 steps each: all but the last end within an epoch of 5
		h, err := e.make(t).fit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(h.Epochs[0].Valid.Undefined(), []string{"mse", "rmse"}) || !reflect.DeepEqual(h.Epochs[0].Train.Undefined(), []string{"mse", "rmse"}) {
			t.Errorf("found %v and %v, expected that the squares are undefined", h.Epochs[0].Train, h.Epochs[0].Valid)
		}
	}
}
