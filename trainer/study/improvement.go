package study

// Improvement is the probability that a run of one arm beats a run of another: the share of all pairs of their runs
// where it does, a tie counting half (Agarwal et al. 2021, arXiv:2108.13264; the Mann-Whitney statistic). It is NaN
// where one of them has no runs.
func Improvement(arm, reference []float64, higherIsBetter bool) Value {
	if len(arm) == 0 || len(reference) == 0 {
		return nan
	}
	wins := 0.0
	for _, a := range arm {
		for _, r := range reference {
			switch {
			case a == r:
				wins += 0.5
			case a > r == higherIsBetter:
				wins++
			}
		}
	}
	return Value(wins / float64(len(arm)*len(reference)))
}
