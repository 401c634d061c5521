package layers

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
)

// Head is what a task wants at the end of a model.
type Head struct {
	Loss           Loss
	Units          int     // classes, events or numbers to predict
	PerStep        bool    // a prediction at every step, not one per sequence
	Sequence       bool    // a prediction at every step of a sequence of its own, which a decoder writes
	Causal         bool    // the targets are later inputs, so that no layer may look ahead
	Truncated      bool    // batches are windows of sequences, one after the other: every layer that remembers must carry its state
	LabelSmoothing float64 // ε of cross_entropy, in [0, 1): (1−ε)·nll + ε·mean over classes of −log p
	Options        LossOptions
}

// Validate lists what is wrong with the head.
func (h Head) Validate() fault.List {
	var l fault.List
	h.checkLoss(&l)
	checkUnits(&l, "units", h.Units)
	checkRate(&l, "label_smoothing", h.LabelSmoothing)
	l.Check(h.LabelSmoothing == 0 || h.Loss == CrossEntropy, "label_smoothing", h.LabelSmoothing,
		"0 with the loss %s: only %s has it", h.Loss, CrossEntropy)
	if h.Sequence {
		l.Check(slices.Contains(ClassLosses(), h.Loss), "loss", string(h.Loss), "one of %v: a decoder writes tokens", ClassLosses())
		l.Check(!h.PerStep && !h.Causal && !h.Truncated, "sequence", true, "false where the targets are steps of the input")
	}
	return l
}

// outputs declares what the loss reads beside the predictions and returns the outputs of the model.
func (h Head) outputs(b *graph.Builder, predictions *gorgonia.Node) (graph.Outputs, error) {
	shape := predictions.Shape()
	rows := shape[:shape.Dims()-1]
	weights, err := b.Input(graph.FeedWeights, b.Float(), rows...)
	if err != nil {
		return graph.Outputs{}, err
	}
	values := map[string]*gorgonia.Node{graph.OutputPredictions: predictions}

	rule, known := lossRuleOf(h.Loss)
	if !known {
		return graph.Outputs{}, errors.Errorf("loss: found %q, expected one of %v", h.Loss, Losses())
	}
	targets, err := h.targets(b, rule, shape)
	if err != nil {
		return graph.Outputs{}, err
	}
	losses, nll, err := rule.rows(b.Ops(), predictions, targets, h)
	if err != nil {
		return graph.Outputs{}, errors.WithMessage(err, string(h.Loss))
	}
	if nll != nil {
		values[graph.OutputNLL] = nll
	}
	points, err := h.points(b, predictions)
	if err != nil {
		return graph.Outputs{}, errors.WithMessage(err, string(h.Loss))
	}
	if points != nil {
		values[graph.OutputPoints] = points
	}
	values[graph.OutputLosses] = losses

	cost, err := op.WeightedMean(b.Ops(), losses, weights)
	if err != nil {
		return graph.Outputs{}, errors.WithMessage(err, "cost")
	}
	if penalties := b.Penalties(); len(penalties) > 0 {
		if values[graph.OutputPenalty], err = op.Total(b.Ops(), penalties...); err != nil {
			return graph.Outputs{}, errors.WithMessage(err, "penalties")
		}
		if cost, err = op.Total(b.Ops(), cost, values[graph.OutputPenalty]); err != nil {
			return graph.Outputs{}, errors.WithMessage(err, "cost")
		}
	}
	return graph.Outputs{Cost: cost, Values: values}, nil
}
