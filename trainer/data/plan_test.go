package data

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func randomLengths(rng *rand.Rand, n int) []int {
	lengths := make([]int, n)
	for i := range lengths {
		lengths[i] = rng.IntN(50)
	}
	return lengths
}

func TestBatchesHoldEveryIndexOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n, size := rng.IntN(400), rng.IntN(40)
		lengths := randomLengths(rng, n)
		for _, bucketing := range []bool{false, true} {
			for _, draw := range []*rand.Rand{nil, rng} {
				batches := Batches(lengths, size, draw, bucketing)
				var all []int
				small := 0
				for _, batch := range batches {
					all = append(all, batch...)
					if size > 0 && len(batch) != size {
						small++
					}
				}
				slices.Sort(all)
				for i, index := range all {
					if i != index {
						t.Fatalf("n %d, size %d: index %d is missing or twice", n, size, i)
					}
				}
				if len(all) != n || small > 1 || size == 0 && len(batches) > 1 {
					t.Fatalf("n %d, size %d: %d indices, %d batches, %d small ones", n, size, len(all), len(batches), small)
				}
			}
		}
	}
}

func TestBatchesOrder(t *testing.T) {
	lengths := randomLengths(rand.New(rand.NewPCG(3, 4)), 100)
	same := func(a, b [][]int) bool {
		return slices.EqualFunc(a, b, func(x, y []int) bool { return slices.Equal(x, y) })
	}
	plan := func(seed uint64, bucketing bool) [][]int {
		return Batches(lengths, 7, rand.New(rand.NewPCG(seed, 0)), bucketing)
	}
	for _, bucketing := range []bool{false, true} {
		if !same(plan(1, bucketing), plan(1, bucketing)) {
			t.Errorf("bucketing %t: the same seed gives two orders", bucketing)
		}
		if same(plan(1, bucketing), plan(2, bucketing)) {
			t.Errorf("bucketing %t: two seeds give the same order", bucketing)
		}
	}
	for i, index := range slices.Concat(Batches(lengths, 7, nil, false)...) {
		if i != index {
			t.Fatalf("without randomness index %d stands at %d", index, i)
		}
	}
}

func TestBucketingLeavesLittlePadding(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	lengths := randomLengths(rng, 2000)
	padding := func(batches [][]int) (n int) {
		for _, batch := range batches {
			longest := 0
			for _, i := range batch {
				longest = max(longest, lengths[i])
			}
			for _, i := range batch {
				n += longest - lengths[i]
			}
		}
		return n
	}
	// 63 batches of sorted lengths 0 … 49 differ by at most one step within nearly all of them.
	if sorted, plain := padding(Batches(lengths, 32, rng, true)), padding(Batches(lengths, 32, rng, false)); sorted > plain/20 {
		t.Errorf("found %d padded steps with bucketing and %d without, expected a twentieth", sorted, plain)
	}
}
