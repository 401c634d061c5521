package layers

import (
	"github.com/pkg/errors"
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
	BinaryCrossEntropy Loss = "binary_cross_entropy" // nats, summed over the units; the predictions are logits of independent events
	MeanSquaredError   Loss = "mean_squared_error"   // mean over the units
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
}

// Validate lists what is wrong with the head.
func (h Head) Validate() fault.List {
	var l fault.List
	switch h.Loss {
	case CrossEntropy, BinaryCrossEntropy, MeanSquaredError:
	default:
		l.Add("loss", string(h.Loss), "one of %v", []Loss{CrossEntropy, BinaryCrossEntropy, MeanSquaredError})
	}
	checkUnits(&l, "units", h.Units)
	checkRate(&l, "label_smoothing", h.LabelSmoothing)
	l.Check(h.LabelSmoothing == 0 || h.Loss == CrossEntropy, "label_smoothing", h.LabelSmoothing,
		"0 with the loss %s: only %s has it", h.Loss, CrossEntropy)
	if h.Sequence {
		l.Check(h.Loss == CrossEntropy, "loss", string(h.Loss), "%s: a decoder writes tokens", CrossEntropy)
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

	var losses *gorgonia.Node
	switch h.Loss {
	case CrossEntropy:
		labels, err := b.Input(graph.FeedLabels, tensor.Int, rows...)
		if err != nil {
			return graph.Outputs{}, err
		}
		if losses, err = op.SoftmaxCrossEntropy(b.Ops(), predictions, labels, h.LabelSmoothing); err != nil {
			return graph.Outputs{}, errors.WithMessage(err, string(h.Loss))
		}
		if h.LabelSmoothing > 0 {
			nll, err := op.SoftmaxCrossEntropy(b.Ops(), predictions, labels, 0)
			if err != nil {
				return graph.Outputs{}, errors.WithMessage(err, string(h.Loss))
			}
			values[graph.OutputNLL] = nll
		}
	default:
		targets, err := b.Input(graph.FeedTargets, b.Float(), shape...)
		if err != nil {
			return graph.Outputs{}, err
		}
		rowsOf := op.SquaredError
		if h.Loss == BinaryCrossEntropy {
			rowsOf = op.BinaryCrossEntropy
		}
		if losses, err = rowsOf(b.Ops(), predictions, targets); err != nil {
			return graph.Outputs{}, errors.WithMessage(err, string(h.Loss))
		}
	}
	values[graph.OutputLosses] = losses

	cost, err := op.WeightedMean(b.Ops(), losses, weights)
	if err != nil {
		return graph.Outputs{}, errors.WithMessage(err, "cost")
	}
	return graph.Outputs{Cost: cost, Values: values}, nil
}
