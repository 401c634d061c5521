package op_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/op"
)

// feed is an input of a test graph.
type feed struct {
	shape  []int
	floats []float64
	ints   []int // instead of floats
	fixed  bool  // not differentiated
}

// inputs are the inputs of a test graph by name. An optional input is absent where its name is.
type inputs map[string]feed

// nodes are the same as nodes; absent ones are nil.
type nodes map[string]*G.Node

// build adds the nodes that a test is about.
type build func(s *op.Scope, in nodes) (*G.Node, error)

// random is an input of normally distributed numbers.
func random(seed uint64, shape ...int) feed {
	r := rand.New(rand.NewPCG(seed, 0))
	floats := make([]float64, product(shape))
	for i := range floats {
		floats[i] = r.NormFloat64()
	}
	return feed{shape: shape, floats: floats}
}

// scaled is random with a smaller spread.
func scaled(by float64, seed uint64, shape ...int) feed {
	f := random(seed, shape...)
	for i := range f.floats {
		f.floats[i] *= by
	}
	return f
}

// uniform is a fixed input of numbers in [0,1).
func uniform(seed uint64, shape ...int) feed {
	r := rand.New(rand.NewPCG(seed, 0))
	floats := make([]float64, product(shape))
	for i := range floats {
		floats[i] = r.Float64()
	}
	return feed{shape: shape, floats: floats, fixed: true}
}

// dropout is a fixed input of zeros and twos.
func dropout(seed uint64, shape ...int) feed {
	f := uniform(seed, shape...)
	for i, v := range f.floats {
		f.floats[i] = 2 * math.Round(v)
	}
	return f
}

// below is an input of whole numbers in [0,n).
func below(n int, seed uint64, shape ...int) feed {
	r := rand.New(rand.NewPCG(seed, 0))
	ints := make([]int, product(shape))
	for i := range ints {
		ints[i] = r.IntN(n)
	}
	return feed{shape: shape, ints: ints, fixed: true}
}

func fixed(floats []float64, shape ...int) feed {
	return feed{shape: shape, floats: floats, fixed: true}
}

func product(shape []int) int {
	n := 1
	for _, size := range shape {
		n *= size
	}
	return n
}

func newDense[F kernel.Float](f feed) *tensor.Dense {
	if f.ints != nil {
		return tensor.New(tensor.WithShape(f.shape...), tensor.WithBacking(slices.Clone(f.ints)))
	}
	floats := make([]F, len(f.floats))
	for i, v := range f.floats {
		floats[i] = F(v)
	}
	return tensor.New(tensor.WithShape(f.shape...), tensor.WithBacking(floats))
}

// addInputs binds the inputs to nodes of a new graph.
func addInputs[F kernel.Float](in inputs) (*G.ExprGraph, nodes) {
	g := G.NewGraph()
	ns := nodes{}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		v := newDense[F](in[name])
		ns[name] = G.NewTensor(g, v.Dtype(), v.Dims(), G.WithShape(v.Shape()...), G.WithName(name), G.WithValue(v))
	}
	return g, ns
}

// program is a compiled test graph. Its cost is the sum of the output's elements, each times a fixed random number, or
// the output itself where that is a scalar.
type program struct {
	machine   G.VM
	inputs    nodes
	cost, out *G.Value
	gradients map[string]*G.Value
}

const weightsName = "weights of the cost"

// compile builds the graph, differentiates it by every input that is not fixed (unless s is for evaluation) and compiles
// what is read: the cost, the output and the gradients.
func compile[F kernel.Float](s *op.Scope, training bool, in inputs, b build) (*program, error) {
	g, ns := addInputs[F](in)
	out, err := b(s, ns)
	if err != nil {
		return nil, err
	}
	cost := out
	if !out.IsScalar() {
		w := newDense[F](random(99, out.Shape()...))
		ns[weightsName] = G.NewTensor(g, w.Dtype(), w.Dims(), G.WithShape(w.Shape()...), G.WithName(weightsName), G.WithValue(w))
		weighted, err := G.HadamardProd(out, ns[weightsName])
		if err != nil {
			return nil, err
		}
		if cost, err = G.Sum(weighted); err != nil {
			return nil, err
		}
	}
	p := &program{inputs: ns, cost: new(G.Value), out: new(G.Value), gradients: map[string]*G.Value{}}
	reads := G.Nodes{G.Read(cost, p.cost), G.Read(out, p.out)}
	if training {
		var wrt G.Nodes
		var names []string
		for _, name := range slices.Sorted(maps.Keys(in)) {
			if !in[name].fixed {
				wrt = append(wrt, ns[name])
				names = append(names, name)
			}
		}
		gradients, err := G.Grad(cost, wrt...)
		if err != nil {
			return nil, err
		}
		for i, n := range gradients {
			p.gradients[names[i]] = new(G.Value)
			reads = append(reads, G.Read(n, p.gradients[names[i]]))
		}
	}
	used := g.ExactSubgraphRoots(reads...).AllNodes()
	var arguments G.Nodes
	for _, name := range slices.Sorted(maps.Keys(ns)) {
		if used.Contains(ns[name]) {
			arguments = append(arguments, ns[name])
		}
	}
	prog, locations, err := G.CompileFunction(g, arguments, reads)
	if err != nil {
		return nil, err
	}
	p.machine = G.NewTapeMachine(g, G.WithPrecompiled(prog, locations))
	return p, nil
}

func mustCompile[F kernel.Float](t testing.TB, threads int, training bool, in inputs, b build) *program {
	t.Helper()
	p, err := compile[F](op.NewScope(kernel.NewPool(threads), training), training, in, b)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return p
}

func (p *program) run(t testing.TB) {
	t.Helper()
	p.machine.Reset()
	if err := p.machine.RunAll(); err != nil {
		t.Fatalf("%+v", err)
	}
}

// results are copies of the output and the gradients of one run.
type results map[string][]float64

func (p *program) results(t testing.TB) results {
	t.Helper()
	p.run(t)
	r := results{"output": float64s(t, *p.out)}
	for name, v := range p.gradients {
		r["gradient of "+name] = float64s(t, *v)
	}
	return r
}

func float64s(t testing.TB, v G.Value) []float64 {
	t.Helper()
	switch data := v.Data().(type) {
	case float64:
		return []float64{data}
	case float32:
		return []float64{float64(data)}
	case []float64:
		return slices.Clone(data)
	case []float32:
		out := make([]float64, len(data))
		for i, v := range data {
			out[i] = float64(v)
		}
		return out
	}
	t.Fatal(errors.Errorf("found a value of %T, expected floats", v.Data()))
	return nil
}

// expectSame wants the same bits.
func expectSame(t *testing.T, what string, found, expected results) {
	t.Helper()
	for name, want := range expected {
		for i, v := range found[name] {
			if math.Float64bits(v) != math.Float64bits(want[i]) {
				t.Errorf("%s: %s[%d]: found %v, expected %v", what, name, i, v, want[i])
				break
			}
		}
		if len(found[name]) != len(want) {
			t.Errorf("%s: %s: found %d elements, expected %d", what, name, len(found[name]), len(want))
		}
	}
}

// expectClose wants every element within tolerance of the expected one, relative to the greatest of that tensor.
func expectClose(t *testing.T, what string, found, expected []float64, tolerance float64) {
	t.Helper()
	if len(found) != len(expected) {
		t.Errorf("%s: found %d elements, expected %d", what, len(found), len(expected))
		return
	}
	greatest := 1e-3
	for _, v := range expected {
		greatest = max(greatest, math.Abs(v))
	}
	for i, want := range expected {
		if difference := math.Abs(found[i] - want); !(difference <= tolerance*greatest) {
			t.Errorf("%s[%d]: found %v, expected %v within %.0e of %v", what, i, found[i], want, tolerance, greatest)
			return
		}
	}
}

// expectGradients compares every gradient of a float64 program with central differences.
func (p *program) expectGradients(t *testing.T, in inputs) {
	t.Helper()
	analytic := p.results(t)
	for name := range p.gradients {
		x := p.inputs[name].Value().(*tensor.Dense).Float64s()
		numeric := make([]float64, len(x))
		for i, v := range x {
			const step = 1e-5 // truncation and rounding errors are then both near 1e-10
			x[i] = v + step
			p.run(t)
			above := float64s(t, *p.cost)[0]
			x[i] = v - step
			p.run(t)
			numeric[i] = (above - float64s(t, *p.cost)[0]) / (2 * step)
			x[i] = v
		}
		expectClose(t, "gradient of "+name, analytic["gradient of "+name], numeric, 1e-6)
	}
}
