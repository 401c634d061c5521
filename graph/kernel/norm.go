package kernel

import "math"

// SumOfSquares returns Σ x², accumulated in float64. It is NaN or infinite exactly where an element is (float32), or
// where the sum overflows (float64). Sixteen sums run side by side, element i in sum i mod 16, and are added by halves:
// every set of kernels gives the same bits.
func SumOfSquares[F Float](x []F) float64 { return updatesOf[F]().sumOfSquares(x) }

// SumOfMagnitudes returns Σ |x|, in the order of SumOfSquares.
func SumOfMagnitudes[F Float](x []F) float64 { return updatesOf[F]().sumOfMagnitudes(x) }

// sumLanes is how many sums run side by side.
const sumLanes = 16

func sumOfSquaresPortable[F Float](x []F) float64 {
	var sums [sumLanes]float64
	for ; len(x) >= sumLanes; x = x[sumLanes:] {
		for i, v := range (*[sumLanes]F)(x) {
			sums[i] += float64(float64(v) * float64(v))
		}
	}
	for i, v := range x {
		sums[i] += float64(float64(v) * float64(v))
	}
	return byHalves(&sums)
}

func sumOfMagnitudesPortable[F Float](x []F) float64 {
	var sums [sumLanes]float64
	for ; len(x) >= sumLanes; x = x[sumLanes:] {
		for i, v := range (*[sumLanes]F)(x) {
			sums[i] += math.Abs(float64(v))
		}
	}
	for i, v := range x {
		sums[i] += math.Abs(float64(v))
	}
	return byHalves(&sums)
}

// byHalves adds the second half of the sums to the first until one is left.
func byHalves(sums *[sumLanes]float64) float64 {
	for half := sumLanes / 2; half > 0; half /= 2 {
		for i := range half {
			sums[i] += sums[i+half]
		}
	}
	return sums[0]
}
