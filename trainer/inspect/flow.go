package inspect

import "slices"

// Flow is how gradients reach back through a recurrence, over several sequences.
type Flow struct {
	Name string // of the recurrence

	// Mean is the norm of ∂loss/∂state by how many steps it is before the last one that the recurrence makes, the mean over
	// the sequences that are so long; the last step stands first. Counts says how many these are.
	Mean   []float64
	Counts []int
}

// Flows returns the flow of each recurrence.
func Flows(looks []Look) []Flow {
	var flows []Flow
	for _, look := range looks {
		for i, r := range look.Recurrences { // the same ones of each
			if i == len(flows) {
				flows = append(flows, Flow{Name: r.Name})
			}
			flows[i].add(r.Norms())
		}
	}
	for _, f := range flows {
		for k, n := range f.Counts {
			f.Mean[k] /= float64(n)
		}
	}
	return flows
}

func (f *Flow) add(norms []float64) {
	for k, v := range norms {
		if k == len(f.Mean) {
			f.Mean, f.Counts = append(f.Mean, 0), append(f.Counts, 0)
		}
		f.Mean[k] += v
		f.Counts[k]++
	}
}

// reach is how many steps back half of so many sequences or more go.
func (f *Flow) reach(sequences int) int {
	back := 0
	for back+1 < len(f.Counts) && 2*f.Counts[back+1] >= sequences {
		back++
	}
	return back
}

// Norms are those of the gradient with respect to the state, from the last step that the recurrence makes back to its first.
func (r *Recurrence) Norms() []float64 {
	norms := r.Gradient.Norms()
	if !r.Backward() {
		slices.Reverse(norms)
	}
	return norms
}
