package solvers_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/goccy/go-yaml"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// TestFirstStepsOfPyTorch compares five steps of every rule with testdata/goldens.py.
func TestFirstStepsOfPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/goldens.json")
	if err != nil {
		t.Fatal(err)
	}
	type values map[graph.Role][]float64
	var golden struct {
		Shapes    map[graph.Role][]int
		Initial   values
		Gradients []values
		Cases     []struct {
			Name, Config     string
			Float32, Float64 []values
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for _, c := range golden.Cases {
		for _, d := range []struct {
			dtype     tensor.Dtype
			want      []values
			tolerance float64
		}{
			{tensor.Float32, c.Float32, 2e-6}, // a few roundings of 6e-8 a step, five steps, amplified by 1/√v near 0
			{tensor.Float64, c.Float64, 1e-13},
		} {
			t.Run(c.Name+"/"+d.dtype.String(), func(t *testing.T) {
				var config solvers.Config
				if err := yaml.UnmarshalWithOptions([]byte(c.Config), &config, yaml.Strict()); err != nil {
					t.Fatal(err)
				}
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
					for _, p := range params {
						for j, found := range floats(p.Value) {
							if want := d.want[i][p.Role][j]; !near(found, want, d.tolerance) {
								t.Fatalf("step %d, %s[%d]: found %.17g, expected %.17g", i, p.Role, j, found, want)
							}
						}
					}
				}
			})
		}
	}
}
