package graph

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Outputs are the nodes that a program computes. Nodes that none of them needs are not run.
type Outputs struct {
	Cost   *gorgonia.Node            // a scalar; differentiated unless the graph is for evaluation, where it may be nil
	Values map[string]*gorgonia.Node // read after each run
}

// Gradient is a parameter with its gradient, as a [gorgonia.ValueGrad]. The tensor is the program's own copy: it lives
// until the next run, and a solver may change it in place.
type Gradient struct {
	Param  *Param
	Tensor *tensor.Dense
}

// Value returns the parameter's value.
func (g Gradient) Value() gorgonia.Value { return g.Param.Value }

// Grad returns the gradient of the cost with respect to the parameter.
func (g Gradient) Grad() (gorgonia.Value, error) { return g.Tensor, nil }

// NonFiniteError says that a number of a training step is NaN or infinite.
type NonFiniteError struct {
	What  string  // "cost", "gradient of NAME", "update of NAME"
	Param string  // NAME; empty: the cost
	Value float64 // the cost, or the squared norm of the gradient or of the statistic's new value
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("%s: found %s, expected a finite number", e.What, e.Found())
}

// Found describes the number.
func (e *NonFiniteError) Found() string {
	if e.Param == "" {
		return fmt.Sprint(e.Value)
	}
	return fmt.Sprint("squared norm ", e.Value)
}

// Program is a compiled graph with its machine. It is used by one goroutine at a time.
type Program struct {
	machine   gorgonia.VM
	inputs    []*input
	noises    []*noiseInput
	streams   *Streams
	updates   []update
	carried   *Carried
	carries   []*carry
	cost      gorgonia.Value
	values    map[string]*gorgonia.Value
	wants     []gradientOf
	gradients []Gradient
	norm      float64

	perturbations []*input // of a graph to inspect
	sensitivities map[string]*gorgonia.Value
	recorded      []string
}

type gradientOf struct {
	param *Param
	value *gorgonia.Value
}

// Compile differentiates the cost (in a training graph, with respect to every parameter that is [Param.Trained]; in a graph
// to inspect, to every perturbation) and compiles what the outputs, the updates, the carried states and the records need.
func (b *Builder) Compile(out Outputs) (*Program, error) {
	p := &Program{streams: b.streams, values: map[string]*gorgonia.Value{}, updates: b.updates, carried: b.carried, carries: b.carries}
	var reads gorgonia.Nodes

	if out.Cost != nil {
		reads = append(reads, gorgonia.Read(out.Cost, &p.cost))
	}
	for _, name := range slices.Sorted(maps.Keys(out.Values)) {
		p.values[name] = new(gorgonia.Value)
		reads = append(reads, gorgonia.Read(out.Values[name], p.values[name]))
	}
	if b.mode == Train {
		gradients, err := b.differentiate(out.Cost, p)
		if err != nil {
			return nil, err
		}
		reads = append(reads, gradients...)
	}
	if b.mode == Inspect {
		inspected, err := b.inspect(out.Cost, p)
		if err != nil {
			return nil, err
		}
		reads = append(reads, inspected...)
	}
	for _, u := range b.updates {
		reads = append(reads, gorgonia.Read(u.node, u.value))
	}
	for _, c := range b.carries {
		if c.next == nil {
			return nil, errors.Errorf("carried state %s: found no CarryOver, expected what it is at the end of a run", c.name)
		}
		reads = append(reads, gorgonia.Read(c.next, c.value))
	}
	if len(reads) == 0 {
		return nil, errors.New("found no outputs, expected a cost or values")
	}

	needed := b.graph.ExactSubgraphRoots(reads...).AllNodes()
	if err := checkHashes(needed); err != nil {
		return nil, err
	}
	var arguments gorgonia.Nodes
	for _, bound := range b.params {
		if needed.Contains(bound.node) {
			arguments = append(arguments, bound.node)
		}
	}
	for _, in := range b.inputs {
		if needed.Contains(in.node) {
			arguments = append(arguments, in.node)
			p.inputs = append(p.inputs, in)
		}
	}
	for _, in := range b.perturbations {
		if needed.Contains(in.node) {
			arguments = append(arguments, in.node)
			p.perturbations = append(p.perturbations, in)
		}
	}
	for _, n := range b.noises {
		if needed.Contains(n.node) {
			arguments = append(arguments, n.node)
			p.noises = append(p.noises, n)
		}
	}
	for _, c := range b.carries {
		if needed.Contains(c.node) {
			arguments = append(arguments, c.node)
		}
	}
	if len(arguments) == 0 {
		return nil, errors.New("found outputs that depend on no input and no parameter")
	}
	prog, locations, err := gorgonia.CompileFunction(b.graph, arguments, reads)
	if err != nil {
		return nil, errors.Wrap(err, "compile")
	}
	p.machine = gorgonia.NewTapeMachine(b.graph, gorgonia.WithPrecompiled(prog, locations))
	return p, nil
}

// checkHashes returns an error if two nodes have the same hash: the compiler treats nodes of equal 32-bit hash as one and
// would silently give one the value of the other.
func checkHashes(nodes gorgonia.Nodes) error {
	seen := make(map[uint32]*gorgonia.Node, len(nodes))
	for _, node := range nodes {
		hash := node.Hashcode()
		if other, ok := seen[hash]; ok && other != node {
			return errors.Errorf("found nodes %v and %v of equal hash %#x, expected distinct ones; another name for an input or parameter changes it", other, node, hash)
		}
		seen[hash] = node
	}
	return nil
}

// hashConstants computes the hashes of the constants that every [gorgonia.Grad] adds to its graph. Gorgonia has one node of each for all graphs and
// computes its hash when it is first used, so two graphs that are made at the same time would both write it.
var hashConstants = sync.OnceFunc(func() {
	for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		x := gorgonia.NewScalar(gorgonia.NewGraph(), dtype, gorgonia.WithName("x"))
		_, _ = gorgonia.Grad(gorgonia.Must(gorgonia.Square(x)), x)
	}
})

// differentiate adds the nodes of the gradients and a read of each.
func (b *Builder) differentiate(cost *gorgonia.Node, p *Program) (gorgonia.Nodes, error) {
	if cost == nil {
		return nil, errors.New("found no cost, expected one in a training graph")
	}
	reached := b.graph.ExactSubgraphRoots(cost).AllNodes()
	var wrt gorgonia.Nodes
	for _, bound := range b.params {
		if !bound.param.Trained() {
			continue
		}
		if !reached.Contains(bound.node) {
			return nil, errors.Errorf("parameter %s: the cost does not depend on it", bound.param.Name)
		}
		wrt = append(wrt, bound.node)
		p.wants = append(p.wants, gradientOf{bound.param, new(gorgonia.Value)})
	}
	if len(wrt) == 0 {
		return nil, nil
	}
	hashConstants()
	nodes, err := gorgonia.Grad(cost, wrt...)
	if err != nil {
		return nil, errors.Wrap(err, "differentiate")
	}
	reads := make(gorgonia.Nodes, len(nodes))
	for i, node := range nodes {
		reads[i] = gorgonia.Read(node, p.wants[i].value)
	}
	return reads, nil
}

// Run feeds the inputs and the carried states, draws the noise and executes the graph once. After a training run the cost,
// every gradient and every update are finite, else the error is a [*NonFiniteError]. On error no statistic and no carried
// state is changed.
func (p *Program) Run(feeds Feeds) error {
	for _, in := range p.inputs {
		if err := in.feed(feeds[in.name]); err != nil {
			return errors.WithMessagef(err, "input %s", in.name)
		}
	}
	if err := p.perturb(feeds); err != nil {
		return err
	}
	for _, c := range p.carries {
		if err := p.carried.load(c.name, c.input.value); err != nil {
			return err
		}
	}
	for _, n := range p.noises {
		r := p.streams.Stream("noise/" + n.name)
		if n.value.Dtype() == tensor.Float32 {
			n.draw.Float32(r, n.value.Float32s())
		} else {
			n.draw.Float64(r, n.value.Float64s())
		}
	}
	p.machine.Reset()
	if err := p.machine.RunAll(); err != nil {
		return errors.Wrap(err, "run")
	}
	if err := p.collectGradients(); err != nil {
		return err
	}
	return p.keep()
}

func (p *Program) collectGradients() error {
	if len(p.wants) == 0 {
		return nil
	}
	if cost := p.Cost(); math.IsNaN(cost) || math.IsInf(cost, 0) {
		return errors.WithStack(&NonFiniteError{What: "cost", Value: cost})
	}
	p.gradients = p.gradients[:0]
	var sum float64
	for _, want := range p.wants {
		g := Gradient{Param: want.param, Tensor: (*want.value).(*tensor.Dense)}
		squares := sumOfSquares(g.Tensor)
		if math.IsNaN(squares) || math.IsInf(squares, 0) {
			return errors.WithStack(&NonFiniteError{What: "gradient of " + want.param.Name, Param: want.param.Name, Value: squares})
		}
		sum += squares
		p.gradients = append(p.gradients, g)
	}
	p.norm = math.Sqrt(sum)
	return nil
}

// keep updates the statistics and stores the carried states.
func (p *Program) keep() error {
	for _, u := range p.updates {
		squares := sumOfSquares((*u.value).(*tensor.Dense))
		if math.IsNaN(squares) || math.IsInf(squares, 0) {
			return errors.WithStack(&NonFiniteError{What: "update of " + u.param.Name, Param: u.param.Name, Value: squares})
		}
	}
	for _, u := range p.updates {
		copyDense(u.param.Value, (*u.value).(*tensor.Dense))
	}
	for _, c := range p.carries {
		p.carried.keep(c.name, (*c.value).(*tensor.Dense))
	}
	return nil
}

// Cost is the cost of the last run.
func (p *Program) Cost() float64 {
	switch v := p.cost.(type) {
	case *gorgonia.F32:
		return float64(*v)
	case *gorgonia.F64:
		return float64(*v)
	default:
		return math.NaN()
	}
}

// Value is the value of that name of the last run. It is the program's own copy and lives until the next run.
func (p *Program) Value(name string) (*tensor.Dense, error) {
	v, ok := p.values[name]
	if !ok {
		return nil, errors.Errorf("found no value %q, expected one of %v", name, slices.Sorted(maps.Keys(p.values)))
	}
	switch v := (*v).(type) {
	case *tensor.Dense:
		return v, nil
	case *gorgonia.F32: // a scalar is a tensor of one element
		return tensor.New(tensor.WithShape(1), tensor.WithBacking([]float32{float32(*v)})), nil
	case *gorgonia.F64:
		return tensor.New(tensor.WithShape(1), tensor.WithBacking([]float64{float64(*v)})), nil
	default:
		return nil, errors.Errorf("value %q: found %T, expected a tensor of a finished run", name, v)
	}
}

// Gradients are the gradients of the last run, in the order in which layers asked the builder for the parameters.
func (p *Program) Gradients() []Gradient { return p.gradients }

// GradientNorm is the Euclidean norm of all gradients of the last run together.
func (p *Program) GradientNorm() float64 { return p.norm }

// Carries reports whether there are states that a run passes to the next.
func (p *Program) Carries() bool { return len(p.carries) > 0 }

// Close ends the machine.
func (p *Program) Close() error { return errors.Wrap(p.machine.Close(), "close") }

func (in *input) feed(data any) error {
	switch data := data.(type) {
	case []float64:
		return copyFloats(in.value, data)
	case []float32:
		if in.value.Dtype() != tensor.Float32 || len(data) != in.value.DataSize() {
			return errors.Errorf("found %d values of float32, expected %d of %v", len(data), in.value.DataSize(), in.value.Dtype())
		}
		copy(in.value.Float32s(), data)
	case []int:
		if in.value.Dtype() != tensor.Int || len(data) != in.value.DataSize() {
			return errors.Errorf("found %d ids, expected %d values of %v", len(data), in.value.DataSize(), in.value.Dtype())
		}
		copy(in.value.Ints(), data)
	case nil:
		return errors.Errorf("found nothing, expected values of shape %v", in.value.Shape())
	default:
		return errors.Errorf("found %T, expected []float64, []float32 or []int", data)
	}
	return nil
}

func sumOfSquares(t *tensor.Dense) float64 {
	if t.Dtype() == tensor.Float32 {
		return kernel.SumOfSquares(t.Float32s())
	}
	return kernel.SumOfSquares(t.Float64s())
}
