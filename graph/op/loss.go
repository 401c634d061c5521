package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// SoftmaxCrossEntropy is the cross-entropy in nats between softmax(logits) and classes, one number per row of logits
// [T,B,C] or [B,C]:
//
//	rows = (1−ε)·(−log p_label) + ε·mean_c(−log p_c)
//
// The labels are of tensor.Int with the leading axes of logits; smoothing ε in [0,1] is PyTorch's label_smoothing. The
// labels have no gradient. A label outside [0,C) is an error of the run, also if a row has no weight.
func SoftmaxCrossEntropy(s *Scope, logits, labels *G.Node, smoothing float64) (*G.Node, error) {
	c := check{op: "SoftmaxCrossEntropy"}
	shape := c.floats("logits", logits, anyRank(logits, 2, 3)...)
	c.ints("labels", labels, shape[:len(shape)-1]...)
	c.that(0 <= smoothing && smoothing <= 1, "smoothing", smoothing, "0 to 1")
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, softmaxCrossEntropy[float32], softmaxCrossEntropy[float64])(s, logits, labels, smoothing)
}

func softmaxCrossEntropy[F kernel.Float](s *Scope, logits, labels *G.Node, smoothing float64) (*G.Node, error) {
	_, classes := rowsOf(logits)
	verify := func(in values[F]) error { return inRange("labels", in.ints[1], classes) }
	return add(s, operation[F]{
		name: "SoftmaxCrossEntropy", inputs: []*G.Node{logits, labels}, shape: labels.Shape(), verify: verify,
		run: func(in values[F], rows []F) {
			kernel.SoftmaxCrossEntropy(s.pool, classes, smoothing, in.floats[0], in.ints[1], rows)
		},
		gradients: []gradient{func(_, dRows *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: "SoftmaxCrossEntropyGradient", inputs: []*G.Node{logits, labels, dRows}, shape: logits.Shape(), verify: verify,
				run: func(in values[F], dLogits []F) {
					kernel.SoftmaxCrossEntropyGradient(s.pool, classes, smoothing, in.floats[0], in.ints[1], in.floats[2], dLogits)
				},
			})
		}},
	})
}

// BinaryCrossEntropy is the cross-entropy in nats between the independent probabilities σ(logits) and targets in [0,1],
// summed over the last axis: one number per row of logits [T,B,D] or [B,D]. The targets, of the same shape, have no
// gradient.
func BinaryCrossEntropy(s *Scope, logits, targets *G.Node) (*G.Node, error) {
	c := check{op: "BinaryCrossEntropy"}
	shape := c.floats("logits", logits, anyRank(logits, 2, 3)...)
	c.floats("targets", targets, shape...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, binaryCrossEntropy[float32], binaryCrossEntropy[float64])(s, logits, targets)
}

func binaryCrossEntropy[F kernel.Float](s *Scope, logits, targets *G.Node) (*G.Node, error) {
	return rowLoss(s, "BinaryCrossEntropy", logits, targets, kernel.BinaryCrossEntropy[F], kernel.BinaryCrossEntropyGradient[F])
}

// SquaredError is the mean over the last axis of (predictions−targets)²: one number per row of predictions [T,B,D] or
// [B,D]. The targets, of the same shape, have no gradient.
func SquaredError(s *Scope, predictions, targets *G.Node) (*G.Node, error) {
	c := check{op: "SquaredError"}
	shape := c.floats("predictions", predictions, anyRank(predictions, 2, 3)...)
	c.floats("targets", targets, shape...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, squaredError[float32], squaredError[float64])(s, predictions, targets)
}

func squaredError[F kernel.Float](s *Scope, predictions, targets *G.Node) (*G.Node, error) {
	return rowLoss(s, "SquaredError", predictions, targets, kernel.SquaredError[F], kernel.SquaredErrorGradient[F])
}

// rowLoss adds the node of a loss between two nodes of one shape that has a number per row.
func rowLoss[F kernel.Float](
	s *Scope, name string, x, targets *G.Node,
	loss func(p *kernel.Pool, width int, x, targets, rows []F),
	lossGradient func(p *kernel.Pool, width int, x, targets, dRows, dX []F),
) (*G.Node, error) {
	shape := x.Shape()
	width := shape[len(shape)-1]
	return add(s, operation[F]{
		name: name, inputs: []*G.Node{x, targets}, shape: shape[:len(shape)-1],
		run: func(in values[F], rows []F) { loss(s.pool, width, in.floats[0], in.floats[1], rows) },
		gradients: []gradient{func(_, dRows *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: name + "Gradient", inputs: []*G.Node{x, targets, dRows}, shape: shape,
				run: func(in values[F], dx []F) {
					lossGradient(s.pool, width, in.floats[0], in.floats[1], in.floats[2], dx)
				},
			})
		}},
	})
}

// WeightedMean is the scalar Σ w·rows / Σ w over all elements of rows, which has up to three axes, and weights of the same
// shape: a cost that [G.Grad] takes. If Σ w is 0, it is 0 and so is the gradient. The weights have no gradient.
func WeightedMean(s *Scope, rows, weights *G.Node) (*G.Node, error) {
	c := check{op: "WeightedMean"}
	shape := c.floats("rows", rows, anyRank(rows, 1, 3)...)
	c.floats("weights", weights, shape...)
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, weightedMean[float32], weightedMean[float64])(s, rows, weights)
}

func weightedMean[F kernel.Float](s *Scope, rows, weights *G.Node) (*G.Node, error) {
	return add(s, operation[F]{
		name: "WeightedMean", inputs: []*G.Node{rows, weights},
		run: func(in values[F], mean []F) { mean[0] = kernel.WeightedMean(in.floats[0], in.floats[1]) },
		gradients: []gradient{func(_, dMean *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: "WeightedMeanGradient", inputs: []*G.Node{weights, dMean}, shape: rows.Shape(),
				run: func(in values[F], dRows []F) {
					kernel.WeightedMeanGradient(in.floats[0], in.floats[1][0], dRows)
				},
			})
		}},
	})
}
