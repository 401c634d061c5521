package reproduce

import (
	"math"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// Quantiles 0.975 of Student's t as printed in tables (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2), with
// three digits behind the point.
func TestHalfWidthIsThatOfStudent(t *testing.T) {
	for n, quantile := range map[int]float64{2: 12.706, 3: 4.303, 5: 2.776, 10: 2.262} {
		values := make([]float64, n)
		sum := 0.0
		for i := range values {
			values[i] = float64(i * i)
			sum += values[i]
		}
		squares := 0.0
		for _, v := range values {
			squares += (v - sum/float64(n)) * (v - sum/float64(n))
		}
		expected := quantile * math.Sqrt(squares/float64(n-1)) / math.Sqrt(float64(n))
		if found := halfWidth(values); math.Abs(found/expected-1) > 0.0005/2.262 {
			t.Errorf("%d values: found %v, expected %v", n, found, expected)
		}
	}
}

func summary(goal experiment.Goal, values ...float64) *Result {
	part, metric := goal.Split()
	higher, err := trainer.MetricFactories{"score": {Higher: true}}.HigherIsBetter(metric)
	if err != nil {
		panic(err)
	}
	r := &Result{Experiment: "mine", Goal: goal, higher: higher, Seeds: make([]uint64, len(values))}
	for i, v := range values {
		r.Seeds[i] = uint64(i + 1)
		one := &run.Result{Test: map[string]float64{"loss": -1}, Valid: map[string]float64{"loss": -2}, Seconds: 10, Parameters: 1234}
		one.Part(part)[metric] = v
		r.add(one)
	}
	r.summarize()
	return r
}

func TestSummary(t *testing.T) {
	bar, published := 0.8, 0.75
	up := experiment.Goal{Metric: "test.accuracy", Bar: &bar, Published: &published, Source: "A | B", PyTorch: []float64{0.7, 0.9}}
	down := experiment.Goal{Metric: "valid.nll", Bar: &bar}
	own := experiment.Goal{Metric: "valid.score", Bar: &bar}
	for _, c := range []struct {
		r    *Result
		want string
	}{
		{summary(up, 0.8, 0.9), "`mine` | test.accuracy | 0.85 ± 0.64 | 1, 2 | 10 | 1,234 | ≥ 0.8, reached | 0.75: A / B | 0.7–0.9"},
		{summary(up, 0.7), "`mine` | test.accuracy | 0.7 (one seed) | 1 | 10 | 1,234 | ≥ 0.8, missed | 0.75: A / B | 0.7–0.9"},
		{summary(down, 0.8), "`mine` | valid.nll | 0.8 (one seed) | 1 | 10 | 1,234 | ≤ 0.8, reached | – | –"},
		{summary(own, 0.9), "`mine` | valid.score | 0.9 (one seed) | 1 | 10 | 1,234 | ≥ 0.8, reached | – | –"},
		{summary(down, 1, 1, 1), "`mine` | valid.nll | 1 ± 0 | 1, 2, 3 | 10 | 1,234 | ≤ 0.8, missed | – | –"},
	} {
		if found := strings.Join(c.r.Row(), " | "); found != c.want {
			t.Errorf("found\n%s\nexpected\n%s", found, c.want)
		}
	}
}
