package data

import "github.com/pkg/errors"

// Batch is B sequences side by side, time-major, padded at the end to the same number T of steps. Element b of step t
// of a [T,B] field stands at t·B+b. A batch is meant to be used again: [Batch.Resize] keeps the memory.
type Batch struct {
	Steps, Size int       // T and B
	TargetSteps int       // U, where the targets are sequences of their own, else 0
	Tokens      []int     // [T,B] where the inputs are tokens, else empty; 0 at padding
	Inputs      []float64 // [T,B,D] where the inputs are numbers, else empty; 0 at padding
	Mask        []float64 // [T,B]: 1 where there is data, 0 at padding
	Labels      []int     // class labels [B], tokens [T,B] or [U,B], else empty
	Previous    []int     // [U,B] with Labels [U,B]: the token before each label, at first StartToken; else empty
	Targets     []float64 // [B,K] or [T,B,K], else empty
	Weights     []float64 // [B], or of the shape of Labels or Targets per step: 1 where a target counts, 0 elsewhere
}

// Resize gives the batch the shape steps × size of data of this spec, all of it zero. Where targets are sequences of their
// own they get TargetSteps as found.
func (b *Batch) Resize(spec Spec, steps, size int) {
	b.Steps, b.Size = steps, size
	cells := steps * size
	tokens := 0
	if spec.Vocabulary > 0 {
		tokens = cells
	}
	b.Tokens = zeroed(b.Tokens, tokens)
	b.Inputs = zeroed(b.Inputs, cells*spec.Features)
	b.Mask = zeroed(b.Mask, cells)

	targets, previous := size, 0
	switch {
	case spec.TargetKind.PerStep():
		targets = cells
	case spec.TargetKind == TokenSequence:
		targets = b.TargetSteps * size
		previous = targets
	}
	b.Previous = zeroed(b.Previous, previous)
	b.Weights = zeroed(b.Weights, targets)
	if spec.TargetKind.Labels() {
		b.Labels, b.Targets = zeroed(b.Labels, targets), b.Targets[:0]
	} else {
		b.Labels, b.Targets = b.Labels[:0], zeroed(b.Targets, targets*spec.Targets)
	}
}

func zeroed[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// prepare checks the indices of a Fill and gives the batch its shape.
func (b *Batch) Prepare(d Dataset, indices []int) error {
	if len(indices) == 0 {
		return errors.Errorf("fill a batch: found no indices, expected at least one")
	}
	// Without a step at all, which sequences too short to predict anything would give, no graph has a shape.
	steps := max(b.Steps, 1)
	pairs, ofPairs := d.(Translations)
	targetSteps := 0
	if ofPairs {
		targetSteps = max(b.TargetSteps, 1)
	}
	for _, i := range indices {
		if i < 0 || i >= d.Len() {
			return errors.Errorf("fill a batch: found sequence index %d, expected one in [0, %d)", i, d.Len())
		}
		steps = max(steps, d.Steps(i))
		if ofPairs {
			targetSteps = max(targetSteps, pairs.TargetSteps(i))
		}
	}
	b.TargetSteps = targetSteps
	b.Resize(d.Spec(), steps, len(indices))
	return nil
}
