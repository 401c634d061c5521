package simd

import "math"

// sumLanes is the number of independent sums.
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
