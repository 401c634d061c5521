package inspect

import (
	"slices"

	"github.com/gruexp/gruexp/graph"
)

// Summary is what a recurrence did over several sequences, in a few numbers.
type Summary struct {
	Name  string        `json:"name"`
	Gates []GateSummary `json:"gates"`

	// The mean norm of ∂loss/∂state at the last step that the recurrence makes, and Back steps before it, as many as
	// half of the sequences or more have. Their ratio says how much of a gradient is left there: much less than 1, it
	// vanishes; much more, it explodes.
	LastGradient  float64 `json:"gradient_last"`
	FirstGradient float64 `json:"gradient_first"`
	Back          int     `json:"steps_back"`
}

// GateSummary is what a gate did over all steps and units. A gate that is nearly 0 or 1 is saturated: it blocks, or lets all
// through (Karpathy et al. 2015, arXiv:1506.02078, for the bounds).
type GateSummary struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`  // share of the values below 0.1; of candidates and states below −0.9
	High float64 `json:"high"` // share of the values above 0.9
}

// Summaries returns the summary of each recurrence.
func Summaries(looks []Look) []Summary {
	flows := Flows(looks)
	summaries := make([]Summary, len(flows))
	for i, flow := range flows {
		back := flow.reach(len(looks))
		s := Summary{Name: flow.Name, LastGradient: flow.Mean[0], FirstGradient: flow.Mean[back], Back: back}
		for k := range looks[0].Recurrences[i].Gates {
			s.Gates = append(s.Gates, summarize(looks, i, k))
		}
		summaries[i] = s
	}
	return summaries
}

func summarize(looks []Look, recurrence, gate int) GateSummary {
	var s GateSummary
	count := 0.0
	for _, look := range looks {
		v := look.Recurrences[recurrence].Gates[gate]
		low := 0.1
		if v.Signed() {
			low = -0.9
		}
		s.Name = v.Name
		for _, x := range v.RawMatrix().Data {
			s.Mean += x
			if x < low {
				s.Low++
			}
			if x > 0.9 {
				s.High++
			}
			count++
		}
	}
	s.Mean, s.Low, s.High = s.Mean/count, s.Low/count, s.High/count
	return s
}

// Signed tells values around 0, as those of candidates and states, from gates, which are from 0 to 1.
func (v Values) Signed() bool {
	return slices.Contains([]string{"candidate", graph.RecordHidden, graph.RecordMemory}, v.Name)
}
