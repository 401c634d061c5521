package trainer

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// Names of metrics. A row is a sequence, or a step of one where targets are per step; rows of weight 0 do not count.
// Where targets were scaled, what is in units is in the original ones.
const (
	MetricLoss       = "loss"        // mean over rows of what the model minimizes, of the data alone: without penalties
	MetricAccuracy   = "accuracy"    // share of the rows whose largest logit is that of the label
	MetricNLL        = "nll"         // nats per row, without smoothing, weights or focus; binary values: summed over the values
	MetricPerplexity = "perplexity"  // e^nll
	MetricMSE        = "mse"         // squared units: mean over rows and outputs of squared errors
	MetricRMSE       = "rmse"        // units: √mse
	MetricMAE        = "mae"         // units: mean over rows and outputs of absolute errors
	MetricExactMatch = "exact_match" // share of the sequences whose labels, the end token among them, all have the largest logit: what greedy decoding gets right

	// Those that a configuration asks for, measured in evaluations only.
	MetricF1Macro       = "f1_macro"           // mean over classes, or events, of 2·TP/(2·TP+FP+FN); those that are neither target nor prediction of any row are left out
	MetricF1Micro       = "f1_micro"           // the same of the sums of TP, FP and FN over classes or events; of classes it is the accuracy
	MetricAUC           = "auc"                // area under the ROC curve of each class against the rest by its probability, or of each event; mean over those that are the target of some rows and not of others
	MetricECE           = "ece"                // expected calibration error (Naeini et al. 2015; Guo et al. 2017, arXiv:1706.04599), 15 bins of the largest probability, or of an event's
	MetricBits          = "bits_per_character" // nll/log 2: bits per token, which is a character in the built-in sets
	MetricEventAccuracy = "event_accuracy"     // share of rows and events with a probability above 1/2 just where the event happens
	MetricR2            = "r2"                 // 1 − Σ(y−p)²/Σ(y−ȳ)², mean over outputs; of an output without any variance 1 if all is right, else 0
	MetricSMAPE         = "smape"              // percent, 0 to 200: mean of 200·|y−p|/(|y|+|p|), 0 where both are 0 (Makridakis 1993)
	MetricMASE          = "mase"               // mean of |y−p|/naive (Hyndman and Koehler 2006), where naive is that of the training part; see data.Spec
	MetricScaledMSE     = "scaled_mse"         // mean over rows and outputs of ((y−p)/s)², s the scale of the output's target in the training part: the mse of published tables of scaled series
	MetricScaledMAE     = "scaled_mae"         // mean of |y−p|/s likewise
	MetricCoverage      = "coverage"           // of the loss quantile: share of targets from the lowest to the highest quantile; it should be their difference
	MetricWidth         = "interval_width"     // units: mean distance from the lowest to the highest quantile
	MetricCrossings     = "quantile_crossings" // of the loss quantile: share of targets of which a lower quantile is predicted above a higher one; coverage, width and predictions have them sorted
	metricTopPrefix     = "top_"               // top_K_accuracy: share of the rows whose label is among the K largest logits
	metricTopSuffix     = "_accuracy"

	// MetricConfusion is no number, so it is no metric of an epoch: see [Trainer.Confusion].
	MetricConfusion = "confusion_matrix"

	// Of the training part only.
	MetricGradientNorm = "gradient_norm"    // Euclidean, of all gradients together and before any clipping: mean over batches
	MetricPenalty      = "penalty"          // where the solver has penalties: their value at the end of the epoch
	MetricActivity     = "activity_penalty" // where layers add to the cost of the data: the mean over batches of that
	MetricSpikes       = "spikes"           // where the solver watches for them: steps so far with a gradient that was suddenly long
)

// MetricInfo is what there is to know of a metric before it is measured.
type MetricInfo struct {
	Name     string
	Unit     string            // empty for shares and other pure numbers
	Targets  []data.TargetKind // that have it
	Optional bool              // only where a configuration asks for it
	Higher   bool              // higher is better

	Least, Most *float64 // that the metric cannot go below and above; nil: no such bound is known
}

func targetKinds() []data.TargetKind {
	return []data.TargetKind{
		data.ClassPerSequence, data.ClassPerStep, data.TokenPerStep, data.TokenSequence, data.BinaryPerStep, data.ValuesPerSequence, data.ValuesPerStep,
	}
}

// Metrics lists the built-in metrics. Of top_K_accuracy it has top_5_accuracy.
func Metrics() []MetricInfo {
	classes := []data.TargetKind{data.ClassPerSequence, data.ClassPerStep, data.TokenPerStep, data.TokenSequence}
	tokens := classes[2:]
	events := []data.TargetKind{data.BinaryPerStep}
	numbers := []data.TargetKind{data.ValuesPerSequence, data.ValuesPerStep}
	classesOrEvents := slices.Concat(classes, events)
	metrics := []MetricInfo{
		{Name: MetricLoss, Unit: "that of the loss", Targets: slices.Concat(classesOrEvents, numbers)},
		{Name: MetricNLL, Unit: "nats", Targets: classesOrEvents},
		{Name: MetricAccuracy, Targets: classes, Higher: true},
		{Name: MetricPerplexity, Targets: tokens},
		{Name: MetricExactMatch, Targets: classes[3:], Higher: true},
		{Name: MetricMSE, Unit: "units²", Targets: numbers},
		{Name: MetricRMSE, Unit: "units", Targets: numbers},
		{Name: MetricMAE, Unit: "units", Targets: numbers},

		{Name: topName(5), Targets: classes, Optional: true, Higher: true},
		{Name: MetricF1Macro, Targets: classesOrEvents, Optional: true, Higher: true},
		{Name: MetricF1Micro, Targets: classesOrEvents, Optional: true, Higher: true},
		{Name: MetricAUC, Targets: slices.Concat(classes[:2], events), Optional: true, Higher: true},
		{Name: MetricECE, Targets: classesOrEvents, Optional: true},
		{Name: MetricBits, Unit: "bits", Targets: tokens, Optional: true},
		{Name: MetricEventAccuracy, Targets: events, Optional: true, Higher: true},
		{Name: MetricConfusion, Targets: classes, Optional: true},
		{Name: MetricR2, Targets: numbers, Optional: true, Higher: true},
		{Name: MetricSMAPE, Unit: "%", Targets: numbers, Optional: true},
		{Name: MetricMASE, Targets: numbers, Optional: true},
		{Name: MetricScaledMSE, Targets: numbers, Optional: true},
		{Name: MetricScaledMAE, Targets: numbers, Optional: true},
		{Name: MetricCoverage, Targets: numbers, Optional: true, Higher: true},
		{Name: MetricWidth, Unit: "units", Targets: numbers, Optional: true},
		{Name: MetricCrossings, Targets: numbers, Optional: true},
	}
	shares := []string{MetricAccuracy, MetricExactMatch, topName(5), MetricF1Macro, MetricF1Micro, MetricAUC, MetricECE, MetricEventAccuracy, MetricCoverage, MetricCrossings}
	unbounded := []string{MetricR2, MetricConfusion}
	for i := range metrics {
		m := &metrics[i]
		if !slices.Contains(unbounded, m.Name) {
			m.Least = new(0.0)
		}
		switch {
		case slices.Contains(shares, m.Name), m.Name == MetricR2:
			m.Most = new(1.0)
		case m.Name == MetricPerplexity:
			m.Least = new(1.0)
		case m.Name == MetricSMAPE:
			m.Most = new(200.0)
		}
	}
	return metrics
}

// Bounds are the values that a built-in metric cannot go below and above, as 0 and 1 of an accuracy; nil: no such bound is known. The
// name may have a part of the data before it. The loss counts as bounded by 0; of all losses only poisson can go below.
func Bounds(name string) (least, most *float64) {
	m, _ := MetricFactories(nil).find(withoutPart(name))
	return m.Least, m.Most
}

// MetricNames lists the metrics that data with that kind of target always have.
func MetricNames(kind data.TargetKind) []string { return metricNames(kind, false) }

// OptionalMetricNames lists those that can be asked for.
func OptionalMetricNames(kind data.TargetKind) []string { return metricNames(kind, true) }

func metricNames(kind data.TargetKind, optional bool) []string {
	var names []string
	for _, m := range Metrics() {
		if m.Optional == optional && slices.Contains(m.Targets, kind) {
			names = append(names, m.Name)
		}
	}
	return names
}

func topName(k int) string { return metricTopPrefix + strconv.Itoa(k) + metricTopSuffix }

// topOf is the K of top_K_accuracy.
func topOf(name string) (k int, ok bool) {
	rest, is := strings.CutPrefix(name, metricTopPrefix)
	digits, ends := strings.CutSuffix(rest, metricTopSuffix)
	k, err := strconv.Atoi(digits)
	return k, is && ends && err == nil && k > 0 && topName(k) == name
}

// checkMetrics adds the faults of the list of optional metrics.
func (c Config) checkMetrics(faults *fault.List) {
	faults.Under("own_metrics", c.OwnMetrics.Validate())
	for i, name := range c.Metrics {
		m, known := c.OwnMetrics.find(name)
		path := "metrics." + strconv.Itoa(i)
		faults.Check(known && m.Optional, path, name, "one of %v, with any number for the 5", c.optionalMetrics())
		faults.Check(!slices.Contains(c.Metrics[:i], name), path, name, "every metric once")
	}
}

// hasNaive says whether there is a naive error above 0 for each target.
func hasNaive(spec data.Spec) bool {
	return len(spec.TargetNaive) == spec.Targets && slices.Min(spec.TargetNaive) > 0
}

// unchanging names the targets that do not change in the training part.
func unchanging(spec data.Spec) string {
	var names []string
	for i, naive := range spec.TargetNaive {
		if naive <= 0 {
			name := "target " + strconv.Itoa(i)
			if i < len(spec.TargetNames) {
				name = strconv.Quote(spec.TargetNames[i])
			}
			names = append(names, name)
		}
	}
	return cmp.Or(strings.Join(names, ", "), "targets of this kind")
}

func (c Config) optionalMetrics() []string {
	var names []string
	for _, m := range c.OwnMetrics.Metrics() {
		if m.Optional {
			names = append(names, m.Name)
		}
	}
	return names
}

// checkMetricsFor adds the faults of optional metrics that such data do not have.
func (c Config) checkMetricsFor(faults *fault.List, spec data.Spec) {
	for i, name := range c.Metrics {
		m, _ := c.OwnMetrics.find(name)
		path := "metrics." + strconv.Itoa(i)
		if !slices.Contains(m.Targets, spec.TargetKind) {
			var names []string
			for _, m := range c.OwnMetrics.Metrics() {
				if m.Optional && slices.Contains(m.Targets, spec.TargetKind) {
					names = append(names, m.Name)
				}
			}
			faults.Add(path, name, "one of %v: the targets are %v", names, spec.TargetKind)
			continue
		}
		faults.Check(name != MetricMASE || spec.Task != data.Regress, path, name, "no %s: numbers of the task %s are no series", MetricMASE, data.Regress)
		if name == MetricMASE && spec.Targets > 0 && !hasNaive(spec) {
			faults.Add(path, name, "no %s: it divides by the mean change from one row to the next in the training part, which is 0 or not known for %s", MetricMASE, unchanging(spec))
		}
		if k, ok := topOf(name); ok && spec.Targets > 0 {
			faults.Check(k < spec.Targets, path, name, "less than the %d classes that there are", spec.Targets)
		}
	}
}
