package kernel

import (
	"math"

	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// lossCost is the cost of an element of a loss with an exponential, in simple operations.
const lossCost = 2

// SoftmaxCrossEntropy sets rows[i] to the cross-entropy in nats between the softmax of the row logits[i] of the given
// number of classes and the class labels[i]:
//
//	(1−ε)·(−log p_label) + ε·mean_c(−log p_c)
//
// where log p is the [LogSoftmax] of the row, with smoothing ε in [0,1] as in PyTorch's label_smoothing. Every label must be
// in [0,classes).
func SoftmaxCrossEntropy[F Float](p *Pool, classes int, smoothing float64, logits []F, labels []int, rows []F) {
	loops, scratch := loopsOf[F](p), panelsOf[F](p)
	p.Split(len(labels), rowGrain(classes*lossCost), func(lo, hi int) {
		s := scratch.get()
		defer scratch.put(s)
		s.a = resize(s.a, classes)
		for i := lo; i < hi; i++ {
			row := logits[i*classes : (i+1)*classes]
			top := shiftToGreatest(loops, s.a, row)
			loss := float64(top) - float64(row[labels[i]])
			if smoothing != 0 {
				loss = (1-smoothing)*loss + smoothing*SumOfMagnitudes(s.a)/float64(classes)
			}
			loops.Exp(s.a, s.a)
			rows[i] = F(loss + math.Log(SumOfMagnitudes(s.a)))
		}
	})
}

// SoftmaxCrossEntropyGradient is the gradient of [SoftmaxCrossEntropy] with respect to logits:
//
//	dLogits[i,c] = dRows[i]·(p_c − (1−ε)·[c = label] − ε/classes)
//
// A row with dRows[i] = 0, as of a masked step, gets exactly 0 for any logits. The same holds for the other losses.
func SoftmaxCrossEntropyGradient[F Float](p *Pool, classes int, smoothing float64, logits []F, labels []int, dRows, dLogits []F) {
	loops := loopsOf[F](p)
	p.Split(len(labels), rowGrain(classes*lossCost), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row, out := logits[i*classes:(i+1)*classes], dLogits[i*classes:(i+1)*classes]
			if dRows[i] == 0 {
				clear(out)
				continue
			}
			shiftToGreatest(loops, out, row)
			loops.Exp(out, out)
			d, atLabel := float64(dRows[i]), float64(out[labels[i]])
			scale, rest := d/SumOfMagnitudes(out), d*smoothing/float64(classes)
			Scale(out, F(scale))
			if rest != 0 {
				loops.Shift(out, out, F(rest))
			}
			out[labels[i]] = F(scale*atLabel - rest - d*(1-smoothing))
		}
	})
}

// BinaryCrossEntropy sets rows[i] to the cross-entropy in nats between the independent probabilities σ(logits[i]) and
// targets[i], each in [0,1], summed over the width of the row:
//
//	Σ_j max(x_j,0) − x_j·y_j + log(1+exp(−|x_j|))
//
// Instead of a logarithm per element, one is taken of the product of up to 512 arguments, each between 1 and 2: this is many
// times faster, with an error of at most about 1e-16 per element.
func BinaryCrossEntropy[F Float](p *Pool, width int, logits, targets, rows []F) {
	const block = 512
	loops, scratch := loopsOf[F](p), panelsOf[F](p)
	p.Split(len(rows), rowGrain(width*lossCost), func(lo, hi int) {
		s := scratch.get()
		defer scratch.put(s)
		s.a = resize(s.a, 2*min(width, block))
		for i := lo; i < hi; i++ {
			x, y := row(logits, i, width), row(targets, i, width)
			var sum float64
			for len(x) > 0 {
				n := min(block, len(x))
				sum += binaryCrossEntropies(loops, x[:n], y[:n], s.a[:n], s.a[n:2*n])
				x, y = x[n:], y[n:]
			}
			rows[i] = F(sum)
		}
	})
}

// binaryCrossEntropies returns the sum over up to 512 elements. Two sums and products run independently, so that
// neither waits for the other.
func binaryCrossEntropies[F Float](loops *simd.Loops[F], x, y, powers, positive []F) float64 {
	loops.Negative(powers, x)
	loops.Exp(powers, powers)
	loops.Rectify(positive, x, x)
	y, powers, positive = y[:len(x)], powers[:len(x)], positive[:len(x)]
	evenSum, oddSum, evenProduct, oddProduct := 0.0, 0.0, 1.0, 1.0
	j := 1
	for ; j < len(x); j += 2 {
		evenSum += float64(positive[j-1]) - float64(x[j-1])*float64(y[j-1])
		oddSum += float64(positive[j]) - float64(x[j])*float64(y[j])
		evenProduct *= 1 + float64(powers[j-1])
		oddProduct *= 1 + float64(powers[j])
	}
	if j == len(x) {
		evenSum += float64(positive[j-1]) - float64(x[j-1])*float64(y[j-1])
		evenProduct *= 1 + float64(powers[j-1])
	}
	return evenSum + oddSum + math.Log(evenProduct*oddProduct)
}

// BinaryCrossEntropyGradient is the gradient of [BinaryCrossEntropy] with respect to logits: dLogits[i,j] =
// dRows[i]·(σ(logits[i,j]) − targets[i,j]).
func BinaryCrossEntropyGradient[F Float](p *Pool, width int, logits, targets, dRows, dLogits []F) {
	loops := loopsOf[F](p)
	p.Split(len(dRows), rowGrain(width*lossCost), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			y, out := targets[i*width:(i+1)*width], dLogits[i*width:(i+1)*width]
			if dRows[i] == 0 {
				clear(out)
				continue
			}
			loops.Sigmoid(out, logits[i*width:(i+1)*width])
			for j := range out {
				out[j] = dRows[i] * (out[j] - y[j])
			}
		}
	})
}

// SquaredError sets rows[i] = mean_j (predictions[i,j] − targets[i,j])² over rows of the given width.
func SquaredError[F Float](p *Pool, width int, predictions, targets, rows []F) {
	p.Split(len(rows), rowGrain(width), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			y := targets[i*width : (i+1)*width]
			var sum float64
			for j, v := range predictions[i*width : (i+1)*width] {
				d := float64(v) - float64(y[j])
				sum += d * d
			}
			rows[i] = F(sum / float64(width))
		}
	})
}

// SquaredErrorGradient is the gradient of [SquaredError] with respect to predictions: dPredictions[i,j] =
// dRows[i]·2·(predictions[i,j] − targets[i,j])/width. With respect to targets it is the negative.
func SquaredErrorGradient[F Float](p *Pool, width int, predictions, targets, dRows, dPredictions []F) {
	p.Split(len(dRows), rowGrain(width), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			y, out := targets[i*width:(i+1)*width], dPredictions[i*width:(i+1)*width]
			if dRows[i] == 0 {
				clear(out)
				continue
			}
			scale := dRows[i] * 2 / F(width)
			for j, v := range predictions[i*width : (i+1)*width] {
				out[j] = scale * (v - y[j])
			}
		}
	})
}
