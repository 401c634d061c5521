package layers_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers"
)

// TestGivenAndFinalStatesEqualPyTorch runs two layers that are given their initial states, which are parameters here so that
// they have gradients, and return the final ones.
func TestGivenAndFinalStatesEqualPyTorch(t *testing.T) {
	const steps, inputs, units, count = 6, 3, 5, 2
	text, err := os.ReadFile("testdata/torch_gru_state.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Lengths                                  []int
		Inputs, Targets, Initial, Outputs, Final []float64
		Loss                                     float64
		Weights, Gradients                       map[string]json.RawMessage
		FinalTargets                             []float64 `json:"final_targets"`
		InitialGradient                          []float64 `json:"initial_gradient"`
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	batch := len(golden.Lengths)
	mask := make([]float64, steps*batch)
	for i := range mask {
		if i/batch < golden.Lengths[i%batch] {
			mask[i] = 1
		}
	}
	for _, engine := range []layers.Engine{layers.Fused, layers.Composed} {
		b := graph.NewBuilder(graph.Train, tensor.Float64, graph.NewStreams(1), nil)
		input := func(name string, shape ...int) *gorgonia.Node {
			node, err := b.Input(name, tensor.Float64, shape...)
			if err != nil {
				t.Fatal(err)
			}
			return node
		}
		seq := layers.Seq{X: input("x", steps, batch, inputs), Mask: input("mask", steps, batch)}
		targets := input("targets", steps, batch, units)

		values := map[string]*gorgonia.Node{}
		initials := map[string][]float64{}
		var terms []*gorgonia.Node
		var params []*graph.Param
		for i := range count {
			width := units
			if i == 0 {
				width = inputs
			}
			layer, err := layers.NewGRU(layers.GRUConfig{Units: units, Bias: layers.NoBias, ReturnSequences: true, Engine: engine},
				fmt.Sprint("gru", i), width, tensor.Float64, graph.NewStreams(1))
			if err != nil {
				t.Fatal(err)
			}
			params = append(params, layer.Params()...)
			initial, err := graph.NewParam(fmt.Sprint("initial", i), graph.RoleState, tensor.Float64, graph.Zeros, graph.NewStreams(1), batch, units)
			if err != nil {
				t.Fatal(err)
			}
			copy(initial.Value.Float64s(), golden.Initial[i*batch*units:])
			initials[initial.Name] = golden.InitialGradient[i*batch*units : (i+1)*batch*units]
			node, err := b.Param(initial)
			if err != nil {
				t.Fatal(err)
			}
			var final []*gorgonia.Node
			if seq, final, err = layer.Run(b, seq, node); err != nil {
				t.Fatalf("%+v", err)
			}
			values[fmt.Sprint("final", i)] = final[0]
			terms = append(terms, must(t)(op.Scale(b.Ops(), final[0], input(fmt.Sprint("final_targets", i), batch, units))))
		}
		fromTorch(t, params, golden.Weights)
		values["outputs"] = seq.X
		terms = append(terms, must(t)(op.Scale(b.Ops(), seq.X, targets)))
		cost := must(t)(gorgonia.Sum(terms[0]))
		for _, term := range terms[1:] {
			cost = must(t)(gorgonia.Add(cost, must(t)(gorgonia.Sum(term))))
		}

		program, err := b.Compile(graph.Outputs{Cost: cost, Values: values})
		if err != nil {
			t.Fatalf("%+v", err)
		}
		t.Cleanup(func() { program.Close() })
		counted := slices.Clone(golden.Targets)
		for i := range counted {
			counted[i] *= mask[i/units]
		}
		err = program.Run(graph.Feeds{
			"x": golden.Inputs, "mask": mask, "targets": counted,
			"final_targets0": golden.FinalTargets[:batch*units], "final_targets1": golden.FinalTargets[batch*units:],
		})
		if err != nil {
			t.Fatalf("%+v", err)
		}

		const tolerance = 1e-13 // the same sums in another order
		value := func(name string) []float64 {
			v, err := program.Value(name)
			if err != nil {
				t.Fatal(err)
			}
			return floats(v)
		}
		outputs := value("outputs")
		for i := range outputs {
			outputs[i] *= mask[i/units] // where PyTorch pads, we carry the state
		}
		expectClose(t, "outputs", outputs, golden.Outputs, tolerance)
		expectClose(t, "final states", slices.Concat(value("final0"), value("final1")), golden.Final, tolerance)
		expectClose(t, "loss", []float64{program.Cost()}, []float64{golden.Loss}, tolerance)
		for _, g := range program.Gradients() {
			expected, ok := initials[g.Param.Name]
			if !ok {
				expected = fromTorchLayout(t, golden.Gradients[torchName(g.Param.Name)])
			}
			expectClose(t, "gradient of "+g.Param.Name, floats(g.Tensor), expected, tolerance)
		}
	}
}

// must returns a function that passes a node on, or ends the test.
func must(t *testing.T) func(*gorgonia.Node, error) *gorgonia.Node {
	return func(n *gorgonia.Node, err error) *gorgonia.Node {
		t.Helper()
		if err != nil {
			t.Fatalf("%+v", err)
		}
		return n
	}
}

// TestStatefulGoesOn cuts sequences into windows: each run begins where the one before ended.
func TestStatefulGoesOn(t *testing.T) {
	const steps, batch, inputs, units = 7, 3, 6, 4
	windows := []int{3, 1, 3}
	x := make([]float64, steps*batch*inputs)
	for i, r := 0, rand.New(rand.NewPCG(37, 0)); i < len(x); i++ {
		x[i] = r.NormFloat64()
	}
	newGRU := func(form layers.Form) func(layers.Engine, bool, *graph.Streams) (layers.Layer, error) {
		return func(engine layers.Engine, stateful bool, streams *graph.Streams) (layers.Layer, error) {
			cfg := layers.GRUConfig{Units: units, Form: form, Engine: engine, ReturnSequences: true, Stateful: stateful}
			return layers.NewGRU(cfg, "gru", inputs, tensor.Float64, streams)
		}
	}
	newGRUD := func(engine layers.Engine, stateful bool, streams *graph.Streams) (layers.Layer, error) {
		cfg := layers.GRUDConfig{Units: units, Engine: engine, ReturnSequences: true, Stateful: stateful}
		return layers.NewGRUD(cfg, "gru", inputs, tensor.Float64, streams)
	}
	for _, engine := range []layers.Engine{layers.Fused, layers.Composed} {
		for name, newLayer := range map[string]func(layers.Engine, bool, *graph.Streams) (layers.Layer, error){
			"reset-after": newGRU(layers.ResetAfter), "tied": newGRU(layers.Tied), "gru_d": newGRUD,
		} {
			make := func(stateful bool) layers.Layer {
				layer, err := newLayer(engine, stateful, graph.NewStreams(1))
				if err != nil {
					t.Fatal(err)
				}
				scatter(layer.Params())
				return layer
			}
			carried := graph.NewCarried()
			runWindow := func(layer layers.Layer, steps int, x []float64) []float64 {
				b := graph.NewBuilder(graph.Evaluate, tensor.Float64, graph.NewStreams(1), nil)
				b.ShareCarried(carried)
				in, err := b.Input("x", tensor.Float64, steps, batch, inputs)
				if err != nil {
					t.Fatal(err)
				}
				out, err := layer.Apply(b, layers.Seq{X: in})
				if err != nil {
					t.Fatalf("%+v", err)
				}
				return runNodes(t, b, map[string]*gorgonia.Node{"out": out.X}, graph.Feeds{"x": x})["out"]
			}
			expected := runWindow(make(false), steps, x)
			stateful := make(true)
			for range 2 { // and once more after Reset
				var found []float64
				at := 0
				for _, n := range windows {
					found = append(found, runWindow(stateful, n, x[at*batch*inputs:(at+n)*batch*inputs])...)
					at += n
				}
				expectClose(t, fmt.Sprintf("%s %s", engine, name), found, expected, 1e-15)
				carried.Reset()
			}
		}
	}
}

func TestGivenStateIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		config   layers.GRUConfig
		units    int
		expected string
	}{
		"size":          {layers.GRUConfig{Units: 4}, 3, "last dimension 4"},
		"one direction": {layers.GRUConfig{Units: 4, Bidirectional: true}, 4, "last dimension 8"},
		"learned":       {layers.GRUConfig{Units: 4, InitialState: layers.LearnedState}, 4, "expected none"},
		"stateful":      {layers.GRUConfig{Units: 4, Stateful: true}, 4, "expected none"},
	} {
		layer, err := layers.NewGRU(test.config, "gru", 2, tensor.Float64, graph.NewStreams(1))
		if err != nil {
			t.Fatal(err)
		}
		b := graph.NewBuilder(graph.Train, tensor.Float64, graph.NewStreams(1), nil)
		x := must(t)(b.Input("x", tensor.Float64, 5, 3, 2))
		initial := must(t)(b.Input("initial", tensor.Float64, 3, test.units))
		if _, _, err := layer.Run(b, layers.Seq{X: x}, initial); err == nil || !strings.Contains(err.Error(), test.expected) {
			t.Errorf("%s: found error %v, expected %q", name, err, test.expected)
		}
	}
}

// TestGivenStatesOfBothDirections gives a bidirectional layer what each direction alone is given.
func TestGivenStatesOfBothDirections(t *testing.T) {
	const steps, batch, inputs, units = 4, 3, 2, 5
	both, err := layers.NewGRU(layers.GRUConfig{Units: units, Bidirectional: true}, "gru", inputs, tensor.Float64, graph.NewStreams(1))
	if err != nil {
		t.Fatal(err)
	}
	scatter(both.Params())
	r := rand.New(rand.NewPCG(41, 0))
	x, initial := make([]float64, steps*batch*inputs), make([]float64, batch*2*units)
	for _, values := range [][]float64{x, initial} {
		for i := range values {
			values[i] = r.NormFloat64()
		}
	}
	run := func(layer *layers.GRU, initial []float64) []float64 {
		b := graph.NewBuilder(graph.Evaluate, tensor.Float64, graph.NewStreams(1), nil)
		in := must(t)(b.Input("x", tensor.Float64, steps, batch, inputs))
		h := must(t)(b.Input("initial", tensor.Float64, batch, len(initial)/batch))
		out, _, err := layer.Run(b, layers.Seq{X: in}, h)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		return runNodes(t, b, map[string]*gorgonia.Node{"out": out.X}, graph.Feeds{"x": x, "initial": initial})["out"]
	}
	found := run(both, initial)
	for direction := range 2 {
		one, err := layers.NewGRU(layers.GRUConfig{Units: units, GoBackwards: direction == 1}, "gru", inputs, tensor.Float64, graph.NewStreams(1))
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range one.Params() {
			copy(p.Value.Float64s(), both.Params()[direction*4+i].Value.Float64s())
		}
		half := func(rows []float64) []float64 {
			var out []float64
			for b := range batch {
				at := b*2*units + direction*units
				out = append(out, rows[at:at+units]...)
			}
			return out
		}
		expectClose(t, fmt.Sprint("direction ", direction), half(found), run(one, half(initial)), 0)
	}
}
