package baseline

import (
	"slices"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
)

// mostFrequent is the most frequent token of each place of the targets, until it is the end.
func mostFrequent(d *data.TokenPairs) []int {
	var answer []int
	for place := 0; ; place++ {
		counts := make([]float64, d.Spec().Targets)
		for _, target := range d.Targets {
			if place < len(target) {
				counts[target[place]]++
			}
		}
		best := calc.Argmax(counts)
		if counts[best] == 0 || best == data.EndToken {
			return append(answer, data.EndToken)
		}
		answer = append(answer, best)
	}
}

// writtenMetrics compares answers with targets, place by place; the end of a target counts as a token, as it does for a model.
func writtenMetrics(d *data.TokenPairs, answer func(i int) []int) map[string]float64 {
	var right, exact, count float64
	for i, target := range d.Targets {
		found := answer(i)
		for place, token := range target {
			right += float64(calc.One(place < len(found) && found[place] == token))
		}
		exact += float64(calc.One(slices.Equal(found, target)))
		count += float64(len(target))
	}
	return map[string]float64{"accuracy": right / count, "exact_match": exact / float64(len(d.Targets))}
}

// pairBaselines writes for every source the most frequent token of each place ("majority"), or the source as it is ("copy").
func pairBaselines(fitted, tested *data.TokenPairs) []data.Baseline {
	most := mostFrequent(fitted)
	baselines := []data.Baseline{{Name: "majority", Metrics: writtenMetrics(tested, func(int) []int { return most })}}
	if tested.Copies != nil {
		baselines = append(baselines, data.Baseline{Name: "copy", Metrics: writtenMetrics(tested, func(i int) []int { return tested.Copies[i] })})
	}
	return baselines
}
