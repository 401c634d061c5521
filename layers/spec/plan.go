package spec

import (
	"fmt"

	"github.com/gruexp/gruexp/graph/fault"
)

// Layer is the configuration of one layer of a model, with its defaults set. A layer with parameters also has a method
// Params(in Shape) []Param.
type Layer interface {
	// Validate lists what is wrong with the configuration itself.
	Validate() fault.List
	// OutputShape is what the layer makes of its input, and why it cannot.
	OutputShape(in Shape) (Shape, fault.List)
}

// Plan is a model whose layers fit together and fit its task.
type Plan struct {
	Model   ModelConfig // with every default and every size set
	Head    Head        // with its defaults
	Layers  []PlannedLayer
	Decoder []Param // the parameters of the decoder, as "decoder/gru/kernel"; nil without one
	Output  Shape   // of the last layer
}

// PlannedLayer is a layer with its place in a model.
type PlannedLayer struct {
	Config  Layer  // as GRUConfig; see also Recurrent
	Kind    string // its key in a configuration, as "gru"
	Name    string // kind and number among the layers of its kind, as "gru0"; within a residual connection "residual0/gru0"
	In, Out Shape
	Params  []Param // in the order of the layer, as "gru0/kernel"
}

// NewPlan describes the model that is made of a configuration for a task. Its error is a [*fault.Error] that lists everything that
// is wrong with both.
func NewPlan(cfg ModelConfig, head Head) (*Plan, error) {
	var faults fault.List
	head = head.WithDefaults()
	faults.Under("head", head.Validate())
	cfg = cfg.WithDefaults() // and a copy, of which plan sets the last size
	planned, misfits := cfg.plan(&head)
	faults = append(faults, misfits...)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	p := &Plan{Model: cfg, Head: head, Layers: planned, Output: planned[len(planned)-1].Out}
	if cfg.Decoder != nil {
		p.Decoder = below("decoder/", cfg.Decoder.Params(*cfg.Layers[len(cfg.Layers)-1].GRU, head.Units))
	}
	return p, nil
}

// Params are the parameters of all layers in their order, then those of the decoder.
func (p *Plan) Params() []Param {
	var params []Param
	for _, l := range p.Layers {
		params = append(params, l.Params...)
	}
	return append(params, p.Decoder...)
}

// Elements is how many numbers the parameters have, without statistics.
func (p *Plan) Elements() int64 { return countElements(p.Params()) }

// Custom tells whether a layer or the loss is of a kind that is not built in.
func (p *Plan) Custom() bool { return p.Head.Custom != nil || anyCustom(p.Model.Layers) }

func anyCustom(layers []LayerConfig) bool {
	for _, l := range layers {
		if l.Custom != nil || l.Residual != nil && anyCustom(l.Residual.Layers) {
			return true
		}
	}
	return false
}

// BatchNormOfVectors is the path of the first layer batch_norm whose input is one vector a sequence, as "layers.2.batch_norm", and
// empty if there is none. A batch of one sequence teaches it nothing, so it needs batches of two or more.
func (c ModelConfig) BatchNormOfVectors() string {
	if len(c.Layers) == 0 {
		return ""
	}
	planned, _, _ := planLayers("", c.Layers, c.firstShape(), len(c.Layers)-1)
	return batchNormOfVectors("layers", planned)
}

func batchNormOfVectors(path string, planned []PlannedLayer) string {
	for i, l := range planned {
		here := fmt.Sprintf("%s.%d.%s", path, i, l.Kind)
		switch c := l.Config.(type) {
		case BatchNormConfig:
			if !l.In.Steps {
				return here
			}
		case ResidualConfig:
			if inside := batchNormOfVectors(here+".layers", c.Inside("", l.In)); inside != "" {
				return inside
			}
		}
	}
	return ""
}

// ValidateTraining lists the layers of a plan that would learn nothing, because they normalize one number. A model file that has such
// layers is read, and predicts what it was trained to.
func (p *Plan) ValidateTraining() fault.List {
	faults := ofOneNumber("layers", p.Layers)
	if p.Model.Decoder != nil {
		checkNormOfUnits(&faults, "decoder.gru", p.Model.Decoder.GRU.Recurrence())
	}
	return faults
}

// ValidateTraining lists what [Plan.ValidateTraining] does, as far as it is known before the sizes of the data are.
func (c ModelConfig) ValidateTraining() fault.List {
	if len(c.Layers) == 0 {
		return nil
	}
	planned, _, _ := planLayers("", c.Layers, c.firstShape(), len(c.Layers)-1)
	return (&Plan{Model: c, Layers: planned}).ValidateTraining()
}

func ofOneNumber(path string, planned []PlannedLayer) fault.List {
	var faults fault.List
	for i, l := range planned {
		here := fmt.Sprintf("%s.%d.%s", path, i, l.Kind)
		switch c := l.Config.(type) {
		case LayerNormConfig:
			faults.Check(l.In.Width != 1, here, "one number in each vector", "vectors of more than one number: %s", oneNumberIsZero)
		case ResidualConfig:
			faults = append(faults, ofOneNumber(here+".layers", c.Inside("", l.In))...)
		case Recurrent:
			checkNormOfUnits(&faults, here, c.Recurrence())
		}
	}
	return faults
}

const oneNumberIsZero = "one number less its mean is 0 for any input"

func checkNormOfUnits(faults *fault.List, path string, r Recurrence) {
	faults.Check(!r.LayerNorm || r.Units != 1, path+".layer_norm", true, "false with units: 1: %s", oneNumberIsZero)
}

// plan follows the shape through all layers and lists everything wrong with them and with how they fit together. With a head
// it checks the input and the end of the model, too, and sets the size of the last layer. The configuration has its defaults. A
// plan with faults must not be used.
func (c ModelConfig) plan(head *Head) ([]PlannedLayer, fault.List) {
	var faults fault.List
	faults.Under("input", c.Input.validate(head != nil && head.Units != 0))
	if len(c.Layers) == 0 {
		faults.Add("layers", "none", "at least one layer")
		return nil, faults
	}
	last := len(c.Layers) - 1
	open := none
	if d := c.Layers[last].Dense; d != nil && d.Units == 0 {
		open = last
		if head != nil {
			d.Units = head.Width()
		}
	}
	in := c.firstShape()
	in.head = head
	planned, out, misfits := planLayers("", c.Layers, in, open)
	faults = append(faults, misfits...)
	if planned == nil {
		return nil, faults
	}
	if head != nil {
		faults.Under(fmt.Sprintf("layers.%d.%s", last, planned[last].Kind), head.misfits(c.Layers[last], out))
		faults = append(faults, c.ValidateDecoder(head.Sequence)...)
	}
	if c.Decoder != nil {
		faults.Under("decoder", c.Decoder.Validate())
		if head != nil && head.Units != 0 && len(faults) == 0 {
			faults.Under("decoder", c.Decoder.misfits(*c.Layers[last].GRU, head.Units))
		}
	}
	return planned, faults
}

// none says that no layer may leave its size open.
const none = -1

// planLayers follows the shape through layers, which are called by kind and number after the prefix, and lists what is wrong
// by paths from "layers". The dense layer with the number open may leave its size to the task. If it is not clear what the
// layers are there is no plan; a plan with faults must not be used.
func planLayers(prefix string, layers []LayerConfig, in Shape, open int) (planned []PlannedLayer, out Shape, faults fault.List) {
	counts := map[string]int{}
	for i, l := range layers {
		layer, kind, unclear := l.Selected()
		if unclear != nil {
			faults.Under(fmt.Sprintf("layers.%d", i), unclear)
			return nil, Shape{}, faults // whether the others fit depends on this one
		}
		path := fmt.Sprintf("layers.%d.%s", i, kind)
		if d := l.Dense; d != nil && i != open {
			faults.Check(d.Units != 0, path+".units", 0, "at least 1: only in the last layer it follows from the task")
		}
		p := PlannedLayer{Config: layer, Kind: kind, Name: fmt.Sprintf("%s%s%d", prefix, kind, counts[kind]), In: in}
		counts[kind]++

		own := layer.Validate()
		faults.Under(path, own)
		if own != nil {
			in.Width = 0 // no second fault for the same size
		}
		var misfits fault.List
		out, misfits = layer.OutputShape(in)
		faults.Under(path, misfits)
		if own != nil {
			out.Width = 0
		}
		out.head, out.Categories = in.head, nil
		out.Strided = out.Strided || in.Strided
		if out.pooledBy = in.pooledBy; in.Steps && !out.Steps {
			out.pooledBy = path
		}
		out.madeBy, out.droppedBy = path, ""
		if d, ok := layer.(interface{ dropsOutput() bool }); ok && d.dropsOutput() {
			out.droppedBy = path
		}
		p.Out = out
		if own == nil && misfits == nil {
			p.Params = paramsOf(p)
		}
		planned = append(planned, p)
		in = out
	}
	return planned, out, faults
}

// paramsOf are the parameters of a layer by their names in the model.
func paramsOf(p PlannedLayer) []Param {
	l, ok := p.Config.(interface{ Params(in Shape) []Param })
	if !ok {
		return nil
	}
	return below(p.Name+"/", l.Params(p.In))
}

// firstShape is what the first layer reads.
func (c ModelConfig) firstShape() Shape {
	switch {
	case c.Input.Vocabulary != 0:
		return Shape{Tokens: true, Steps: true, Width: c.Input.Vocabulary}
	case c.Input.Size != 0:
		return Shape{Steps: true, Width: c.Input.Size, Categories: c.Input.Categories}
	default:
		return Shape{Tokens: c.Layers[0].Embedding != nil, Steps: true}
	}
}
