package inspect

import "slices"

// Flow is how gradients reach back through a recurrence, over several sequences.
type Flow struct {
	Name string // of the recurrence

	// Mean is the mean norm of ∂loss/∂state over the sequences by how many steps it is before the last one that the recurrence makes;
	// the last step comes first. Sequences differ in length and in the size of their gradients. Where one ends, the mean of those that
	// are left is scaled to continue the line: it rises and falls as the gradients of single sequences do, and not because of which
	// sequences are so long. Of sequences of equal length it is the plain mean. Counts says how many sequences reach each step.
	Mean   []float64
	Counts []int
}

// Flows returns the flow of each recurrence.
func Flows(looks []Look) []Flow {
	if len(looks) == 0 {
		return nil
	}
	flows := make([]Flow, len(looks[0].Recurrences)) // the same ones of each
	for i := range flows {
		norms := make([][]float64, len(looks))
		for k, look := range looks {
			norms[k] = look.Recurrences[i].Norms()
		}
		flows[i] = flowOf(looks[0].Recurrences[i].Name, norms)
	}
	return flows
}

// flowOf is the flow of the norms of several sequences.
func flowOf(name string, norms [][]float64) Flow {
	f := Flow{Name: name}
	longest := 0
	for _, of := range norms {
		longest = max(longest, len(of))
	}
	factor := 1.0
	for k := range longest {
		mean, count := meanAt(norms, k, k)
		if k > 0 && count < f.Counts[k-1] {
			all, _ := meanAt(norms, k-1, k-1)
			left, _ := meanAt(norms, k-1, k)
			if all > 0 && left > 0 {
				factor *= all / left
			}
		}
		f.Mean, f.Counts = append(f.Mean, factor*mean), append(f.Counts, count)
	}
	return f
}

// meanAt is the mean at step k over the sequences that reach a later one, and how many these are.
func meanAt(norms [][]float64, k, later int) (mean float64, count int) {
	for _, of := range norms {
		if len(of) > later {
			mean += of[k]
			count++
		}
	}
	return mean / float64(count), count
}

// reach is how many steps back at least half of the sequences go.
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
