package trainer

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
)

// accumulator adds up the gradients of several batches, so that a step of the solver sees their mean by the weight of their
// targets:
//
//	g = Σ_b w_b·g_b / Σ_b w_b,   w_b = Σ of the weights of batch b
//
// which is the gradient of one batch of them all.
type accumulator struct {
	every  int
	sums   map[string]*tensor.Dense // Σ w·g by parameter
	counts accumulated
}

// accumulated is the state of an accumulator in addition to its sums.
type accumulated struct {
	Batches int     `json:"batches"`
	Weight  float64 `json:"weight"`
}

// newAccumulator makes one for those of params that are trained; every step of one batch needs none.
func newAccumulator(every int, params []*graph.Param) *accumulator {
	a := &accumulator{every: every, sums: map[string]*tensor.Dense{}}
	for _, p := range params {
		if every > 1 && p.Trained() {
			a.sums[p.Name] = tensor.New(tensor.Of(p.Value.Dtype()), tensor.WithShape(p.Value.Shape().Clone()...))
		}
	}
	return a
}

// add takes the gradients of a batch of that weight and reports whether it is time for a step, because there are enough or
// because the batch is the last of its epoch. If so it has put the gradients to step by into into.
func (a *accumulator) add(gradients []graph.Gradient, weight float64, last bool, into *[]gorgonia.ValueGrad) (ready bool) {
	*into = (*into)[:0]
	if a.every == 1 {
		for _, g := range gradients {
			*into = append(*into, g)
		}
		return true
	}
	for _, g := range gradients {
		addScaled(g.Tensor, a.sums[g.Param.Name], weight)
	}
	a.counts.Batches++
	a.counts.Weight += weight
	if a.counts.Batches < a.every && !last {
		return false
	}
	for i, g := range gradients {
		sum := a.sums[g.Param.Name]
		clearDense(g.Tensor)
		if a.counts.Weight > 0 {
			addScaled(sum, g.Tensor, 1/a.counts.Weight)
		}
		clearDense(sum)
		*into = append(*into, gradients[i])
	}
	a.counts = accumulated{}
	return true
}

func addScaled(x, y *tensor.Dense, factor float64) {
	if x.Dtype() == tensor.Float32 {
		kernel.AddScaled(x.Float32s(), y.Float32s(), float32(factor))
	} else {
		kernel.AddScaled(x.Float64s(), y.Float64s(), factor)
	}
}

func clearDense(t *tensor.Dense) {
	if t.Dtype() == tensor.Float32 {
		clear(t.Float32s())
	} else {
		clear(t.Float64s())
	}
}
