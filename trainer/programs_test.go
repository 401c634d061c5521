package trainer

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
)

// sumOfSteps is the smallest graph with a shape.
func sumOfSteps(_ graph.Mode, shape graph.BatchShape) (*program, error) {
	b := graph.NewBuilder(graph.Evaluate, tensor.Float64, graph.NewStreams(1), nil)
	x, err := b.Input("x", tensor.Float64, shape.Steps, shape.Size)
	if err != nil {
		return nil, err
	}
	y, err := op.WeightedMean(b.Ops(), x, x)
	if err != nil {
		return nil, err
	}
	p, err := b.Compile(graph.Outputs{Values: map[string]*gorgonia.Node{"y": y}})
	return &program{Program: p}, err
}

func TestProgramsAreKeptWithinBounds(t *testing.T) {
	t.Parallel()
	made := 0
	p := programs{build: func(mode graph.Mode, shape graph.BatchShape) (*program, error) {
		made++
		return sumOfSteps(mode, shape)
	}}
	get := func(mode graph.Mode, steps, size int) *program {
		t.Helper()
		program, err := p.get(mode, graph.BatchShape{Steps: steps, Size: size})
		if err != nil {
			t.Fatal(err)
		}
		return program
	}
	first := get(graph.Train, 4, 1)
	if get(graph.Train, 4, 1) != first || made != 1 {
		t.Errorf("found %d programs, expected the first one again", made)
	}
	if get(graph.Evaluate, 4, 1) == first || get(graph.Train, 1, 4) == first || get(graph.Train, 4, 2) == first {
		t.Error("found one program for different modes or shapes")
	}

	for size := 3; size < 3+2*maxPrograms; size++ { // the first one is used all the time
		get(graph.Train, 4, size)
		get(graph.Train, 4, 1)
	}
	if made != 4+2*maxPrograms || len(p.kept) != maxPrograms || get(graph.Train, 4, 1) != first {
		t.Errorf("found %d programs made, %d kept, expected %d, %d and the one in use", made, len(p.kept), 4+2*maxPrograms, maxPrograms)
	}
	get(graph.Train, 4, 3)
	if made != 5+2*maxPrograms {
		t.Error("found the program that was used longest ago, expected it gone")
	}

	get(graph.Train, maxCells, 1)
	get(graph.Train, maxCells+1, 1) // larger than all bounds, yet it must run
	if len(p.kept) != 1 {
		t.Errorf("found %d programs beside a huge one, expected 1", len(p.kept))
	}
	if err := p.close(); err != nil || len(p.kept) != 0 {
		t.Errorf("close: %v, %d left", err, len(p.kept))
	}
}

func TestRoundSteps(t *testing.T) {
	t.Parallel()
	counts := map[int]int{}
	last := 0
	for steps := 1; steps <= 4096; steps++ {
		rounded := roundSteps(steps)
		if rounded < steps || rounded < last || rounded > max(steps+3, steps+(steps+7)/8) {
			t.Fatalf("%d steps: found %d after %d, expected at least as many, at most an eighth more", steps, rounded, last)
		}
		if roundSteps(rounded) != rounded {
			t.Fatalf("%d steps: found %d, which rounds to %d", steps, rounded, roundSteps(rounded))
		}
		counts[rounded]++
		last = rounded
	}
	if len(counts) > maxPrograms {
		t.Errorf("found %d shapes up to 4096 steps, expected at most %d", len(counts), maxPrograms)
	}
	var found []int
	for _, steps := range []int{1, 4, 5, 50, 64, 65, 100, 1000} {
		found = append(found, roundSteps(steps))
	}
	if expected := []int{4, 4, 8, 52, 64, 72, 104, 1024}; !slices.Equal(found, expected) {
		t.Errorf("found %v, expected %v", found, expected)
	}
}
