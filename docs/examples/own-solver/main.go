// A gruexp with an added solver and an added schedule.
package main

import (
	"math"

	"github.com/gruexp/gruexp/cmd/gruexp/app"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// signMomentum updates by the sign of the average gradient.
type signMomentum struct {
	solvers.Moments
	decay float64
}

func (*signMomentum) Name() string { return "sign_momentum" }

func (s *signMomentum) Init(params []*graph.Param) error {
	s.Moments = solvers.NewMoments(params)
	return nil
}

func (s *signMomentum) Apply(_ int, updates []solvers.Update) error {
	for _, u := range updates {
		solvers.ForEach(func(v []float64) { // v[0] is the gradient, v[1] its average
			v[1] = s.decay*v[1] + (1-s.decay)*v[0]
			v[0] = math.Copysign(1, v[1])
		}, u.Delta, s.Moments[u.Param.Name])
	}
	return nil
}

// staircase halves the learning rate at each of the given number of stairs.
func staircase(c solvers.ScheduleConfig, rate, _, steps float64) solvers.Schedule {
	return func(step int) float64 {
		return rate * math.Pow(0.5, math.Floor(c.Options["stairs"]*float64(step)/steps))
	}
}

func main() {
	app.Main(app.Extensions{
		Solvers: map[string]solvers.Factory{"sign_momentum": {
			Defaults: solvers.Config{LearningRate: 0.001, Momentum: new(0.9)},
			New: func(c solvers.Config, _ solvers.Plan) ([]solvers.Transform, error) {
				return []solvers.Transform{&signMomentum{decay: *c.Momentum}}, nil
			},
		}},
		Schedules: map[string]solvers.ScheduleFactory{"staircase": {
			Defaults: solvers.ScheduleConfig{Options: map[string]float64{"stairs": 4}}, New: staircase,
		}},
	})
}
