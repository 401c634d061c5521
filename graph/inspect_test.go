package graph_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
)

// squares is the cost Σ (x+ε)² with x [1,3], where ε is the perturbation "x" and x+ε the record "sum".
func squares(t *testing.T, mode graph.Mode) (*graph.Program, error) {
	t.Helper()
	b := graph.NewBuilder(mode, tensor.Float64, graph.NewStreams(1), nil)
	x, err := b.Input("x", tensor.Float64, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	perturbation, err := b.Perturb("x", 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	if (perturbation != nil) != (mode == graph.Inspect) {
		t.Fatalf("found the perturbation %v in a graph to %v, expected one in a graph to inspect only", perturbation, mode)
	}
	if perturbation != nil {
		if x, err = op.Add(b.Ops(), x, perturbation); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Record("sum", x); err != nil {
		t.Fatal(err)
	}
	cost, err := gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(x, x)))
	if err != nil {
		t.Fatal(err)
	}
	return b.Compile(graph.Outputs{Cost: cost})
}

func TestInspect(t *testing.T) {
	p, err := squares(t, graph.Inspect)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer p.Close()
	x := []float64{1, -2, 3}
	for _, perturbation := range [][]float64{nil, {0.5, 0.5, 0.5}, nil} { // the last run has zeros again
		feeds := graph.Feeds{"x": x}
		if perturbation != nil {
			feeds["perturbation/x"] = perturbation
		}
		if err := p.Run(feeds); err != nil {
			t.Fatalf("%+v", err)
		}
		cost, want, gradient := 0.0, slices.Clone(x), make([]float64, 3)
		for i := range want {
			if perturbation != nil {
				want[i] += perturbation[i]
			}
			cost += want[i] * want[i]
			gradient[i] = 2 * want[i]
		}
		if math.Abs(p.Cost()-cost) > 1e-12 {
			t.Errorf("found cost %v, expected %v", p.Cost(), cost)
		}
		recorded, err := p.Value("sum")
		if err != nil {
			t.Fatal(err)
		}
		if found := recorded.Float64s(); !slices.Equal(found, want) {
			t.Errorf("found the record %v, expected %v", found, want)
		}
		sensitivity, err := p.Sensitivity("x")
		if err != nil {
			t.Fatal(err)
		}
		if found := sensitivity.Float64s(); !slices.Equal(found, gradient) {
			t.Errorf("found the sensitivity %v, expected %v", found, gradient)
		}
	}
	if found := p.Recorded(); !slices.Equal(found, []string{"sum"}) {
		t.Errorf("found the records %v, expected sum", found)
	}
	if found := p.Perturbations(); !slices.Equal(found, []string{"x"}) {
		t.Errorf("found the perturbations %v, expected x", found)
	}
	if _, err := p.Sensitivity("y"); err == nil {
		t.Error("found no error for a perturbation that is not there")
	}
	if err := p.Run(graph.Feeds{"x": x, "perturbation/x": []float64{1}}); err == nil || !strings.Contains(err.Error(), "perturbation x") {
		t.Errorf("found error %v, expected one about perturbation x", err)
	}
}

func TestNothingToInspectElsewhere(t *testing.T) {
	p, err := squares(t, graph.Evaluate)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer p.Close()
	if len(p.Recorded())+len(p.Perturbations()) > 0 {
		t.Errorf("found %v and %v, expected nothing in a graph for evaluation", p.Recorded(), p.Perturbations())
	}
}

func TestPerturbRefuses(t *testing.T) {
	b := graph.NewBuilder(graph.Inspect, tensor.Float64, graph.NewStreams(1), nil)
	x, err := b.Perturb("x", 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Perturb("x", 1, 3); err == nil {
		t.Error("found no error for a second perturbation of one name")
	}
	if _, err := b.Perturb("unused", 2); err != nil {
		t.Fatal(err)
	}
	if err := b.Record("r", x); err != nil {
		t.Fatal(err)
	}
	if err := b.Record("r", x); err == nil {
		t.Error("found no error for a second record of one name")
	}
	if _, err := b.Compile(graph.Outputs{Cost: gorgonia.Must(gorgonia.Sum(x))}); err == nil || !strings.Contains(err.Error(), "unused") {
		t.Errorf("found error %v, expected one about the perturbation that the cost does not depend on", err)
	}
}
