package layers_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// small is a model small enough to move each of its parameters by itself.
type small struct {
	name   string
	input  layers.Input
	layers []layers.LayerConfig
	head   layers.Head
}

// smallModels use every layer and option. Where there is a GRU, every engine that has its form and options runs it.
func smallModels() []small {
	return slices.Concat(mixedModels(), gruModels(), gruDModels(), rnnModels(), minGRUModels(), aroundModels(), categoryModels(), customModels())
}

// mixedModels are of several layers.
func mixedModels() []small {
	numbers, tokens := layers.Input{Size: 3}, layers.Input{Vocabulary: 5}
	classes := layers.Head{Loss: layers.CrossEntropy, Units: 3}
	return []small{
		{"plain", numbers, []layers.LayerConfig{gru(layers.GRUConfig{Units: 4})}, layers.Head{Loss: layers.MeanSquaredError, Units: 4}},
		{
			"activity regularization", numbers,
			[]layers.LayerConfig{
				gru(layers.GRUConfig{Units: 4, ReturnSequences: true}), {ActivityRegularization: &layers.ActivityRegularizationConfig{L2: 2, Temporal: 1}},
				dropout(layers.DropoutConfig{Rate: 0.4}), {ActivityRegularization: &layers.ActivityRegularizationConfig{L2: 0.5}}, pool(layers.PoolMean), dense(layers.DenseConfig{}),
			},
			classes,
		},
		{
			"dropouts", numbers,
			[]layers.LayerConfig{gru(layers.GRUConfig{Units: 4, Dropout: 0.3, RecurrentDropout: 0.4}), dense(layers.DenseConfig{})}, classes,
		},
		{
			"per step", numbers,
			[]layers.LayerConfig{gru(layers.GRUConfig{Units: 3, ReturnSequences: true}), dense(layers.DenseConfig{})},
			layers.Head{Loss: layers.BinaryCrossEntropy, Units: 2, PerStep: true, Causal: true},
		},
		{
			"bidirectional", numbers,
			[]layers.LayerConfig{
				gru(layers.GRUConfig{Units: 2, Bidirectional: true, ReturnSequences: true, Dropout: 0.2, RecurrentDropout: 0.5}),
				gru(layers.GRUConfig{Units: 2, Bidirectional: true}),
				dense(layers.DenseConfig{}),
			},
			layers.Head{Loss: layers.CrossEntropy, Units: 3, LabelSmoothing: 0.1},
		},
		{
			"stacked", numbers,
			[]layers.LayerConfig{
				gru(layers.GRUConfig{Units: 3, ReturnSequences: true}), dropout(layers.DropoutConfig{Rate: 0.4, Shared: true}),
				gru(layers.GRUConfig{Units: 2, ReturnSequences: true}), pool(layers.PoolMax), dense(layers.DenseConfig{}),
			},
			classes,
		},
		{
			"tokens", tokens,
			[]layers.LayerConfig{
				embed(layers.EmbeddingConfig{Units: 3, TokenDropout: 0.3}), gru(layers.GRUConfig{Units: 3}),
				dense(layers.DenseConfig{Units: 4, Activation: layers.ReLU}), dropout(layers.DropoutConfig{Rate: 0.3}), dense(layers.DenseConfig{}),
			},
			classes,
		},
		{
			"bag of tokens", tokens,
			[]layers.LayerConfig{embed(layers.EmbeddingConfig{Units: 3}), pool(layers.PoolMean), dense(layers.DenseConfig{})}, classes,
		},
		{
			"last token", tokens,
			[]layers.LayerConfig{embed(layers.EmbeddingConfig{Units: 3}), pool(layers.PoolLast), dense(layers.DenseConfig{})}, classes,
		},
		{
			"dense", numbers,
			[]layers.LayerConfig{
				dense(layers.DenseConfig{Units: 3, Activation: layers.Tanh}), dense(layers.DenseConfig{Units: 2, Activation: layers.Sigmoid}),
				dense(layers.DenseConfig{Units: 4, Activation: layers.Swish}), dense(layers.DenseConfig{Units: 3, Activation: layers.ELU}),
				dense(layers.DenseConfig{}),
			},
			layers.Head{Loss: layers.MeanSquaredError, Units: 2, PerStep: true},
		},
	}
}

// config is the model with that engine, but for GRUs with a form or option that only composed has.
func (s small) config(engine layers.Engine) layers.ModelConfig {
	c := layers.ModelConfig{Input: s.input, Layers: s.layers}.WithDefaults()
	for _, l := range c.Layers {
		if own := engineOf(l); own != nil && *own == layers.Fused {
			*own = engine
		}
	}
	return c
}

// engineOf is the engine of a recurrent layer, nil of any other.
func engineOf(l layers.LayerConfig) *layers.Engine {
	switch {
	case l.GRU != nil:
		return &l.GRU.Engine
	case l.GRUD != nil:
		return &l.GRUD.Engine
	case l.LSTM != nil:
		return &l.LSTM.Engine
	case l.RNN != nil:
		return &l.RNN.Engine
	case l.MinGRU != nil:
		return &l.MinGRU.Engine
	}
	return nil
}

// engines are those between which the model has a choice.
func (s small) engines() []layers.Engine {
	isComposed := func(l layers.LayerConfig) bool {
		return cellOptions(l) != nil || l.GRU != nil && l.GRU.WithDefaults().Engine == layers.Composed
	}
	switch {
	case slices.ContainsFunc(s.layers, isComposed):
		return []layers.Engine{layers.Composed}
	case slices.ContainsFunc(s.layers, func(l layers.LayerConfig) bool { return engineOf(l) != nil }):
		return []layers.Engine{layers.Fused, layers.Composed}
	}
	return []layers.Engine{layers.Fused}
}

// cellOptions are the options of a layer with a cell that is not built in, nil of any other.
func cellOptions(l layers.LayerConfig) *layers.CellConfig {
	if l.Custom == nil {
		return nil
	}
	c, ok := l.Custom.Options.(layers.CellConfig)
	if !ok {
		return nil
	}
	return &c
}

// looksAhead says whether a layer of the model needs later steps.
func (s small) looksAhead() bool {
	return slices.ContainsFunc(s.layers, func(l layers.LayerConfig) bool {
		if c := cellOptions(l); c != nil && (c.Bidirectional || c.GoBackwards) {
			return true
		}
		return l.GRU != nil && (l.GRU.Bidirectional || l.GRU.GoBackwards) ||
			l.LSTM != nil && l.LSTM.Bidirectional || l.RNN != nil && l.RNN.GoBackwards ||
			l.MinGRU != nil && (l.MinGRU.Bidirectional || l.MinGRU.GoBackwards) ||
			l.Conv1D != nil && l.Conv1D.WithDefaults().Padding == layers.PaddingSame && l.Conv1D.KernelSize != 1
	})
}

func (s small) zonesOut() bool {
	return slices.ContainsFunc(s.layers, func(l layers.LayerConfig) bool {
		if c := cellOptions(l); c != nil && c.Zoneout > 0 {
			return true
		}
		return l.GRU != nil && l.GRU.Zoneout > 0 || l.GRUD != nil && l.GRUD.Zoneout > 0 || l.LSTM != nil && l.LSTM.Zoneout > 0 || l.RNN != nil && l.RNN.Zoneout > 0 || l.MinGRU != nil && l.MinGRU.Zoneout > 0
	})
}

func TestGradientsAreCentralDifferences(t *testing.T) {
	const steps = 4
	lengths := []int{4, 2, 0, 1}
	shape := graph.BatchShape{Steps: steps, Size: len(lengths)}
	for _, s := range slices.Concat(smallModels(), ownLayerModels()) {
		for _, engine := range s.engines() {
			if testing.Short() && engine == layers.Composed && len(s.engines()) > 1 {
				continue // TestFusedEqualsComposed compares it with the other engine
			}
			t.Run(s.name+"/"+string(engine), func(t *testing.T) {
				t.Parallel()
				m := newModel(t, s.config(engine), s.head, tensor.Float64)
				scatter(m.Params())
				feeds := newFeeds(steps, lengths, s.input, s.head)
				c := compile(t, m, graph.Train, tensor.Float64, shape)
				gradients := c.run(t, feeds).gradients
				trained := slices.DeleteFunc(m.Params(), func(p *graph.Param) bool { return !p.Trained() })
				if len(gradients) != len(trained) {
					t.Fatalf("found %d gradients, expected one for each of %d parameters", len(gradients), len(trained))
				}
				for _, p := range trained {
					expectGradient(t, p, gradients[p.Name], func() float64 { return c.run(t, feeds).cost })
				}
			})
		}
	}
}

// expectGradient compares a gradient with central differences of the cost. With a step of 1e-5 their error is about
// 1e-10 by curvature and 1e-11 by rounding, which is why a gradient below 1e-4 counts as that large.
func expectGradient(t *testing.T, p *graph.Param, gradient []float64, cost func() float64) {
	t.Helper()
	const step = 1e-5
	greatest := 1e-4
	differences := make([]float64, p.Size())
	for i, values := 0, p.Value.Float64s(); i < len(values); i++ {
		at := values[i]
		values[i] = at + step
		above := cost()
		values[i] = at - step
		below := cost()
		values[i] = at
		differences[i] = (above - below) / (2 * step)
		greatest = max(greatest, math.Abs(differences[i]))
	}
	for i, d := range differences {
		if !(math.Abs(gradient[i]-d) <= 1e-6*greatest) {
			t.Errorf("%s: found gradient %v at %d, expected %v", p.Name, gradient[i], i, d)
			return
		}
	}
}

func TestFusedEqualsComposed(t *testing.T) {
	for _, size := range []struct {
		steps   int
		lengths []int
	}{
		{1, []int{1}},
		{5, []int{5, 0, 3, 1, 4}},
		{9, []int{9, 9}},
	} {
		if testing.Short() && size.steps > 5 {
			continue
		}
		for _, s := range smallModels() {
			if len(s.engines()) == 1 {
				continue
			}
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				feeds := newFeeds(size.steps, size.lengths, s.input, s.head)
				var runs []run
				for _, engine := range s.engines() {
					m := newModel(t, s.config(engine), s.head, tensor.Float64)
					scatter(m.Params())
					shape := graph.BatchShape{Steps: size.steps, Size: len(size.lengths)}
					c := compile(t, m, graph.Train, tensor.Float64, shape)
					c.run(t, feeds) // a second run shows whether the first left something behind
					runs = append(runs, c.run(t, feeds))
				}
				// float64 rounds to 1e-16, and nothing here sums more than some hundred terms
				expectSameRun(t, runs[0], runs[1], 1e-10)
			})
		}
	}
}

func expectSameRun(t *testing.T, found, expected run, tolerance float64) {
	t.Helper()
	expectClose(t, "cost", []float64{found.cost}, []float64{expected.cost}, tolerance)
	for name, v := range expected.values {
		expectClose(t, name, found.values[name], v, tolerance)
	}
	for name, v := range expected.gradients {
		expectClose(t, "gradient of "+name, found.gradients[name], v, tolerance)
	}
}
