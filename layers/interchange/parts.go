package interchange

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
)

// part is a layer of a model with its parameters.
type part struct {
	layers.LayerConfig
	path   string                  // in the configuration, as "layers.2.gru"
	name   string                  // as "gru0"
	params map[string]*graph.Param // by what follows the layer's name, as "backward/kernel"
}

// parts takes a model apart. Layers that files of other programs do not have are faults: foreign names the program.
func parts(m *layers.Model, foreign string) ([]part, fault.List) {
	var all []part
	var faults fault.List
	faults.Check(m.Described(), "layers", "layers that were put together by hand", "a model that was made of a configuration")
	faults.Check(m.Config().Decoder == nil, "decoder", "a section", "none: files of %s have none here", foreign)
	counts := map[string]int{}
	for i, l := range m.Config().Layers {
		kind := ""
		switch {
		case l.GRU != nil:
			kind = "gru"
		case l.Dense != nil:
			kind = "dense"
		case l.Embedding != nil:
			kind = "embedding"
		case l.Pool != nil:
			kind = "pool"
		case l.Dropout != nil:
			kind = "dropout"
		default:
			faults.Add(fmt.Sprintf("layers.%d", i), otherKind(l), "gru, dense, embedding, pool or dropout: files of %s have no other here", foreign)
			continue
		}
		p := part{
			LayerConfig: l, path: fmt.Sprintf("layers.%d.%s", i, kind),
			name: fmt.Sprintf("%s%d", kind, counts[kind]), params: map[string]*graph.Param{},
		}
		counts[kind]++
		for _, param := range m.Params() {
			if local, ok := strings.CutPrefix(param.Name, p.name+"/"); ok {
				p.params[local] = param
			}
		}
		if l.GRU != nil {
			checkGRU(&faults, p, foreign)
		}
		all = append(all, p)
	}
	return all, faults
}

// otherKind names a layer that files of others do not have.
func otherKind(l layers.LayerConfig) string {
	_, kind, _ := l.Selected()
	return kind
}

// checkGRU adds a fault for everything that makes a GRU different from that of PyTorch, Keras and ONNX.
func checkGRU(faults *fault.List, p part, foreign string) {
	before := len(*faults)
	faults.Check(p.GRU.Form == layers.ResetAfter, p.path+".form", string(p.GRU.Form), "%s, the form of %s", layers.ResetAfter, foreign)
	for _, option := range []struct {
		name  string
		other bool
		found any
	}{
		{"activation", p.GRU.Activation != layers.Tanh, p.GRU.Activation},
		{"gate_activation", p.GRU.GateActivation != layers.Sigmoid, p.GRU.GateActivation},
		{"merge", p.GRU.Bidirectional && p.GRU.Merge != layers.MergeConcat, p.GRU.Merge},
		{"go_backwards", p.GRU.GoBackwards, p.GRU.GoBackwards},
		{"zoneout", p.GRU.Zoneout != 0, p.GRU.Zoneout},
		{"layer_norm", p.GRU.LayerNorm, p.GRU.LayerNorm},
		{"heads", p.GRU.Heads > 1, p.GRU.Heads},
		{"initial_state", p.GRU.InitialState != layers.ZeroState, p.GRU.InitialState},
	} {
		faults.Check(!option.other, p.path+"."+option.name, option.found, "the default, which is what %s computes", foreign)
	}
	faults.Check(p.GRU.Bias == layers.TwoBiases, p.path+".bias", string(p.GRU.Bias), "%s, the biases of %s", layers.TwoBiases, foreign)
	if len(*faults) > before {
		return
	}
	expected := []string{"bias", "kernel", "recurrent_bias", "recurrent_kernel"}
	if p.GRU.Bidirectional {
		expected = append(expected, "backward/bias", "backward/kernel", "backward/recurrent_bias", "backward/recurrent_kernel")
	}
	slices.Sort(expected)
	if found := slices.Sorted(maps.Keys(p.params)); !slices.Equal(found, expected) {
		faults.Add(p.path, fmt.Sprintf("the parameters %v", found), "%v, those of %s", expected, foreign)
	}
}

// direction is one pass of a GRU over time.
type direction struct {
	backward                                     bool
	kernel, recurrentKernel, bias, recurrentBias *graph.Param
}

// directions of a GRU: forward, and backward where there is one.
func (p part) directions() []direction {
	all := []direction{{
		kernel: p.params["kernel"], recurrentKernel: p.params["recurrent_kernel"],
		bias: p.params["bias"], recurrentBias: p.params["recurrent_bias"],
	}}
	if p.GRU.Bidirectional {
		all = append(all, direction{
			backward: true, kernel: p.params["backward/kernel"], recurrentKernel: p.params["backward/recurrent_kernel"],
			bias: p.params["backward/bias"], recurrentBias: p.params["backward/recurrent_bias"],
		})
	}
	return all
}
