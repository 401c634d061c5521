package graph_test

import (
	"errors"
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
)

// regression is cost = mean((x·w ⊙ noise)²) over a batch of 2 with 3 inputs and 2 outputs, of built-in nodes.
func regression(t *testing.T, mode graph.Mode, streams *graph.Streams, w *graph.Param, draw *graph.Noise) *graph.Program {
	t.Helper()
	b := graph.NewBuilder(mode, w.Value.Dtype(), streams, nil)
	x, err := b.Input(graph.FeedInputs, b.Float(), 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	weight, err := b.Param(w)
	if err != nil {
		t.Fatal(err)
	}
	y := gorgonia.Must(gorgonia.Mul(x, weight))
	if draw != nil {
		factor, err := b.Noise("factor", *draw, 2, 2)
		if err != nil {
			t.Fatal(err)
		}
		if factor != nil {
			y = gorgonia.Must(gorgonia.HadamardProd(y, factor))
		}
	}
	cost := gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.Square(y))))
	p, err := b.Compile(graph.Outputs{Cost: cost, Values: map[string]*gorgonia.Node{"y": y}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func newWeight(t *testing.T, dtype tensor.Dtype) *graph.Param {
	t.Helper()
	w, err := graph.NewParam("w", graph.RoleKernel, dtype, graph.GlorotUniform, graph.NewStreams(5), 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var sixNumbers = []float64{0.5, -1, 2, 1.5, 0.25, -0.75}

func TestProgramGradientIsTheDerivativeOfItsCost(t *testing.T) {
	w := newWeight(t, tensor.Float64)
	p := regression(t, graph.Train, graph.NewStreams(1), w, nil)
	feeds := graph.Feeds{graph.FeedInputs: sixNumbers, "unknown to the graph": []float64{1}}
	cost := func() float64 {
		if err := p.Run(feeds); err != nil {
			t.Fatal(err)
		}
		return p.Cost()
	}
	cost()
	gradients := p.Gradients()
	if len(gradients) != 1 || gradients[0].Param != w {
		t.Fatalf("found gradients %v, expected one of w", gradients)
	}
	var squares float64
	analytic := append([]float64(nil), gradients[0].Tensor.Float64s()...)
	values := w.Value.Float64s()
	for i := range values {
		const step = 1e-6
		old := values[i]
		values[i] = old + step
		above := cost()
		values[i] = old - step
		below := cost()
		values[i] = old
		numeric := (above - below) / (2 * step)
		if math.Abs(numeric-analytic[i]) > 1e-8*math.Max(1, math.Abs(numeric)) { // rounding of the difference: 1e-16/1e-6
			t.Errorf("element %d: found %g, expected %g", i, analytic[i], numeric)
		}
		squares += analytic[i] * analytic[i]
	}
	cost()
	if got, want := p.GradientNorm(), math.Sqrt(squares); math.Abs(got-want) > 1e-12 {
		t.Errorf("gradient norm: found %g, expected %g", got, want)
	}
}

func TestProgramsShareParametersNotHeaders(t *testing.T) {
	w := newWeight(t, tensor.Float32)
	train := regression(t, graph.Train, graph.NewStreams(1), w, nil)
	evaluate := regression(t, graph.Evaluate, graph.NewStreams(1), w, nil)
	feeds := graph.Feeds{graph.FeedInputs: sixNumbers}
	for range 2 {
		for _, p := range []*graph.Program{train, evaluate} {
			if err := p.Run(feeds); err != nil {
				t.Fatal(err)
			}
		}
		if train.Cost() != evaluate.Cost() {
			t.Fatalf("costs differ: train %v, evaluate %v", train.Cost(), evaluate.Cost())
		}
		before := train.Cost()
		for i, v := range w.Value.Float32s() {
			w.Value.Float32s()[i] = 2 * v
		}
		if err := evaluate.Run(feeds); err != nil {
			t.Fatal(err)
		}
		if got := evaluate.Cost() / before; math.Abs(got-4) > 1e-5 { // float32
			t.Errorf("cost after doubling the weights: found %g times, expected 4", got)
		}
	}
	if len(evaluate.Gradients()) != 0 {
		t.Error("found gradients of an evaluation program")
	}
}

func TestNoiseIsDrawnEachRunAndOnlyInTraining(t *testing.T) {
	draw := graph.InvertedDropout(0.5)
	w := newWeight(t, tensor.Float64)
	feeds := graph.Feeds{graph.FeedInputs: sixNumbers}
	costs := func(p *graph.Program, n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			if err := p.Run(feeds); err != nil {
				t.Fatal(err)
			}
			out[i] = p.Cost()
		}
		return out
	}
	a := costs(regression(t, graph.Train, graph.NewStreams(1), w, &draw), 8)
	b := costs(regression(t, graph.Train, graph.NewStreams(1), w, &draw), 8)
	distinct := map[float64]bool{}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("same seed: found %v and %v", a, b)
		}
		distinct[a[i]] = true
	}
	if len(distinct) < 2 {
		t.Errorf("found the same noise in each of 8 runs: %v", a)
	}
	e := costs(regression(t, graph.Evaluate, graph.NewStreams(1), w, &draw), 2)
	plain := costs(regression(t, graph.Evaluate, graph.NewStreams(1), w, nil), 1)
	if e[0] != plain[0] || e[1] != plain[0] {
		t.Errorf("evaluation with noise declared: found %v, expected %v", e, plain[0])
	}
}

func TestFillsAgreeOverTypesAndKeepTheirExpectation(t *testing.T) {
	for _, rate := range []float64{0, 0.1, 0.5, 0.9} {
		const n = 40000
		draw := graph.InvertedDropout(rate)
		wide, narrow := make([]float64, n), make([]float32, n)
		draw.Float64(graph.NewStreams(1).Stream("a"), wide)
		draw.Float32(graph.NewStreams(1).Stream("a"), narrow)
		var mean float64
		for i := range wide {
			if float32(wide[i]) != narrow[i] {
				t.Fatalf("rate %g, value %d: found %g and %g", rate, i, wide[i], narrow[i])
			}
			mean += wide[i] / n
		}
		// the deviation of one value is √(rate/(1-rate))
		if limit := 5 * math.Sqrt(rate/(1-rate)/n); math.Abs(mean-1) > limit+1e-9 { // rounding of 40,000 additions
			t.Errorf("rate %g: found mean %g, expected 1 within %g", rate, mean, limit)
		}
	}
}

func TestNonFiniteIsATypedErrorThatNamesTheParameter(t *testing.T) {
	for _, test := range []struct {
		name  string
		input float64
		param string
	}{
		{"cost is NaN", math.NaN(), ""},
		{"cost overflows", 1e200, ""},
		{"gradient's norm overflows", 1e130, "w"}, // cost about 1e260, its gradient too, squared it is infinite
	} {
		t.Run(test.name, func(t *testing.T) {
			p := regression(t, graph.Train, graph.NewStreams(1), newWeight(t, tensor.Float64), nil)
			err := p.Run(graph.Feeds{graph.FeedInputs: []float64{test.input, 1, 1, 1, 1, 1}})
			var nonFinite *graph.NonFiniteError
			if !errors.As(err, &nonFinite) {
				t.Fatalf("found error %v, expected a NonFiniteError", err)
			}
			if nonFinite.Param != test.param {
				t.Errorf("found parameter %q, expected %q: %v", nonFinite.Param, test.param, err)
			}
		})
	}
}

func TestBuilderRefusesWhatCannotRun(t *testing.T) {
	w := newWeight(t, tensor.Float32)
	other := newWeight(t, tensor.Float32)
	b := graph.NewBuilder(graph.Train, tensor.Float32, graph.NewStreams(1), nil)
	node, err := b.Param(w)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := b.Param(w); err != nil || again != node {
		t.Errorf("the same parameter again: found another node or error %v", err)
	}
	if _, err := b.Param(other); err == nil {
		t.Error("two parameters of one name: found no error")
	}
	if _, err := graph.NewBuilder(graph.Train, tensor.Float64, graph.NewStreams(1), nil).Param(w); err == nil {
		t.Error("float32 parameter in a float64 graph: found no error")
	}
	if _, err := b.Input("x", tensor.Float64, 1); err == nil {
		t.Error("float64 input in a float32 graph: found no error")
	}
	if _, err := b.Input("x", tensor.Float32, 0, 2); err == nil {
		t.Error("input without elements: found no error")
	}
	if _, err := b.Input("x", tensor.Float32, 2, 2); err != nil {
		t.Error(err)
	}
	if _, err := b.Input("x", tensor.Float32, 2, 3); err == nil {
		t.Error("two inputs of one name: found no error")
	}
	if _, err := b.Compile(graph.Outputs{}); err == nil {
		t.Error("no outputs: found no error")
	}
}

func TestRunRefusesWrongFeeds(t *testing.T) {
	p := regression(t, graph.Train, graph.NewStreams(1), newWeight(t, tensor.Float32), nil)
	for name, feeds := range map[string]graph.Feeds{
		"nothing":         {},
		"too few":         {graph.FeedInputs: []float64{1, 2}},
		"ids":             {graph.FeedInputs: []int{1, 2, 3, 4, 5, 6}},
		"another type":    {graph.FeedInputs: "abc"},
		"too few float32": {graph.FeedInputs: []float32{1}},
	} {
		if err := p.Run(feeds); err == nil {
			t.Errorf("%s: found no error", name)
		}
	}
	if err := p.Run(graph.Feeds{graph.FeedInputs: []float32{1, 2, 3, 4, 5, 6}}); err != nil {
		t.Errorf("float32 feed: %v", err)
	}
}

func TestFrozenParametersGetNoGradient(t *testing.T) {
	w := newWeight(t, tensor.Float64)
	w.Frozen = true
	p := regression(t, graph.Train, graph.NewStreams(1), w, nil)
	if err := p.Run(graph.Feeds{graph.FeedInputs: sixNumbers}); err != nil {
		t.Fatal(err)
	}
	if n := len(p.Gradients()); n != 0 {
		t.Errorf("found %d gradients, expected none", n)
	}
}
