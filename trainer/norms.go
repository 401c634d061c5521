package trainer

import (
	"math"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
)

// addGradients takes note of the norms of the gradients that a program's run has left, and of what layers added to the cost.
func (s *sums) addGradients(p *program, each bool) error {
	s.Batches++
	s.Norm += p.GradientNorm()
	if p.penalizes {
		penalty, err := p.Value(graph.OutputPenalty)
		if err != nil {
			return err
		}
		s.Penalty += scalar(penalty)
	}
	if !each {
		return nil
	}
	if s.Norms == nil {
		s.Norms = map[string]float64{}
	}
	for _, g := range p.Gradients() {
		s.Norms[g.Param.Name] += norm(g.Tensor)
	}
	return nil
}

func scalar(t *tensor.Dense) float64 {
	if t.Dtype() == tensor.Float32 {
		return float64(t.Float32s()[0])
	}
	return t.Float64s()[0]
}

// reportGradients gives an epoch the means.
func (s *sums) reportGradients(e *Epoch) {
	e.Train[MetricGradientNorm] = s.Norm / s.Batches
	if s.Penalty != 0 {
		e.Train[MetricActivity] = s.Penalty / s.Batches
	}
	for name, sum := range s.Norms {
		if e.GradientNorms == nil {
			e.GradientNorms = map[string]float64{}
		}
		e.GradientNorms[name] = sum / s.Batches
	}
}

func norm(t *tensor.Dense) float64 {
	if t.Dtype() == tensor.Float32 {
		return math.Sqrt(kernel.SumOfSquares(t.Float32s()))
	}
	return math.Sqrt(kernel.SumOfSquares(t.Float64s()))
}
