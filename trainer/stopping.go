package trainer

import (
	"math"
	"strings"
)

const (
	trainPrefix = "train."
	validPrefix = "valid."
)

// stoppingRule says when a metric has failed to improve for too long, and which epoch was the best.
type stoppingRule struct {
	monitor    string
	higher     bool // higher is better
	minDelta   float64
	relative   bool // minDelta is a share of the best
	patience   int
	startEpoch int

	baseline, stopping, divergence *float64 // nil: none
}

// stopping is how far a rule has come. It is a pure value: next has no memory but its receiver.
type stopping struct {
	Best      float64 `json:"best"`
	BestEpoch int     `json:"best_epoch"` // 0: none yet
	Waited    int     `json:"waited"`     // epochs in a row without improvement
	Stopped   bool    `json:"stopped"`

	Reason StopReason `json:"reason,omitempty"` // where it stopped
}

// stoppingRuleOf is the rule of a valid configuration, or without one a rule that never ends a run but knows its best
// epoch.
func (c Config) stoppingRule(hasValid bool) stoppingRule {
	switch cfg := c.EarlyStopping; {
	case cfg != nil:
		return stoppingRule{
			monitor: cfg.Monitor, higher: c.isHigherBetter(cfg.Monitor, cfg.Mode), minDelta: cfg.MinDelta, patience: max(1, *cfg.Patience),
			startEpoch: cfg.StartEpoch, baseline: cfg.Baseline, stopping: cfg.StoppingThreshold, divergence: cfg.DivergenceThreshold,
		}
	default:
		return lossRule(hasValid)
	}
}

// lossRule never ends a run; its best epoch is that with the least loss.
func lossRule(hasValid bool) stoppingRule {
	if hasValid {
		return stoppingRule{monitor: validPrefix + MetricLoss, patience: math.MaxInt}
	}
	return stoppingRule{monitor: trainPrefix + MetricLoss, patience: math.MaxInt}
}

// isHigherBetter is for a monitor that [Config.Validate] has accepted, so that its metric is known.
func (c Config) isHigherBetter(monitor, mode string) bool {
	if mode != ModeAuto {
		return mode == ModeMax
	}
	higher, _ := c.HigherIsBetter(monitor)
	return higher
}

// next is the state after an epoch (counted from 1) with that value of the monitor. An epoch in which the monitor is undefined, NaN,
// is one without improvement.
func (s stopping) next(rule stoppingRule, epoch int, value float64) stopping {
	if epoch <= rule.startEpoch {
		return s
	}
	s.Waited++
	if s.BestEpoch == 0 && !math.IsNaN(value) || rule.improves(value, s.Best) {
		s.Best, s.BestEpoch = value, epoch
		if rule.baseline == nil || rule.improves(value, *rule.baseline) {
			s.Waited = 0
		}
	}
	switch {
	case rule.stopping != nil && rule.better(value, *rule.stopping):
		s.Stopped, s.Reason = true, StopThreshold
	case rule.divergence != nil && rule.better(*rule.divergence, value):
		s.Stopped, s.Reason = true, StopDivergence
	case s.Waited >= rule.patience:
		s.Stopped, s.Reason = true, StopEarly
	}
	return s
}

func (r stoppingRule) better(value, than float64) bool {
	if r.higher {
		return value > than
	}
	return value < than
}

func (r stoppingRule) improves(value, best float64) bool {
	delta := r.minDelta
	if r.relative {
		delta *= math.Abs(best)
	}
	if r.higher {
		return value-delta > best
	}
	return value+delta < best
}

// value picks the monitor out of an epoch.
func (r stoppingRule) value(e Epoch) float64 {
	set, metric, _ := splitMonitor(r.monitor)
	if set == validPrefix {
		return e.Valid[metric]
	}
	return e.Train[metric]
}

// splitMonitor parts "valid.loss" into "valid." and "loss".
func splitMonitor(monitor string) (set, metric string, ok bool) {
	for _, set := range []string{trainPrefix, validPrefix} {
		if metric, ok := strings.CutPrefix(monitor, set); ok && metric != "" {
			return set, metric, true
		}
	}
	return "", "", false
}
