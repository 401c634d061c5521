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

// written is a baseline that compares answers with targets, place by place; the end of a target counts as a token, as it does for a model.
func written(d *data.TokenPairs, name string, answer func(i int) []int) data.Baseline {
	var right, exact, count float64
	each := make([]float64, len(d.Targets))
	for i, target := range d.Targets {
		found := answer(i)
		for place, token := range target {
			right += float64(calc.One(place < len(found) && found[place] == token))
		}
		each[i] = float64(calc.One(slices.Equal(found, target)))
		exact += each[i]
		count += float64(len(target))
	}
	return data.Baseline{
		Name:    name,
		Metrics: map[string]float64{"accuracy": right / count, "exact_match": exact / float64(len(d.Targets))},
		Scores:  map[string][]float64{"exact_match": each},
	}
}

// pairBaselines writes for every source the most frequent token of each place ("majority"), or the source as it is ("copy").
func pairBaselines(fitted, tested *data.TokenPairs) []data.Baseline {
	most := mostFrequent(fitted)
	baselines := []data.Baseline{written(tested, "majority", func(int) []int { return most })}
	if tested.Copies != nil {
		baselines = append(baselines, written(tested, "copy", func(i int) []int { return tested.Copies[i] }))
	}
	return baselines
}
