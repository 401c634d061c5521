package layers_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// TestPlaceOfStepsDoesNotMatter is a property of masks, over random shapes: sequences of any lengths, the empty one among
// them, give the same wherever their steps stand, with padding before, behind and between them, and wherever they stand
// in the batch. States keep their bits; gradients are sums over steps and sequences, which change their order.
func TestPlaceOfStepsDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 0))
	for i, cfg := range []layers.GRUConfig{
		{}, {}, {Bidirectional: true}, {GoBackwards: true, InitialState: layers.LearnedState},
		{Form: layers.ResetBefore}, {Form: layers.ResetBefore, Update: layers.UpdateNew, Bidirectional: true},
		{Form: layers.ThreeGate, Gating: layers.InputGating}, {Form: layers.Tied, Bidirectional: true, Merge: layers.MergeMul},
		{Engine: layers.Composed}, {Engine: layers.Composed, LayerNorm: true, Bidirectional: true},
	} {
		for _, sequences := range []bool{false, true} {
			steps, batch, inputs := 1+r.IntN(6), 1+r.IntN(6), 1+r.IntN(20)
			cfg.Units, cfg.ReturnSequences = 1+r.IntN(40), sequences
			t.Run(fmt.Sprintf("%d: T=%d B=%d D=%d H=%d", i, steps, batch, inputs, cfg.Units), func(t *testing.T) {
				full := cfg.WithDefaults()
				width := full.Units
				if full.Merge == layers.MergeConcat {
					width *= 2
				}
				head := layers.Head{Loss: layers.MeanSquaredError, Units: width, PerStep: sequences}
				m := newModel(t, layers.ModelConfig{Input: layers.Input{Size: inputs}, Layers: []layers.LayerConfig{gru(cfg)}}, head, tensor.Float64)
				scatter(m.Params())

				lengths := make([]int, batch)
				for b := range lengths {
					lengths[b] = r.IntN(steps + 1)
				}
				feeds := newFeeds(steps, lengths, layers.Input{Size: inputs}, head)
				longer := steps + r.IntN(5)
				places := randomPlaces(r, lengths, longer)
				order := r.Perm(batch)
				moved := graph.Feeds{}
				for name, feed := range feeds {
					values, ok := feed.([]float64)
					switch hasSteps := sequences || name == graph.FeedInputs || name == graph.FeedMask; {
					case !ok: // labels, which this loss does not read
					case hasSteps:
						moved[name] = move(r, name, values, steps, longer, places, order)
					default:
						moved[name] = reorder(values, 1, order)
					}
				}
				expected := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: steps, Size: batch}).run(t, feeds)
				found := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: longer, Size: batch}).run(t, moved)

				states, movedStates := expected.values[graph.OutputPredictions], found.values[graph.OutputPredictions]
				for place, b := range order {
					if !sequences {
						expectClose(t, fmt.Sprintf("sequence %d", b), movedStates[place*width:(place+1)*width], states[b*width:(b+1)*width], 0)
						continue
					}
					for step := range lengths[b] {
						at, movedAt := (step*batch+b)*width, (places[b][step]*batch+place)*width
						expectClose(t, fmt.Sprintf("sequence %d step %d", b, step), movedStates[movedAt:movedAt+width], states[at:at+width], 0)
					}
				}
				for name, gradient := range expected.gradients {
					expectClose(t, "gradient of "+name, found.gradients[name], gradient, 1e-12)
				}
			})
		}
	}
}

// randomPlaces chooses for the steps of each sequence as many of the steps of a longer batch, in order.
func randomPlaces(r *rand.Rand, lengths []int, longer int) [][]int {
	places := make([][]int, len(lengths))
	for b, length := range lengths {
		chosen := map[int]bool{}
		for _, t := range r.Perm(longer)[:length] {
			chosen[t] = true
		}
		for t := range longer {
			if chosen[t] {
				places[b] = append(places[b], t)
			}
		}
	}
	return places
}

// move puts a feed [steps,B,…] to other places: sequence order[i] becomes the i-th, and its steps stand at its places.
// Masks and weights are 0 elsewhere; what else lies there is drawn.
func move(r *rand.Rand, name string, values []float64, steps, longer int, places [][]int, order []int) []float64 {
	batch := len(order)
	width := len(values) / steps / batch
	out := make([]float64, longer*batch*width)
	if name != graph.FeedMask && name != graph.FeedWeights {
		for i := range out {
			out[i] = r.NormFloat64()
		}
	}
	for i, b := range order {
		for step, place := range places[b] {
			from, to := (step*batch+b)*width, (place*batch+i)*width
			copy(out[to:to+width], values[from:from+width])
		}
	}
	return out
}
