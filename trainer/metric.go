package trainer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// Metric computes one number from the rows of an evaluation. A row is a sequence, or a step of one where targets are per step.
type Metric interface {
	// Add takes a row into account. The row and its slices are valid during the call only. Rows of weight 0 do not come.
	Add(r *Row)
	// Value is the metric of all rows so far. An error says why it is undefined for them, and so does a number that is not
	// finite: the run continues with a warning, and the metric is null.
	Value() (float64, error)
}

// Row is a prediction with its target.
type Row struct {
	Sequence int // its index in the dataset

	Weight  float64
	Label   int       // of classes and tokens
	Scores  []float64 // of classes, tokens and events: the logits
	Targets []float64 // of events 0 or 1; of numbers in the units of the data
	Values  []float64 // of numbers: the predictions in the units of the data

	// Lower and Upper are the lowest and the highest predicted quantile of each number, in the units of the data; nil where the
	// model predicts none. Where the two cross they are exchanged.
	Lower, Upper []float64
	// Crossings is how many of the numbers have neighboring quantiles in the wrong order.
	Crossings int
}

// MetricFactory makes a metric that is not built in. It is known under its key in [Config.OwnMetrics].
type MetricFactory struct {
	// Higher says that higher is better: early_stopping and reduce_on_plateau need to know.
	Higher bool
	// Unit is "" for shares and other pure numbers.
	Unit string
	// Targets are the kinds of targets that have the metric; nil: all.
	Targets []data.TargetKind
	// New makes an empty metric, for each evaluation a new one. An error rejects the data before training.
	New func(spec data.Spec) (Metric, error)
}

// MetricFactories are metrics that are not built in, by name.
type MetricFactories map[string]MetricFactory

// Validate lists names that are taken or cannot be used and factories that make nothing.
func (f MetricFactories) Validate() fault.List {
	var faults fault.List
	for _, name := range slices.Sorted(maps.Keys(f)) {
		faults.Check(name != "" && !strings.ContainsAny(name, ". \t\n/"), name, name, "a name without dots, slashes and spaces")
		faults.Check(!isMetricName(name), name, name, "another name: %s is built in", name)
		faults.Check(f[name].New != nil, name, "no New", "a function that makes the metric")
	}
	return faults
}

// info is what there is to know of each, in alphabetical order.
func (f MetricFactories) info() []MetricInfo {
	var infos []MetricInfo
	for _, name := range slices.Sorted(maps.Keys(f)) {
		m := MetricInfo{Name: name, Unit: f[name].Unit, Targets: f[name].Targets, Optional: true, Higher: f[name].Higher}
		if m.Targets == nil {
			m.Targets = targetKinds()
		}
		infos = append(infos, m)
	}
	return infos
}

// HigherIsBetter says which way a metric gets better, given its name, as "accuracy", or that of a part of the data before it,
// as "valid.accuracy". It knows the built-in metrics too; a metric that it does not know is an error.
func (f MetricFactories) HigherIsBetter(name string) (bool, error) {
	m, known := f.find(withoutPart(name))
	if !known {
		return false, fault.Fault{
			What: "unknown metric, so that it is open whether higher is better", Found: name, Expected: "a built-in metric, or one that this program adds",
		}.Err()
	}
	return m.Higher, nil
}

// find finds a metric by name, built in or one of f.
func (f MetricFactories) find(name string) (m MetricInfo, known bool) {
	if _, ok := topOf(name); ok {
		name = topName(5)
	}
	all := f.Metrics()
	i := slices.IndexFunc(all, func(m MetricInfo) bool { return m.Name == name })
	if i < 0 {
		return MetricInfo{}, false
	}
	return all[i], true
}

// Metrics lists the built-in metrics and those of f.
func (f MetricFactories) Metrics() []MetricInfo { return append(Metrics(), f.info()...) }

// HigherIsBetter is [MetricFactories.HigherIsBetter] for the metrics that the configuration knows.
func (c Config) HigherIsBetter(name string) (bool, error) {
	return c.OwnMetrics.HigherIsBetter(name)
}

func isMetricName(name string) bool {
	if _, ok := (MetricFactories)(nil).find(name); ok {
		return true
	}
	return slices.Contains([]string{MetricGradientNorm, MetricPenalty, MetricActivity, MetricSpikes}, name)
}

// withoutPart takes "valid." and the like off a metric.
func withoutPart(name string) string {
	if _, metric, ofPart := strings.Cut(name, "."); ofPart {
		return metric
	}
	return name
}

// newOwn makes a metric that is not built in.
func (f MetricFactories) newOwn(name string, spec *data.Spec) (Metric, error) {
	m, err := f[name].New(*spec)
	if err == nil && m == nil {
		err = errors.New("found no metric, expected one")
	}
	return m, errors.WithMessagef(err, "metric %s", name)
}

// measured is the value of a metric; why says why there is none.
func measured(m Metric) (v float64, why string) {
	v, err := m.Value()
	switch {
	case err != nil:
		return math.NaN(), err.Error()
	case !isFinite(v):
		return math.NaN(), fmt.Sprintf("found %v, expected a finite number", v)
	}
	return v, ""
}
