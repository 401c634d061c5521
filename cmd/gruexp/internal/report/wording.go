package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

// Counted is "1 epoch", "2 epochs".
func Counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Duration is tenths of a second where they matter.
func Duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Minute {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// Number has four digits after the point, or after the first one where it is very small or large.
func Number(v float64) string {
	if math.IsNaN(v) {
		return "undefined"
	}
	if v != 0 && (v < 1e-3 && v > -1e-3 || v >= 1e6 || v <= -1e6) {
		return fmt.Sprintf("%.4e", v)
	}
	return fmt.Sprintf("%.4f", v)
}

// Metrics lists the names of all metrics of these sets, what people look at first in front.
func Metrics(sets ...map[string]float64) []string {
	present := map[string]bool{}
	for _, set := range sets {
		for name := range set {
			present[name] = true
		}
	}
	var names []string
	for _, name := range MetricOrder() {
		if present[name] {
			names = append(names, name)
			delete(present, name)
		}
	}
	return append(names, slices.Sorted(maps.Keys(present))...)
}

// MetricOrder is what people look at first, then what a configuration asks for, in the order of the table.
func MetricOrder() []string {
	order := []string{
		trainer.MetricExactMatch, trainer.MetricAccuracy, sets.AccuracyUnseen, trainer.MetricMAE, trainer.MetricRMSE, trainer.MetricMSE,
		trainer.MetricNLL, trainer.MetricPerplexity, trainer.MetricLoss, trainer.MetricPenalty,
	}
	for _, m := range trainer.Metrics() {
		if m.Optional {
			order = append(order, m.Name)
		}
	}
	return order
}

// Unit says what a metric is counted in, given a set of metrics of the same model, which tell its task.
func Unit(metric string, of map[string]float64) string {
	switch metric {
	case trainer.MetricNLL:
		return nats(of)
	case trainer.MetricMAE, trainer.MetricRMSE:
		return "units"
	case trainer.MetricMSE:
		return "units²"
	case trainer.MetricLoss:
		if _, ok := of[trainer.MetricNLL]; ok {
			return nats(of)
		}
		return "scaled"
	default:
		for _, m := range trainer.Metrics() {
			if m.Name == metric {
				return m.Unit
			}
		}
		return ""
	}
}

// nats is of a sequence's class or, where a step is predicted, per step: only a class has an accuracy alone.
func nats(of map[string]float64) string {
	_, class := of[trainer.MetricAccuracy]
	_, token := of[trainer.MetricPerplexity]
	if class && !token {
		return "nats"
	}
	return "nats a step"
}
