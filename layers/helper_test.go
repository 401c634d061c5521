package layers_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
)

// run is what one run of a model gave.
type run struct {
	cost      float64
	values    map[string][]float64
	gradients map[string][]float64 // of a training graph
}

// compiled is a model in a program. Every run begins with the random streams anew, so that noise is the same.
type compiled struct {
	program *graph.Program
	streams *graph.Streams
	names   []string
}

func compile(t testing.TB, m *layers.Model, mode graph.Mode, dtype tensor.Dtype, shape graph.BatchShape) *compiled {
	t.Helper()
	streams := graph.NewStreams(3)
	b := graph.NewBuilder(mode, dtype, streams, kernel.NewPool(1))
	out, err := m.Build(b, shape)
	if err != nil {
		t.Fatalf("build: %+v", err)
	}
	c := &compiled{streams: streams}
	for name := range out.Values {
		c.names = append(c.names, name)
	}
	if c.program, err = b.Compile(out); err != nil {
		t.Fatalf("compile: %+v", err)
	}
	t.Cleanup(func() {
		if err := c.program.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func (c *compiled) run(t testing.TB, feeds graph.Feeds) run {
	t.Helper()
	if err := c.streams.Restore(nil); err != nil {
		t.Fatal(err)
	}
	if err := c.program.Run(feeds); err != nil {
		t.Fatalf("run: %+v", err)
	}
	r := run{cost: c.program.Cost(), values: map[string][]float64{}, gradients: map[string][]float64{}}
	for _, name := range c.names {
		v, err := c.program.Value(name)
		if err != nil {
			t.Fatal(err)
		}
		r.values[name] = floats(v)
	}
	for _, g := range c.program.Gradients() {
		r.gradients[g.Param.Name] = floats(g.Tensor)
	}
	return r
}

// floats returns a copy of the elements.
func floats(v *tensor.Dense) []float64 {
	if v.Dtype() == tensor.Float64 {
		return append([]float64(nil), v.Float64s()...)
	}
	var out []float64
	for _, x := range v.Float32s() {
		out = append(out, float64(x))
	}
	return out
}

func newModel(t testing.TB, cfg layers.ModelConfig, head layers.Head, dtype tensor.Dtype) *layers.Model {
	t.Helper()
	m, err := layers.NewModel(cfg, head, dtype, graph.NewStreams(5))
	if err != nil {
		t.Fatalf("model: %+v", err)
	}
	return m
}

// scatter gives every parameter values of its own, biases included: a constant would hide a mistaken gate.
func scatter(params []*graph.Param) {
	r := rand.New(rand.NewPCG(11, 0))
	for _, p := range params {
		for i := range p.Size() {
			v := 0.6 * r.NormFloat64()
			if p.Role == graph.RoleStatistic { // a variance is never negative
				v = math.Abs(v)
			}
			if p.Value.Dtype() == tensor.Float64 {
				p.Value.Float64s()[i] = v
			} else {
				p.Value.Float32s()[i] = float32(v)
			}
		}
	}
}

// newFeeds draws a batch of sequences of those lengths. What lies in padding is drawn, too.
func newFeeds(steps int, lengths []int, in layers.Input, head layers.Head) graph.Feeds {
	r := rand.New(rand.NewPCG(13, 0))
	batch := len(lengths)
	rows := batch
	if head.PerStep {
		rows = steps * batch
	}
	mask := make([]float64, steps*batch)
	weights := make([]float64, rows)
	for i := range mask {
		if i/batch < lengths[i%batch] {
			mask[i] = 1
		}
	}
	for i := range weights {
		weights[i] = 0.5 + r.Float64()
		if head.PerStep {
			weights[i] *= mask[i]
		}
	}
	labels := make([]int, rows)
	for i := range labels {
		labels[i] = r.IntN(head.Units)
	}
	targets := make([]float64, rows*head.Units)
	for i := range targets {
		targets[i] = r.Float64()
	}
	feeds := graph.Feeds{graph.FeedMask: mask, graph.FeedWeights: weights, graph.FeedLabels: labels, graph.FeedTargets: targets}
	if in.Vocabulary > 0 {
		tokens := make([]int, steps*batch)
		for i := range tokens {
			tokens[i] = r.IntN(in.Vocabulary)
		}
		feeds[graph.FeedTokens] = tokens
	} else {
		inputs := make([]float64, steps*batch*in.Size)
		for i := range inputs {
			inputs[i] = r.NormFloat64()
		}
		feeds[graph.FeedInputs] = inputs
	}
	return feeds
}

// applyOnce runs a layer by itself on x and returns its output.
func applyOnce(t *testing.T, layer layers.Layer, mode graph.Mode, shape []int, x []float64) *tensor.Dense {
	t.Helper()
	b := graph.NewBuilder(mode, tensor.Float64, graph.NewStreams(17), nil)
	in, err := b.Input("x", tensor.Float64, shape...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := layer.Apply(b, layers.Seq{X: in})
	if err != nil {
		t.Fatal(err)
	}
	outputs := graph.Outputs{Values: map[string]*gorgonia.Node{"y": out.X}}
	if mode == graph.Train { // which wants a cost, of whatever kind
		if outputs.Cost, err = gorgonia.Sum(out.X); err != nil {
			t.Fatal(err)
		}
	}
	program, err := b.Compile(outputs)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if err := program.Run(graph.Feeds{"x": x}); err != nil {
		t.Fatal(err)
	}
	y, err := program.Value("y")
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// expectClose fails unless all found are within tolerance of the expected, relative to the greatest of those or to 1.
func expectClose(t *testing.T, what string, found, expected []float64, tolerance float64) {
	t.Helper()
	if len(found) != len(expected) {
		t.Errorf("%s: found %d numbers, expected %d", what, len(found), len(expected))
		return
	}
	scale := 1.0
	for _, v := range expected {
		scale = max(scale, math.Abs(v))
	}
	for i, v := range found {
		if !(math.Abs(v-expected[i]) <= tolerance*scale) {
			t.Errorf("%s: found %v at %d, expected %v", what, v, i, expected[i])
			return
		}
	}
}

func gru(c layers.GRUConfig) layers.LayerConfig         { return layers.LayerConfig{GRU: &c} }
func gruD(c layers.GRUDConfig) layers.LayerConfig       { return layers.LayerConfig{GRUD: &c} }
func lstm(c layers.LSTMConfig) layers.LayerConfig       { return layers.LayerConfig{LSTM: &c} }
func minGRU(c layers.MinGRUConfig) layers.LayerConfig   { return layers.LayerConfig{MinGRU: &c} }
func rnn(c layers.RNNConfig) layers.LayerConfig         { return layers.LayerConfig{RNN: &c} }
func dense(c layers.DenseConfig) layers.LayerConfig     { return layers.LayerConfig{Dense: &c} }
func embed(c layers.EmbeddingConfig) layers.LayerConfig { return layers.LayerConfig{Embedding: &c} }
func dropout(c layers.DropoutConfig) layers.LayerConfig { return layers.LayerConfig{Dropout: &c} }
func pool(kind layers.PoolKind) layers.LayerConfig {
	return layers.LayerConfig{Pool: &layers.PoolConfig{Kind: kind}}
}
