package study

import "slices"

// Holm corrects p-values for their number: the k-th smallest of m is multiplied by m−k+1, is at least as large as those
// before it and at most 1. Calling different what is below α then errs in at most α of all studies, for any
// dependence between the comparisons (Holm 1979, Scandinavian Journal of Statistics 6(2)).
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case p[i] < p[j]:
			return -1
		case p[i] > p[j]:
			return 1
		default:
			return 0
		}
	})
	adjusted, before := make([]float64, len(p)), 0.0
	for rank, i := range order {
		before = max(before, min(1, float64(len(p)-rank)*p[i]))
		adjusted[i] = before
	}
	return adjusted
}
