package solvers_test

import (
	"math"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// problem is a cost to minimize from a start.
type problem struct {
	name    string
	start   []float64
	minimum float64
	cost    func(x, gradient []float64) float64 // also fills the gradient
}

func problems() []problem {
	return []problem{
		{"quadratic", []float64{3, -2, 1}, 0, quadratic},
		{"rosenbrock", []float64{-1, 1}, 0, rosenbrock},
		{"o-rings", []float64{0, 0}, oRingMinimum, oRings},
	}
}

// quadratic is ½·Σ aᵢ·(xᵢ−i)² with curvatures 1, 3 and 9.
func quadratic(x, gradient []float64) float64 {
	var cost float64
	curvature := 1.0
	for i, v := range x {
		d := v - float64(i)
		cost += curvature * d * d / 2
		gradient[i] = curvature * d
		curvature *= 3
	}
	return cost
}

// rosenbrock is (1−x)² + 5·(y−x²)²: a bent valley with its end at (1, 1), gentler than the original's 100.
func rosenbrock(x, gradient []float64) float64 {
	a, b := 1-x[0], x[1]-x[0]*x[0]
	gradient[0] = -2*a - 20*b*x[0]
	gradient[1] = 10 * b
	return a*a + 5*b*b
}

// oRingMinimum is the mean negative log-likelihood of the fit that is published for the [flights]: a residual deviance
// of 20.315, which is twice the sum over 23 flights.
const oRingMinimum = 20.315 / 2 / 23

// flights are the temperatures in °F, standardized, and the O-ring distress of the 23 flights before Challenger's last,
// in the order in which they flew (Dalal, Fowlkes and Hoadley 1989).
func flights() (temperatures, distress []float64) {
	temperatures = []float64{66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58}
	distress = []float64{0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1}
	n := float64(len(temperatures))
	var mean, variance float64
	for _, v := range temperatures {
		mean += v / n
	}
	for _, v := range temperatures {
		variance += (v - mean) * (v - mean) / n
	}
	for i, v := range temperatures {
		temperatures[i] = (v - mean) / math.Sqrt(variance)
	}
	return temperatures, distress
}

// oRings is the logistic regression of distress on temperature.
func oRings(x, gradient []float64) float64 {
	temperatures, distress := flights()
	n := float64(len(temperatures))
	var cost float64
	clear(gradient)
	for i, v := range temperatures {
		logit := x[0] + x[1]*v
		cost += (math.Log1p(math.Exp(logit)) - distress[i]*logit) / n
		d := (1/(1+math.Exp(-logit)) - distress[i]) / n
		gradient[0] += d
		gradient[1] += d * v
	}
	return cost
}

// TestConvergence runs every rule on every problem: 3000 steps that end in a learning rate of 0.
func TestConvergence(t *testing.T) {
	t.Parallel()
	const steps = 3000
	for _, solver := range []struct {
		config solvers.Config
		rates  map[string]float64
	}{
		{solvers.Config{Name: "sgd"}, map[string]float64{"quadratic": 0.1, "rosenbrock": 0.02, "o-rings": 1}},
		{solvers.Config{Name: "momentum"}, map[string]float64{"quadratic": 0.1, "rosenbrock": 0.02, "o-rings": 1}},
		{solvers.Config{Name: "momentum", Form: solvers.Classical}, map[string]float64{"quadratic": 0.01, "rosenbrock": 0.002, "o-rings": 0.1}},
		{solvers.Config{Name: "nesterov"}, map[string]float64{"quadratic": 0.1, "rosenbrock": 0.02, "o-rings": 1}},
		{solvers.Config{Name: "adagrad"}, map[string]float64{"quadratic": 1, "rosenbrock": 0.5, "o-rings": 0.5}},
		{solvers.Config{Name: "rmsprop"}, map[string]float64{"quadratic": 0.02, "rosenbrock": 0.01, "o-rings": 0.02}},
		{solvers.Config{Name: "adam"}, map[string]float64{"quadratic": 0.02, "rosenbrock": 0.02, "o-rings": 0.02}},
		{solvers.Config{Name: "adamw", WeightDecay: new(1e-6)}, map[string]float64{"quadratic": 0.02, "rosenbrock": 0.02, "o-rings": 0.02}},
		{solvers.Config{Name: "gd"}, map[string]float64{"quadratic": 0.1, "rosenbrock": 0.02, "o-rings": 1}},
		{solvers.Config{Name: "adadelta"}, map[string]float64{"quadratic": 5, "rosenbrock": 2, "o-rings": 5}},
		{solvers.Config{Name: "rmsprop", Centered: new(true), Momentum: new(0.5)}, map[string]float64{"quadratic": 0.02, "rosenbrock": 0.01, "o-rings": 0.02}},
		{solvers.Config{Name: "amsgrad"}, map[string]float64{"quadratic": 0.02, "rosenbrock": 0.02, "o-rings": 0.02}},
		{solvers.Config{Name: "nadam"}, map[string]float64{"quadratic": 0.02, "rosenbrock": 0.02, "o-rings": 0.02}},
		{solvers.Config{Name: "radam"}, map[string]float64{"quadratic": 0.02, "rosenbrock": 0.02, "o-rings": 0.02}},
		{solvers.Config{Name: "adabelief"}, map[string]float64{"quadratic": 0.02, "rosenbrock": 0.02, "o-rings": 0.02}},
		{solvers.Config{Name: "lion"}, map[string]float64{"quadratic": 0.01, "rosenbrock": 0.005, "o-rings": 0.01}},
		{solvers.Config{Name: "rprop"}, map[string]float64{"quadratic": 0.01, "rosenbrock": 0.01, "o-rings": 0.01}},
		{solvers.Config{Name: "asgd"}, map[string]float64{"quadratic": 0.1, "rosenbrock": 0.02, "o-rings": 1}},
		{solvers.Config{Name: "adam", Lookahead: new(solvers.LookaheadConfig{})}, map[string]float64{"quadratic": 0.04, "rosenbrock": 0.04, "o-rings": 0.04}},
		{solvers.Config{Name: "adam", ClipAdaptive: 0.1}, map[string]float64{"quadratic": 0.02, "rosenbrock": 0.02, "o-rings": 0.02}},
		{solvers.Config{Name: "adam", ClipNorm: 0.5}, map[string]float64{"quadratic": 0.02, "rosenbrock": 0.02, "o-rings": 0.02}},
	} {
		for _, p := range problems() {
			for _, dtype := range dtypes() {
				config := solver.config
				config.LearningRate = solver.rates[p.name]
				config.Schedule.Name = solvers.ScheduleCosine
				t.Run(config.Name+"/"+p.name+"/"+dtype.String(), func(t *testing.T) {
					cost := minimize(t, newSolver(t, config, solvers.Plan{StepsPerEpoch: 1, Epochs: steps}), p, dtype, steps)
					// The published deviance has 5 digits; float32 sees a cost no better than that.
					if found := cost - p.minimum; math.Abs(found) > 2e-5 {
						t.Errorf("found %g above the minimum, expected 0 to within 2e-5", found)
					}
				})
			}
		}
	}
}

// minimize takes steps and returns the last cost.
func minimize(t *testing.T, s *solvers.Solver, p problem, dtype tensor.Dtype, steps int) float64 {
	t.Helper()
	x := newParam(t, dtype, "x", graph.RoleKernel, p.start, len(p.start))
	gradient := make([]float64, len(p.start))
	for range steps {
		p.cost(floats(x.Value), gradient)
		step(t, s, newGradient(t, x, gradient))
	}
	return p.cost(floats(x.Value), gradient)
}
