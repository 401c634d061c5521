package benchmarks

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/kernel/simd"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
)

// TestMain adds a line to the output of benchmarks that says which kernels they ran on.
func TestMain(m *testing.M) {
	flag.Parse()
	if benchmarks := flag.Lookup("test.bench"); benchmarks.Value.String() != "" {
		inUse, asked := simd.InUse()
		if asked != "" && asked != inUse {
			fmt.Fprintf(os.Stderr, "GRUEXP_KERNELS: found %s, expected one of %v\n", asked, simd.Names())
			os.Exit(2)
		}
		fmt.Println("kernels:", inUse)
	}
	os.Exit(m.Run())
}

// TestWorkloads runs what every benchmark repeats, at the smallest shape: all that it computes is finite and, but for
// the biases at their start, not 0.
func TestWorkloads(t *testing.T) {
	tiny := shapeNamed(t, "tiny")
	pool := kernel.NewPool(2)
	workloads := map[string]func() (workload, error){
		"Layer":         func() (workload, error) { return newLayer(tiny, pool) },
		"Stream":        func() (workload, error) { return newStreaming(tiny) },
		"StreamProduct": func() (workload, error) { return newStreamProducts(tiny) },
		"TrainStep/composed": func() (workload, error) {
			return trainingConfig{gru: layers.GRUConfig{Units: tiny.Units, Engine: layers.Composed}}.training(tiny, pool)
		},
	}
	for _, o := range options(tiny) {
		workloads["Option/"+o.name] = func() (workload, error) { return o.training(tiny, pool) }
	}
	for _, name := range solvers.Names() {
		workloads["Solver/"+name] = func() (workload, error) {
			return newUpdating(tiny, solvers.Config{Name: name, ClipNorm: 1}, graph.Param{})
		}
	}
	for _, g := range gradientOptions() {
		workloads["Gradient/"+g.name] = func() (workload, error) { return newUpdating(tiny, g.config, g.param) }
	}
	for _, name := range slices.Sorted(maps.Keys(workloads)) {
		t.Run(name, func(t *testing.T) {
			w, err := workloads[name]()
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := w.close(); err != nil {
					t.Error(err)
				}
			}()
			for range 2 {
				if err := w.step(); err != nil {
					t.Fatal(err)
				}
			}
			results, err := w.results()
			if err != nil {
				t.Fatal(err)
			}
			for what, values := range results {
				var squares float64
				for _, v := range values {
					squares += float64(v) * float64(v)
				}
				if !(squares > 0) || math.IsInf(squares, 0) {
					t.Errorf("%s: found %d values of squared norm %v, expected a finite one above 0", what, len(values), squares)
				}
			}
		})
	}
}

// TestGorgoniaTrainsTheSame holds the training steps against each other that are compared for speed: the same costs from
// the same parameters and data.
func TestGorgoniaTrainsTheSame(t *testing.T) {
	s := shape{Name: "small", Steps: 5, Batch: 3, Inputs: 4, Units: 6}
	model, err := newModel(s, layers.GRUConfig{Units: s.Units})
	if err != nil {
		t.Fatal(err)
	}
	stock, err := newGorgonia(s, model.Params(), batch(s, trainingConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	workloads := []workload{stock}
	for _, engine := range []layers.Engine{layers.Fused, layers.Composed} {
		w, err := trainingConfig{gru: layers.GRUConfig{Units: s.Units, Engine: engine}}.training(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		workloads = append(workloads, w)
	}
	for step := range 3 {
		var costs []float32
		for _, w := range workloads {
			if err := w.step(); err != nil {
				t.Fatal(err)
			}
			results, err := w.results()
			if err != nil {
				t.Fatal(err)
			}
			costs = append(costs, results["cost"][0])
		}
		for _, cost := range costs[1:] {
			// the sums of a few hundred float32 numbers, in other orders
			if difference := math.Abs(float64(cost - costs[0])); difference > 1e-5*float64(costs[0]) {
				t.Errorf("step %d: found costs %v, expected equal ones", step, costs)
			}
		}
	}
	for _, w := range workloads {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}
}
