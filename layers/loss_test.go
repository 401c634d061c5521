package layers_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// lossModels are a model for each loss, with its options, of sequences and of steps.
func lossModels() []small {
	var all []small
	for _, c := range []struct {
		loss    layers.Loss
		options layers.LossOptions
	}{
		{layers.CrossEntropy, layers.LossOptions{}},
		{layers.CrossEntropy, layers.LossOptions{ClassWeights: []float64{0.5, 2}}},
		{layers.FocalLoss, layers.LossOptions{}},
		{layers.FocalLoss, layers.LossOptions{Gamma: new(0.5), ClassWeights: []float64{0, 2}}},
		{layers.BinaryCrossEntropy, layers.LossOptions{}},
		{layers.BinaryCrossEntropy, layers.LossOptions{ClassWeights: []float64{0.5, 2}}},
		{layers.BinaryFocalLoss, layers.LossOptions{ClassWeights: []float64{0.5, 2}}},
		{layers.MeanSquaredError, layers.LossOptions{}},
		{layers.MeanAbsoluteError, layers.LossOptions{}},
		{layers.HuberLoss, layers.LossOptions{Delta: new(0.3)}},
		{layers.LogCoshLoss, layers.LossOptions{}},
		{layers.QuantileLoss, layers.LossOptions{}},
		{layers.PoissonLoss, layers.LossOptions{}},
	} {
		for _, perStep := range []bool{false, true} {
			all = append(all, small{
				fmt.Sprintf("%s, weights %v, per step %v", c.loss, c.options.ClassWeights, perStep), layers.Input{Size: 3},
				[]layers.LayerConfig{gru(layers.GRUConfig{Units: 3, ReturnSequences: perStep}), dense(layers.DenseConfig{})},
				layers.Head{Loss: c.loss, Options: c.options, Units: 2, PerStep: perStep},
			})
		}
	}
	return all
}

func TestGradientsOfEveryLoss(t *testing.T) {
	seen := map[layers.Loss]bool{}
	for _, s := range lossModels() {
		seen[s.head.Loss] = true
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			lengths := []int{4, 2, 0, 1}
			m := newModel(t, s.config(layers.Fused), s.head, tensor.Float64)
			scatter(m.Params())
			feeds := newFeeds(4, lengths, s.input, s.head)
			c := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: 4, Size: len(lengths)})
			gradients := c.run(t, feeds).gradients
			for _, p := range m.Params() {
				expectGradient(t, p, gradients[p.Name], func() float64 { return c.run(t, feeds).cost })
			}
		})
	}
	for _, loss := range layers.Losses() {
		if !seen[loss] {
			t.Errorf("found no model with the loss %s", loss)
		}
	}
}

// What stands in rows without weight changes neither the cost nor a gradient, and weights count as often as rows would.
func TestRowsWithoutWeightDoNotCount(t *testing.T) {
	for _, s := range lossModels() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			lengths := []int{3, 3, 3, 3}
			m := newModel(t, s.config(layers.Fused), s.head, tensor.Float64)
			scatter(m.Params())
			feeds := newFeeds(3, lengths, s.input, s.head)
			weights, targets, labels := feeds[graph.FeedWeights].([]float64), feeds[graph.FeedTargets].([]float64), feeds[graph.FeedLabels].([]int)
			for i := range weights {
				weights[i] = float64(i % 3)
			}
			c := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: 3, Size: len(lengths)})
			expected := c.run(t, feeds)
			var sum, total float64
			for i, w := range weights {
				sum, total = sum+w*expected.values[graph.OutputLosses][i], total+w
			}
			if math.Abs(expected.cost-sum/total) > 1e-12 {
				t.Errorf("found cost %v, expected the weighted mean %v", expected.cost, sum/total)
			}
			for i, w := range weights {
				if w == 0 {
					labels[i], targets[2*i], targets[2*i+1] = 1-labels[i], 5, 1e10
				}
			}
			found := c.run(t, feeds)
			if found.cost != expected.cost {
				t.Errorf("found cost %v, expected %v as before", found.cost, expected.cost)
			}
			for name, g := range expected.gradients {
				if !slices.Equal(found.gradients[name], g) {
					t.Errorf("%s: found another gradient", name)
				}
			}
		})
	}
}

// What is compared with targets, and what is no longer a cross-entropy, are values of their own.
func TestPointsAndCrossEntropies(t *testing.T) {
	run := func(head layers.Head) run {
		s := small{"", layers.Input{Size: 3}, []layers.LayerConfig{gru(layers.GRUConfig{Units: 3}), dense(layers.DenseConfig{})}, head}
		m := newModel(t, s.config(layers.Fused), s.head, tensor.Float64)
		scatter(m.Params())
		return compile(t, m, graph.Evaluate, tensor.Float64, graph.BatchShape{Steps: 3, Size: 2}).run(t, newFeeds(3, []int{3, 2}, s.input, head))
	}
	quantiles := run(layers.Head{Loss: layers.QuantileLoss, Units: 2, Options: layers.LossOptions{Quantiles: []float64{0.2, 0.6, 0.9}}})
	p := quantiles.values[graph.OutputPredictions]
	if len(p) != 12 {
		t.Fatalf("found %d predictions, expected 3 quantiles of 2 numbers of 2 sequences", len(p))
	}
	var middle []float64 // of three sorted quantiles
	for of := range slices.Chunk(p, 3) {
		middle = append(middle, slices.Sorted(slices.Values(of))[1])
	}
	expectClose(t, "quantile 0.6", quantiles.values[graph.OutputPoints], middle, 0)
	if slices.Equal(middle, []float64{p[1], p[4], p[7], p[10]}) {
		t.Error("no quantiles cross, expected some that do")
	}

	counts := run(layers.Head{Loss: layers.PoissonLoss, Units: 2})
	var rates []float64
	for _, v := range counts.values[graph.OutputPredictions] {
		rates = append(rates, math.Exp(v))
	}
	expectClose(t, "rates", counts.values[graph.OutputPoints], rates, 1e-15)

	plain := run(layers.Head{Loss: layers.CrossEntropy, Units: 2})
	if len(plain.values[graph.OutputNLL]) != 0 || len(plain.values[graph.OutputPoints]) != 0 {
		t.Errorf("found %v, expected no values of their own", plain.values)
	}
	for _, head := range []layers.Head{
		{Loss: layers.FocalLoss, Units: 2}, {Loss: layers.CrossEntropy, Units: 2, Options: layers.LossOptions{ClassWeights: []float64{2, 3}}},
	} {
		expectClose(t, string(head.Loss), run(head).values[graph.OutputNLL], plain.values[graph.OutputLosses], 0)
	}
	binary := run(layers.Head{Loss: layers.BinaryCrossEntropy, Units: 2})
	expectClose(t, "binary focal", run(layers.Head{Loss: layers.BinaryFocalLoss, Units: 2}).values[graph.OutputNLL], binary.values[graph.OutputLosses], 0)
}

func TestFaultsOfLossOptions(t *testing.T) {
	for _, c := range []struct {
		loss    layers.Loss
		options layers.LossOptions
		want    string
	}{
		{"hinge", layers.LossOptions{}, "loss: found \"hinge\", expected one of [cross_entropy focal"},
		{layers.CrossEntropy, layers.LossOptions{ClassWeights: []float64{1, 2, 3}}, "loss_options.class_weights: found \"3 weights\", expected 2, as there are classes"},
		{layers.CrossEntropy, layers.LossOptions{ClassWeights: []float64{0, 0}}, "not all of them 0"},
		{layers.CrossEntropy, layers.LossOptions{ClassWeights: []float64{1, math.Inf(1)}}, "finite numbers"},
		{layers.CrossEntropy, layers.LossOptions{Gamma: new(2.0)}, "loss_options.gamma: found 2, expected nothing: the loss cross_entropy has no gamma"},
		{layers.FocalLoss, layers.LossOptions{Gamma: new(0.0)}, "loss_options.gamma: found 0, expected a finite number above 0"},
		{layers.FocalLoss, layers.LossOptions{Gamma: new(-1.0)}, "loss_options.gamma: found -1, expected a finite number above 0"},
		{layers.HuberLoss, layers.LossOptions{Delta: new(math.NaN())}, "loss_options.delta: found NaN"},
		{layers.MeanSquaredError, layers.LossOptions{Delta: new(1.0), Quantiles: []float64{0.5}, ClassWeights: []float64{1}}, "mean_squared_error has no class_weights; loss_options.quantiles"},
		{layers.QuantileLoss, layers.LossOptions{Quantiles: []float64{0.5, 0.5}}, "increasing numbers between 0 and 1"},
		{layers.QuantileLoss, layers.LossOptions{Quantiles: []float64{0, 0.5}}, "increasing numbers between 0 and 1"},
	} {
		head := layers.Head{Loss: c.loss, Options: c.options.WithDefaults(c.loss), Units: 2}
		if err := head.Validate().Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %+v: found %v, expected %s", c.loss, c.options, err, c.want)
		}
	}
}
