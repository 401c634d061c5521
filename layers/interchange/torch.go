package interchange

import (
	"fmt"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
)

// torchSlots is the state_dict of PyTorch: of a torch.nn.GRU
//
//	weight_ih_l0 [3H,D]  weight_hh_l0 [3H,H]  bias_ih_l0 [3H]  bias_hh_l0 [3H]
//
// with the gates r, z, n in blocks of rows, the transposes of kernel and recurrent_kernel; _l1, … for the GRUs stacked on
// the first; _reverse at the end for the backward direction. Of a torch.nn.Linear fc.weight [units,D] and fc.bias; with
// several dense layers fc0, fc1, …. Of a torch.nn.Embedding embedding.weight [V,units].
func torchSlots(m *layers.Model, n *names) ([]slot, fault.List) {
	all, faults := parts(m, "PyTorch")
	if len(faults) > 0 {
		return nil, faults
	}
	var slots []slot
	add := func(module, standardModule, local, standardLocal string, s slot) {
		s.name = dotted(module, local)
		n.rename(dotted(standardModule, standardLocal), &s)
		slots = append(slots, s)
	}

	dense := 0
	for _, p := range all {
		if p.Dense != nil {
			dense++
		}
	}
	module, layer, standardLayer, linear := "", 0, 0, 0
	for _, p := range all {
		switch {
		case p.GRU != nil:
			if theirs, ok := n.find(p.name); ok {
				module, layer = theirs, 0
			}
			for _, d := range p.directions() {
				end := ""
				if d.backward {
					end = "_reverse"
				}
				for _, s := range []struct {
					kind string
					slot
				}{
					{"weight_ih", transposed("", d.kernel)}, {"weight_hh", transposed("", d.recurrentKernel)},
					{"bias_ih", same("", d.bias)}, {"bias_hh", same("", d.recurrentBias)},
				} {
					add(module, "", fmt.Sprintf("%s_l%d%s", s.kind, layer, end), fmt.Sprintf("%s_l%d%s", s.kind, standardLayer, end), s.slot)
				}
			}
			layer++
			standardLayer++
		case p.Dense != nil:
			standard := "fc"
			if dense > 1 {
				standard = fmt.Sprintf("fc%d", linear)
			}
			linear++
			name := standard
			if theirs, ok := n.find(p.name, standard); ok {
				name = theirs
			}
			add(name, standard, "weight", "weight", transposed("", p.params["kernel"]))
			add(name, standard, "bias", "bias", same("", p.params["bias"]))
		case p.Embedding != nil:
			name := "embedding"
			if theirs, ok := n.find(p.name, name); ok {
				name = theirs
			}
			add(name, "embedding", "weight", "weight", same("", p.params["embeddings"]))
		}
	}
	return slots, nil
}

func dotted(module, local string) string {
	if module == "" {
		return local
	}
	return module + "." + local
}

// findTorchGRU renames the first GRU to the module that the file has, if it has one GRU module, as gru.weight_ih_l0, and
// nothing else says how it is called.
func findTorchGRU(tensors []weights.Tensor, renamings []Renaming) []Renaming {
	const first = "weight_ih_l0"
	var modules []string
	for _, t := range tensors {
		if t.Name == first {
			return renamings
		}
		if module, ok := strings.CutSuffix(t.Name, "."+first); ok {
			modules = append(modules, module)
		}
	}
	for _, r := range renamings {
		if strings.HasPrefix(r.Ours, "gru0") || strings.Contains(r.Ours, "_l0") {
			return renamings
		}
	}
	if len(modules) != 1 {
		return renamings
	}
	return append(renamings[:len(renamings):len(renamings)], Renaming{modules[0], "gru0"})
}
