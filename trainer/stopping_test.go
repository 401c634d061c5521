package trainer

import (
	"math"
	"testing"
)

// The stops are those of Keras 3.8's EarlyStopping given the same numbers, worked out by hand from its source
// (keras/src/callbacks/early_stopping.py), with epochs counted from 1.
func TestStopping(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		rule   stoppingRule
		values []float64
		stop   int // the epoch after which the run ends; 0: it goes on
		best   int
		waited int
	}{
		{"improves all the time", stoppingRule{patience: 1}, []float64{5, 4, 3, 2}, 0, 4, 0},
		{"worse once", stoppingRule{patience: 1}, []float64{5, 4, 4.5, 3}, 3, 2, 1},
		{"equal is not better", stoppingRule{patience: 2}, []float64{5, 5, 5, 1}, 3, 1, 2},
		{"patience starts again", stoppingRule{patience: 2}, []float64{5, 6, 4, 6, 3, 6, 6}, 7, 5, 2},
		{"too little", stoppingRule{patience: 2, minDelta: 0.5}, []float64{5, 4.75, 4.5, 4}, 3, 1, 2},
		{"little by little it was enough", stoppingRule{patience: 3, minDelta: 0.5}, []float64{5, 4.75, 4.5, 4.25}, 0, 4, 0},
		{"higher is better", stoppingRule{patience: 2, higher: true}, []float64{0.1, 0.3, 0.2, 0.25}, 4, 2, 2},
		{"higher by enough", stoppingRule{patience: 1, higher: true, minDelta: 0.125}, []float64{0.5, 0.75, 0.875}, 3, 2, 1},
		{"first epochs do not count", stoppingRule{patience: 2, startEpoch: 3}, []float64{1, 2, 3, 9, 9, 9}, 6, 4, 2},
		{"not even as the best", stoppingRule{patience: 9, startEpoch: 1}, []float64{1, 3, 2, 4}, 0, 3, 1},
		{"nothing counted yet", stoppingRule{patience: 1, startEpoch: 5}, []float64{1, 2, 3}, 0, 0, 0},
		{"never", stoppingRule{patience: math.MaxInt}, []float64{1, 2, 3, 4}, 0, 1, 3},
		{"good enough", stoppingRule{patience: 5, stopping: new(2.0)}, []float64{3, 2, 1.5, 1}, 3, 3, 0},
		{"good enough although no better", stoppingRule{patience: 5, startEpoch: 0, minDelta: 9, stopping: new(2.0)}, []float64{3, 1}, 2, 1, 1},
		{"beyond hope", stoppingRule{patience: 5, divergence: new(4.0)}, []float64{3, 4, 4.5, 1}, 3, 1, 2},
		{"beyond hope, higher is better", stoppingRule{patience: 5, higher: true, divergence: new(0.1)}, []float64{0.5, 0.05}, 2, 1, 1},
		{"first epochs may be hopeless", stoppingRule{patience: 5, startEpoch: 1, divergence: new(4.0)}, []float64{9, 3}, 0, 2, 0},
		{"never as good as the baseline", stoppingRule{patience: 3, baseline: new(1.0)}, []float64{5, 4, 3, 2}, 3, 3, 3},
		{"as good as the baseline in time", stoppingRule{patience: 3, baseline: new(3.5)}, []float64{5, 4, 3, 2, 9, 9}, 0, 4, 2},
		{"undefined at first", stoppingRule{patience: 3}, []float64{math.NaN(), math.NaN(), 5, math.NaN(), 4}, 0, 5, 0},
		{"undefined for too long", stoppingRule{patience: 2}, []float64{5, math.NaN(), math.NaN()}, 3, 1, 2},
		{"never defined", stoppingRule{patience: 2, higher: true}, []float64{math.NaN(), math.NaN()}, 2, 0, 2},
		{"worst first", stoppingRule{patience: 1}, []float64{math.MaxFloat64, 1, 2}, 3, 2, 1},
	} {
		var s stopping
		stop := 0
		for i, v := range test.values {
			if s = s.next(test.rule, i+1, v); s.Stopped {
				stop = i + 1
				break
			}
		}
		if stop != test.stop || s.BestEpoch != test.best || s.Waited != test.waited {
			t.Errorf("%s: found stop %d, best %d, waited %d, expected %d, %d, %d",
				test.name, stop, s.BestEpoch, s.Waited, test.stop, test.best, test.waited)
		}
		if s.BestEpoch > 0 && s.Best != test.values[s.BestEpoch-1] {
			t.Errorf("%s: found best value %v, expected that of epoch %d", test.name, s.Best, s.BestEpoch)
		}
	}
}

func TestMonitor(t *testing.T) {
	t.Parallel()
	epoch := Epoch{Train: map[string]float64{"loss": 1}, Valid: map[string]float64{"loss": 2, "accuracy": 0.5}}
	for _, test := range []struct {
		cfg      *EarlyStoppingConfig
		hasValid bool
		higher   bool
		value    float64
	}{
		{nil, true, false, 2},
		{nil, false, false, 1},
		{&EarlyStoppingConfig{}, true, false, 2},
		{&EarlyStoppingConfig{Monitor: "train.loss"}, true, false, 1},
		{&EarlyStoppingConfig{Monitor: "valid.accuracy"}, true, true, 0.5},
		{&EarlyStoppingConfig{Monitor: "valid.accuracy", Mode: ModeMin}, true, false, 0.5},
		{&EarlyStoppingConfig{Monitor: "valid.loss", Mode: ModeMax}, true, true, 2},
	} {
		if test.cfg != nil {
			test.cfg = new(test.cfg.WithDefaults())
		}
		rule := Config{EarlyStopping: test.cfg}.WithDefaults().stoppingRule(test.hasValid)
		if rule.higher != test.higher || rule.value(epoch) != test.value {
			t.Errorf("%+v: found higher %v, value %v, expected %v, %v", test.cfg, rule.higher, rule.value(epoch), test.higher, test.value)
		}
	}
}
