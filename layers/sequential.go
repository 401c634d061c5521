package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/spec"
)

// NewSequential makes a model of layers that exist already, one after the other, for a task without a decoder. Their parameters
// need different names. Layers that do not fit together, or do not fit the task, are an error here, before any training.
//
// Such a model can be trained and evaluated. It has no description of its layers, so [Model.Config] has none, and it can neither
// be written to a model file nor run step by step; for these, give the layers a kind: see [Extensions].
func NewSequential(input Input, head Head, dtype tensor.Dtype, layers ...Layer) (*Model, error) {
	head = head.WithDefaults()
	var faults fault.List
	faults.Under("head", head.Validate())
	faults.Check(!head.Sequence, "head.sequence", true, "false: a decoder needs a model with a description, see NewModel")
	faults.Check((input.Vocabulary > 0) != (input.Size > 0), "input", input, "a vocabulary or a size")
	faults.Check(len(layers) > 0, "layers", 0, "at least one layer")
	checkDtype(&faults, dtype)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	m := &Model{config: ModelConfig{Input: input}, head: head, layers: layers, byHand: true}
	names := map[string]bool{}
	for _, p := range m.Params() {
		if names[p.Name] {
			return nil, errors.Errorf("parameters: found two with the name %s, expected different names", p.Name)
		}
		names[p.Name] = true
	}
	return m, m.trial(dtype, nil)
}

// Described tells whether the configuration of the model has its layers: not if [NewSequential] made it.
func (m *Model) Described() bool { return !m.byHand }

// trial adds the model to a small graph, to find layers that do not fit together, or that do not return what their
// descriptions say, before any training. There may be no descriptions.
func (m *Model) trial(dtype tensor.Dtype, planned []spec.PlannedLayer) error {
	b := graph.NewBuilder(graph.Evaluate, dtype, graph.NewStreams(0), nil)
	shape := graph.BatchShape{Steps: 3, Size: 2, TargetSteps: 2}
	outputs := make([]tensor.Shape, 0, len(m.layers))
	_, err := m.build(b, shape, func(out Seq) { outputs = append(outputs, out.X.Shape()) })
	for i, found := range outputs {
		if i >= len(planned) {
			break
		}
		p := planned[i]
		if dims := found.Dims(); found[dims-1] != p.Out.Width || (dims == 3) != p.Out.Steps {
			return errors.Errorf("%s: found an output of shape %v, expected %v of %d numbers as OutputShape says", p.Name, found, p.Out, p.Out.Width)
		}
	}
	return errors.WithMessage(err, "layers")
}
