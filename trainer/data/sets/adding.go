package sets

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/baseline"
)

// addingCounts is how many sequences there are: 50000 to train as in Bai, Kolter and Koltun 2018.
func addingCounts() [data.Parts]int { return [data.Parts]int{50000, 1000, 1000} }

// loadAdding makes the adding problem (Hochreiter and Schmidhuber 1997; in this form Le, Jaitly and Hinton 2015,
// arXiv:1504.00941) of that length: a step is a number drawn from [0, 1) and a mark, which is 1 at one step of the first
// half and at one of the second and 0 elsewhere. The target is the sum of the two marked numbers.
func loadAdding(steps int) func(context.Context, data.Config, []string) (*data.Data, error) {
	return func(_ context.Context, config data.Config, _ []string) (*data.Data, error) {
		spec := data.Spec{
			Features: 2, Task: data.Regress, Targets: 1, TargetKind: data.ValuesPerSequence,
			FeatureNames: []string{"number", "mark"}, TargetNames: []string{"sum"},
		}
		loaded, sets := newGenerated(config.Name, spec, steps, addingCounts(), func(b *data.Batch, column int, rng *rand.Rand) {
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
		loaded.Baselines = func() []data.Baseline { return []data.Baseline{addingBaseline(sets[data.TestPart])} }
		return loaded, nil
	}
}

// addingBaseline always answers 1, the mean of a sum, whose squared error is 1/6 on average.
func addingBaseline(tested *generated) data.Baseline {
	var e baseline.Deviations
	var b data.Batch
	errors := make([]float64, tested.Len())
	for i := range tested.Len() {
		if err := tested.Fill(&b, []int{i}); err != nil {
			panic(err) // the index is that of a sequence
		}
		e.Add(1 - b.Targets[0])
		errors[i] = math.Abs(1 - b.Targets[0])
	}
	return data.Baseline{Name: "mean", Metrics: e.Metrics(), Scores: map[string][]float64{"mae": errors}}
}
