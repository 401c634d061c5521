package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/spec"
)

// Model is layers one after the other and a loss at their end. If the task is to write a sequence, there is a decoder
// between them, and the layers are its encoder.
type Model struct {
	config  ModelConfig
	head    Head
	layers  []Layer
	decoder *decoder // nil: none
	byHand  bool     // NewSequential made it: the configuration has no layers
}

// NewModel makes the layers of a model for a task. They are called by kind and number, as gru0, gru1 and dense0, and so
// are their parameters, as gru0/kernel; those of a decoder are in decoder/. A model without input sizes, or that does not
// fit the task, is an error of type [*fault.Error], which lists everything that is wrong. So is one with a layer that would learn
// nothing: see [spec.Plan.ValidateTraining].
func NewModel(cfg ModelConfig, head Head, dtype tensor.Dtype, streams *graph.Streams) (*Model, error) {
	plan, err := spec.NewPlan(cfg, head)
	if err != nil {
		return nil, err
	}
	if err := plan.ValidateTraining().Err(); err != nil {
		return nil, err
	}
	return NewTrainedModel(plan, dtype, streams)
}

// NewTrainedModel is [NewModel] for parameters that exist and will be assigned, as those of a model file: layers that would learn nothing
// are no errors.
func NewTrainedModel(plan *spec.Plan, dtype tensor.Dtype, streams *graph.Streams) (*Model, error) {
	var faults fault.List
	if checkDtype(&faults, dtype); faults != nil {
		return nil, faults.Err()
	}
	layers, err := newLayers(plan.Layers, dtype, streams)
	if err != nil {
		return nil, err
	}
	m := &Model{config: plan.Model, head: plan.Head, layers: layers}
	if decoder := plan.Model.Decoder; decoder != nil {
		encoder := layers[len(layers)-1].(*GRU) // as the plan has checked
		if m.decoder, err = newDecoder(*decoder, encoder, plan.Head.Units, dtype, streams); err != nil {
			return nil, err
		}
	}
	if plan.Custom() {
		if err := m.trial(dtype, plan.Layers); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// CountElements is how many numbers the parameters of the model would have that [NewModel] makes, 0 if it returns an error.
// Nothing is allocated.
func CountElements(cfg ModelConfig, head Head) int64 {
	plan, err := spec.NewPlan(cfg, head)
	if err != nil {
		return 0
	}
	return plan.Elements()
}

// Head is what the model was made for.
func (m *Model) Head() Head { return m.head }

// Config is the model's configuration with every default and every size set.
func (m *Model) Config() ModelConfig { return m.config.WithDefaults() }

// Params are the parameters of all layers in their order, then those of the decoder.
func (m *Model) Params() []*graph.Param {
	var params []*graph.Param
	for _, l := range m.layers {
		params = append(params, l.Params()...)
	}
	if m.decoder != nil {
		params = append(params, m.decoder.params()...)
	}
	return params
}

// Build adds the model to a graph for batches of that shape. It declares the inputs tokens or inputs, mask, labels or
// targets, and weights. The cost is the mean of the rows' losses by their weights, Σ w·loss / Σ w; the values are
// predictions, losses and, where they differ from these, nll and points. Rows are sequences [B], steps [T,B] of a task that
// is per step, or steps [U,B] of what a decoder writes. A decoder also needs the input previous, the token before each label.
// To predict without labels, compile the predictions alone.
func (m *Model) Build(b *graph.Builder, shape graph.BatchShape) (graph.Outputs, error) {
	return m.build(b, shape, nil)
}

// build is Build that calls applied, unless it is nil, with the output of each layer.
func (m *Model) build(b *graph.Builder, shape graph.BatchShape, applied func(Seq)) (graph.Outputs, error) {
	if shape.Steps < 1 || shape.Size < 1 {
		return graph.Outputs{}, errors.Errorf("batch shape: found %d steps of %d sequences, expected at least 1 of each", shape.Steps, shape.Size)
	}
	in, err := m.inputs(b, shape)
	if err != nil {
		return graph.Outputs{}, err
	}
	layers := m.layers
	if m.decoder != nil {
		layers = layers[:len(layers)-1] // the decoder runs the last one, whose final states it needs
	}
	for _, l := range layers {
		if in, err = l.Apply(b, in); err != nil {
			return graph.Outputs{}, err
		}
		if applied != nil {
			applied(in)
		}
	}
	if m.decoder != nil {
		if in.X, err = m.decoder.apply(b, in, shape); err != nil {
			return graph.Outputs{}, err
		}
	}
	return HeadOutputs(b, m.head, in.X)
}

func (m *Model) inputs(b *graph.Builder, shape graph.BatchShape) (Seq, error) {
	var x *gorgonia.Node
	var err error
	if m.config.Input.Vocabulary > 0 {
		x, err = b.Input(graph.FeedTokens, tensor.Int, shape.Steps, shape.Size)
	} else {
		if x, err = b.Input(graph.FeedInputs, b.Float(), shape.Steps, shape.Size, m.config.Input.Size); err == nil {
			x, err = perturbed(b, graph.PerturbInputs, x)
		}
	}
	if err != nil {
		return Seq{}, err
	}
	mask, err := b.Input(graph.FeedMask, b.Float(), shape.Steps, shape.Size)
	return Seq{x, mask}, err
}
