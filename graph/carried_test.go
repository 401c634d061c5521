package graph_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
)

// window adds its inputs [rows,2] to a carried state.
func window(t *testing.T, dtype tensor.Dtype, rows int, carried *graph.Carried) *graph.Program {
	t.Helper()
	b := graph.NewBuilder(graph.Evaluate, dtype, graph.NewStreams(1), nil)
	if carried != nil {
		b.ShareCarried(carried)
	}
	x, err := b.Input(graph.FeedInputs, b.Float(), rows, 2)
	if err != nil {
		t.Fatal(err)
	}
	before, err := b.Carry("sum", rows, 2)
	if err != nil {
		t.Fatal(err)
	}
	next := gorgonia.Must(gorgonia.Square(x))
	if before != nil {
		next = gorgonia.Must(gorgonia.Add(next, before))
	}
	if err := b.CarryOver("sum", next); err != nil {
		t.Fatal(err)
	}
	p, err := b.Compile(graph.Outputs{Values: map[string]*gorgonia.Node{"sum": next}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func runWindow(t *testing.T, p *graph.Program, inputs ...float64) []float64 {
	t.Helper()
	if err := p.Run(graph.Feeds{graph.FeedInputs: inputs}); err != nil {
		t.Fatal(err)
	}
	sum, err := p.Value("sum")
	if err != nil {
		t.Fatal(err)
	}
	if sum.Dtype() == tensor.Float64 {
		return slices.Clone(sum.Float64s())
	}
	var wide []float64
	for _, v := range sum.Float32s() {
		wide = append(wide, float64(v))
	}
	return wide
}

func TestProgramsGoOnFromTheCarriedState(t *testing.T) {
	for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		carried := graph.NewCarried()
		p, q := window(t, dtype, 2, carried), window(t, dtype, 2, carried)
		expect := func(what string, found []float64, expected ...float64) {
			t.Helper()
			if !slices.Equal(found, expected) { // small whole numbers are exact
				t.Errorf("%v, %s: found %v, expected %v", dtype, what, found, expected)
			}
		}
		expect("first run", runWindow(t, p, 1, 2, 3, 4), 1, 4, 9, 16)
		expect("another program", runWindow(t, q, 1, 1, 1, 1), 2, 5, 10, 17)
		saved := carried.State()
		if err := carried.ResetRow(1); err != nil {
			t.Fatal(err)
		}
		expect("after a row began anew", runWindow(t, p, 1, 1, 1, 1), 3, 6, 1, 1)
		if err := carried.ResetRow(2); err == nil {
			t.Error("row 2 of 2: found no error")
		}
		if err := carried.Restore(saved); err != nil {
			t.Fatal(err)
		}
		expect("restored", runWindow(t, p, 0, 0, 0, 0), 2, 5, 10, 17)
		larger := window(t, dtype, 3, carried)
		if err := larger.Run(graph.Feeds{graph.FeedInputs: make([]float64, 6)}); err == nil {
			t.Error("a batch of another size: found no error")
		}
		carried.Reset()
		expect("reset, of another size", runWindow(t, larger, 1, 1, 1, 1, 1, 1), 1, 1, 1, 1, 1, 1)
	}
}

func TestNothingIsCarriedWithoutAStore(t *testing.T) {
	p := window(t, tensor.Float64, 1, nil)
	for range 2 {
		if found := runWindow(t, p, 1, 2); !slices.Equal(found, []float64{1, 4}) {
			t.Errorf("found %v, expected [1 4] each time", found)
		}
	}
}

func TestCarriedStatesAreDeclaredWhole(t *testing.T) {
	b := graph.NewBuilder(graph.Evaluate, tensor.Float64, graph.NewStreams(1), nil)
	b.ShareCarried(graph.NewCarried())
	x, err := b.Input("x", tensor.Float64, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	h, err := b.Carry("h", 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	y := gorgonia.Must(gorgonia.Add(x, h))
	if _, err := b.Carry("h", 2, 3); err == nil {
		t.Error("two states of one name: found no error")
	}
	if err := b.CarryOver("other", y); err == nil {
		t.Error("CarryOver of a state that was not declared: found no error")
	}
	if err := b.CarryOver("h", gorgonia.Must(gorgonia.Sum(y))); err == nil {
		t.Error("CarryOver of another shape: found no error")
	}
	if _, err := b.Compile(graph.Outputs{Values: map[string]*gorgonia.Node{"y": y}}); err == nil {
		t.Error("a state without CarryOver: found no error")
	}
	if err := b.CarryOver("h", y); err != nil {
		t.Fatal(err)
	}
	if err := b.CarryOver("h", y); err == nil {
		t.Error("a second CarryOver: found no error")
	}
	if err := graph.NewCarried().Restore(map[string]*tensor.Dense{"h": tensor.New(tensor.WithBacking([]int{1, 2}))}); err == nil {
		t.Error("restored integers: found no error")
	}
}

// average trains w on cost = mean((x·w)²) and keeps a statistic s ← s/2 + x/2.
func average(t *testing.T, w, s *graph.Param) *graph.Program {
	t.Helper()
	b := graph.NewBuilder(graph.Train, tensor.Float64, graph.NewStreams(1), nil)
	x, err := b.Input(graph.FeedInputs, b.Float(), 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	weight, err := b.Param(w)
	if err != nil {
		t.Fatal(err)
	}
	statistic, err := b.Param(s)
	if err != nil {
		t.Fatal(err)
	}
	half := gorgonia.NewConstant(0.5)
	next := gorgonia.Must(gorgonia.Mul(gorgonia.Must(gorgonia.Add(statistic, x)), half))
	if err := b.Update(s, next); err != nil {
		t.Fatal(err)
	}
	if err := b.Update(s, next); err == nil {
		t.Error("a second update: found no error")
	}
	if err := b.Update(w, weight); err == nil {
		t.Error("update of a kernel: found no error")
	}
	cost := gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.Square(gorgonia.Must(gorgonia.Mul(x, weight))))))
	p, err := b.Compile(graph.Outputs{Cost: cost})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestUpdateFollowsASuccessfulTrainingRun(t *testing.T) {
	w := newWeight(t, tensor.Float64)
	s, err := graph.NewParam("s", graph.RoleStatistic, tensor.Float64, graph.Zeros, graph.NewStreams(1), 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	if s.Trained() || !w.Trained() {
		t.Errorf("found statistic trained %v and kernel trained %v, expected the kernel only", s.Trained(), w.Trained())
	}
	p := average(t, w, s)
	expected := make([]float64, 6)
	for range 2 {
		if err := p.Run(graph.Feeds{graph.FeedInputs: sixNumbers}); err != nil {
			t.Fatal(err)
		}
		for i := range expected {
			expected[i] = (expected[i] + sixNumbers[i]) / 2
		}
		if !slices.Equal(s.Value.Float64s(), expected) {
			t.Errorf("found %v, expected %v", s.Value.Float64s(), expected)
		}
	}
	if g := p.Gradients(); len(g) != 1 || g[0].Param != w {
		t.Errorf("found gradients %v, expected that of w alone", g)
	}

	var nonFinite *graph.NonFiniteError
	err = p.Run(graph.Feeds{graph.FeedInputs: []float64{math.NaN(), 1, 1, 1, 1, 1}})
	if !errors.As(err, &nonFinite) || nonFinite.What != "cost" {
		t.Errorf("found %v, expected a NonFiniteError of the cost", err)
	}
	if !slices.Equal(s.Value.Float64s(), expected) {
		t.Errorf("after a run that failed: found %v, expected %v as before", s.Value.Float64s(), expected)
	}
	clear(w.Value.Float64s())
	err = p.Run(graph.Feeds{graph.FeedInputs: []float64{1e200, 1, 1, 1, 1, 1}})
	if !errors.As(err, &nonFinite) || nonFinite.Param != "s" {
		t.Errorf("found %v, expected a NonFiniteError of s", err)
	}
	if !slices.Equal(s.Value.Float64s(), expected) {
		t.Errorf("after an update that failed: found %v, expected %v as before", s.Value.Float64s(), expected)
	}

	evaluate := graph.NewBuilder(graph.Evaluate, tensor.Float64, graph.NewStreams(1), nil)
	node, err := evaluate.Param(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := evaluate.Update(s, node); err == nil {
		t.Error("update in an evaluation graph: found no error")
	}
}
