package trainer

import (
	"math"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
)

// addGradients takes note of the norms of the gradients that a program's run has left.
func (s *sums) addGradients(p *program, each bool) {
	s.Batches++
	s.Norm += p.GradientNorm()
	if !each {
		return
	}
	if s.Norms == nil {
		s.Norms = map[string]float64{}
	}
	for _, g := range p.Gradients() {
		s.Norms[g.Param.Name] += norm(g.Tensor)
	}
}

// reportGradients gives an epoch the means.
func (s *sums) reportGradients(e *Epoch) {
	e.Train[MetricGradientNorm] = s.Norm / s.Batches
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
