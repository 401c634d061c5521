package solvers

import (
	"math"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
)

// ScaleByLearningRate turns a direction of ascent into a step of descent:
//
//	Δ = −η(step)·k·g
//
// with η the schedule and k = 1 unless [Solver.ScaleLearningRate] changed it. Alone in a chain it is gradient descent.
type ScaleByLearningRate struct {
	Schedule Schedule

	factor float64 // k; 0 means 1, so that a literal needs no constructor
}

// Name is "scale_by_learning_rate".
func (*ScaleByLearningRate) Name() string { return "scale_by_learning_rate" }

// Init has nothing to do: [New] checks that there is a schedule.
func (*ScaleByLearningRate) Init([]*graph.Param) error { return nil }

// Apply scales. A learning rate that is negative or not finite is an error.
func (s *ScaleByLearningRate) Apply(step int, us []Update) error {
	factor, err := s.scaleFactor(step)
	if err != nil {
		return err
	}
	scale(us, factor)
	return nil
}

// scaleFactor returns what a step scales by, −η(step)·k.
func (s *ScaleByLearningRate) scaleFactor(step int) (float64, error) {
	rate := s.at(step)
	if !(rate >= 0) || math.IsInf(rate, 0) {
		return 0, errors.Errorf("learning rate: found %v, expected a finite number of at least 0", rate)
	}
	return -rate, nil
}

func (s *ScaleByLearningRate) at(step int) float64 { return s.Schedule(step) * s.scale() }

func (s *ScaleByLearningRate) scale() float64 {
	if s.factor == 0 {
		return 1
	}
	return s.factor
}

const factorKey = "factor"

// State is "factor", the number k.
func (s *ScaleByLearningRate) State() State { return State{factorKey: NewNumber(s.scale())} }

// Restore takes k from a saved State.
func (s *ScaleByLearningRate) Restore(saved State) error {
	if err := compare(s.State(), saved); err != nil {
		return err
	}
	factor := saved[factorKey].Float64s()[0]
	if err := checkFactor(factor); err != nil {
		return err
	}
	s.factor = factor
	return nil
}

func checkFactor(factor float64) error {
	if !(factor > 0) || math.IsInf(factor, 0) {
		return errors.Errorf("factor of the learning rate: found %v, expected a finite number above 0", factor)
	}
	return nil
}
