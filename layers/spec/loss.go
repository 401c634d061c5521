package spec

import (
	"math"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
)

// Loss names what a model minimizes. Each gives one number per row: per sequence, or per step of a sequence.
type Loss string

// The losses.
const (
	CrossEntropy       Loss = "cross_entropy"        // nats; the predictions are logits of classes, of which one is right
	FocalLoss          Loss = "focal"                // of cross_entropy: rows that are already right count less
	BinaryCrossEntropy Loss = "binary_cross_entropy" // nats, summed over the units; the predictions are logits of independent events
	BinaryFocalLoss    Loss = "binary_focal"         // of binary_cross_entropy: events that are already right count less
	MeanSquaredError   Loss = "mean_squared_error"   // mean over the units
	MeanAbsoluteError  Loss = "mean_absolute_error"  // mean over the units
	HuberLoss          Loss = "huber"                // mean over the units; squared for small, absolute for large errors
	LogCoshLoss        Loss = "log_cosh"             // mean over the units; the same without a threshold
	QuantileLoss       Loss = "quantile"             // mean over the units; a prediction for each quantile of each number
	PoissonLoss        Loss = "poisson"              // mean over the units; the predictions are logarithms of the rates of counts
)

// LossOptions are options that some losses have and others do not. The zero value is the default of each.
type LossOptions struct {
	// ClassWeights multiply the loss of each class's rows, or of each event where it happens: one for each class or event, of
	// cross_entropy, focal, binary_cross_entropy and binary_focal; classes are in the order of their texts, 10 before 2, and training says
	// which has which weight; the mean stays one over rows; default: all 1
	ClassWeights []float64 `yaml:"class_weights,omitempty"`
	// Quantiles are what quantile predicts of each number, increasing numbers between 0 and 1; default: [0.1, 0.5, 0.9]
	Quantiles []float64 `yaml:"quantiles,omitempty"`
	// Delta is the error in scaled units above which huber is linear, above 0; default: 1
	Delta *float64 `yaml:"delta,omitempty"`
	// Gamma is the exponent of focal and binary_focal, above 0; default: 2
	Gamma *float64 `yaml:"gamma,omitempty"`
}

// Targets says what predictions are compared with.
type Targets string

// The kinds of targets.
const (
	ClassTargets  Targets = "classes" // one class of several: a label, from 0
	EventTargets  Targets = "events"  // independent events: numbers from 0 to 1
	NumberTargets Targets = "numbers"
)

// CustomLoss is a loss that is not built in. Package layers says what else it needs in order to be computed. A loss whose
// predictions are more or fewer numbers than the units of the task has a method Width(units int) int, too.
type CustomLoss interface {
	// Targets is the kind of targets that the loss compares predictions with.
	Targets() Targets
}

// lossRule is what there is to know of a loss.
type lossRule struct {
	name    Loss
	targets Targets
	preset  LossOptions // the options that it has, at their defaults
	weighs  bool        // it has class weights
}

// lossRules lists them.
func lossRules() []lossRule {
	return []lossRule{
		{CrossEntropy, ClassTargets, LossOptions{}, true},
		{FocalLoss, ClassTargets, LossOptions{Gamma: new(2.0)}, true},
		{BinaryCrossEntropy, EventTargets, LossOptions{}, true},
		{BinaryFocalLoss, EventTargets, LossOptions{Gamma: new(2.0)}, true},
		{MeanSquaredError, NumberTargets, LossOptions{}, false},
		{MeanAbsoluteError, NumberTargets, LossOptions{}, false},
		{HuberLoss, NumberTargets, LossOptions{Delta: new(1.0)}, false},
		{LogCoshLoss, NumberTargets, LossOptions{}, false},
		{QuantileLoss, NumberTargets, LossOptions{Quantiles: []float64{0.1, 0.5, 0.9}}, false},
		{PoissonLoss, NumberTargets, LossOptions{}, false},
	}
}

func lossRuleOf(name Loss) (lossRule, bool) {
	all := lossRules()
	i := slices.IndexFunc(all, func(r lossRule) bool { return r.name == name })
	if i < 0 {
		return lossRule{}, false
	}
	return all[i], true
}

// Losses lists every built-in loss.
func Losses() []Loss { return lossesOf(ClassTargets, EventTargets, NumberTargets) }

// ClassLosses lists the losses of targets that are classes, the usual one first.
func ClassLosses() []Loss { return lossesOf(ClassTargets) }

// EventLosses lists the losses of targets that are independent events, the usual one first.
func EventLosses() []Loss { return lossesOf(EventTargets) }

// NumberLosses lists the losses of targets that are numbers, the usual one first.
func NumberLosses() []Loss { return lossesOf(NumberTargets) }

func lossesOf(targets ...Targets) []Loss {
	var names []Loss
	for _, r := range lossRules() {
		if slices.Contains(targets, r.targets) {
			names = append(names, r.name)
		}
	}
	return names
}

// TargetsOf is the kind of the targets of a built-in loss, empty for any other name.
func TargetsOf(l Loss) Targets {
	rule, _ := lossRuleOf(l)
	return rule.targets
}

// WithDefaults returns o with the options that the loss has.
func (o LossOptions) WithDefaults(of Loss) LossOptions {
	rule, _ := lossRuleOf(of)
	if o.Quantiles == nil {
		o.Quantiles = rule.preset.Quantiles
	}
	setDefault(&o.Delta, rule.preset.Delta)
	setDefault(&o.Gamma, rule.preset.Gamma)
	return o
}

// Validate lists what is wrong with the options of a loss whose defaults are filled in.
func (o LossOptions) Validate(of Loss) fault.List {
	var l fault.List
	rule, known := lossRuleOf(of)
	if !known {
		return nil
	}
	const absent = "nothing: the loss %s has no %s"
	positive := func(v float64) bool { return v > 0 && !math.IsInf(v, 1) }
	if o.ClassWeights != nil {
		l.Check(rule.weighs, "class_weights", o.ClassWeights, absent, of, "class_weights")
		l.Check(!slices.ContainsFunc(o.ClassWeights, func(w float64) bool { return !(w == 0 || positive(w)) }) && slices.ContainsFunc(o.ClassWeights, positive),
			"class_weights", o.ClassWeights, "finite numbers of at least 0, not all of them 0")
	}
	switch {
	case o.Quantiles == nil:
	case rule.preset.Quantiles == nil:
		l.Add("quantiles", o.Quantiles, absent, of, "quantiles")
	default:
		rising := slices.IsSorted(o.Quantiles) && len(slices.Compact(slices.Clone(o.Quantiles))) == len(o.Quantiles)
		inside := !slices.ContainsFunc(o.Quantiles, func(q float64) bool { return !(q > 0 && q < 1) })
		l.Check(len(o.Quantiles) > 0 && rising && inside, "quantiles", o.Quantiles, "increasing numbers between 0 and 1")
	}
	switch {
	case o.Delta == nil:
	case rule.preset.Delta == nil:
		l.Add("delta", *o.Delta, absent, of, "delta")
	default:
		l.Check(positive(*o.Delta), "delta", *o.Delta, "a finite number above 0")
	}
	switch {
	case o.Gamma == nil:
	case rule.preset.Gamma == nil:
		l.Add("gamma", *o.Gamma, absent, of, "gamma")
	default:
		l.Check(positive(*o.Gamma), "gamma", *o.Gamma, "a finite number above 0")
	}
	return l
}

// isZero tells whether no option is set.
func (o LossOptions) isZero() bool {
	return o.ClassWeights == nil && o.Quantiles == nil && o.Delta == nil && o.Gamma == nil
}

// Median is the place of the quantile nearest to 1/2.
func (o LossOptions) Median() int {
	best := 0
	for i, q := range o.Quantiles {
		if math.Abs(q-0.5) < math.Abs(o.Quantiles[best]-0.5) {
			best = i
		}
	}
	return best
}

// Focus is γ, 0 if the loss has none.
func (o LossOptions) Focus() float64 {
	if o.Gamma == nil {
		return 0
	}
	return *o.Gamma
}
