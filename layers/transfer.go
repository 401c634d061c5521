package layers

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
)

// Transfer says what a model takes from another one that is trained already, before its own training. Layers are named as in
// parameters: "gru0", "residual0/gru0" within a residual connection, "decoder" or a part of it as "decoder/gru".
type Transfer struct {
	Take   []string // the layers whose parameters are taken; all others stay as they were drawn; empty: all layers
	Freeze []string // the layers that training does not change, whether they were taken or not
}

// Start fills the parameters of the layers in t.Take with arrays of another model, as [graph.Tensors] or a model file has them, by
// their names, and freezes the layers in t.Freeze. Numbers of another precision are converted. It returns the names of the
// parameters that it filled. Everything that does not fit is listed in one [*fault.Error], with paths as "take.0", and then the model is
// as before.
//
// A frozen batch_norm uses its running statistics in training, too, and they stay as they are.
func (m *Model) Start(from []weights.Tensor, t Transfer) (taken []string, err error) {
	var faults fault.List
	params := m.Params()
	chosen := map[string]bool{}
	if len(t.Take) == 0 {
		for _, p := range params {
			chosen[p.Name] = true
		}
		faults.Under("take", misfits(params, from, "take lists the layers that fit; all others are drawn again"))
	}
	for i, layer := range t.Take {
		path := fmt.Sprintf("take.%d", i)
		of := paramsBelow(params, layer)
		if len(of) == 0 {
			faults.Add(path, layer, "one of the layers %s", strings.Join(layerNames(params), ", "))
			continue
		}
		for _, p := range of {
			chosen[p.Name] = true
		}
		faults.Under(path, misfits(of, from, "leave "+layer+" out to draw it again"))
	}
	for i, layer := range t.Freeze {
		path := fmt.Sprintf("freeze.%d", i)
		of := paramsBelow(params, layer)
		if len(of) == 0 {
			faults.Add(path, layer, "one of the layers %s", strings.Join(layerNames(params), ", "))
		}
		for _, p := range of {
			faults.Check(p.Penalty == graph.Penalty{} && p.Constraint == graph.Constraint{}, path, layer,
				"a layer without regularizers and constraints, which have no effect on %s when it does not train", p.Name)
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	for _, p := range params {
		if chosen[p.Name] {
			fillFrom(p, tensorNamed(from, p.Name))
			taken = append(taken, p.Name)
		}
	}
	m.freeze(t.Freeze, params)
	return taken, nil
}

// freeze keeps the parameters of layers as they are.
func (m *Model) freeze(layers []string, params []*graph.Param) {
	frozen := func(name string) bool {
		return slices.ContainsFunc(layers, func(layer string) bool { return name == layer || strings.HasPrefix(name, layer+"/") })
	}
	for _, p := range params {
		p.Frozen = p.Frozen || frozen(p.Name)
	}
	everyLayer(m.layers, func(l Layer) {
		if n, ok := l.(*BatchNorm); ok {
			n.fixed = n.fixed || frozen(n.name)
		}
	})
}

// everyLayer calls f for the layers and those within them.
func everyLayer(layers []Layer, f func(Layer)) {
	for _, l := range layers {
		f(l)
		if r, ok := l.(*Residual); ok {
			everyLayer(r.layers, f)
		}
	}
}

// paramsBelow are the parameters of a layer.
func paramsBelow(params []*graph.Param, layer string) []*graph.Param {
	var of []*graph.Param
	for _, p := range params {
		if layer != "" && strings.HasPrefix(p.Name, layer+"/") {
			of = append(of, p)
		}
	}
	return of
}

// layerNames are the first parts of the names of parameters, once each.
func layerNames(params []*graph.Param) []string {
	var names []string
	for _, p := range params {
		name, _, _ := strings.Cut(p.Name, "/")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// misfits lists why parameters cannot be filled with arrays; wayOut ends each message.
func misfits(params []*graph.Param, from []weights.Tensor, wayOut string) fault.List {
	var faults fault.List
	for _, p := range params {
		t := tensorNamed(from, p.Name)
		switch {
		case t == nil:
			faults = append(faults, fault.Fault{Found: "no " + p.Name + " in the trained model", Expected: fmt.Sprintf("%v: %s", p.Value.Shape(), wayOut)})
		case !slices.Equal(t.Shape, p.Value.Shape()):
			faults = append(faults, fault.Fault{Found: fmt.Sprintf("%s %v in the trained model", p.Name, t.Shape), Expected: fmt.Sprintf("%v: %s", p.Value.Shape(), wayOut)})
		default:
			largest := math.MaxFloat64
			if p.Value.Dtype() == tensor.Float32 {
				largest = math.MaxFloat32
			}
			if numbers := floatsOf(t); numbers == nil || slices.ContainsFunc(numbers, func(v float64) bool { return !(math.Abs(v) <= largest) }) {
				faults = append(faults, fault.Fault{Found: p.Name + " with values that are no numbers of the model's precision", Expected: "finite numbers: " + wayOut})
			}
		}
	}
	return faults
}

func tensorNamed(tensors []weights.Tensor, name string) *weights.Tensor {
	for i := range tensors {
		if tensors[i].Name == name {
			return &tensors[i]
		}
	}
	return nil
}

// floatsOf are the numbers of an array, nil if it has no floating-point numbers.
func floatsOf(t *weights.Tensor) []float64 {
	switch data := t.Data.(type) {
	case []float64:
		return data
	case []float32:
		numbers := make([]float64, len(data))
		for i, v := range data {
			numbers[i] = float64(v)
		}
		return numbers
	default:
		return nil
	}
}

// fillFrom copies the numbers of an array of the parameter's shape.
func fillFrom(p *graph.Param, t *weights.Tensor) {
	numbers := floatsOf(t)
	if p.Value.Dtype() == tensor.Float64 {
		copy(p.Value.Float64s(), numbers)
		return
	}
	for i, v := range numbers {
		p.Value.Float32s()[i] = float32(v)
	}
}
