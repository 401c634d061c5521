package data

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Sequences are sorted by length among so many batches at a time: enough to leave hardly any padding, few enough that
// an epoch's batches differ from the last one's.
const poolBatches = 64

// Batches plans an epoch: every index of lengths occurs in exactly one batch. All have size indices but one, which has
// what is left over; size 0 or less means one batch of everything.
//
// The order is drawn from rng; with nil it is the order of the file. With bucketing, sequences of similar length come
// together so that little padding is needed: they are sorted by length within pools of many batches, and then the
// order of the batches is drawn.
func Batches(lengths []int, size int, rng *rand.Rand, bucketing bool) [][]int {
	n := len(lengths)
	if n == 0 {
		return nil
	}
	if size <= 0 || size > n {
		size = n
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	shuffle(rng, order)
	if bucketing {
		for pool := range slices.Chunk(order, size*poolBatches) {
			slices.SortStableFunc(pool, func(i, j int) int { return cmp.Compare(lengths[i], lengths[j]) })
		}
	}
	batches := slices.Collect(slices.Chunk(order, size))
	if bucketing {
		shuffle(rng, batches)
	}
	return batches
}

func shuffle[T any](rng *rand.Rand, s []T) {
	if rng != nil {
		rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	}
}
