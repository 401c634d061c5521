package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Names of the values inside layers, in a graph to inspect. They follow the name of the layer.
const (
	PerturbInputs  = "inputs"   // the model's inputs [T,B,D] if they are numbers; without the name of a layer
	PerturbVectors = "vectors"  // of an embedding: the vectors of the tokens [T,B,D]
	PerturbState   = "state"    // of a recurrence: the states [T,B,SH], of an LSTM h and m next to each other
	RecordHidden   = "hidden"   // of a recurrence: the hidden states h [T,B,H]; its gates have their names next to it
	RecordMemory   = "memory"   // of an LSTM: m [T,B,H]
	Backward       = "backward" // of a recurrence that runs from the last step to the first: the last part of its name
)

const perturbationPrefix = "perturbation/" // of their inputs

// record is a value inside a model.
type record struct {
	name string
	node *gorgonia.Node
}

// Record keeps a value inside a model, to be read by [Program.Value] after a run. It has an effect in a graph to inspect
// only.
func (b *Builder) Record(name string, node *gorgonia.Node) error {
	if b.mode != Inspect {
		return nil
	}
	if slices.ContainsFunc(b.records, func(r record) bool { return r.name == name }) {
		return errors.Errorf("two records have the name %s", name)
	}
	b.records = append(b.records, record{name, node})
	return nil
}

// Perturb declares zeros of that shape, to be added to a value inside a model: their gradient is that of the value, through
// everything that depends on it (see [Program.Sensitivity]). A run can be fed other numbers instead, as "perturbation/NAME".
// In other graphs than those to inspect the node is nil, which means zeros.
func (b *Builder) Perturb(name string, shape ...int) (*gorgonia.Node, error) {
	if b.mode != Inspect {
		return nil, nil
	}
	if slices.ContainsFunc(b.perturbations, func(in *input) bool { return in.name == name }) {
		return nil, errors.Errorf("two perturbations have the name %s", name)
	}
	in, err := b.newInput(perturbationPrefix+name, b.dtype, shape)
	if err != nil {
		return nil, errors.WithMessagef(err, "perturbation %s", name)
	}
	in.name = name
	b.perturbations = append(b.perturbations, in)
	return in.node, nil
}

// inspect adds the reads of the records and, where there is a cost, of the gradients of the perturbations.
func (b *Builder) inspect(cost *gorgonia.Node, p *Program) (gorgonia.Nodes, error) {
	var reads gorgonia.Nodes
	for _, r := range b.records {
		if p.values[r.name] != nil {
			return nil, errors.Errorf("record %s: found an output of this name, expected names of their own", r.name)
		}
		p.values[r.name] = new(gorgonia.Value)
		p.recorded = append(p.recorded, r.name)
		reads = append(reads, gorgonia.Read(r.node, p.values[r.name]))
	}
	if cost == nil || len(b.perturbations) == 0 {
		return reads, nil
	}
	reached := b.graph.ExactSubgraphRoots(cost).AllNodes()
	wrt := make(gorgonia.Nodes, len(b.perturbations))
	for i, in := range b.perturbations {
		if !reached.Contains(in.node) {
			return nil, errors.Errorf("perturbation %s: the cost does not depend on it", in.name)
		}
		wrt[i] = in.node
	}
	gradients, err := gorgonia.Grad(cost, wrt...)
	if err != nil {
		return nil, errors.Wrap(err, "differentiate")
	}
	p.sensitivities = map[string]*gorgonia.Value{}
	for i, in := range b.perturbations {
		p.sensitivities[in.name] = new(gorgonia.Value)
		reads = append(reads, gorgonia.Read(gradients[i], p.sensitivities[in.name]))
	}
	return reads, nil
}

// perturb loads the perturbations that are fed, and zeros for the others.
func (p *Program) perturb(feeds Feeds) error {
	for _, in := range p.perturbations {
		data, ok := feeds[perturbationPrefix+in.name]
		if !ok {
			in.value.Zero()
			continue
		}
		if err := in.feed(data); err != nil {
			return errors.WithMessagef(err, "perturbation %s", in.name)
		}
	}
	return nil
}

// Recorded are the names of the records in the order of the graph.
func (p *Program) Recorded() []string { return p.recorded }

// Perturbations are the names of the values with a sensitivity, in the order of the graph.
func (p *Program) Perturbations() []string {
	names := make([]string, 0, len(p.perturbations))
	for _, in := range p.perturbations {
		names = append(names, in.name)
	}
	return names
}

// Sensitivity is the gradient of the cost of the last run with respect to the value that a perturbation is added to. It is
// the program's own copy and lives until the next run.
func (p *Program) Sensitivity(name string) (*tensor.Dense, error) {
	v, ok := p.sensitivities[name]
	if !ok {
		return nil, errors.Errorf("sensitivity: found no perturbation %q, expected one of %v", name, p.Perturbations())
	}
	dense, ok := (*v).(*tensor.Dense)
	if !ok {
		return nil, errors.Errorf("sensitivity of %s: found %T, expected a tensor of a finished run", name, *v)
	}
	return dense, nil
}
