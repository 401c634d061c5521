package sets

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/gruexp/gruexp/trainer/data"
)

// Copy memory: symbols to remember, how many kinds of them, and the steps between.
const (
	copySymbols = 10
	copyKinds   = 8
	copyDelay   = 50

	copySteps = copyDelay + 2*copySymbols

	copyBlank  = copyKinds + 1 // tokens: the symbols are 1 … 8, and 0 is the unknown one
	copyRecall = copyBlank + 1
)

func copyCounts() [data.Parts]int { return [data.Parts]int{20000, 1000, 1000} }

// loadCopy makes copy memory (Hochreiter and Schmidhuber 1997; in this form Arjovsky, Shah and Bengio 2016,
// arXiv:1511.06464): ten symbols of eight kinds, T−1 blanks, then eleven times the sign to recall. The answer is a blank
// at the first T+10 steps and then the ten symbols in their order. Every step counts.
func loadCopy(_ context.Context, config data.Config, _ []string) (*data.Data, error) {
	alphabet := []string{""}
	for kind := range copyKinds {
		alphabet = append(alphabet, strconv.Itoa(kind+1))
	}
	alphabet = append(alphabet, " ", ">")
	spec := data.Spec{
		Vocabulary: len(alphabet), Task: data.Next, Targets: len(alphabet), TargetKind: data.TokenPerStep, Alphabet: alphabet,
	}
	loaded, _ := newGenerated(config.Name, spec, copySteps, copyCounts(), func(b *data.Batch, column int, rng *rand.Rand) {
		for t := range copySteps {
			at := t*b.Size + column
			b.Tokens[at], b.Labels[at], b.Weights[at] = copyBlank, copyBlank, 1
			if t >= copySteps-copySymbols-1 {
				b.Tokens[at] = copyRecall
			}
		}
		for t := range copySymbols {
			symbol := 1 + rng.IntN(copyKinds)
			b.Tokens[t*b.Size+column] = symbol
			b.Labels[(copySteps-copySymbols+t)*b.Size+column] = symbol
		}
	})
	loaded.Baselines = func() []data.Baseline { return []data.Baseline{memorylessBaseline(loaded.Test.Len())} }
	return loaded, nil
}

// memorylessBaseline knows when to recall but not what: 10·ln 8/(T+20) nats a step. Of every sequence it gets the same share of the steps
// right on average, whichever symbols it guesses.
func memorylessBaseline(sequences int) data.Baseline {
	nll, accuracy := copySymbols*math.Log(copyKinds)/copySteps, (copySteps-copySymbols+copySymbols/float64(copyKinds))/copySteps
	return data.Baseline{
		Name: "memoryless", Metrics: map[string]float64{"nll": nll, "perplexity": math.Exp(nll), "accuracy": accuracy},
		Scores: map[string][]float64{"accuracy": slices.Repeat([]float64{accuracy}, sequences)},
	}
}
