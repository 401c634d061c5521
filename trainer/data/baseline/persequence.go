package baseline

import "github.com/gruexp/gruexp/trainer/data"

// perSequence collects what a method reaches on the targets of each sequence.
type perSequence struct{ sums, counts []float64 }

func newPerSequence(sequences int) *perSequence {
	return &perSequence{make([]float64, sequences), make([]float64, sequences)}
}

func (p *perSequence) add(sequence int, score float64) {
	p.sums[sequence] += score
	p.counts[sequence]++
}

// baseline adds the means of the sequences to a baseline, as the scores of a metric.
func (p *perSequence) baseline(b data.Baseline, metric string) data.Baseline {
	scores := make([]float64, len(p.sums))
	for i, sum := range p.sums {
		if p.counts[i] > 0 {
			scores[i] = sum / p.counts[i]
		}
	}
	b.Scores, b.Weights = map[string][]float64{metric: scores}, p.counts
	return b
}
