package layers

import (
	"fmt"
	"math"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
)

// Loss names what a model minimizes. Each gives one number per row: per sequence, or per step of a sequence.
type Loss string

// The losses.
const (
	CrossEntropy       Loss = "cross_entropy"        // nats; the predictions are logits of classes, of which one is right
	FocalLoss          Loss = "focal"                // of cross_entropy: rows that are right already count less
	BinaryCrossEntropy Loss = "binary_cross_entropy" // nats, summed over the units; the predictions are logits of independent events
	BinaryFocalLoss    Loss = "binary_focal"         // of binary_cross_entropy: events that are right already count less
	MeanSquaredError   Loss = "mean_squared_error"   // mean over the units
	MeanAbsoluteError  Loss = "mean_absolute_error"  // mean over the units
	HuberLoss          Loss = "huber"                // mean over the units; squared for small, absolute for large errors
	LogCoshLoss        Loss = "log_cosh"             // mean over the units; the same without a threshold
	QuantileLoss       Loss = "quantile"             // mean over the units; a prediction for each quantile of each number
	PoissonLoss        Loss = "poisson"              // mean over the units; the predictions are logarithms of the rates of counts
)

// LossOptions are what some losses have and others do not. The zero value is the default of each.
type LossOptions struct {
	// ClassWeights multiply the loss of each class's rows, or of each event where it happens: one for each class or event, of
	// cross_entropy, focal, binary_cross_entropy and binary_focal; the mean stays one over rows; default: all 1
	ClassWeights []float64 `yaml:"class_weights,omitempty"`
	// Quantiles are what quantile predicts of each number, rising numbers between 0 and 1; default: [0.1, 0.5, 0.9]
	Quantiles []float64 `yaml:"quantiles,omitempty"`
	// Delta is the error in scaled units from which on huber is linear, above 0; default: 1
	Delta *float64 `yaml:"delta,omitempty"`
	// Gamma is the exponent of focal and binary_focal, above 0; default: 2
	Gamma *float64 `yaml:"gamma,omitempty"`
}

// lossRule is what there is to know of a loss.
type lossRule struct {
	name    Loss
	targets string      // the kind of targets it is of
	preset  LossOptions // the options that it has, at their defaults
	weighs  bool        // it has class weights
	// rows adds the nodes of the loss of each row and, where it differs, of the cross-entropy without what the loss does to
	// it. Targets are labels where the targets are classes.
	rows func(s *op.Scope, predictions, targets *gorgonia.Node, h Head) (losses, nll *gorgonia.Node, err error)
}

const (
	ofClasses = "classes"
	ofEvents  = "events"
	ofNumbers = "numbers"
)

// lossRules lists them. A new loss is a row here.
func lossRules() []lossRule {
	plain := func(f func(s *op.Scope, x, y *gorgonia.Node) (*gorgonia.Node, error)) func(*op.Scope, *gorgonia.Node, *gorgonia.Node, Head) (_, _ *gorgonia.Node, _ error) {
		return func(s *op.Scope, x, y *gorgonia.Node, _ Head) (losses, nll *gorgonia.Node, err error) {
			losses, err = f(s, x, y)
			return losses, nil, err
		}
	}
	return []lossRule{
		{CrossEntropy, ofClasses, LossOptions{}, true, classRows},
		{FocalLoss, ofClasses, LossOptions{Gamma: new(2.0)}, true, classRows},
		{BinaryCrossEntropy, ofEvents, LossOptions{}, true, eventRows},
		{BinaryFocalLoss, ofEvents, LossOptions{Gamma: new(2.0)}, true, eventRows},
		{MeanSquaredError, ofNumbers, LossOptions{}, false, plain(op.SquaredError)},
		{MeanAbsoluteError, ofNumbers, LossOptions{}, false, plain(op.AbsoluteError)},
		{HuberLoss, ofNumbers, LossOptions{Delta: new(1.0)}, false, func(s *op.Scope, x, y *gorgonia.Node, h Head) (losses, nll *gorgonia.Node, err error) {
			losses, err = op.Huber(s, x, y, *h.Options.Delta)
			return losses, nil, err
		}},
		{LogCoshLoss, ofNumbers, LossOptions{}, false, plain(op.LogCosh)},
		{QuantileLoss, ofNumbers, LossOptions{Quantiles: []float64{0.1, 0.5, 0.9}}, false, func(s *op.Scope, x, y *gorgonia.Node, h Head) (losses, nll *gorgonia.Node, err error) {
			losses, err = op.Quantile(s, x, y, h.Options.Quantiles)
			return losses, nil, err
		}},
		{PoissonLoss, ofNumbers, LossOptions{}, false, plain(op.Poisson)},
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

// Losses lists every loss.
func Losses() []Loss { return lossesOf(ofClasses, ofEvents, ofNumbers) }

// ClassLosses lists the losses of targets that are classes, the usual one first.
func ClassLosses() []Loss { return lossesOf(ofClasses) }

// EventLosses lists the losses of targets that are independent events, the usual one first.
func EventLosses() []Loss { return lossesOf(ofEvents) }

// NumberLosses lists the losses of targets that are numbers, the usual one first.
func NumberLosses() []Loss { return lossesOf(ofNumbers) }

func lossesOf(targets ...string) []Loss {
	var names []Loss
	for _, r := range lossRules() {
		if slices.Contains(targets, r.targets) {
			names = append(names, r.name)
		}
	}
	return names
}

// takesLogits says whether a prediction is the argument of a probability, so that nothing may come between it and the layer.
func (l Loss) takesLogits() bool {
	rule, _ := lossRuleOf(l)
	return rule.targets != ofNumbers || l == PoissonLoss
}

// WithDefaults fills in the options that the loss has.
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
		l.Check(len(o.Quantiles) > 0 && rising && inside, "quantiles", o.Quantiles, "rising numbers between 0 and 1")
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

// median is the place of the quantile nearest to 1/2.
func (o LossOptions) median() int {
	best := 0
	for i, q := range o.Quantiles {
		if math.Abs(q-0.5) < math.Abs(o.Quantiles[best]-0.5) {
			best = i
		}
	}
	return best
}

// focus is γ, 0 where the loss has none.
func (o LossOptions) focus() float64 {
	if o.Gamma == nil {
		return 0
	}
	return *o.Gamma
}

// classRows are the losses of classes.
func classRows(s *op.Scope, logits, labels *gorgonia.Node, h Head) (losses, nll *gorgonia.Node, err error) {
	if losses, err = op.SoftmaxCrossEntropy(s, logits, labels, h.LabelSmoothing); err != nil {
		return nil, nil, err
	}
	if h.LabelSmoothing > 0 {
		if nll, err = op.SoftmaxCrossEntropy(s, logits, labels, 0); err != nil {
			return nil, nil, err
		}
	}
	if h.Options.ClassWeights == nil && h.Options.Gamma == nil {
		return losses, nll, nil
	}
	if nll == nil {
		nll = losses
	}
	losses, err = op.Focal(s, losses, labels, h.Options.ClassWeights, h.Options.focus())
	return losses, nll, err
}

// eventRows are the losses of independent events.
func eventRows(s *op.Scope, logits, targets *gorgonia.Node, h Head) (losses, nll *gorgonia.Node, err error) {
	nll, err = op.BinaryCrossEntropy(s, logits, targets)
	if err != nil || h.Options.ClassWeights == nil && h.Options.Gamma == nil {
		return nll, nil, err
	}
	losses, err = op.WeightedBinaryCrossEntropy(s, logits, targets, h.Options.ClassWeights, h.Options.focus())
	return losses, nll, err
}

// points are what is compared with targets where that is not the predictions themselves, else nil: the quantile nearest to the
// median, the rates of counts.
func (h Head) points(b *graph.Builder, predictions *gorgonia.Node) (*gorgonia.Node, error) {
	columns := make([]int, h.Units)
	for k := range columns {
		columns[k] = k
	}
	switch h.Loss {
	case QuantileLoss:
		for k := range columns {
			columns[k] = k*len(h.Options.Quantiles) + h.Options.median()
		}
		return op.Points(b.Ops(), predictions, columns, false)
	case PoissonLoss:
		return op.Points(b.Ops(), predictions, columns, true)
	default:
		return nil, nil
	}
}

// width is how many numbers the last layer gives.
func (h Head) width() int {
	if h.Loss == QuantileLoss {
		return h.Units * len(h.Options.Quantiles)
	}
	return h.Units
}

// targets declares what the predictions are compared with.
func (h Head) targets(b *graph.Builder, rule lossRule, predictions tensor.Shape) (*gorgonia.Node, error) {
	rows := predictions[:predictions.Dims()-1]
	if rule.targets == ofClasses {
		return b.Input(graph.FeedLabels, tensor.Int, rows...)
	}
	return b.Input(graph.FeedTargets, b.Float(), append(rows.Clone(), h.Units)...)
}

// checkLoss adds the faults of the loss and its options.
func (h Head) checkLoss(l *fault.List) {
	rule, known := lossRuleOf(h.Loss)
	l.Check(known, "loss", string(h.Loss), "one of %v", Losses())
	l.Under("loss_options", h.Options.Validate(h.Loss))
	if weights := h.Options.ClassWeights; weights != nil && rule.weighs && h.Units > 0 {
		l.Check(len(weights) == h.Units, "loss_options.class_weights", fmt.Sprintf("%d weights", len(weights)), "%d, as there are %s", h.Units, rule.targets)
	}
}
