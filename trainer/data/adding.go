package data

import (
	"context"
	"math/rand/v2"
)

// addingCounts is how many sequences there are: 50000 to train as in Bai, Kolter and Koltun 2018.
func addingCounts() [parts]int { return [parts]int{50000, 1000, 1000} }

// loadAdding makes the adding problem (Hochreiter and Schmidhuber 1997; in this form Le, Jaitly and Hinton 2015,
// arXiv:1504.00941) of that length: a step is a number drawn from [0, 1) and a mark, which is 1 at one step of the first
// half and at one of the second and 0 elsewhere. The target is the sum of the two marked numbers.
func loadAdding(steps int) func(context.Context, Config, []string) (*Data, error) {
	return func(_ context.Context, config Config, _ []string) (*Data, error) {
		spec := Spec{
			Features: 2, Task: Regress, Targets: 1, TargetKind: ValuesPerSequence,
			FeatureNames: []string{"number", "mark"}, TargetNames: []string{"sum"},
		}
		data, sets := newGenerated(config.Name, spec, steps, addingCounts(), func(b *Batch, column int, rng *rand.Rand) {
			for t := range steps {
				b.Inputs[(t*b.Size+column)*2] = rng.Float64()
			}
			half := steps / 2
			for _, t := range []int{rng.IntN(half), half + rng.IntN(steps-half)} {
				at := (t*b.Size + column) * 2
				b.Inputs[at+1] = 1
				b.Targets[column] += b.Inputs[at]
			}
			b.Weights[column] = 1
		})
		data.Baselines = func() []Baseline { return []Baseline{addingBaseline(sets[test])} }
		return data, nil
	}
}

// addingBaseline always answers 1, the mean of a sum, whose squared error is 1/6 on average.
func addingBaseline(tested *generated) Baseline {
	var e deviations
	var b Batch
	for i := range tested.Len() {
		if err := tested.Fill(&b, []int{i}); err != nil {
			panic(err) // the index is that of a sequence
		}
		e.add(1 - b.Targets[0])
	}
	return Baseline{Name: "mean", Metrics: e.metrics()}
}
