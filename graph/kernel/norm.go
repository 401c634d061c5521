package kernel

// SumOfSquares returns Σ x², accumulated in float64 in the order of the slice. It is NaN or infinite exactly where an
// element is (float32), or where the sum overflows (float64).
func SumOfSquares[F Float](x []F) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}
