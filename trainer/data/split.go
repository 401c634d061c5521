package data

import (
	"math"
	"math/rand/v2"
)

// splitSeed draws which sequences, groups or names belong to which part. It is fixed so that runs with different
// training seeds are judged on the same test part.
const SplitSeed = 0x5eed

// part is one of the three parts of a split.
type Part uint8

const (
	TrainPart Part = iota
	ValidPart
	TestPart
	Parts
)

func (p Part) String() string { return [Parts]string{"train", "valid", "test"}[p] }

// partCounts returns how many of n things each part gets: the fractions, rounded.
func CountParts(n int, validFraction, testFraction float64) [Parts]int {
	var counts [Parts]int
	counts[ValidPart] = int(math.Round(validFraction * float64(n)))
	counts[TestPart] = min(int(math.Round(testFraction*float64(n))), n-counts[ValidPart])
	counts[TrainPart] = n - counts[ValidPart] - counts[TestPart]
	return counts
}

// draw gives n things to the parts at random, always in the same way. A seed other than 0 draws another validation part of
// the same size from what is not tested.
func DrawParts(seed uint64, n int, validFraction, testFraction float64) []Part {
	counts := CountParts(n, validFraction, testFraction)
	drawn := make([]Part, n)
	for i := range drawn[:counts[TestPart]] {
		drawn[i] = TestPart
	}
	for i := range counts[ValidPart] {
		drawn[counts[TestPart]+i] = ValidPart
	}
	shuffle(rand.New(rand.NewPCG(SplitSeed, 0)), drawn)
	if seed == 0 {
		return drawn
	}
	var rest []int // what is not tested
	for i, p := range drawn {
		if p != TestPart {
			rest = append(rest, i)
			drawn[i] = TrainPart
		}
	}
	shuffle(rand.New(rand.NewPCG(SplitSeed, seed)), rest)
	for _, i := range rest[:counts[ValidPart]] {
		drawn[i] = ValidPart
	}
	return drawn
}
