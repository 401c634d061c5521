package op

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// AbsoluteError is the mean over the last axis of |predictions−targets|: one number per row of predictions [T,B,D] or
// [B,D]. The targets, of the same shape, have no gradient. See [kernel.AbsoluteError].
func AbsoluteError(s *Scope, predictions, targets *G.Node) (*G.Node, error) {
	return meanOfElements(s, "AbsoluteError", kernel.AbsoluteError, 1, predictions, targets)
}

// Huber is the mean over the last axis of the [kernel.Huber] loss with the threshold delta > 0. Shapes are those of
// [AbsoluteError].
func Huber(s *Scope, predictions, targets *G.Node, delta float64) (*G.Node, error) {
	if !(delta > 0) {
		return nil, errors.Errorf("Huber: delta: found %v, expected more than 0", delta)
	}
	return meanOfElements(s, "Huber", kernel.Huber(delta), 1, predictions, targets)
}

// LogCosh is the mean over the last axis of [kernel.LogCosh]. Shapes are those of [AbsoluteError].
func LogCosh(s *Scope, predictions, targets *G.Node) (*G.Node, error) {
	return meanOfElements(s, "LogCosh", kernel.LogCosh, 1, predictions, targets)
}

// Quantile is the mean over the last axis of the [kernel.Quantile] loss. Predictions [T,B,D·Q] or [B,D·Q] have Q columns, one
// for each of the quantiles in (0,1), for each of the D columns of targets.
func Quantile(s *Scope, predictions, targets *G.Node, quantiles []float64) (*G.Node, error) {
	if len(quantiles) == 0 || slices.Min(quantiles) <= 0 || slices.Max(quantiles) >= 1 {
		return nil, errors.Errorf("Quantile: quantiles: found %v, expected numbers between 0 and 1", quantiles)
	}
	return meanOfElements(s, "Quantile", kernel.Quantile(quantiles), len(quantiles), predictions, targets)
}

// Poisson is the mean over the last axis of [kernel.PoissonLogRate]: predictions are logarithms of rates. Shapes are those of
// [AbsoluteError]. A target below 0 is an error of the run.
func Poisson(s *Scope, predictions, targets *G.Node) (*G.Node, error) {
	return meanOfElements(s, "Poisson", kernel.PoissonLogRate, 1, predictions, targets)
}

// WeightedBinaryCrossEntropy is [BinaryCrossEntropy] with weights and a focusing exponent, see [kernel.WeightedBinary]. There
// is a weight for each column of logits, or none.
func WeightedBinaryCrossEntropy(s *Scope, logits, targets *G.Node, weights []float64, gamma float64) (*G.Node, error) {
	return elementRows(s, "WeightedBinaryCrossEntropy", kernel.WeightedBinary(weights, gamma), 1, 1, logits, targets, len(weights))
}

func meanOfElements(s *Scope, name string, loss kernel.ElementLoss, repeat int, predictions, targets *G.Node) (*G.Node, error) {
	width := 1
	if predictions != nil && predictions.Dims() > 0 {
		_, width = rowsOf(predictions)
	}
	return elementRows(s, name, loss, 1/float64(width), repeat, predictions, targets, 0)
}

// elementRows adds the node of a loss that is a sum over elements. Weights, if there are any, are one per column.
func elementRows(s *Scope, name string, loss kernel.ElementLoss, scale float64, repeat int, x, targets *G.Node, weights int) (*G.Node, error) {
	c := check{op: name}
	shape := c.floats("predictions", x, anyRank(x, 2, 3)...).Clone()
	last := len(shape) - 1
	c.that(shape[last]%repeat == 0, "predictions", fmt.Sprintf("%d columns", shape[last]), fmt.Sprintf("a multiple of %d", repeat))
	c.that(weights == 0 || weights == shape[last], "weights", weights, shape[last])
	shape[last] /= repeat
	c.floats("targets", targets, shape...)
	if c.err != nil {
		return nil, c.err
	}
	e := elements{name: name, loss: loss, scale: scale, repeat: repeat}
	return byDtype(c.dtype, addElements[float32], addElements[float64])(s, e, x, targets)
}

// elements is a loss that is a sum over elements.
type elements struct {
	name   string
	loss   kernel.ElementLoss
	scale  float64
	repeat int
}

func addElements[F kernel.Float](s *Scope, e elements, x, targets *G.Node) (*G.Node, error) {
	_, width := rowsOf(x)
	var verify func(in values[F]) error
	if e.name == "Poisson" {
		verify = func(in values[F]) error { return countable(in.floats[1]) }
	}
	return add(s, operation[F]{
		name: e.name, inputs: []*G.Node{x, targets}, shape: x.Shape()[:x.Dims()-1], verify: verify,
		run: func(in values[F], rows []F) {
			kernel.ElementLosses(s.pool, e.loss, e.scale, width, e.repeat, in.floats[0], in.floats[1], rows)
		},
		gradients: []gradient{func(_, dRows *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: e.name + "Gradient", inputs: []*G.Node{x, targets, dRows}, shape: x.Shape(),
				run: func(in values[F], dx []F) {
					kernel.ElementLossesGradient(s.pool, e.loss, e.scale, width, e.repeat, in.floats[0], in.floats[1], in.floats[2], dx)
				},
			})
		}},
	})
}

func countable[F kernel.Float](targets []F) error {
	for _, y := range targets {
		if y < 0 {
			return errors.Errorf("targets: found %v, expected counts of at least 0", y)
		}
	}
	return nil
}

// Focal is the focal loss of the rows of a cross-entropy, times the weight of each row's class; see [kernel.FocalRows]. Rows
// and labels have one shape, of up to two axes. There is a weight for each class, or none; γ is at least 0, and with 0 only
// the weights count. The labels were checked by the node that made the rows.
func Focal(s *Scope, nll, labels *G.Node, weights []float64, gamma float64) (*G.Node, error) {
	c := check{op: "Focal"}
	shape := c.floats("nll", nll, anyRank(nll, 1, 2)...)
	c.ints("labels", labels, shape...)
	c.that(gamma >= 0, "gamma", gamma, "at least 0")
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, focal[float32], focal[float64])(s, nll, labels, weights, gamma)
}

func focal[F kernel.Float](s *Scope, nll, labels *G.Node, weights []float64, gamma float64) (*G.Node, error) {
	var verify func(in values[F]) error
	if weights != nil {
		verify = func(in values[F]) error { return inRange("labels", in.ints[1], len(weights)) }
	}
	return add(s, operation[F]{
		name: "Focal", inputs: []*G.Node{nll, labels}, shape: nll.Shape(), verify: verify,
		run: func(in values[F], rows []F) { kernel.FocalRows(gamma, weights, in.floats[0], in.ints[1], rows) },
		gradients: []gradient{func(_, dRows *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: "FocalGradient", inputs: []*G.Node{nll, labels, dRows}, shape: nll.Shape(), verify: verify,
				run: func(in values[F], dNLL []F) {
					kernel.FocalRowsGradient(gamma, weights, in.floats[0], in.ints[1], in.floats[2], dNLL)
				},
			})
		}},
	})
}

// Points are numbers to read, without a gradient: y[i,k] = x[i,columns[k]] of the rows of x [T,B,D] or [B,D], or its
// exponential if exponential is true.
func Points(s *Scope, x *G.Node, columns []int, exponential bool) (*G.Node, error) {
	c := check{op: "Points"}
	shape := c.floats("x", x, anyRank(x, 2, 3)...)
	width := shape[len(shape)-1]
	c.that(len(columns) > 0 && slices.Min(columns) >= 0 && slices.Max(columns) < width, "columns", columns, fmt.Sprintf("0 to %d", width-1))
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, points[float32], points[float64])(s, x, columns, exponential)
}

// SortedPoints are numbers to read, without a gradient: of every group of neighboring numbers of the rows of x [T,B,D] or [B,D]
// the one that is at a place, from 0, once the group is sorted. Numbers that are quantiles of a target are such a group.
func SortedPoints(s *Scope, x *G.Node, group, place int) (*G.Node, error) {
	c := check{op: "SortedPoints"}
	shape := c.floats("x", x, anyRank(x, 2, 3)...)
	width := shape[len(shape)-1]
	c.that(group > 0 && width%group == 0, "group", group, fmt.Sprintf("a divisor of %d", width))
	c.that(place >= 0 && place < group, "place", place, fmt.Sprintf("0 to %d", group-1))
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, sortedPoints[float32], sortedPoints[float64])(s, x, group, place)
}

func sortedPoints[F kernel.Float](s *Scope, x *G.Node, group, place int) (*G.Node, error) {
	shape := x.Shape().Clone()
	shape[len(shape)-1] /= group
	return add(s, operation[F]{
		name: "SortedPoints", inputs: []*G.Node{x}, shape: shape,
		run: func(in values[F], y []F) { kernel.SortedPoints(group, place, in.floats[0], y) },
	})
}

func points[F kernel.Float](s *Scope, x *G.Node, columns []int, exponential bool) (*G.Node, error) {
	rows, width := rowsOf(x)
	shape := x.Shape().Clone()
	shape[len(shape)-1] = len(columns)
	return add(s, operation[F]{
		name: "Points", inputs: []*G.Node{x}, shape: shape,
		run: func(in values[F], y []F) { kernel.Points(rows, width, columns, exponential, in.floats[0], y) },
	})
}
