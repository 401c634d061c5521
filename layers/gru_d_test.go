package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/param"
	"github.com/gruexp/gruexp/layers"
)

// gruDModels are of GRU-Ds, each the first layer.
func gruDModels() []small {
	two, three := layers.Input{Size: 6}, layers.Input{Size: 9}
	values := layers.Head{Loss: layers.MeanSquaredError, Units: 2}
	return []small{
		{"gru_d", two, []layers.LayerConfig{gruD(layers.GRUDConfig{Units: 2})}, values},
		{
			"gru_d, reset after", three, []layers.LayerConfig{
				gruD(layers.GRUDConfig{
					Units: 3, Form: layers.ResetAfter, ReturnSequences: true, Dropout: 0.3, RecurrentDropout: 0.2, Zoneout: 0.3,
					InitialState: layers.LearnedState,
				}),
				gru(layers.GRUConfig{Units: 2}),
			}, values,
		},
		{
			"gru_d at every step", two, []layers.LayerConfig{
				gruD(layers.GRUDConfig{Units: 5, Update: layers.UpdatePast, Bias: layers.NoBias, ReturnSequences: true, WeightDropout: 0.2}),
				dense(layers.DenseConfig{}),
			},
			layers.Head{Loss: layers.BinaryCrossEntropy, Units: 2, PerStep: true, Causal: true},
		},
	}
}

// scalarGRUD is a GRU-D for one sequence, with the inputs and the decays of equations 5 to 11 of Che et al. 2018.
type scalarGRUD struct {
	scalarGRU
	variables int
}

// observed is one variable at one step as somebody has measured it.
type observed struct {
	value float64 // means nothing where it is missing
	there bool
}

// gapsOf are the times δ since the last observation, given the times of the steps.
func gapsOf(sequence [][]observed, times []float64) [][]float64 {
	gaps := make([][]float64, len(sequence))
	for t := range sequence {
		gaps[t] = make([]float64, len(sequence[t]))
		for d := range gaps[t] {
			switch {
			case t == 0:
			case sequence[t-1][d].there:
				gaps[t][d] = times[t] - times[t-1]
			default:
				gaps[t][d] = times[t] - times[t-1] + gaps[t-1][d]
			}
		}
	}
	return gaps
}

// inputs are x̂ and m side by side of every step: a missing value decays from the last one observed to the mean, which
// is 0.
func (s scalarGRUD) inputs(sequence [][]observed, gaps [][]float64) [][]float64 {
	inputs := make([][]float64, len(sequence))
	last := make([]float64, s.variables)
	for t, step := range sequence {
		inputs[t] = make([]float64, 2*s.variables)
		for d, x := range step {
			const mean = 0
			decay := math.Exp(-max(0, s.params["input_decay"][d]*gaps[t][d]+s.params["input_decay_bias"][d]))
			inputs[t][d] = decay*last[d] + (1-decay)*mean
			if x.there {
				inputs[t][d], inputs[t][s.variables+d], last[d] = x.value, 1, x.value
			}
		}
	}
	return inputs
}

// run gives the states after all steps. Each begins with the decayed state.
func (s scalarGRUD) run(inputs, gaps [][]float64, present []bool) [][]float64 {
	h := make([][]float64, len(inputs))
	before := make([]float64, s.Units)
	copy(before, s.params["initial_state"])
	for t, x := range inputs {
		h[t] = slices.Clone(before)
		if present[t] {
			decayed := make([]float64, s.Units)
			for j := range decayed {
				exponent := s.params["hidden_decay_bias"][j]
				for d, gap := range gaps[t] {
					exponent += gap * s.params["hidden_decay"][d*s.Units+j]
				}
				decayed[j] = math.Exp(-max(0, exponent)) * before[j]
			}
			var gates map[string][]float64
			z, n := s.step(t, x, decayed, &gates)
			for j := range h[t] {
				keep := s.zoneout(t, j)
				h[t][j] = keep*decayed[j] + (1-keep)*((1-z[j])*n[j]+z[j]*decayed[j])
			}
		}
		before = h[t]
	}
	return h
}

// TestGRUDEqualsPaper holds the layer, fed as data with fill: forward, mask and gap are, to the paper's equations of raw
// observations.
func TestGRUDEqualsPaper(t *testing.T) {
	const steps, batch, units, variables = 6, 4, 3, 2
	mask := []float64{ // whole, with gaps at both ends and inside, short, empty
		1, 0, 1, 0,
		1, 1, 1, 0,
		1, 0, 0, 0,
		1, 1, 0, 0,
		1, 1, 0, 0,
		1, 0, 0, 0,
	}
	for _, cfg := range []layers.GRUDConfig{
		{},
		{Update: layers.UpdatePast, Bias: layers.TwoBiases},
		{Form: layers.ResetAfter, ReturnSequences: true},
		{Form: layers.ResetAfter, Bias: layers.HiddenBias, InitialState: layers.LearnedState},
		{Dropout: 0.4, RecurrentDropout: 0.3, WeightDropout: 0.2, OutputDropout: 0.2, ReturnSequences: true},
		{Form: layers.ResetAfter, Zoneout: 0.4, Dropout: 0.3, DropoutMask: layers.MaskPerSequence},
	} {
		cfg.Units = units
		for _, engine := range []layers.Engine{layers.Fused, layers.Composed} {
			for _, mode := range []graph.Mode{graph.Train, graph.Evaluate} {
				cfg.Engine = engine
				t.Run(fmt.Sprintf("%s,%s,%s/%v/%s", cfg.Form, cfg.Update, cfg.Bias, mode, engine), func(t *testing.T) {
					layer, err := layers.NewGRUD(cfg, "gru", 3*variables, tensor.Float64, graph.NewStreams(1))
					if err != nil {
						t.Fatal(err)
					}
					scatter(layer.Params())
					plain := layers.GRUConfig{
						Units: units, Form: cfg.WithDefaults().Form, Update: cfg.WithDefaults().Update, Bias: cfg.Bias, Dropout: cfg.Dropout,
						RecurrentDropout: cfg.RecurrentDropout, WeightDropout: cfg.WeightDropout, OutputDropout: cfg.OutputDropout,
						DropoutMask: cfg.DropoutMask, Zoneout: cfg.Zoneout,
					}.WithDefaults()

					rng := rand.New(rand.NewPCG(37, 0))
					x := make([]float64, steps*batch*3*variables)
					read := make([]float64, steps*batch*2*variables) // what the GRU behind the decays reads
					gaps := make([][][]float64, batch)
					for b := range batch {
						sequence, times := make([][]observed, steps), make([]float64, steps)
						for step := range steps {
							times[step] = float64(step) + rng.Float64()
							for range variables {
								sequence[step] = append(sequence[step], observed{rng.NormFloat64(), rng.IntN(2) > 0})
							}
						}
						gaps[b] = gapsOf(sequence, times)
						reference := scalarGRUD{newScalarGRU(plain, layer, mode, "gru", steps, batch, b, false), variables}
						last := make([]float64, variables) // before the first observation the mean
						for step, filled := range reference.inputs(sequence, gaps[b]) {
							copy(read[(step*batch+b)*2*variables:], filled)
							for d, v := range sequence[step] {
								if v.there {
									last[d] = v.value
								}
							}
							copy(x[(step*batch+b)*3*variables:], slices.Concat(last, filled[variables:], gaps[b][step]))
						}
					}
					dropOut(mode, plain, "gru/dropout", plain.Dropout, steps, read)

					states := make([]float64, steps*batch*units)
					for b := range batch {
						inputs, present := make([][]float64, steps), make([]bool, steps)
						for step := range steps {
							at := (step*batch + b) * 2 * variables
							inputs[step], present[step] = read[at:at+2*variables], mask[step*batch+b] != 0
						}
						reference := scalarGRUD{newScalarGRU(plain, layer, mode, "gru", steps, batch, b, false), variables}
						h := reference.run(inputs, gaps[b], present)
						for step := range steps {
							copy(states[(step*batch+b)*units:], h[step])
						}
					}
					expected, outputs := states, steps
					if !cfg.ReturnSequences {
						expected, outputs = states[(steps-1)*batch*units:], 1
					}
					dropOut(mode, plain, "gru/output_dropout", plain.OutputDropout, outputs, expected)
					found := runGRU(t, layer, mode, steps, batch, x, mask)
					expectClose(t, "outputs", found.outputs, expected, 1e-13) // the same sums in another order
				})
			}
		}
	}
}

func TestGRUDFaults(t *testing.T) {
	for _, test := range []struct {
		expected string
		config   layers.GRUDConfig
	}{
		{"form: one of [reset-before reset-after]", layers.GRUDConfig{Form: layers.Tied}},
		{"update: it belongs to the form reset-before", layers.GRUDConfig{Form: layers.ResetAfter, Update: layers.UpdateNew}},
		{"units: 1 to 65536", layers.GRUDConfig{Units: -1}},
		{"decay_initializer: one of [glorot_uniform", layers.GRUDConfig{DecayInitializer: "ones"}},
		{"decay_initializer: one of [glorot_uniform", layers.GRUDConfig{DecayInitializer: param.InitZeros}},
		{"zoneout: 0 or more and less than 1", layers.GRUDConfig{Zoneout: 1}},
	} {
		path, words, _ := strings.Cut(test.expected, ": ")
		faults := test.config.WithDefaults().Validate()
		if len(faults) != 1 || faults[0].Path != path || !strings.Contains(faults[0].Expected, words) {
			t.Errorf("found %v, expected one fault, %q", faults, test.expected)
		}
	}
	for expected, found := range map[string]struct {
		inputs int
		layers []layers.LayerConfig
	}{
		`layers.0.gru_d: found "7 numbers a step", expected a multiple of 3`: {7, []layers.LayerConfig{gruD(layers.GRUDConfig{Units: 2})}},
		`layers.1.gru_d: found "the output of layers.0.dense", expected the input of the model`: {
			6, []layers.LayerConfig{dense(layers.DenseConfig{Units: 6}), gruD(layers.GRUDConfig{Units: 2})},
		},
		`layers.1.residual.layers.0.gru_d: found "the output of layers.0.layer_norm", expected the input of the model`: {
			6, []layers.LayerConfig{
				{LayerNorm: &layers.LayerNormConfig{}},
				{Residual: &layers.ResidualConfig{Layers: []layers.LayerConfig{gruD(layers.GRUDConfig{Units: 6, ReturnSequences: true})}}},
				gru(layers.GRUConfig{Units: 2}),
			},
		},
	} {
		cfg := layers.ModelConfig{Input: layers.Input{Size: found.inputs}, Layers: found.layers}
		_, err := layers.NewModel(cfg, layers.Head{Loss: layers.MeanSquaredError, Units: 2}, tensor.Float64, graph.NewStreams(1))
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("found error %v, expected %q", err, expected)
		}
		if !cfg.ReadsGaps() {
			t.Errorf("found a model that reads no gaps, expected that it does: %s", expected)
		}
	}
	if _, err := layers.NewGRUD(layers.GRUDConfig{}, "gru", 4, tensor.Float64, graph.NewStreams(1)); err == nil || !strings.Contains(err.Error(), `found "4 numbers a step"`) {
		t.Errorf("found error %v, expected one of 4 numbers a step", err)
	}
}

// TestGRUDBeginsToLearn pins that every decay of the input has a gradient at first.
func TestGRUDBeginsToLearn(t *testing.T) {
	layer, err := layers.NewGRUD(layers.GRUDConfig{Units: 4}, "gru", 30, tensor.Float64, graph.NewStreams(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range layer.Params() {
		if p.Name == "gru/input_decay" {
			for i, w := range p.Value.Float64s() {
				if !(w > 0) {
					t.Errorf("found input_decay %v at %d, expected more than 0", w, i)
				}
			}
		}
	}
}
