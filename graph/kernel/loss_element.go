package kernel

import (
	"math"
	"slices"
)

// ElementLoss is the loss of one number: of the prediction x in that column against its target y, and the derivative by x.
// Its speed does not matter: a row has few of them, compared with the products that made the row.
type ElementLoss func(column int, x, y float64) (loss, slope float64)

// AbsoluteError is |x−y|, in the units of y, with the slope sign(x−y) and 0 at 0.
func AbsoluteError(_ int, x, y float64) (loss, slope float64) {
	switch d := x - y; {
	case d > 0:
		return d, 1
	case d < 0:
		return -d, -1
	default:
		return d, 0 // NaN stays NaN
	}
}

// Huber is the loss of Huber 1964 with the threshold δ > 0, as in Keras and PyTorch's HuberLoss, in squared units of y:
//
//	d²/2          where |d| ≤ δ, with d = x−y
//	δ·(|d|−δ/2)   elsewhere
func Huber(delta float64) ElementLoss {
	return func(_ int, x, y float64) (loss, slope float64) {
		d := x - y
		if math.Abs(d) > delta {
			return delta * (math.Abs(d) - delta/2), math.Copysign(delta, d)
		}
		return d * d / 2, d
	}
}

// LogCosh is log cosh(x−y), near d²/2 for small differences and |d|−log 2 for large ones, without overflow:
//
//	|d| + log(1+exp(−2|d|)) − log 2
func LogCosh(_ int, x, y float64) (loss, slope float64) {
	d := x - y
	return math.Abs(d) + math.Log1p(math.Exp(-2*math.Abs(d))) - math.Ln2, math.Tanh(d)
}

// Quantile is the pinball loss of Koenker and Bassett 1978, in units of y: a prediction that minimizes its mean is the
// quantile τ of y. Columns take the τs in turn.
//
//	τ·(y−x)       where y ≥ x
//	(1−τ)·(x−y)   elsewhere
func Quantile(quantiles []float64) ElementLoss {
	return func(column int, x, y float64) (loss, slope float64) {
		tau, d := quantiles[column%len(quantiles)], y-x
		if d < 0 {
			return (tau - 1) * d, 1 - tau
		}
		if d == 0 {
			return 0, 0
		}
		return tau * d, -tau
	}
}

// PoissonLogRate is the negative log-likelihood in nats of the count y ≥ 0 with the rate exp(x), without the term log y!,
// which no prediction changes; as PyTorch's PoissonNLLLoss with log_input:
//
//	exp(x) − y·x
func PoissonLogRate(_ int, x, y float64) (loss, slope float64) {
	rate := math.Exp(x)
	return rate - y*x, rate - y
}

// WeightedBinary is the cross-entropy in nats of the probability p = σ(x) of an event y in [0,1], with weights w of events
// that happen, one per column or none, and the focusing exponent γ ≥ 0 of Lin et al. 2017 (arXiv:1708.02002):
//
//	(w·y + 1−y) · (1−q)^γ · c   with   c = −y·log p − (1−y)·log(1−p)   and   q = exp(−c)
//
// For y of 0 or 1, q is the probability of what happened. The weights are PyTorch's pos_weight.
func WeightedBinary(weights []float64, gamma float64) ElementLoss {
	return func(column int, x, y float64) (loss, slope float64) {
		c := math.Max(x, 0) - x*y + math.Log1p(math.Exp(-math.Abs(x)))
		value, derivative := Focal(c, gamma)
		if weights != nil {
			w := weights[column]*y + 1 - y
			value, derivative = w*value, w*derivative
		}
		return value, derivative * (1/(1+math.Exp(-x)) - y)
	}
}

// Focal is the focal loss of Lin et al. 2017 (arXiv:1708.02002) of a cross-entropy c ≥ 0 in nats, and its derivative by c:
//
//	(1−q)^γ·c,   q = exp(−c)
//
// With γ = 0 it is c.
func Focal(c, gamma float64) (value, derivative float64) {
	if gamma == 0 {
		return c, 1
	}
	miss := -math.Expm1(-c) // 1−q
	if miss <= 0 {
		return 0, 0
	}
	power := math.Pow(miss, gamma)
	return power * c, power + gamma*power/miss*(1-miss)*c
}

// ElementLosses sets rows[i] = scale·Σ_j loss(j, x[i,j], y[i,j/repeat]) over rows of the given width: repeat columns of x
// share a target. Sums are in float64.
func ElementLosses[F Float](p *Pool, loss ElementLoss, scale float64, width, repeat int, x, y, rows []F) {
	targets := width / repeat
	p.Split(len(rows), rowGrain(width*lossCost), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			sum, y := 0.0, row(y, i, targets)
			for j, v := range row(x, i, width) {
				value, _ := loss(j, float64(v), float64(y[j/repeat]))
				sum += value
			}
			rows[i] = F(scale * sum)
		}
	})
}

// ElementLossesGradient is the gradient of [ElementLosses] with respect to x.
func ElementLossesGradient[F Float](p *Pool, loss ElementLoss, scale float64, width, repeat int, x, y, dRows, dX []F) {
	targets := width / repeat
	p.Split(len(dRows), rowGrain(width*lossCost), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			y, out := row(y, i, targets), row(dX, i, width)
			if dRows[i] == 0 {
				clear(out)
				continue
			}
			for j, v := range row(x, i, width) {
				_, slope := loss(j, float64(v), float64(y[j/repeat]))
				out[j] = F(scale * float64(dRows[i]) * slope)
			}
		}
	})
}

// FocalRows sets rows[i] to the [Focal] loss of nll[i] times weights[labels[i]], or times 1 without weights.
func FocalRows[F Float](gamma float64, weights []float64, nll []F, labels []int, rows []F) {
	for i, c := range nll {
		value, _ := Focal(float64(c), gamma)
		rows[i] = F(weightOf(weights, labels[i]) * value)
	}
}

// FocalRowsGradient is the gradient of [FocalRows] with respect to nll.
func FocalRowsGradient[F Float](gamma float64, weights []float64, nll []F, labels []int, dRows, dNLL []F) {
	for i, c := range nll {
		if dRows[i] == 0 {
			dNLL[i] = 0
			continue
		}
		_, derivative := Focal(float64(c), gamma)
		dNLL[i] = F(float64(dRows[i]) * weightOf(weights, labels[i]) * derivative)
	}
}

func weightOf(weights []float64, label int) float64 {
	if weights == nil {
		return 1
	}
	return weights[label]
}

// Points sets y[i,k] = x[i,columns[k]] over rows of the given width, or the exponential of that.
func Points[F Float](rows, width int, columns []int, exponential bool, x, y []F) {
	for i := range rows {
		for k, column := range columns {
			v := x[i*width+column]
			if exponential {
				v = F(math.Exp(float64(v)))
			}
			y[i*len(columns)+k] = v
		}
	}
}

// SortedPoints sets y[i] to what is at a place of the i-th group of x, from 0, once the group is sorted. x stays as it is.
func SortedPoints[F Float](group, place int, x, y []F) {
	sorted := make([]F, group)
	for i := range y {
		copy(sorted, x[i*group:(i+1)*group])
		slices.Sort(sorted)
		y[i] = sorted[place]
	}
}
