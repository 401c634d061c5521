package inspect

import "github.com/gruexp/gruexp/graph/weights"

// Tensors are all arrays of a look by name: NAME/GATE, NAME/hidden and NAME/gradient [T,H] of each recurrence, NAME/gradient
// [T,D] of each input.
func (l *Look) Tensors() []weights.Tensor {
	var tensors []weights.Tensor
	add := func(owner string, v Values) {
		rows, columns := v.Dims()
		tensors = append(tensors, weights.Tensor{Name: owner + "/" + v.Name, Shape: []int{rows, columns}, Data: v.RawMatrix().Data})
	}
	for _, r := range l.Recurrences {
		for _, gate := range r.Gates {
			add(r.Name, gate)
		}
		add(r.Name, r.Gradient)
	}
	for _, in := range l.Inputs {
		add(in.Name, in.Gradient)
	}
	return tensors
}
