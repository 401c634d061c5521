package layers_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
)

func layerNorm() layers.LayerConfig { return layers.LayerConfig{LayerNorm: &layers.LayerNormConfig{}} }
func batchNorm() layers.LayerConfig { return layers.LayerConfig{BatchNorm: &layers.BatchNormConfig{}} }

func conv1D(c layers.Conv1DConfig) layers.LayerConfig { return layers.LayerConfig{Conv1D: &c} }

func attentionPool(units int) layers.LayerConfig {
	return layers.LayerConfig{AttentionPool: &layers.AttentionPoolConfig{Units: units}}
}

func residual(inner ...layers.LayerConfig) layers.LayerConfig {
	return layers.LayerConfig{Residual: &layers.ResidualConfig{Layers: inner}}
}

// aroundModels have what stands around recurrences.
func aroundModels() []small {
	numbers, tokens := layers.Input{Size: 3}, layers.Input{Vocabulary: 5}
	classes := layers.Head{Loss: layers.CrossEntropy, Units: 3}
	perStep := layers.Head{Loss: layers.MeanSquaredError, Units: 2, PerStep: true, Causal: true}
	sequences := func(units int) layers.LayerConfig {
		return gru(layers.GRUConfig{Units: units, ReturnSequences: true})
	}
	return []small{
		{
			"normalizations", numbers,
			[]layers.LayerConfig{
				layerNorm(), sequences(4), batchNorm(), pool(layers.PoolMean), dense(layers.DenseConfig{Units: 3}), batchNorm(), layerNorm(),
				dense(layers.DenseConfig{}),
			},
			classes,
		},
		{"batch norm at once", numbers, []layers.LayerConfig{batchNorm(), dense(layers.DenseConfig{})}, perStep},
		{
			"causal convolutions", numbers,
			[]layers.LayerConfig{
				conv1D(layers.Conv1DConfig{Filters: 4, Padding: layers.PaddingCausal, Activation: layers.Swish}),
				conv1D(layers.Conv1DConfig{Filters: 3, KernelSize: 2, Dilation: 2, Padding: layers.PaddingCausal, Activation: layers.Tanh}),
				sequences(3), conv1D(layers.Conv1DConfig{Filters: 2, KernelSize: 1}),
			},
			perStep,
		},
		{
			"convolutions that look ahead", numbers,
			[]layers.LayerConfig{
				conv1D(layers.Conv1DConfig{Filters: 4}), sequences(3),
				conv1D(layers.Conv1DConfig{Filters: 3, KernelSize: 4, Strides: 2, Activation: layers.Softplus}), sequences(3),
				pool(layers.PoolMax), dense(layers.DenseConfig{}),
			},
			classes,
		},
		{"attention", tokens, []layers.LayerConfig{embed(layers.EmbeddingConfig{Units: 3}), sequences(4), attentionPool(5), dense(layers.DenseConfig{})}, classes},
		{
			"residuals", numbers,
			[]layers.LayerConfig{
				residual(layerNorm(), sequences(4), dense(layers.DenseConfig{Units: 3})),
				residual(conv1D(layers.Conv1DConfig{Filters: 3, Padding: layers.PaddingCausal})),
				residual(residual(batchNorm()), sequences(3)),
				dense(layers.DenseConfig{}),
			},
			perStep,
		},
		{
			"residual of vectors", numbers,
			[]layers.LayerConfig{attentionPool(2), residual(dense(layers.DenseConfig{Units: 3, Activation: layers.Tanh})), dense(layers.DenseConfig{})},
			classes,
		},
	}
}

// attends says whether the model has an attention pool, whose weights a stepper adds up in another way than a graph.
func (s small) attends() bool {
	return slices.ContainsFunc(s.layers, func(l layers.LayerConfig) bool { return l.AttentionPool != nil })
}

func TestNamesOfNestedLayers(t *testing.T) {
	models := aroundModels()
	s := models[slices.IndexFunc(models, func(s small) bool { return s.name == "residuals" })]
	var names []string
	for _, p := range newModel(t, s.config(layers.Fused), s.head, tensor.Float64).Params() {
		names = append(names, p.Name)
	}
	for _, name := range []string{
		"residual0/layer_norm0/gamma", "residual0/gru0/recurrent_kernel", "residual0/dense0/bias", "residual1/conv1d0/kernel",
		"residual2/residual0/batch_norm0/running_variance", "residual2/gru0/kernel", "dense0/kernel",
	} {
		if !slices.Contains(names, name) {
			t.Errorf("found parameters %v, expected %s among them", names, name)
		}
	}
}

func TestCountElementsOfEveryModel(t *testing.T) {
	for _, s := range smallModels() {
		cfg := s.config(layers.Fused)
		expected := int64(graph.CountElements(newModel(t, cfg, s.head, tensor.Float32).Params()))
		if found := layers.CountElements(cfg, s.head); found != expected {
			t.Errorf("%s: found %d, expected %d", s.name, found, expected)
		}
	}
}

func TestFaultsAroundRecurrences(t *testing.T) {
	size, vocabulary := layers.Input{Size: 3}, layers.Input{Vocabulary: 5}
	classes := layers.Head{Loss: layers.CrossEntropy, Units: 3}
	perStep := layers.Head{Loss: layers.CrossEntropy, Units: 3, PerStep: true, Causal: true}
	truncated := perStep
	truncated.Truncated = true
	last := dense(layers.DenseConfig{})
	sequences := func(c layers.GRUConfig) layers.LayerConfig {
		c.ReturnSequences = true
		return gru(c)
	}
	for _, test := range []struct {
		name     string
		input    layers.Input
		layers   []layers.LayerConfig
		head     layers.Head
		expected []string // "path: words", in order
	}{
		{
			"options", size,
			[]layers.LayerConfig{
				{LayerNorm: &layers.LayerNormConfig{Epsilon: -1}},
				{BatchNorm: &layers.BatchNormConfig{Momentum: new(1.0), Epsilon: -1}},
				conv1D(layers.Conv1DConfig{Filters: -1, KernelSize: -1, Strides: -1, Dilation: -1, Padding: "valid", Activation: "sine", KernelInitializer: "ones"}),
				{AttentionPool: &layers.AttentionPoolConfig{Units: -1, BiasInitializer: "ones"}},
				last,
			},
			classes,
			[]string{
				"layers.0.layer_norm.epsilon: more than 0",
				"layers.1.batch_norm.momentum: less than 1",
				"layers.1.batch_norm.epsilon: more than 0",
				"layers.2.conv1d.filters: 1 to 65536",
				"layers.2.conv1d.kernel_size: 1 to",
				"layers.2.conv1d.strides: 1 to",
				"layers.2.conv1d.dilation: at least 1",
				"layers.2.conv1d.padding: same causal",
				"layers.2.conv1d.activation: gelu",
				"layers.2.conv1d.kernel_initializer: zeros",
				"layers.3.attention_pool.units: 1 to",
				"layers.3.attention_pool.bias_initializer: zeros",
			},
		},
		{"wide filters", size, []layers.LayerConfig{conv1D(layers.Conv1DConfig{KernelSize: 1 << 10, Dilation: 1 << 10}), pool("mean"), last}, classes, []string{"layers.0.conv1d.dilation: at most 64"}},
		{"dilation of one step", size, []layers.LayerConfig{conv1D(layers.Conv1DConfig{KernelSize: 1, Dilation: 2}), pool("mean"), last}, classes, []string{"layers.0.conv1d.dilation: 1 with"}},
		{"one number", layers.Input{Size: 1}, []layers.LayerConfig{layerNorm(), pool("mean"), last}, classes, []string{"layers.0.layer_norm: more than one number"}},
		{"tokens", vocabulary, []layers.LayerConfig{layerNorm(), attentionPool(2), last}, classes, []string{"layers.0.layer_norm: embedding"}},
		{"convolution of vectors", size, []layers.LayerConfig{attentionPool(2), conv1D(layers.Conv1DConfig{}), last}, classes, []string{"layers.1.conv1d: leave pools out", "layers.2.dense: one vector a sequence"}},
		{"looks ahead", size, []layers.LayerConfig{conv1D(layers.Conv1DConfig{}), last}, perStep, []string{"layers.0.conv1d.padding: causal"}},
		{"looks ahead within a residual", size, []layers.LayerConfig{residual(sequences(layers.GRUConfig{Units: 3}), conv1D(layers.Conv1DConfig{Filters: 3})), last}, perStep, []string{"layers.0.residual.layers.1.conv1d.padding: causal"}},
		{"strides per step", size, []layers.LayerConfig{conv1D(layers.Conv1DConfig{Padding: layers.PaddingCausal, Strides: 2}), sequences(layers.GRUConfig{}), last}, perStep, []string{"layers.2.dense: strides: 1"}},
		{"empty residual", size, []layers.LayerConfig{residual(), pool("mean"), last}, classes, []string{"layers.0.residual.layers: at least one"}},
		{"wrong within a residual", size, []layers.LayerConfig{pool("last"), last, residual(dense(layers.DenseConfig{Units: 3}), residual(gru(layers.GRUConfig{Units: -1}))), last}, classes, []string{
			"layers.1.dense.units: last layer", "layers.2.residual.layers.1.residual.layers.0.gru.units: 1 to", "layers.2.residual.layers.1.residual.layers.0.gru: leave pools out",
		}},
		{"units left out within a residual", size, []layers.LayerConfig{residual(last), pool("mean"), last}, classes, []string{"layers.0.residual.layers.0.dense.units: last layer"}},
		{"residual of another width", size, []layers.LayerConfig{residual(sequences(layers.GRUConfig{Units: 4})), pool("mean"), last}, classes, []string{"layers.0.residual.layers.0: 3 as the input has"}},
		{"residual of fewer steps", size, []layers.LayerConfig{residual(conv1D(layers.Conv1DConfig{Filters: 3, Strides: 2})), pool("mean"), last}, classes, []string{"layers.0.residual.layers.0: as many"}},
		{"residual that pools", size, []layers.LayerConfig{residual(pool("mean")), pool("mean"), last}, classes, []string{"layers.0.residual.layers.0: a vector at every step as the input has"}},
		{"no layer in a residual", size, []layers.LayerConfig{residual(layers.LayerConfig{}), pool("mean"), last}, classes, []string{"layers.0.residual.layers.0: one of gru"}},
		{"stateful without windows", size, []layers.LayerConfig{residual(sequences(layers.GRUConfig{Units: 3, Stateful: true})), last}, perStep, []string{"layers.0.residual.layers.0.gru.stateful: false without trainer.truncate"}},
		{"windows without state", size, []layers.LayerConfig{sequences(layers.GRUConfig{Stateful: true}), sequences(layers.GRUConfig{}), last}, truncated, []string{"layers.1.gru.stateful: true"}},
		{"convolution of windows", size, []layers.LayerConfig{conv1D(layers.Conv1DConfig{Padding: layers.PaddingCausal}), sequences(layers.GRUConfig{Stateful: true}), last}, truncated, []string{"layers.0.conv1d.kernel_size: 1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := layers.NewModel(layers.ModelConfig{Input: test.input, Layers: test.layers}, test.head, tensor.Float32, graph.NewStreams(1))
			var faults *fault.Error
			if !errors.As(err, &faults) {
				t.Fatalf("found error %v, expected faults", err)
			}
			for i, f := range faults.Faults {
				if i >= len(test.expected) {
					t.Errorf("found one more fault: %v", f)
					continue
				}
				path, words, _ := strings.Cut(test.expected[i], ": ")
				if f.Path != path || !strings.Contains(f.Expected, words) {
					t.Errorf("found %v, expected %s and %q", f, path, words)
				}
			}
			if found, expected := len(faults.Faults), len(test.expected); found < expected {
				t.Errorf("found %d faults, expected %d", found, expected)
			}
		})
	}
}

func TestStepperRefusesWhatNeedsLaterSteps(t *testing.T) {
	for words, cfg := range map[string]layers.Conv1DConfig{
		"padding same":    {Filters: 2},
		"strides of 2":    {Filters: 2, Padding: layers.PaddingCausal, Strides: 2},
		"conv1d0: found":  {Filters: 2, KernelSize: 2},
		"expected causal": {Filters: 2, KernelSize: 9},
	} {
		s := small{"", layers.Input{Size: 3}, []layers.LayerConfig{conv1D(cfg), pool(layers.PoolMean)}, layers.Head{Loss: layers.MeanSquaredError, Units: 2}}
		_, err := layers.NewStepper[float64](newModel(t, s.config(layers.Fused), s.head, tensor.Float64), 1)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("found %v, expected %q", err, words)
		}
	}
}

// One vector has no variance, so a batch of one is normalized with the running statistics and leaves them as they are: the
// last batch of an epoch, which may be so small, does not move what the others have measured.
func TestBatchNormOfOneVector(t *testing.T) {
	t.Parallel()
	input, head := layers.Input{Size: 3}, layers.Head{Loss: layers.MeanSquaredError, Units: 4}
	m := newModel(t, layers.ModelConfig{Input: input, Layers: []layers.LayerConfig{
		gru(layers.GRUConfig{Units: 4}), {BatchNorm: &layers.BatchNormConfig{}},
	}}, head, tensor.Float64)
	scatter(m.Params())
	before := map[string][]float64{}
	for _, p := range m.Params() {
		before[p.Name] = floats(p.Value)
	}
	feeds, shape := newFeeds(3, []int{3}, input, head), graph.BatchShape{Steps: 3, Size: 1}
	trained := compile(t, m, graph.Train, tensor.Float64, shape).run(t, feeds)
	evaluated := compile(t, m, graph.Evaluate, tensor.Float64, shape).run(t, feeds)
	expectClose(t, "predictions", trained.values[graph.OutputPredictions], evaluated.values[graph.OutputPredictions], 1e-14)
	for _, p := range m.Params() {
		expectClose(t, p.Name, floats(p.Value), before[p.Name], 0)
	}
}
