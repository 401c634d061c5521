package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/op"
)

// Mode says what a graph is for.
type Mode int

// A training graph has noise and the gradients of the parameters, an evaluation graph neither. A graph to inspect computes
// what an evaluation graph does, and has the gradients of what [Builder.Perturb] names and the values that [Builder.Record]
// keeps.
const (
	Train Mode = iota
	Evaluate
	Inspect
)

func (m Mode) String() string {
	switch m {
	case Evaluate:
		return "evaluate"
	case Inspect:
		return "inspect"
	default:
		return "train"
	}
}

// Builder collects the nodes of one expression graph for one mode. Layers ask it for their parameters, inputs and
// noise; Compile ends it.
type Builder struct {
	mode    Mode
	dtype   tensor.Dtype
	streams *Streams
	graph   *gorgonia.ExprGraph
	scope   *op.Scope
	params  []boundParam
	inputs  []*input
	noises  []*noiseInput
	updates []update

	penalties []*gorgonia.Node
	carried   *Carried // nil: nothing is carried
	carries   []*carry

	perturbations []*input // of a graph to inspect
	records       []record
}

type boundParam struct {
	param *Param
	node  *gorgonia.Node
}

// update is a statistic with its value after a run.
type update struct {
	param *Param
	node  *gorgonia.Node
	value *gorgonia.Value
}

type input struct {
	name  string
	node  *gorgonia.Node
	value *tensor.Dense
}

type noiseInput struct {
	input
	draw Noise
}

// NewBuilder begins an empty graph. Every floating-point node has that dtype (float32 or float64). The streams feed
// noise inputs; the pool says how many threads an operation may use and may be nil for one.
func NewBuilder(mode Mode, dtype tensor.Dtype, streams *Streams, pool *kernel.Pool) *Builder {
	return &Builder{
		mode:    mode,
		dtype:   dtype,
		streams: streams,
		graph:   gorgonia.NewGraph(),
		scope:   op.NewScope(pool, mode != Evaluate),
	}
}

// Memory is the working memory of programs. See [Builder.Share].
type Memory = op.Memory

// NewMemory returns an empty memory.
func NewMemory() *Memory { return op.NewMemory() }

// Share makes the program work in m, which other programs may use that never run at the same time: programs for many
// batch shapes then need the memory of the largest. Without it a program has its own memory.
func (b *Builder) Share(m *Memory) { b.scope.Share(m) }

// Mode is the mode of the graph.
func (b *Builder) Mode() Mode { return b.mode }

// Ops is the scope that the operations of this graph are made in.
func (b *Builder) Ops() *op.Scope { return b.scope }

// Param returns the node of a parameter, the same one each time: a parameter that two layers share is one node, and its
// gradient is the sum of both.
func (b *Builder) Param(p *Param) (*gorgonia.Node, error) {
	for _, bound := range b.params {
		if bound.param == p {
			return bound.node, nil
		}
		if bound.param.Name == p.Name {
			return nil, errors.Errorf("two parameters have the name %s", p.Name)
		}
	}
	if p.Value.Dtype() != b.dtype {
		return nil, errors.Errorf("parameter %s: found dtype %v, expected %v as the graph has", p.Name, p.Value.Dtype(), b.dtype)
	}
	node := b.node("param/"+p.Name, p.header())
	b.params = append(b.params, boundParam{p, node})
	return node, nil
}

// Update makes a statistic take the value of node at the end of each training run whose numbers are all finite. The node
// has the parameter's shape, and may have been computed from the value before.
func (b *Builder) Update(p *Param, node *gorgonia.Node) error {
	switch {
	case b.mode != Train:
		return errors.Errorf("update of %s: found a graph to %v, expected one for training", p.Name, b.mode)
	case p.Role != RoleStatistic:
		return errors.Errorf("update of %s: found the role %s, expected %s: a solver changes the others", p.Name, p.Role, RoleStatistic)
	case slices.ContainsFunc(b.updates, func(u update) bool { return u.param.Name == p.Name }):
		return errors.Errorf("update of %s: found a second one, expected one", p.Name)
	}
	if err := expectLike(node, p.Value); err != nil {
		return errors.WithMessagef(err, "update of %s", p.Name)
	}
	b.updates = append(b.updates, update{p, node, new(gorgonia.Value)})
	return nil
}

// Penalize adds a scalar to what a model minimizes in addition to the loss of its data; see [Builder.Penalties].
func (b *Builder) Penalize(cost *gorgonia.Node) { b.penalties = append(b.penalties, cost) }

// Penalties are the scalars that layers have added with [Builder.Penalize]. The model adds them to its cost.
func (b *Builder) Penalties() []*gorgonia.Node { return b.penalties }

// Input declares an input that Run must be fed, of the graph's dtype, or of tensor.Int for ids.
func (b *Builder) Input(name string, dtype tensor.Dtype, shape ...int) (*gorgonia.Node, error) {
	if dtype != tensor.Int && dtype != b.dtype {
		return nil, errors.Errorf("input %s: found dtype %v, expected %v or int", name, dtype, b.dtype)
	}
	if slices.ContainsFunc(b.inputs, func(in *input) bool { return in.name == name }) {
		return nil, errors.Errorf("two inputs have the name %s", name)
	}
	in, err := b.newInput(name, dtype, shape)
	if err != nil {
		return nil, errors.WithMessagef(err, "input %s", name)
	}
	b.inputs = append(b.inputs, in)
	return in.node, nil
}

// Float is the dtype of the graph's numbers.
func (b *Builder) Float() tensor.Dtype { return b.dtype }

// Noise declares an input that every run refills from the stream "noise/NAME". Only a training graph has noise; in
// other graphs the node is nil.
func (b *Builder) Noise(name string, draw Noise, shape ...int) (*gorgonia.Node, error) {
	if b.mode != Train {
		return nil, nil
	}
	if slices.ContainsFunc(b.noises, func(n *noiseInput) bool { return n.name == name }) {
		return nil, errors.Errorf("two sources of noise have the name %s", name)
	}
	in, err := b.newInput("noise/"+name, b.dtype, shape)
	if err != nil {
		return nil, errors.WithMessagef(err, "noise %s", name)
	}
	n := &noiseInput{input: *in, draw: draw}
	n.name = name
	b.noises = append(b.noises, n)
	return n.node, nil
}

func (b *Builder) newInput(name string, dtype tensor.Dtype, shape []int) (*input, error) {
	for _, n := range shape {
		if n <= 0 {
			return nil, errors.Errorf("found shape %v, expected sizes of at least 1", shape)
		}
	}
	value, err := newDense(dtype, shape)
	if err != nil {
		return nil, err
	}
	return &input{name: name, node: b.node(name, value), value: value}, nil
}

// node binds a value. Gorgonia merges inputs of equal name and shape; the prefixes and the checks for duplicates keep the
// names different.
func (b *Builder) node(name string, value *tensor.Dense) *gorgonia.Node {
	return gorgonia.NewTensor(b.graph, value.Dtype(), value.Dims(),
		gorgonia.WithShape(value.Shape().Clone()...), gorgonia.WithName(name), gorgonia.WithValue(value))
}
