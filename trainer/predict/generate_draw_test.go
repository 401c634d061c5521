package predict

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// draws is how often a case is drawn.
const draws = 20000

// Five standard deviations of a frequency of 20000 draws are at most 5·√(0.25/20000) = 0.018; the seed is fixed.
const frequencyTolerance = 0.018

func TestOneIsDrawnBySoftmax(t *testing.T) {
	logits := []float64{1, -1, 2, 0, 2}
	for _, c := range []struct {
		temperature float64
		topK        int
		weights     []float64 // of the logits; their shares are wanted
	}{
		{1, 0, []float64{math.Exp(1), math.Exp(-1), math.Exp(2), 1, math.Exp(2)}},
		{0.5, 0, []float64{math.Exp(2), math.Exp(-2), math.Exp(4), 1, math.Exp(4)}},
		{2, 3, []float64{math.Exp(0.5), 0, math.E, 0, math.E}},
		{1, 1, []float64{0, 0, 1, 0, 0}}, // the first of equals
		{0, 0, []float64{0, 0, 1, 0, 0}},
		{1e-300, 2, []float64{0, 0, 1, 0, 1}},
		{1, 9, []float64{math.Exp(1), math.Exp(-1), math.Exp(2), 1, math.Exp(2)}},
	} {
		t.Run(fmt.Sprintf("temperature %g top %d", c.temperature, c.topK), func(t *testing.T) {
			d := draw{c.temperature, c.topK, rand.New(rand.NewPCG(1, 2))}
			counts, sum := make([]float64, len(logits)), 0.0
			for range draws {
				counts[d.one(logits)]++
			}
			for _, w := range c.weights {
				sum += w
			}
			for i, w := range c.weights {
				if found, expected := counts[i]/draws, w/sum; math.Abs(found-expected) > frequencyTolerance || w == 0 && found > 0 {
					t.Errorf("logit %d: found a share of %.4f, expected %.4f", i, found, expected)
				}
			}
		})
	}
}

func TestEachIsDrawnByItself(t *testing.T) {
	logits := []float64{0, math.Log(3), -math.Log(3), 8}
	for _, c := range []struct {
		temperature float64
		topK        int
		expected    []float64
	}{
		{1, 0, []float64{0.5, 0.75, 0.25, 1 / (1 + math.Exp(-8))}},
		{0.5, 0, []float64{0.5, 0.9, 0.1, 1 / (1 + math.Exp(-16))}},
		{1, 2, []float64{0, 0.75, 0, 1 / (1 + math.Exp(-8))}},
		{0, 0, []float64{0, 1, 0, 1}},
		{0, 1, []float64{0, 0, 0, 1}},
		{1e-300, 0, []float64{0.5, 1, 0, 1}},
	} {
		t.Run(fmt.Sprintf("temperature %g top %d", c.temperature, c.topK), func(t *testing.T) {
			d := draw{c.temperature, c.topK, rand.New(rand.NewPCG(3, 4))}
			counts, both := make([]float64, len(logits)), 0.0
			for range draws {
				drawn := d.each(logits)
				for i, sounds := range drawn {
					if sounds {
						counts[i]++
					}
				}
				if drawn[0] && drawn[1] {
					both++
				}
			}
			for i, expected := range c.expected {
				if found := counts[i] / draws; math.Abs(found-expected) > frequencyTolerance || expected == 0 && found > 0 {
					t.Errorf("logit %d: found a share of %.4f, expected %.4f", i, found, expected)
				}
			}
			if expected := c.expected[0] * c.expected[1]; math.Abs(both/draws-expected) > frequencyTolerance {
				t.Errorf("found the first two together in a share of %.4f, expected %.4f of independent ones", both/draws, expected)
			}
		})
	}
}
