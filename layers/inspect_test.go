package layers_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// recurrence is a layer to look into.
type recurrence interface {
	layers.Layer
	Run(b *graph.Builder, in layers.Seq, initial *gorgonia.Node) (layers.Seq, []*gorgonia.Node, error)
	Gates(b *graph.Builder, in layers.Seq, initial *gorgonia.Node) (map[string]*gorgonia.Node, error)
}

// inspected is a layer with what a test has to know of it.
type inspected struct {
	recurrence
	label   string
	states  int  // columns of a state
	records int  // that are no gates
	resumes bool // it can go on from a given state
}

// inspectedLayers are recurrences of every form, and of whatever else is part of a step, of 3 units.
func inspectedLayers(t *testing.T) map[string]inspected {
	t.Helper()
	all := map[string]inspected{}
	streams := graph.NewStreams(3)
	for name, cfg := range map[string]layers.GRUConfig{
		"reset-after":        {},
		"reset-before past":  {Form: layers.ResetBefore},
		"reset-before new":   {Form: layers.ResetBefore, Update: layers.UpdateNew},
		"three-gate":         {Form: layers.ThreeGate},
		"three-gate, gating": {Form: layers.ThreeGate, Gating: layers.InputGating},
		"tied":               {Form: layers.Tied},
		"both directions":    {Bidirectional: true, Bias: layers.TwoBiases},
		"backward":           {GoBackwards: true},
		"learned state":      {InitialState: layers.LearnedState},
		"layer norm":         {LayerNorm: true, Bias: layers.HiddenBias},
		"noise":              {Zoneout: 0.3, Dropout: 0.4, RecurrentDropout: 0.4, WeightDropout: 0.4},
		"heads":              {Heads: 3, Bias: layers.HiddenBias, LayerNorm: true},
		"engine composed":    {Engine: layers.Composed},
	} {
		cfg.Units, cfg.ReturnSequences = 3, true
		layer, err := layers.NewGRU(cfg, "gru0", inspectedInputs, tensor.Float64, streams)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		x := inspected{recurrence: layer, label: "gru0", states: 3, records: 1, resumes: !cfg.Bidirectional && cfg.InitialState == ""}
		if cfg.Bidirectional {
			x.records = 2
		}
		if cfg.GoBackwards {
			x.label = "gru0/backward"
		}
		all[name] = x
	}
	lstm, err := layers.NewLSTM(layers.LSTMConfig{Units: 3, ReturnSequences: true, Zoneout: 0.3}, "lstm0", inspectedInputs, tensor.Float64, streams)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	all["lstm"] = inspected{recurrence: lstm, label: "lstm0", states: 6, records: 2, resumes: true}
	rnn, err := layers.NewRNN(layers.RNNConfig{Units: 3, ReturnSequences: true}, "rnn0", inspectedInputs, tensor.Float64, streams)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	all["rnn"] = inspected{recurrence: rnn, label: "rnn0", states: 3, records: 1, resumes: true}
	minimal, err := layers.NewMinGRU(layers.MinGRUConfig{Units: 3, ReturnSequences: true, Zoneout: 0.3, LayerNorm: true}, "mingru0", inspectedInputs, tensor.Float64, streams)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	all["mingru"] = inspected{recurrence: minimal, label: "mingru0", states: 3, records: 1, resumes: true}
	decaying, err := layers.NewGRUD(layers.GRUDConfig{Units: 3, ReturnSequences: true}, "gru_d0", inspectedInputs, tensor.Float64, streams)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	all["gru_d"] = inspected{recurrence: decaying, label: "gru_d0", states: 3, records: 1} // it remembers inputs, too
	for _, x := range all {
		scatter(x.Params())
	}
	return all
}

const (
	inspectedSteps, inspectedBatch, inspectedInputs = 5, 3, 3
)

// inspectedFeeds are sequences of 5, 3 and 0 steps.
func inspectedFeeds() graph.Feeds {
	return newFeeds(inspectedSteps, []int{5, 3, 0}, layers.Input{Size: inspectedInputs}, layers.Head{Units: 1})
}

// inputsOf declares x and mask.
func inputsOf(t *testing.T, b *graph.Builder, steps int) layers.Seq {
	t.Helper()
	x, err := b.Input(graph.FeedInputs, tensor.Float64, steps, inspectedBatch, inspectedInputs)
	if err != nil {
		t.Fatal(err)
	}
	mask, err := b.Input(graph.FeedMask, tensor.Float64, steps, inspectedBatch)
	if err != nil {
		t.Fatal(err)
	}
	return layers.Seq{X: x, Mask: mask}
}

// The records of a graph to inspect are the gates that Gates computes step by step.
func TestRecordsAreTheGates(t *testing.T) {
	for name, layer := range inspectedLayers(t) {
		t.Run(name, func(t *testing.T) {
			feeds := inspectedFeeds()
			b := graph.NewBuilder(graph.Evaluate, tensor.Float64, graph.NewStreams(1), nil)
			gates, err := layer.Gates(b, inputsOf(t, b, inspectedSteps), nil)
			if err != nil {
				t.Fatalf("%+v", err)
			}
			want := runNodes(t, b, gates, feeds)

			b = graph.NewBuilder(graph.Inspect, tensor.Float64, graph.NewStreams(1), nil)
			out, err := layer.Apply(b, inputsOf(t, b, inspectedSteps))
			if err != nil {
				t.Fatalf("%+v", err)
			}
			p, err := b.Compile(graph.Outputs{Values: map[string]*gorgonia.Node{"out": out.X}})
			if err != nil {
				t.Fatalf("%+v", err)
			}
			defer p.Close()
			if err := p.Run(feeds); err != nil {
				t.Fatalf("%+v", err)
			}
			if found := len(p.Recorded()); found != len(want)+layer.records {
				t.Errorf("found the records %v, expected %d gates and the states", p.Recorded(), len(want))
			}
			mask := feeds[graph.FeedMask].([]float64)
			for gate, values := range want {
				found := valueOf(t, p, layer.label+"/"+gate)
				for i := range found { // what stands in the padding means nothing
					if mask[i/3] == 0 {
						found[i], values[i] = 0, 0
					}
				}
				expectClose(t, gate, found, values, 1e-12) // the same sums in another order
			}
		})
	}
}

func valueOf(t *testing.T, p *graph.Program, name string) []float64 {
	t.Helper()
	v, err := p.Value(name)
	if err != nil {
		t.Fatal(err)
	}
	return floats(v)
}

// The sensitivity of a state is how the cost changes when the recurrence goes on from another one.
func TestSensitivityOfStates(t *testing.T) {
	for name, layer := range inspectedLayers(t) {
		if !layer.resumes {
			continue
		}
		t.Run(name, func(t *testing.T) {
			feeds := inspectedFeeds()
			r := rand.New(rand.NewPCG(29, 0))
			w := make([]float64, inspectedSteps*inspectedBatch*3)
			for i := range w {
				w[i] = r.NormFloat64()
			}
			p := costOfSteps(t, layer, graph.Inspect, inspectedSteps, nil, feeds, w)
			v, err := p.Sensitivity(layer.label + "/state")
			if err != nil {
				t.Fatal(err)
			}
			sensitivity := floats(v)
			hidden := valueOf(t, p, layer.label+"/hidden")
			var memory []float64
			if layer.states > 3 {
				memory = valueOf(t, p, layer.label+"/memory")
			}

			mask, x := feeds[graph.FeedMask].([]float64), feeds[graph.FeedInputs].([]float64)
			for step := range inspectedSteps {
				lo, hi := step+1, inspectedSteps // what comes after the step
				if layer.label == "gru0/backward" {
					lo, hi = 0, step
				}
				var state, want []float64
				for i := step * inspectedBatch; i < (step+1)*inspectedBatch; i++ {
					state, want = append(state, hidden[i*3:(i+1)*3]...), append(want, w[i*3:(i+1)*3]...)
					if memory != nil { // which no output has
						state, want = append(state, memory[i*3:(i+1)*3]...), append(want, 0, 0, 0)
					}
				}
				if lo < hi {
					rest := graph.Feeds{graph.FeedInputs: x[lo*9 : hi*9], graph.FeedMask: mask[lo*3 : hi*3]}
					cost := func() float64 {
						return costOfSteps(t, layer, graph.Evaluate, hi-lo, state, rest, w[lo*9:hi*9]).Cost()
					}
					for i, v := range state {
						const nudge = 1e-5
						state[i] = v + nudge
						above := cost()
						state[i] = v - nudge
						want[i] += (above - cost()) / (2 * nudge)
						state[i] = v
					}
				}
				row := len(want)
				expectClose(t, fmt.Sprint("step ", step), sensitivity[step*row:(step+1)*row], want, 1e-7) // of central differences
			}
		})
	}
}

// costOfSteps runs a layer from the initial states h, where there are some. The cost is the sum of its outputs, each times its w.
func costOfSteps(t *testing.T, layer inspected, mode graph.Mode, steps int, h []float64, feeds graph.Feeds, w []float64) *graph.Program {
	t.Helper()
	b := graph.NewBuilder(mode, tensor.Float64, graph.NewStreams(1), nil)
	in := inputsOf(t, b, steps)
	all := graph.Feeds{graph.FeedInputs: feeds[graph.FeedInputs], graph.FeedMask: feeds[graph.FeedMask], "w": w, "h": h}
	var initial *gorgonia.Node
	var err error
	if h != nil {
		if initial, err = b.Input("h", tensor.Float64, inspectedBatch, layer.states); err != nil {
			t.Fatal(err)
		}
	}
	out, _, err := layer.Run(b, in, initial)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	weights, err := b.Input("w", tensor.Float64, steps, inspectedBatch, 3)
	if err != nil {
		t.Fatal(err)
	}
	cost := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(out.X, weights))))
	p, err := b.Compile(graph.Outputs{Cost: cost, Values: map[string]*gorgonia.Node{"out": out.X}})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { p.Close() })
	if err := p.Run(all); err != nil {
		t.Fatalf("%+v", err)
	}
	return p
}

// A graph to inspect computes what one for evaluation does, to the bit, and its gradients are those of that cost.
func TestInspectIsEvaluation(t *testing.T) {
	shape := graph.BatchShape{Steps: 4, Size: 2}
	for name, x := range map[string]struct {
		cfg     layers.ModelConfig
		perturb string
	}{
		"numbers": {layers.ModelConfig{Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{
			{BatchNorm: &layers.BatchNormConfig{}}, gru(layers.GRUConfig{Units: 4, Dropout: 0.5, ReturnSequences: true}),
			dropout(layers.DropoutConfig{Rate: 0.5}), {BatchNorm: &layers.BatchNormConfig{}}, gru(layers.GRUConfig{Units: 3, Bidirectional: true}),
			dense(layers.DenseConfig{Units: 3}),
		}}, "inputs"},
		"tokens": {layers.ModelConfig{Input: layers.Input{Vocabulary: 5}, Layers: []layers.LayerConfig{
			embed(layers.EmbeddingConfig{Units: 3, TokenDropout: 0.5}), gru(layers.GRUConfig{Units: 4}), dense(layers.DenseConfig{Units: 3}),
		}}, "embedding0/vectors"},
	} {
		t.Run(name, func(t *testing.T) {
			head := layers.Head{Loss: layers.CrossEntropy, Units: 3}
			m := newModel(t, x.cfg, head, tensor.Float64)
			scatter(m.Params())
			feeds := newFeeds(shape.Steps, []int{4, 2}, x.cfg.Input, head)
			evaluated := compile(t, m, graph.Evaluate, tensor.Float64, shape).run(t, feeds)
			inspect := compile(t, m, graph.Inspect, tensor.Float64, shape)
			inspected := inspect.run(t, feeds)
			if inspected.cost != evaluated.cost {
				t.Errorf("found cost %v, expected %v as in evaluation", inspected.cost, evaluated.cost)
			}
			for value, want := range evaluated.values {
				if !slices.Equal(inspected.values[value], want) {
					t.Errorf("%s: found %v, expected %v as in evaluation", value, inspected.values[value], want)
				}
			}
			for _, perturbation := range inspect.program.Perturbations() {
				if err := inspect.program.Run(feeds); err != nil {
					t.Fatal(err)
				}
				v, err := inspect.program.Sensitivity(perturbation)
				if err != nil {
					t.Fatal(err)
				}
				found := floats(v)
				want := make([]float64, len(found))
				for i := range want {
					const nudge = 1e-5
					e := make([]float64, len(found))
					for _, sign := range []float64{1, -1} {
						e[i] = sign * nudge
						feeds["perturbation/"+perturbation] = e
						if err := inspect.program.Run(feeds); err != nil {
							t.Fatal(err)
						}
						want[i] += sign * inspect.program.Cost() / (2 * nudge)
					}
				}
				delete(feeds, "perturbation/"+perturbation)
				expectClose(t, perturbation, found, want, 1e-8) // of central differences
			}
			if !slices.Contains(inspect.program.Perturbations(), x.perturb) {
				t.Errorf("found the perturbations %v, expected %s among them", inspect.program.Perturbations(), x.perturb)
			}
		})
	}
}
