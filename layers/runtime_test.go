package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/layers/spec"
)

// runtimeOf is the model as the runtime has it: it shares the parameters.
func runtimeOf(t testing.TB, m *layers.Model) *runtime.Model {
	t.Helper()
	r, err := m.Runtime()
	if err != nil {
		t.Fatalf("runtime: %+v", err)
	}
	return r
}

// TestRunnerEqualsGraph compares whole sequences with the evaluation graph: bit for bit, except where the engine is composed.
func TestRunnerEqualsGraph(t *testing.T) {
	t.Parallel()
	for _, s := range smallModels() {
		for _, engine := range s.engines() {
			for _, batch := range []int{1, 3, 11} { // the kernels have a way of their own for few rows
				// the runtime is the same for both engines, so one batch is enough for the one that is slow to compile
				if batch != 3 && (testing.Short() || engine == layers.Composed && len(s.engines()) > 1) {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/float64/%d", s.name, engine, batch), func(t *testing.T) {
					t.Parallel()
					expectRunOfGraph[float64](t, s, engine, batch, 1e-12) // roundings of 1e-16, which the state carries from step to step
				})
				t.Run(fmt.Sprintf("%s/%s/float32/%d", s.name, engine, batch), func(t *testing.T) {
					t.Parallel()
					expectRunOfGraph[float32](t, s, engine, batch, 1e-5) // likewise of 6e-8
				})
			}
		}
	}
}

func expectRunOfGraph[F kernel.Float](t *testing.T, s small, engine layers.Engine, batch int, tolerance float64) {
	if engine == layers.Fused {
		tolerance = 0
	}
	m := newModel(t, s.config(engine), s.head, dtypeOf[F]())
	scatter(m.Params())
	r := rand.New(rand.NewPCG(23, uint64(batch)))
	runner, err := runtime.NewRunner[F](runtimeOf(t, m), 1+batch%2)
	if err != nil {
		t.Fatal(err)
	}
	for _, steps := range []int{1, 9} {
		lengths := make([]int, batch)
		for i := range lengths {
			lengths[i] = r.IntN(steps + 1)
		}
		lengths[r.IntN(batch)] = steps
		feeds := newFeeds(steps, lengths, s.input, s.head)
		mask := feeds[graph.FeedMask].([]float64)
		if steps > 1 { // holes and padding in front too
			for range batch {
				mask[r.IntN(len(mask))] = 0
			}
		}
		expected := compile(t, m, graph.Evaluate, dtypeOf[F](), graph.BatchShape{Steps: steps, Size: batch}).run(t, feeds).values[graph.OutputPredictions]

		b := runtime.Batch[F]{Steps: steps, Size: batch}
		b.Tokens, _ = feeds[graph.FeedTokens].([]int)
		numbers, _ := feeds[graph.FeedInputs].([]float64)
		for _, v := range numbers {
			b.Inputs = append(b.Inputs, F(v))
		}
		for _, v := range mask {
			b.Mask = append(b.Mask, F(v))
		}
		for range 2 { // the second time over used memory
			found, err := runner.Run(b)
			if err != nil {
				t.Fatal(err)
			}
			expectSame(t, fmt.Sprintf("%d steps", steps), toFloat64(found), expected, tolerance)
		}
	}
}

// expectSame is expectClose; without a tolerance the bits have to be the same, but for the sign of 0.
func expectSame(t *testing.T, what string, found, expected []float64, tolerance float64) {
	t.Helper()
	for i, v := range expected {
		if i < len(found) && math.IsNaN(v) && math.IsNaN(found[i]) {
			t.Fatalf("%s: found NaN at %d: the test compares nothing", what, i)
		}
	}
	expectClose(t, what, found, expected, tolerance)
}

// TestRandomModelsEqualGraph draws models, batches and masks: the runtime has the bits of the graph.
func TestRandomModelsEqualGraph(t *testing.T) {
	t.Parallel()
	models := 200
	if testing.Short() {
		models = 10
	}
	for seed := range models {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(uint64(seed), 29))
			s := randomModel(r)
			if batch := 1 + r.IntN(12); r.IntN(2) == 0 {
				expectRunOfGraph[float32](t, s, layers.Fused, batch, 0)
			} else {
				expectRunOfGraph[float64](t, s, layers.Fused, batch, 0)
			}
		})
	}
}

// randomModel is a model of layers that fit together, of every kind and with any options that the engine fused has.
func randomModel(r *rand.Rand) small {
	size := 1 + r.IntN(4)
	for {
		var list []layers.LayerConfig
		for range 1 + r.IntN(3) {
			list = append(list, randomLayer(r, true, true))
		}
		s := small{name: "random", input: layers.Input{Size: size}, head: layers.Head{Loss: layers.MeanSquaredError, Units: 2, PerStep: r.IntN(2) == 0}}
		if !s.head.PerStep {
			list = append(list, []layers.LayerConfig{
				pool(layers.PoolLast), pool(layers.PoolMean), pool(layers.PoolMax),
				{AttentionPool: &layers.AttentionPoolConfig{Units: 3}}, randomLayer(r, true, false),
			}[r.IntN(5)])
		}
		s.layers = append(list, dense(layers.DenseConfig{}))
		if p, err := spec.NewPlan(s.config(layers.Fused), s.head); err == nil && p.ValidateTraining().Err() == nil { // else the options contradict each other
			return s
		}
	}
}

// randomLayer is a layer of a sequence; with sequences false it returns one vector for each.
func randomLayer(r *rand.Rand, nested, sequences bool) layers.LayerConfig {
	yes := func() bool { return r.IntN(3) == 0 }
	units := 1 + r.IntN(9)
	activation := layers.Activation(kernel.ActivationNames()[r.IntN(len(kernel.ActivationNames()))])
	kinds := 9
	if !sequences {
		kinds = 4
	}
	c := layers.GRUConfig{
		Units: units, Form: pick(r, layers.ResetAfter, layers.ResetBefore, layers.ThreeGate, layers.Tied), Bias: pick(r, "", layers.NoBias, layers.OneBias, layers.HiddenBias, layers.TwoBiases),
		LayerNorm: yes(), ReturnSequences: sequences, Bidirectional: yes(), GoBackwards: yes(),
	}
	if units%2 == 0 && yes() {
		c.Heads = 2
	}
	if c.Form == layers.ResetBefore {
		c.Update = pick(r, layers.UpdatePast, layers.UpdateNew)
	}
	if c.Bidirectional {
		c.Merge = pick(r, layers.MergeConcat, layers.MergeSum, layers.MergeMean, layers.MergeMul)
	}
	if yes() {
		c.InitialState = layers.LearnedState
	}
	if yes() {
		c.Activation, c.Zoneout = activation, 0.3
	}
	other := layers.RecurrentConfig{Units: units, Bias: pick(r, "", layers.NoBias, layers.TwoBiases), ReturnSequences: sequences, Bidirectional: c.Bidirectional, Merge: c.Merge, InitialState: c.InitialState}
	switch r.IntN(kinds) {
	case 0:
		return gru(c)
	case 1:
		return lstm(layers.LSTMConfig(other))
	case 2:
		return rnn(layers.RNNConfig(other))
	case 3:
		m := layers.MinGRUConfig{
			Units: units, LayerNorm: c.LayerNorm, Activation: c.Activation, Zoneout: c.Zoneout, ReturnSequences: sequences,
			Bidirectional: c.Bidirectional, GoBackwards: c.GoBackwards, Merge: c.Merge, InitialState: c.InitialState,
		}
		if c.Bias == layers.NoBias {
			m.Bias = layers.NoBias
		}
		return minGRU(m)
	case 4:
		return dense(layers.DenseConfig{Units: units, Activation: activation})
	case 5:
		return layers.LayerConfig{Conv1D: &layers.Conv1DConfig{Filters: units, KernelSize: 1 + r.IntN(3), Strides: 1 + r.IntN(2), Dilation: 1 + r.IntN(2), Padding: pick(r, layers.PaddingSame, layers.PaddingCausal), Activation: activation}}
	case 6:
		return layers.LayerConfig{BatchNorm: &layers.BatchNormConfig{}}
	case 7:
		return layers.LayerConfig{LayerNorm: &layers.LayerNormConfig{}}
	default:
		if !nested {
			return layers.LayerConfig{LayerNorm: &layers.LayerNormConfig{}}
		}
		return layers.LayerConfig{Residual: &layers.ResidualConfig{Layers: []layers.LayerConfig{randomLayer(r, false, true), randomLayer(r, false, true)}}}
	}
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }
