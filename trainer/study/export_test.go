package study

import "math/rand/v2"

// ShareCalledDifferent simulates studies of equal arms and gives the share where any is called different. It draws fewer
// resamples than a real study, for time.
func ShareCalledDifferent(studies, seeds, arms int) float64 {
	r := rand.New(rand.NewPCG(uint64(seeds), 3))
	wrong := 0
	for s := range studies {
		var p []float64
		reference := draw(r, seeds)
		for range arms {
			differences := draw(r, seeds)
			for i := range differences {
				differences[i] -= reference[i]
			}
			p = append(p, differenceP(differences, interval(differences, uint64(s), 400)))
		}
		for _, adjusted := range Holm(p) {
			if adjusted <= alpha {
				wrong++
				break
			}
		}
	}
	return float64(wrong) / float64(studies)
}

func draw(r *rand.Rand, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = r.NormFloat64()
	}
	return values
}
