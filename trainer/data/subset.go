package data

import "slices"

// Subset is the sequences of d with these indices, in that order.
func Subset(d Dataset, indices []int) Dataset {
	s := subset{d, indices}
	if pairs, ok := d.(Translations); ok {
		return subsetOfPairs{s, pairs}
	}
	return s
}

// FirstBatches is the sequences of d that fit into so many batches of that size, which is everything for one below 1.
func FirstBatches(d Dataset, batches, size int) Dataset {
	plan := Batches(Lengths(d), size, nil, false)
	return Subset(d, slices.Concat(plan[:min(batches, len(plan))]...))
}

type subset struct {
	whole   Dataset
	indices []int
}

func (s subset) Spec() Spec      { return s.whole.Spec() }
func (s subset) Len() int        { return len(s.indices) }
func (s subset) Steps(i int) int { return s.whole.Steps(s.indices[i]) }

func (s subset) Fill(b *Batch, indices []int) error {
	mapped := make([]int, len(indices))
	for i, index := range indices {
		if index < 0 || index >= len(s.indices) {
			mapped[i] = -1 // which the whole refuses
			continue
		}
		mapped[i] = s.indices[index]
	}
	return s.whole.Fill(b, mapped)
}

type subsetOfPairs struct {
	subset
	pairs Translations
}

func (s subsetOfPairs) TargetSteps(i int) int { return s.pairs.TargetSteps(s.indices[i]) }
