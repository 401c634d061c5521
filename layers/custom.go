package layers

import (
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/spec"
)

// Extensions are the kinds of cells, layers and losses that a program adds to those built in, by the keys under which a
// configuration and a model file have them. The zero value adds nothing.
type Extensions struct {
	// Cells are recurrences, given by the equations of one step. A cell "mgu" is the layer `- mgu: {units: 32}`, with the options
	// of a [CellConfig].
	Cells map[string]Cell
	// Layers make the options of a layer with their defaults: a pointer to a struct with yaml tags.
	Layers map[string]func() LayerOptions
	// Losses are losses by name.
	Losses map[string]LossFunction
}

// Kinds are the extensions as package spec has them, for decoders of configurations and model files.
func (e Extensions) Kinds() spec.Kinds {
	k := spec.Kinds{Cells: e.Cells}
	if len(e.Layers) > 0 {
		k.Layers = map[string]func() spec.Layer{}
		for key, make := range e.Layers {
			k.Layers[key] = func() spec.Layer { return make() }
		}
	}
	if len(e.Losses) > 0 {
		k.Losses = map[string]spec.CustomLoss{}
		for name, loss := range e.Losses {
			k.Losses[name] = loss
		}
	}
	return k
}

// Validate lists keys that are already taken or that a configuration could not have, and cells without gates.
func (e Extensions) Validate() fault.List { return e.Kinds().Validate() }

// LayerOptions are the options of a layer of a kind that is not built in. A layer with parameters should have a method Params(in
// Shape) []spec.Param too, with their names within the layer: then a model file with wrong arrays is rejected before memory is
// taken for it, and the layer is checked against it.
type LayerOptions interface {
	spec.Layer
	// NewLayer builds the layer. Its parameters are called NAME/… and are filled from the streams of their names.
	NewLayer(name string, in Shape, dtype tensor.Dtype, streams *graph.Streams) (Layer, error)
}

// NewCustom is the configuration of a layer whose kind is not built in, for a model that is described in Go. Options is a
// [LayerOptions] or a [CellConfig]; the kind is the key that a model file has for it.
func NewCustom(kind string, options spec.Layer) LayerConfig {
	if cell, ok := options.(CellConfig); ok {
		cell.Kind = kind
		options = cell
	}
	return LayerConfig{Custom: &spec.Custom{Kind: kind, Options: options}}
}

// newCustom builds a layer whose kind is not built in and holds it to its description.
func newCustom(p spec.PlannedLayer, dtype tensor.Dtype, streams *graph.Streams) (Layer, error) {
	options, ok := p.Config.(LayerOptions)
	if !ok {
		return nil, errors.Errorf("%s: found options of type %T, expected a layers.LayerOptions", p.Name, p.Config)
	}
	layer, err := options.NewLayer(p.Name, p.In, dtype, streams)
	if err != nil {
		return nil, errors.WithMessage(err, p.Name)
	}
	params := layer.Params()
	for _, owned := range params {
		if !strings.HasPrefix(owned.Name, p.Name+"/") {
			return nil, errors.Errorf("%s: found a parameter called %q, expected a name that begins with %q", p.Name, owned.Name, p.Name+"/")
		}
	}
	if _, ok := p.Config.(interface{ Params(in Shape) []spec.Param }); !ok {
		return layer, nil
	}
	if len(params) != len(p.Params) {
		return nil, errors.Errorf("%s: found %d parameters, expected the %d of the options' method Params", p.Name, len(params), len(p.Params))
	}
	for i, described := range p.Params {
		if params[i].Name != described.Name || !params[i].Value.Shape().Eq(tensor.Shape(described.Shape)) {
			return nil, errors.Errorf("%s: found the parameter %s %v, expected %s %v as the options' method Params has it",
				p.Name, params[i].Name, params[i].Value.Shape(), described.Name, described.Shape)
		}
	}
	return layer, nil
}

// CellLayer is a recurrent layer with the equations of a [Cell]. Options, noise and shapes are those of a [GRU]; the state is that of
// the cell. Parameters are kernel [D,GH], recurrent_kernel [H,GH] and the biases [GH], with a block of columns for each gate of
// the cell in its order, and those that the cell has in addition.
type CellLayer struct{ recurrent }

// NewCellLayer makes a layer for inputs of that size. Parameters are called NAME/kernel and so on, and are filled from the
// streams of those names; those that the cell has in addition are filled by their roles: kernels, recurrent kernels and biases by
// the initializers of the configuration, scales with ones, all others with zeros. The error of a wrong configuration is a [*fault.Error].
func NewCellLayer(cfg CellConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*CellLayer, error) {
	if cfg.Cell == nil {
		return nil, errors.Errorf("%s: found no cell, expected one", name)
	}
	cfg = cfg.WithDefaults().(CellConfig)
	r, err := newRecurrent(cfg.Recurrence(), cfg.Validate(), name, inputs, dtype, streams)
	return &CellLayer{r}, err
}
