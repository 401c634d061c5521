package layers_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

func TestDropoutKeepsTheExpectation(t *testing.T) {
	const steps, batch, width = 20, 30, 40
	const rate = 0.3
	ones := slices.Repeat([]float64{1}, steps*batch*width)
	for _, shared := range []bool{false, true} {
		layer, err := layers.NewDropout(layers.DropoutConfig{Rate: rate, Shared: shared}, "dropout")
		if err != nil {
			t.Fatal(err)
		}
		y := applyOnce(t, layer, graph.Train, []int{steps, batch, width}, ones).Float64s()

		draws := float64(len(y))
		sameAtAllSteps := true
		for i, v := range y {
			if v != 0 && v != 1/(1-rate) {
				t.Fatalf("shared %t: found %v, expected 0 or %v", shared, v, 1/(1-rate))
			}
			sameAtAllSteps = sameAtAllSteps && v == y[i%(batch*width)]
		}
		if shared {
			draws /= steps
		}
		if sameAtAllSteps != shared {
			t.Errorf("found the same draw at all steps: %t, expected %t", sameAtAllSteps, shared)
		}
		// A draw has the variance rate/(1−rate); the mean of so many is 4 deviations off once in 16,000 seeds.
		if mean, bound := mean(y), 4*math.Sqrt(rate/(1-rate)/draws); math.Abs(mean-1) > bound {
			t.Errorf("shared %t: found the mean %v, expected 1 ± %v", shared, mean, bound)
		}

		if y := applyOnce(t, layer, graph.Evaluate, []int{steps, batch, width}, ones).Float64s(); !slices.Equal(y, ones) {
			t.Errorf("shared %t: found a change in an evaluation graph", shared)
		}
	}
}

func TestTokenDropoutMakesTokensUnknown(t *testing.T) {
	const steps, batch, vocabulary = 50, 40, 3
	const rate = 0.25
	head := layers.Head{Loss: layers.MeanSquaredError, Units: 1, PerStep: true}
	cfg := layers.ModelConfig{
		Input:  layers.Input{Vocabulary: vocabulary},
		Layers: []layers.LayerConfig{embed(layers.EmbeddingConfig{Units: 1, TokenDropout: rate})},
	}
	m := newModel(t, cfg, head, tensor.Float64)
	copy(m.Params()[0].Value.Float64s(), []float64{0, 1, 2}) // the vector of a token is its id
	feeds := newFeeds(steps, slices.Repeat([]int{steps}, batch), cfg.Input, head)
	tokens := feeds[graph.FeedTokens].([]int)
	shape := graph.BatchShape{Steps: steps, Size: batch}

	y := compile(t, m, graph.Train, tensor.Float64, shape).run(t, feeds).values[graph.OutputPredictions]
	known, dropped := 0.0, 0.0
	for i, id := range tokens {
		switch {
		case id != 0 && y[i] == 0:
			dropped++
			fallthrough
		case id != 0:
			known++
		}
		if y[i] != 0 && y[i] != float64(id) {
			t.Fatalf("token %d: found %v, expected it or 0", id, y[i])
		}
	}
	if share, bound := dropped/known, 4*math.Sqrt(rate*(1-rate)/known); math.Abs(share-rate) > bound {
		t.Errorf("found a share of %v dropped, expected %v ± %v", share, rate, bound)
	}
	y = compile(t, m, graph.Evaluate, tensor.Float64, shape).run(t, feeds).values[graph.OutputPredictions]
	for i, id := range tokens {
		if y[i] != float64(id) {
			t.Fatalf("evaluation: token %d: found %v", id, y[i])
		}
	}
}

func mean(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func TestDropoutsOfGRUAct(t *testing.T) {
	x := slices.Repeat([]float64{1, -1, 0.5}, 4*2)
	for name, cfg := range map[string]layers.GRUConfig{
		"dropout": {Dropout: 0.5}, "output_dropout": {OutputDropout: 0.5}, "recurrent_dropout": {RecurrentDropout: 0.5},
		"separate masks": {RecurrentDropout: 0.5, RecurrentDropoutGates: layers.SeparateMasks},
		"weight_dropout": {WeightDropout: 0.5}, "zoneout": {Zoneout: 0.5},
	} {
		for _, engine := range []layers.Engine{layers.Fused, layers.Composed} {
			cfg.Units, cfg.Engine = 8, engine
			layer, err := layers.NewGRU(cfg, "gru", 3, tensor.Float64, graph.NewStreams(1))
			if err != nil {
				t.Fatal(err)
			}
			training := applyOnce(t, layer, graph.Train, []int{4, 2, 3}, x).Float64s()
			evaluation := applyOnce(t, layer, graph.Evaluate, []int{4, 2, 3}, x).Float64s()
			if slices.Equal(training, evaluation) {
				t.Errorf("%s, %s: found the same states with and without noise", name, engine)
			}
		}
	}
}
