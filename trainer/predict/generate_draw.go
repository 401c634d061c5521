package predict

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// draw chooses by chance among what a model gives logits for.
type draw struct {
	temperature float64 // 0: what is most probable
	topK        int     // 0: all
	random      *rand.Rand
}

// largest are the topK largest logits by their places, the largest first, of equal ones the first first.
func (d draw) largest(logits []float64) []int {
	places := make([]int, len(logits))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(logits[b], logits[a]) })
	if d.topK > 0 && d.topK < len(places) {
		places = places[:d.topK]
	}
	return places
}

// one draws one of the logits l with the probability softmax(l/temperature) among the topK largest.
func (d draw) one(logits []float64) int {
	places := d.largest(logits)
	if d.temperature == 0 {
		return places[0]
	}
	weights, sum := make([]float64, len(places)), 0.0
	for i, place := range places {
		weights[i] = math.Exp((logits[place] - logits[places[0]]) / d.temperature) // at most 1, and 1 for the first
		sum += weights[i]
	}
	at := d.random.Float64() * sum
	for i, w := range weights {
		if at < w {
			return places[i]
		}
		at -= w
	}
	return places[0] // a rounding error away from the end of the sum
}

// each draws every one of the topK largest logits l by itself, with the probability σ(l/temperature).
func (d draw) each(logits []float64) []bool {
	drawn := make([]bool, len(logits))
	for _, place := range d.largest(logits) {
		if d.temperature == 0 {
			drawn[place] = logits[place] > 0
		} else {
			drawn[place] = d.random.Float64() < 1/(1+math.Exp(-logits[place]/d.temperature))
		}
	}
	return drawn
}
