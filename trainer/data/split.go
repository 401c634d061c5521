package data

import (
	"math"
	"math/rand/v2"
)

// splitSeed draws which sequences, groups or names belong to which part. It is fixed so that runs with different
// training seeds are judged on the same test part.
const splitSeed = 0x5eed

// part is one of the three parts of a split.
type part uint8

const (
	train part = iota
	valid
	test
	parts
)

func (p part) String() string { return [parts]string{"train", "valid", "test"}[p] }

// partCounts returns how many of n things each part gets: the fractions, rounded.
func partCounts(n int, validFraction, testFraction float64) [parts]int {
	var counts [parts]int
	counts[valid] = int(math.Round(validFraction * float64(n)))
	counts[test] = min(int(math.Round(testFraction*float64(n))), n-counts[valid])
	counts[train] = n - counts[valid] - counts[test]
	return counts
}

// draw gives n things to the parts at random, always in the same way. A seed other than 0 draws another validation part of
// the same size from what is not tested.
func draw(seed uint64, n int, validFraction, testFraction float64) []part {
	counts := partCounts(n, validFraction, testFraction)
	drawn := make([]part, n)
	for i := range drawn[:counts[test]] {
		drawn[i] = test
	}
	for i := range counts[valid] {
		drawn[counts[test]+i] = valid
	}
	shuffle(rand.New(rand.NewPCG(splitSeed, 0)), drawn)
	if seed == 0 {
		return drawn
	}
	var rest []int // what is not tested
	for i, p := range drawn {
		if p != test {
			rest = append(rest, i)
			drawn[i] = train
		}
	}
	shuffle(rand.New(rand.NewPCG(splitSeed, seed)), rest)
	for _, i := range rest[:counts[valid]] {
		drawn[i] = valid
	}
	return drawn
}
