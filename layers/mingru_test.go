package layers_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// minGRUOptions are minGRUs with every option, each by itself and all that go together.
func minGRUOptions() map[string]layers.MinGRUConfig {
	all := map[string]layers.MinGRUConfig{
		"plain":             {},
		"no bias":           {Bias: layers.NoBias},
		"other activations": {Activation: layers.Linear, GateActivation: layers.HardSigmoid},
		"layer norm":        {LayerNorm: true, ReturnSequences: true},
		"learned, backward": {InitialState: layers.LearnedState, GoBackwards: true, ReturnSequences: true},
		"zoneout":           {Zoneout: 0.3, ReturnSequences: true},
		"noise": {
			Dropout: 0.2, OutputDropout: 0.3, DropoutMask: layers.MaskPerSequence, Zoneout: 0.2, ReturnSequences: true,
			InitialState: layers.LearnedState, LayerNorm: true, Bias: layers.NoBias, Activation: layers.Tanh,
		},
		"both ways":              {Bidirectional: true, ReturnSequences: true},
		"both ways, last states": {Bidirectional: true, Merge: layers.MergeMul, InitialState: layers.LearnedState, Dropout: 0.3},
	}
	for name, c := range all {
		c.Units = 3
		all[name] = c
	}
	return all
}

// minGRUModels are the minGRUs of minGRUOptions, and one on top of another.
func minGRUModels() []small {
	numbers := layers.Input{Size: 2}
	var models []small
	options := minGRUOptions()
	for name, c := range options {
		width := c.Units
		if c.WithDefaults().Merge == layers.MergeConcat {
			width *= 2
		}
		m := small{"mingru, " + name, numbers, []layers.LayerConfig{minGRU(c)}, layers.Head{Loss: layers.MeanSquaredError, Units: width, PerStep: c.ReturnSequences}}
		if c.OutputDropout > 0 {
			m.layers, m.head.Units = append(m.layers, dense(layers.DenseConfig{})), 2
		}
		models = append(models, m)
	}
	slices.SortFunc(models, func(x, y small) int { return strings.Compare(x.name, y.name) })
	return append(models, small{
		"mingru, stacked", numbers,
		[]layers.LayerConfig{minGRU(layers.MinGRUConfig{Units: 3, ReturnSequences: true}), minGRU(layers.MinGRUConfig{Units: 4}), dense(layers.DenseConfig{})},
		layers.Head{Loss: layers.CrossEntropy, Units: 3},
	})
}

// TestMinGRUEqualsScalarReference holds every option, by both engines, in training with its noise and in evaluation, to the
// equations in the documentation of [layers.MinGRU].
func TestMinGRUEqualsScalarReference(t *testing.T) {
	const steps, batch, inputs = 5, 4, 2
	mask := []float64{ // whole, with gaps, short, empty
		1, 0, 1, 0,
		1, 1, 1, 0,
		1, 0, 0, 0,
		1, 1, 0, 0,
		1, 0, 0, 0,
	}
	x := make([]float64, steps*batch*inputs)
	for i, r := 0, rand.New(rand.NewPCG(29, 1)); i < len(x); i++ {
		x[i] = r.NormFloat64()
	}
	for name, cfg := range minGRUOptions() {
		for _, mode := range []graph.Mode{graph.Train, graph.Evaluate} {
			for _, engine := range []layers.Engine{layers.Fused, layers.Composed} {
				cfg := cfg.WithDefaults()
				cfg.Engine = engine
				t.Run(fmt.Sprintf("%s/%v/%s", name, mode, engine), func(t *testing.T) {
					t.Parallel()
					layer, err := layers.NewMinGRU(cfg, "gru", inputs, tensor.Float64, graph.NewStreams(1))
					if err != nil {
						t.Fatal(err)
					}
					scatter(layer.Params())
					expectMinGRU(t, cfg, layer, mode, steps, batch, x, mask)
				})
			}
		}
	}
}

func expectMinGRU(t *testing.T, cfg layers.MinGRUConfig, layer *layers.MinGRU, mode graph.Mode, steps, batch int, x, mask []float64) {
	t.Helper()
	const tolerance = 1e-13 // the same sums in another order
	found := runGRU(t, layer, mode, steps, batch, x, mask)
	shared := layers.GRUConfig{
		Units: cfg.Units, Bias: cfg.Bias, Activation: cfg.Activation, GateActivation: cfg.GateActivation, Zoneout: cfg.Zoneout,
		DropoutMask: cfg.DropoutMask, Merge: cfg.Merge,
	}
	units, inputs := cfg.Units, len(x)/steps/batch
	dropped := slices.Clone(x)
	dropOut(mode, shared, "gru/dropout", cfg.Dropout, steps, dropped)
	directions := []string{"gru", "gru/backward"}
	if !cfg.Bidirectional {
		directions = directions[:1]
	}
	outs := make([][]float64, len(directions))
	for d, name := range directions {
		states, final := make([]float64, steps*batch*units), make([]float64, batch*units)
		for b := range batch {
			reference := scalarGRU{GRUConfig: shared, params: map[string][]float64{}, zoneout: func(int, int) float64 { return cfg.Zoneout }}
			for _, p := range layer.Params() {
				if i := strings.LastIndexByte(p.Name, '/'); p.Name[:i] == name {
					reference.params[p.Name[i+1:]] = p.Value.Float64s()
				}
			}
			if cfg.Zoneout > 0 && mode == graph.Train {
				drawn := drawn(mode, name+"/zoneout", graph.Bernoulli(cfg.Zoneout), steps*batch*units)
				reference.zoneout = func(t, unit int) float64 { return drawn[(t*batch+b)*units+unit] }
			}
			h := make([]float64, units)
			copy(h, reference.params["initial_state"])
			for step := range steps {
				if cfg.GoBackwards || d > 0 {
					step = steps - 1 - step
				}
				row := step*batch + b
				if mask[row] != 0 {
					in := dropped[row*inputs : (row+1)*inputs]
					z, n := apply(cfg.GateActivation, reference.input(0, in)), positive(cfg.Activation, reference.input(1, in))
					for j := range h {
						keep := reference.zoneout(step, j)
						h[j] = keep*h[j] + (1-keep)*((1-z[j])*h[j]+z[j]*n[j])
					}
					if at, prefix := row*units, map[bool]string{true: "backward/"}[d > 0]; mode == graph.Evaluate {
						expectClose(t, "update gate", found.gates[prefix+"update"][at:at+units], z, tolerance)
						expectClose(t, "candidate", found.gates[prefix+"candidate"][at:at+units], n, tolerance)
					}
				}
				copy(states[row*units:], h)
			}
			copy(final[b*units:], h)
		}
		expectClose(t, "final states of "+name, found.finals[d], final, tolerance)
		if outs[d] = final; cfg.ReturnSequences {
			outs[d] = states
		}
	}
	expected := outs[0]
	if len(outs) > 1 {
		expected = merged(cfg.Merge, units, outs[0], outs[1])
	}
	dropOut(mode, shared, "gru/output_dropout", cfg.OutputDropout, steps, expected)
	expectClose(t, "outputs", found.outputs, expected, tolerance)
}

// positive is apply with the activation of that name, too.
func positive(a layers.Activation, x []float64) []float64 {
	if a != layers.Positive {
		return apply(a, x)
	}
	y := slices.Clone(x)
	for i, v := range x {
		if y[i] = logistic(v); v >= 0 {
			y[i] = v + 0.5
		}
	}
	return y
}

func TestMinGRUFaults(t *testing.T) {
	for _, c := range []struct {
		config   layers.MinGRUConfig
		expected string
	}{
		{layers.MinGRUConfig{Units: -1}, "units: found -1, expected 1 to 65536"},
		{layers.MinGRUConfig{Bias: layers.TwoBiases}, `bias: found "two", expected one of [none one]`},
		{layers.MinGRUConfig{Bias: layers.NoBias, BiasInitializer: "uniform"}, "bias_initializer: found \"uniform\", expected nothing with bias: none"},
		{layers.MinGRUConfig{Activation: "sine"}, `activation: found "sine", expected one of [linear relu`},
		{layers.MinGRUConfig{Zoneout: 1}, "zoneout: found 1, expected 0 or more and less than 1"},
		{layers.MinGRUConfig{Stateful: true, Bidirectional: true}, "stateful: found true, expected false with bidirectional"},
		{layers.MinGRUConfig{Merge: layers.MergeSum}, `merge: found "sum", expected nothing: there is one direction`},
		{layers.MinGRUConfig{Engine: "turbo"}, `engine: found "turbo", expected one of [fused composed]`},
	} {
		if err := c.config.WithDefaults().Validate().Err(); err == nil || !strings.HasPrefix(err.Error(), c.expected) {
			t.Errorf("%+v: found %v, expected %s", c.config, err, c.expected)
		}
	}
	if err := (layers.MinGRUConfig{Units: 1 << 16}).WithDefaults().Validate().Err(); err != nil {
		t.Errorf("found %v, expected no limit by a recurrent kernel, which there is not", err)
	}
}

// A third of the work of a GRU is left: W has two blocks of columns of three, and there is no U.
func TestMinGRUHasNoRecurrentKernel(t *testing.T) {
	const inputs, units = 7, 5
	cfg := layers.ModelConfig{Input: layers.Input{Size: inputs}, Layers: []layers.LayerConfig{minGRU(layers.MinGRUConfig{Units: units})}}
	m := newModel(t, cfg, layers.Head{Loss: layers.MeanSquaredError, Units: units}, tensor.Float64)
	var names []string
	for _, p := range m.Params() {
		names = append(names, fmt.Sprint(p.Name, p.Value.Shape()))
	}
	if expected := []string{"mingru0/kernel(7, 10)", "mingru0/bias(10)"}; !slices.Equal(names, expected) {
		t.Errorf("found %v, expected %v", names, expected)
	}
}
