package kernel

// SumOfSquares returns Σ x², accumulated in float64. It is NaN or infinite exactly if an element is (float32), or if the
// sum overflows (float64). Sixteen independent sums, with element i in sum i mod 16, are added by halves: every set of
// loops gives the same bits.
func SumOfSquares[F Float](x []F) float64 { return loopsOf[F](nil).Updates.SumOfSquares(x) }

// SumOfMagnitudes returns Σ |x|, in the order of SumOfSquares.
func SumOfMagnitudes[F Float](x []F) float64 { return loopsOf[F](nil).Updates.SumOfMagnitudes(x) }
