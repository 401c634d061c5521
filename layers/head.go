package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
)

// HeadOutputs declares what the loss of a head reads in addition to the predictions, which are the output of the last layer,
// and returns the outputs of the model: see [Model.Build]. It is the end of a model that is put together by hand.
func HeadOutputs(b *graph.Builder, h Head, predictions *gorgonia.Node) (graph.Outputs, error) {
	h = h.WithDefaults()
	shape := predictions.Shape()
	if dims, width := shape.Dims(), h.Width(); dims < 2 || shape[dims-1] != width || (dims == 3) != (h.PerStep || h.Sequence) {
		expected := "[B,%d]"
		if h.PerStep || h.Sequence {
			expected = "[T,B,%d]"
		}
		return graph.Outputs{}, errors.Errorf("head: found predictions of shape %v, expected "+expected+" as the task wants", shape, width)
	}
	rows := shape[:shape.Dims()-1]
	weights, err := b.Input(graph.FeedWeights, b.Float(), rows...)
	if err != nil {
		return graph.Outputs{}, err
	}
	values := map[string]*gorgonia.Node{graph.OutputPredictions: predictions}

	loss, err := lossOf(h)
	if err != nil {
		return graph.Outputs{}, err
	}
	targets, err := targetsOf(b, h, shape)
	if err != nil {
		return graph.Outputs{}, err
	}
	losses, nll, err := loss(b.Ops(), predictions, targets, h)
	if err != nil {
		return graph.Outputs{}, errors.WithMessage(err, string(h.Loss))
	}
	if found := losses.Shape(); !found.Eq(rows) {
		return graph.Outputs{}, errors.Errorf("loss %s: found losses of shape %v, expected a number for each of the rows %v", h.Loss, found, rows)
	}
	if nll != nil {
		values[graph.OutputNLL] = nll
	}
	points, err := pointsOf(b, h, predictions)
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
