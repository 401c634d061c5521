package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// LossFunction is a loss that is not built in.
type LossFunction interface {
	spec.CustomLoss
	// Rows adds the loss of each row to the graph, given predictions [B,units] or [T,B,units] and targets of the same shape; class
	// targets are labels, without the last dimension. The result has the shape of the predictions without the last dimension.
	Rows(s *op.Scope, predictions, targets *gorgonia.Node) (*gorgonia.Node, error)
}

// rowLosses adds the nodes of the loss of each row and, where it differs, of the cross-entropy without the changes that the
// loss makes to it.
type rowLosses func(s *op.Scope, predictions, targets *gorgonia.Node, h Head) (losses, nll *gorgonia.Node, err error)

// lossOf is the loss of a head.
func lossOf(h Head) (rowLosses, error) {
	plain := func(f func(s *op.Scope, x, y *gorgonia.Node) (*gorgonia.Node, error)) rowLosses {
		return func(s *op.Scope, x, y *gorgonia.Node, _ Head) (losses, nll *gorgonia.Node, err error) {
			losses, err = f(s, x, y)
			return losses, nil, err
		}
	}
	if h.Custom != nil {
		custom, ok := h.Custom.(LossFunction)
		if !ok {
			return nil, errors.Errorf("loss %s: found a %T, expected a layers.LossFunction", h.Loss, h.Custom)
		}
		return plain(custom.Rows), nil
	}
	switch h.Loss {
	case CrossEntropy, FocalLoss:
		return classRows, nil
	case BinaryCrossEntropy, BinaryFocalLoss:
		return eventRows, nil
	case MeanSquaredError:
		return plain(op.SquaredError), nil
	case MeanAbsoluteError:
		return plain(op.AbsoluteError), nil
	case HuberLoss:
		return plain(func(s *op.Scope, x, y *gorgonia.Node) (*gorgonia.Node, error) {
			return op.Huber(s, x, y, *h.Options.Delta)
		}), nil
	case LogCoshLoss:
		return plain(op.LogCosh), nil
	case QuantileLoss:
		return plain(func(s *op.Scope, x, y *gorgonia.Node) (*gorgonia.Node, error) {
			return op.Quantile(s, x, y, h.Options.Quantiles)
		}), nil
	case PoissonLoss:
		return plain(op.Poisson), nil
	default:
		return nil, errors.Errorf("loss: found %q, expected one of %v", h.Loss, Losses())
	}
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
	losses, err = op.Focal(s, losses, labels, h.Options.ClassWeights, h.Options.Focus())
	return losses, nll, err
}

// eventRows are the losses of independent events.
func eventRows(s *op.Scope, logits, targets *gorgonia.Node, h Head) (losses, nll *gorgonia.Node, err error) {
	nll, err = op.BinaryCrossEntropy(s, logits, targets)
	if err != nil || h.Options.ClassWeights == nil && h.Options.Gamma == nil {
		return nll, nil, err
	}
	losses, err = op.WeightedBinaryCrossEntropy(s, logits, targets, h.Options.ClassWeights, h.Options.Focus())
	return losses, nll, err
}

// pointsOf are what is compared with targets where that is not the predictions themselves, else nil: the quantile nearest to
// the median, the rates of counts.
func pointsOf(b *graph.Builder, h Head, predictions *gorgonia.Node) (*gorgonia.Node, error) {
	columns := make([]int, h.Units)
	for k := range columns {
		columns[k] = k
	}
	switch {
	case h.Custom != nil:
		if p, ok := h.Custom.(interface {
			Points(s *op.Scope, predictions *gorgonia.Node, units int) (*gorgonia.Node, error)
		}); ok {
			return p.Points(b.Ops(), predictions, h.Units)
		}
		return nil, nil
	case h.Loss == QuantileLoss:
		// Quantiles that cross are sorted, as a prediction has them.
		return op.SortedPoints(b.Ops(), predictions, len(h.Options.Quantiles), h.Options.Median())
	case h.Loss == PoissonLoss:
		return op.Points(b.Ops(), predictions, columns, true)
	default:
		return nil, nil
	}
}

// targetsOf declares what the predictions are compared with.
func targetsOf(b *graph.Builder, h Head, predictions tensor.Shape) (*gorgonia.Node, error) {
	rows := predictions[:predictions.Dims()-1]
	if h.Targets() == spec.ClassTargets {
		return b.Input(graph.FeedLabels, tensor.Int, rows...)
	}
	return b.Input(graph.FeedTargets, b.Float(), append(rows.Clone(), h.Units)...)
}
