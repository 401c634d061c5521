package search

import (
	"fmt"
	"math"
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
)

// function is one to be minimized over a space.
type function struct {
	space Space
	of    func(settings map[string]any) float64
}

func cube(dimensions int, least, greatest float64) Space {
	s := Space{}
	for i := range dimensions {
		s[fmt.Sprintf("x%d", i)] = Dimension{Linear: []float64{least, greatest}}
	}
	return s
}

func vector(settings map[string]any) []float64 {
	x := make([]float64, len(settings))
	for i := range x {
		x[i] = settings[fmt.Sprintf("x%d", i)].(float64)
	}
	return x
}

// functions are standard ones (Surjanovic and Bingham, Virtual Library of Simulation Experiments) and one with scales,
// choices and a condition.
func functions() map[string]function {
	return map[string]function{
		"branin": {Space{"x0": {Linear: []float64{-5, 10}}, "x1": {Linear: []float64{0, 15}}}, func(s map[string]any) float64 {
			x := vector(s)
			a := x[1] - 5.1/(4*math.Pi*math.Pi)*x[0]*x[0] + 5/math.Pi*x[0] - 6
			return a*a + 10*(1-1/(8*math.Pi))*math.Cos(x[0]) + 10 - 0.397887
		}},
		"sphere": {cube(5, -4, 6), func(s map[string]any) float64 {
			sum := 0.0
			for _, x := range vector(s) {
				sum += x * x
			}
			return sum
		}},
		"rosenbrock": {cube(3, -2, 2), func(s map[string]any) float64 {
			x, sum := vector(s), 0.0
			for i := range len(x) - 1 {
				sum += 100*math.Pow(x[i+1]-x[i]*x[i], 2) + math.Pow(1-x[i], 2)
			}
			return sum
		}},
		"hartmann6": {cube(6, 0, 1), hartmann6},
		"conditional": {Space{
			"solver":   {Choice: []any{"adam", "sgd", "rmsprop"}},
			"rate":     {Log: []float64{1e-5, 1}},
			"momentum": {Linear: []float64{0, 1}, When: map[string]any{"solver": "sgd"}},
			"units":    {LogInt: []int64{8, 512}},
		}, func(s map[string]any) float64 {
			loss := math.Pow(math.Log10(s["rate"].(float64))+2.5, 2) + math.Pow(math.Log2(float64(s["units"].(int64)))-7, 2)/4
			switch s["solver"] {
			case "adam":
				loss += 0.5
			case "rmsprop":
				loss += 1
			default:
				loss += 2 * math.Abs(s["momentum"].(float64)-0.9)
			}
			return loss
		}},
	}
}

func hartmann6(s map[string]any) float64 {
	a := [4][6]float64{{10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14}}
	p := [4][6]float64{{1312, 1696, 5569, 124, 8283, 5886}, {2329, 4135, 8307, 3736, 1004, 9991}, {2348, 1451, 3522, 2883, 3047, 6650}, {4047, 8828, 8732, 5743, 1091, 381}}
	x, sum := vector(s), 0.0
	for i, alpha := range []float64{1, 1.2, 3, 3.2} {
		inner := 0.0
		for j := range x {
			inner += a[i][j] * math.Pow(x[j]-1e-4*p[i][j], 2)
		}
		sum += alpha * math.Exp(-inner)
	}
	return 3.32237 - sum
}

// search gives the least value of a search with so many trials.
func search(s Sampler, f function, trials int) float64 {
	s.Space = f.space
	var done []study.Trial
	least := math.Inf(1)
	for range trials {
		settings := s.Next(done)
		value := f.of(settings)
		least = min(least, value)
		done = append(done, study.Trial{State: study.Done, Settings: settings, Value: study.Value(value)})
	}
	return least
}

// With 50 trials, TPE comes closer to the least value than random search on every function: the mean difference of the
// logarithms over 20 seeds is below 0, with its interval.
func TestTPEBeatsRandom(t *testing.T) {
	t.Parallel()
	for name, f := range functions() {
		var differences []float64
		for seed := range uint64(20) {
			tpe := search(Sampler{Name: TPE, Seed: seed}, f, 50)
			random := search(Sampler{Name: Random, Seed: seed}, f, 50)
			differences = append(differences, math.Log(tpe)-math.Log(random))
		}
		e := study.Interval(differences, 1)
		t.Logf("%s: log TPE − log random %.2f, %.2f to %.2f", name, e.Mean, e.Low, e.High)
		if !(e.High < 0) {
			t.Errorf("%s: found log TPE − log random of %.2f, 95 %% interval %.2f to %.2f, expected it below 0", name, e.Mean, e.Low, e.High)
		}
	}
}
