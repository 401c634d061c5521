package experiment_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment"
)

// A run with several targets says how well each of them is predicted, and the metrics of all are the means of those.
func TestMetricsOfEachTarget(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("a,b\n")
	for i := range 120 {
		fmt.Fprintf(&text, "%d,%g\n", []int{1, 2, 4, 8}[i%4], 100+math.Sin(float64(i)))
	}
	e := experimentOn(t, `
task: forecast
data:
  table: {path: a.csv}
  forecast: {targets: [b, a], window: 4, horizons: [1, 2]}
model:
  layers:
    - gru: {units: 4, return_sequences: false}
    - dense: {}
trainer: {max_epochs: 2, metrics: [scaled_mse]}
`, text.String())
	result, err := e.Fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := func(all []experiment.TargetMetrics) string {
		var names []string
		for _, one := range all {
			names = append(names, one.Name)
		}
		return strings.Join(names, ", ")
	}
	if found := names(result.Targets); found != "b, a" {
		t.Errorf("found the targets %s, expected b, a", found)
	}
	if found := names(result.Outputs); found != "b +1, b +2, a +1, a +2" {
		t.Errorf("found the outputs %s, expected b +1, b +2, a +1, a +2", found)
	}
	for _, metric := range []string{"mae", "mse"} {
		for _, all := range [][]experiment.TargetMetrics{result.Targets, result.Outputs} {
			mean := 0.0
			for _, one := range all {
				mean += one.Metrics[metric] / float64(len(all))
			}
			if want := result.Test[metric]; math.Abs(mean-want) > 1e-9*want {
				t.Errorf("%s: found a mean of %g, expected that of all, %g", metric, mean, want)
			}
		}
	}
	if result.Test["scaled_mse"] <= 0 {
		t.Errorf("found the scaled mse %g", result.Test["scaled_mse"])
	}
}
