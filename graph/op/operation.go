package op

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
)

// operation is the one Gorgonia operation of this package, filled in by each constructor.
type operation[F kernel.Float] struct {
	scope  *Scope
	name   string
	inputs []*G.Node    // nil where an optional one is absent
	shape  tensor.Shape // of the output; empty for a scalar

	// verify checks fed values before run, if something in them can be out of range. Optional.
	verify func(in values[F]) error
	// run writes every element of out: a later built-in operation may have used the memory for its own result. It is
	// nil if the run function of another operation writes result.
	run func(in values[F], out []F)
	// gradients add the nodes of the gradients, one for each input; nil, or left out at the end, for an input without one.
	gradients []gradient

	number   int
	shared   bool    // result is a slot of the scope's memory
	children G.Nodes // the inputs that are present
	expected []inputSpec
	values   values[F]
	result   []F
	dense    *tensor.Dense // a header over result
}

// inputSpec is what the value of an input must be.
type inputSpec struct {
	input int // its position
	dtype tensor.Dtype
	size  int
}

// values are the inputs of one run by position: floats, or ints where the input is of tensor.Int. Both are nil where an
// optional input is absent.
type values[F kernel.Float] struct {
	floats [][]F
	ints   [][]int
}

// gradient adds the node of one input's gradient, given the operation's output and the gradient with respect to that
// output. The node has its own buffer: Gorgonia adds up gradients of one node in place.
type gradient func(output, grad *G.Node) (*G.Node, error)

var _ G.SDOp = (*operation[float32])(nil)

// add puts the operation into its inputs' graph.
func add[F kernel.Float](s *Scope, spec operation[F]) (*G.Node, error) {
	o := &spec
	s.count++
	o.scope, o.number = s, s.count
	o.shared = o.result == nil
	o.values = values[F]{make([][]F, len(o.inputs)), make([][]int, len(o.inputs))}
	for i, n := range o.inputs {
		if n != nil {
			o.children = append(o.children, n)
			o.expected = append(o.expected, inputSpec{input: i, dtype: n.Dtype(), size: sizeOf(n.Shape())})
		}
	}
	node, err := G.ApplyOp(o, o.children...)
	if err != nil {
		return nil, errors.Wrapf(err, "%v", o)
	}
	if node.Op() != G.Op(o) {
		return nil, errors.Errorf("%v: found a node of equal hash in the graph, %v", o, node)
	}
	return node, nil
}

// sideOutput returns the gradient of an input with the shape of like that the node of another gradient computes too: the
// run function of backward writes it to buffer, and the node that is added only returns that buffer.
func sideOutput[F kernel.Float](s *Scope, name string, backward gradient, like *G.Node, buffer *[]F) gradient {
	return func(output, grad *G.Node) (*G.Node, error) {
		from, err := backward(output, grad)
		if err != nil {
			return nil, err
		}
		*buffer = make([]F, sizeOf(like.Shape()))
		return add(s, operation[F]{name: name, inputs: []*G.Node{from}, shape: like.Shape(), result: *buffer})
	}
}

// memoized returns a gradient that adds its node in the first call and returns the same node in later calls.
func memoized(g gradient) gradient {
	var node *G.Node
	return func(output, grad *G.Node) (*G.Node, error) {
		if node != nil {
			return node, nil
		}
		var err error
		node, err = g(output, grad)
		return node, err
	}
}

// Arity returns the number of inputs that are present.
func (o *operation[F]) Arity() int { return len(o.children) }

// Type is the function from the types of the inputs to that of the output, all of them known.
func (o *operation[F]) Type() hm.Type {
	var types []hm.Type
	for _, n := range o.children {
		types = append(types, n.Type())
	}
	var out hm.Type = dtypeOf[F]()
	if len(o.shape) > 0 {
		out = G.TensorType{Dims: len(o.shape), Of: out}
	}
	return hm.NewFnType(append(types, out)...)
}

// InferShape returns the output's shape.
func (o *operation[F]) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.shape.Clone(), nil }

// ReturnsPtr says that the output is memory, not a number.
func (o *operation[F]) ReturnsPtr() bool { return true }

// CallsExtern is false, which makes the machine call Do and leave the output's memory to the operation.
func (o *operation[F]) CallsExtern() bool { return false }

// OverwritesInput says that no input is overwritten.
func (o *operation[F]) OverwritesInput() int { return -1 }

// WriteHash tells this operation from every other of its graph.
func (o *operation[F]) WriteHash(h hash.Hash) { fmt.Fprintf(h, "gruexp %v", o) }

// Hashcode is the FNV-1a hash of what WriteHash writes.
func (o *operation[F]) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String is the operation's name and its number in the graph.
func (o *operation[F]) String() string { return fmt.Sprintf("%s#%d", o.name, o.number) }

// DiffWRT says which inputs have a gradient.
func (o *operation[F]) DiffWRT(int) []bool {
	var wrt []bool
	for i, n := range o.inputs {
		if n != nil {
			wrt = append(wrt, o.gradient(i) != nil)
		}
	}
	return wrt
}

func (o *operation[F]) gradient(input int) gradient {
	if input < len(o.gradients) {
		return o.gradients[input]
	}
	return nil
}

// SymDiff adds the nodes of the gradients.
func (o *operation[F]) SymDiff(_ G.Nodes, output, grad *G.Node) (G.Nodes, error) {
	if !o.scope.training {
		return nil, errors.Errorf("%v: found a gradient of a graph for evaluation, expected a graph for training", o)
	}
	if found := grad.Shape(); sizeOf(found) != sizeOf(o.shape) {
		return nil, errors.Errorf("%v: found a gradient of shape %s, expected %s", o, sizesString(found), sizesString(o.shape))
	}
	var nodes G.Nodes
	for i, n := range o.inputs {
		if n == nil {
			continue
		}
		var node *G.Node
		if g := o.gradient(i); g != nil {
			var err error
			if node, err = g(output, grad); err != nil {
				return nil, errors.WithMessagef(err, "gradient of %v", o)
			}
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

// Do runs the operation. It returns memory that the next run overwrites.
func (o *operation[F]) Do(in ...G.Value) (G.Value, error) {
	if err := o.load(in); err != nil {
		return nil, errors.WithMessagef(err, "%v", o)
	}
	if o.verify != nil {
		if err := o.verify(o.values); err != nil {
			return nil, errors.WithMessagef(err, "%v", o)
		}
	}
	if o.shared {
		o.take(buffer[F](o.scope.memory, o.number, sizeOf(o.shape)))
	}
	if o.run != nil {
		o.run(o.values, o.result)
	}
	return o.output(), nil
}

// take makes memory the result. A header over other memory is dropped: another graph needed more of this slot.
func (o *operation[F]) take(memory []F) {
	if o.result == nil || &memory[0] != &o.result[0] {
		o.result, o.dense = memory, nil
	}
}

// load takes the memory of the inputs' values. Shapes and dtypes were checked when the graph was built; the checks here
// keep the kernels from reading outside that memory.
func (o *operation[F]) load(in []G.Value) error {
	if len(in) != len(o.expected) {
		return errors.Errorf("found %d inputs, expected %d", len(in), len(o.expected))
	}
	for i, v := range in {
		if err := o.loadInput(o.expected[i], v); err != nil {
			return errors.WithMessagef(err, "input %d", i)
		}
	}
	return nil
}

func (o *operation[F]) loadInput(expected inputSpec, v G.Value) error {
	if found := v.Dtype(); found != expected.dtype {
		return errors.Errorf("found %v, expected %v", found, expected.dtype)
	}
	floats, ints := &o.values.floats[expected.input], &o.values.ints[expected.input]
	switch v := v.(type) {
	case *tensor.Dense:
		if v.RequiresIterator() || v.DataOrder().IsColMajor() {
			return errors.Errorf("found a view with strides %v, expected contiguous rows", v.Strides())
		}
		if expected.dtype == tensor.Int {
			*ints = v.Ints()
		} else {
			setFloats(floats, v)
		}
	case *G.F32:
		*floats = []F{F(*v)}
	case *G.F64:
		*floats = []F{F(*v)}
	default:
		return errors.Errorf("found %T, expected a dense tensor", v)
	}
	if found := len(*floats) + len(*ints); found != expected.size {
		return errors.Errorf("found %d elements, expected %d", found, expected.size)
	}
	return nil
}

// output wraps the result as the machine expects it. The header is replaced if another operation changed it.
func (o *operation[F]) output() G.Value {
	if len(o.shape) == 0 {
		return scalar(o.result[0])
	}
	if o.dense == nil || !o.dense.Shape().Eq(o.shape) || o.dense.RequiresIterator() {
		o.dense = tensor.New(tensor.WithShape(o.shape...), tensor.WithBacking(o.result))
	}
	return o.dense
}

// sizeOf is the number of elements, 1 for a scalar.
func sizeOf(shape tensor.Shape) int {
	size := 1
	for _, n := range shape {
		size *= n
	}
	return size
}

func dtypeOf[F kernel.Float]() tensor.Dtype {
	if _, single := any(F(0)).(float32); single {
		return tensor.Float32
	}
	return tensor.Float64
}

// setFloats sets dst to the memory of d, which has the dtype of F. It goes through a pointer because a slice in an
// interface would be allocated.
func setFloats[F kernel.Float](dst *[]F, d *tensor.Dense) {
	switch dst := any(dst).(type) {
	case *[]float32:
		*dst = d.Float32s()
	case *[]float64:
		*dst = d.Float64s()
	}
}

func scalar[F kernel.Float](v F) G.Value {
	if _, single := any(v).(float32); single {
		return G.NewF32(float32(v))
	}
	return G.NewF64(float64(v))
}
