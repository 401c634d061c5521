package solvers_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// golden is what testdata/goldens.py found.
type golden struct {
	Shapes    map[graph.Role][]int
	Initial   goldenValues
	Gradients []goldenValues
	Cases     []struct {
		Name, Config     string
		Float32, Float64 []goldenValues
		AveragesFloat32  goldenValues `json:"averages_float32"`
		AveragesFloat64  goldenValues `json:"averages_float64"`
	}
	Schedules []struct {
		Name, Config  string
		StepsPerEpoch int `json:"steps_per_epoch"`
		Values        []float64
	}
}

type goldenValues map[graph.Role][]float64

func readGolden(t *testing.T) *golden {
	t.Helper()
	text, err := os.ReadFile("testdata/goldens.json")
	if err != nil {
		t.Fatal(err)
	}
	g := new(golden)
	if err := json.Unmarshal(text, g); err != nil {
		t.Fatal(err)
	}
	return g
}

func parse(t *testing.T, text string, config any) {
	t.Helper()
	document, err := yamlconf.Parse("solver", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if faults := document.Decode(config); len(faults) > 0 {
		t.Fatalf("%v in\n%s", faults.Err(), text)
	}
}

// TestSchedulesOfPyTorch compares every step of trainings of 20 epochs.
func TestSchedulesOfPyTorch(t *testing.T) {
	t.Parallel()
	golden := readGolden(t)
	compared := map[string]bool{}
	for _, c := range golden.Schedules {
		t.Run(c.Name, func(t *testing.T) {
			config := solvers.Config{LearningRate: 0.1}
			parse(t, c.Config, &config.Schedule)
			compared[config.WithDefaults().Schedule.Name] = true
			rates, err := config.LearningRates(solvers.Plan{StepsPerEpoch: c.StepsPerEpoch, Epochs: 20})
			if err != nil {
				t.Fatal(err)
			}
			for step, want := range c.Values {
				if found := rates(step); !near(found, want, 1e-14) { // PyTorch multiplies step by step
					t.Fatalf("step %d: found %v, expected %v", step, found, want)
				}
			}
		})
	}
	for _, name := range solvers.ScheduleNames() {
		if !compared[name] {
			t.Errorf("%s: found no golden", name)
		}
	}
}

// TestFirstStepsOfPyTorch compares five steps of every rule.
func TestFirstStepsOfPyTorch(t *testing.T) {
	t.Parallel()
	golden := readGolden(t)
	compared := map[string]bool{}
	for _, c := range golden.Cases {
		for _, d := range []struct {
			dtype     tensor.Dtype
			want      []goldenValues
			averages  goldenValues
			tolerance float64
		}{
			{tensor.Float32, c.Float32, c.AveragesFloat32, 2e-6}, // a few roundings of 6e-8 a step, five steps, amplified by 1/√v near 0
			{tensor.Float64, c.Float64, c.AveragesFloat64, 1e-13},
		} {
			t.Run(c.Name+"/"+d.dtype.String(), func(t *testing.T) {
				var config solvers.Config
				parse(t, c.Config, &config)
				compared[config.WithDefaults().Name] = true
				solver := newSolver(t, config, solvers.Plan{StepsPerEpoch: 1, Epochs: len(golden.Gradients)})
				var params []*graph.Param
				for role, shape := range golden.Shapes {
					params = append(params, newParam(t, d.dtype, string(role), role, golden.Initial[role], shape...))
				}
				for i, drawn := range golden.Gradients {
					var gradients []graph.Gradient
					for _, p := range params {
						gradients = append(gradients, newGradient(t, p, drawn[p.Role]))
					}
					step(t, solver, gradients...)
					compare(t, fmt.Sprintf("step %d", i), params, d.want[i], d.tolerance)
				}
				if found := solver.SwapAverages(); found != (d.averages != nil) {
					t.Errorf("found averages: %v, expected %v", found, d.averages != nil)
				} else if found {
					compare(t, "averages", params, d.averages, d.tolerance)
					solver.SwapAverages()
					compare(t, "swapped back", params, d.want[len(d.want)-1], d.tolerance)
				}
			})
		}
	}
	for _, name := range solvers.Names() {
		if !compared[name] {
			t.Errorf("%s: found no golden", name)
		}
	}
}

func compare(t *testing.T, what string, params []*graph.Param, want goldenValues, tolerance float64) {
	t.Helper()
	for _, p := range params {
		for j, found := range floats(p.Value) {
			if want := want[p.Role][j]; !near(found, want, tolerance) {
				t.Fatalf("%s, %s[%d]: found %.17g, expected %.17g", what, p.Role, j, found, want)
			}
		}
	}
}
