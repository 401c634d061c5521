package graph

import (
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/weights"
)

// Tensors gives the parameters as named tensors that share their memory: encode them before training continues.
func Tensors(params []*Param) []weights.Tensor {
	tensors := make([]weights.Tensor, len(params))
	for i, p := range params {
		tensors[i] = weights.Tensor{Name: p.Name, Shape: p.Value.Shape().Clone(), Data: backing(p)}
	}
	return tensors
}

// backing is the memory of a parameter, which is contiguous and of float32 or float64.
func backing(p *Param) any {
	if p.Value.Dtype() == tensor.Float32 {
		return p.Value.Float32s()
	}
	return p.Value.Float64s()
}

// Assign copies the tensors into the parameters. They must agree one to one in name, dtype and shape; if they do not,
// nothing is copied and the error is a [*fault.Error] with every disagreement that [weights.Compare] finds.
func Assign(params []*Param, tensors []weights.Tensor) error {
	if faults := weights.Compare(tensors, Tensors(params)); len(faults) > 0 {
		return faults.Err()
	}
	byName := make(map[string]weights.Tensor, len(tensors))
	for _, t := range tensors {
		byName[t.Name] = t
	}
	for _, p := range params {
		switch data := byName[p.Name].Data.(type) {
		case []float32:
			copy(p.Value.Float32s(), data)
		case []float64:
			copy(p.Value.Float64s(), data)
		}
	}
	return nil
}
