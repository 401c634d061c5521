package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// No initial state is one of zeros, to the bit: what is not multiplied where a sequence begins would have been zero.
func TestRecurrenceFromZeros(t *testing.T) {
	for _, o := range allRecurrenceOptions() {
		if o.initial {
			continue
		}
		for _, threads := range []int{1, 3} {
			c := newRecurrenceCase[float32](rand.New(rand.NewPCG(21, 22)), 5, 9, 6, o)
			hidden, out := c.run(new(Recurrence[float32]), eagerPool(threads))
			c.Initial = make([]float32, c.Batch*c.Form.States()*c.Units)
			expectedHidden, expected := c.run(new(Recurrence[float32]), eagerPool(threads))
			if !slices.Equal(hidden, expectedHidden) || !slices.Equal(out.Gates, expected.Gates) || !slices.Equal(out.RecurrentKernel, expected.RecurrentKernel) ||
				!slices.Equal(out.RecurrentBias, expected.RecurrentBias) || !slices.Equal(out.RecurrentGain, expected.RecurrentGain) {
				t.Errorf("%+v threads=%d: found other bits without an initial state than with zeros", o, threads)
			}
		}
	}
}
