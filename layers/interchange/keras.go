package interchange

import (
	"fmt"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
)

// kerasSlots is the weights of Keras 3 by their paths, in an .npz file: of a keras.layers.GRU with reset_after, the
// default,
//
//	gru/gru_cell/kernel [D,3H]  gru/gru_cell/recurrent_kernel [H,3H]  gru/gru_cell/bias [2,3H]
//
// with the gates z, r, n in blocks of columns and the bias of the input in the first row of bias; of a
// keras.layers.Bidirectional around it the same below bidirectional/forward_gru and bidirectional/backward_gru; of a
// Dense dense/kernel and dense/bias; of an Embedding embedding/embeddings. The second of a kind ends in _1, and so on.
func kerasSlots(m *layers.Model, n *names) ([]slot, fault.List) {
	all, faults := parts(m, "Keras")
	if len(faults) > 0 {
		return nil, faults
	}
	var slots []slot
	counts := map[string]int{}
	for _, p := range all {
		locals, kind := kerasLocals(p)
		if kind == "" {
			continue
		}
		standard := kind
		if counts[kind] > 0 {
			standard = fmt.Sprintf("%s_%d", kind, counts[kind])
		}
		counts[kind]++
		name := standard
		if theirs, ok := n.find(p.name, standard); ok {
			name = theirs
		}
		for _, s := range locals {
			local := s.name
			s.name = name + "/" + local
			n.rename(standard+"/"+local, &s)
			slots = append(slots, s)
		}
	}
	return slots, nil
}

// kerasLocals are the tensors of a layer, named below it; the kind is empty for a layer without any.
func kerasLocals(p part) (locals []slot, kind string) {
	switch {
	case p.GRU != nil:
		kind = "gru"
		for _, d := range p.directions() {
			cell := "gru_cell/"
			if p.GRU.Bidirectional {
				kind, cell = "bidirectional", "forward_gru/gru_cell/"
			}
			if d.backward {
				cell = "backward_gru/gru_cell/"
			}
			h := p.GRU.Units
			locals = append(locals,
				swapped(cell+"kernel", h, d.kernel.Value.Shape(), d.kernel),
				swapped(cell+"recurrent_kernel", h, d.recurrentKernel.Value.Shape(), d.recurrentKernel),
				swapped(cell+"bias", h, []int{2, 3 * h}, d.bias, d.recurrentBias))
		}
	case p.Dense != nil:
		kind = "dense"
		locals = []slot{same("kernel", p.params["kernel"]), same("bias", p.params["bias"])}
	case p.Embedding != nil:
		kind = "embedding"
		locals = []slot{same("embeddings", p.params["embeddings"])}
	}
	return locals, kind
}

// swapped is parameters with columns in the order of blocks z, r, n for r, z, n.
func swapped(name string, units int, shape []int, params ...*graph.Param) slot {
	return slot{name: name, shape: shape, params: params, at: func(i int) int {
		column := i % (3 * units)
		return i - column + swapGates(column, units)
	}}
}

// swapGates gives the place in r, z, n of an element whose place is in z, r, n. It is its own inverse.
func swapGates(at, units int) int {
	switch {
	case at < units:
		return at + units
	case at < 2*units:
		return at - units
	default:
		return at
	}
}
