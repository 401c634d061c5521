package kernel

// Matrices are row-major; there are as many columns as sums, factors or means.

// ColumnSquares sets sums[j] to Σ_i x[i,j]², accumulated in float64 row after row.
func ColumnSquares[F Float](x []F, sums []float64) {
	clear(sums)
	for ; len(x) > 0; x = x[len(sums):] {
		for j, v := range x[:len(sums)] {
			sums[j] += float64(float64(v) * float64(v))
		}
	}
}

// ScaleColumns sets x[i,j] ← factors[j]·x[i,j].
func ScaleColumns[F Float](x []F, factors []float64) {
	for ; len(x) > 0; x = x[len(factors):] {
		for j, factor := range factors {
			x[j] *= F(factor)
		}
	}
}

// CenterColumns sets means[j] to 1/n·Σ_i x[i,j] over the n rows, accumulated in float64 row after row, and x[i,j] ← x[i,j]
// − means[j].
func CenterColumns[F Float](x []F, means []float64) {
	clear(means)
	for rest := x; len(rest) > 0; rest = rest[len(means):] {
		for j, v := range rest[:len(means)] {
			means[j] += float64(v)
		}
	}
	rows := float64(len(x) / len(means))
	for j := range means {
		means[j] /= rows
	}
	for ; len(x) > 0; x = x[len(means):] {
		for j, mean := range means {
			x[j] -= F(mean)
		}
	}
}
