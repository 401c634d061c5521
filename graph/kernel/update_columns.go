package kernel

// Matrices are row-major; there are as many columns as sums, factors or terms.

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

// AddToColumns sets x[i,j] ← x[i,j] + terms[j].
func AddToColumns[F Float](x []F, terms []float64) {
	for ; len(x) > 0; x = x[len(terms):] {
		for j, term := range terms {
			x[j] += F(term)
		}
	}
}
