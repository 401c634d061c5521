package op_test

import (
	"fmt"
	"hash"
	"hash/fnv"
	"math"
	"testing"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The tests of this file pin what Gorgonia does that this package is built around. One that fails after an upgrade says
// which precaution may have become unnecessary, or insufficient.

// probe is an operation that adds a number to its input. Its name is what is hashed.
type probe struct {
	name   string
	number float64
	calls  map[string]int
}

func (p *probe) Arity() int { return 1 }
func (p *probe) Type() hm.Type {
	return hm.NewFnType(hm.TypeVariable('a'), hm.TypeVariable('a'))
}
func (p *probe) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}
func (p *probe) ReturnsPtr() bool      { return true }
func (p *probe) CallsExtern() bool     { return false }
func (p *probe) OverwritesInput() int  { return -1 }
func (p *probe) WriteHash(h hash.Hash) { fmt.Fprint(h, p.name) }
func (p *probe) Hashcode() uint32 {
	h := fnv.New32a()
	fmt.Fprint(h, p.name, p.number)
	return h.Sum32()
}
func (p *probe) String() string { return p.name }

func (p *probe) Do(in ...G.Value) (G.Value, error) {
	p.calls["Do"]++
	out := in[0].(*tensor.Dense).Clone().(*tensor.Dense)
	for i := range out.Float64s() {
		out.Float64s()[i] += p.number
	}
	return out, nil
}

func (p *probe) UsePreallocDo(_ G.Value, in ...G.Value) (G.Value, error) {
	p.calls["UsePreallocDo"]++
	return p.Do(in...)
}

func (p *probe) UnsafeDo(in ...G.Value) (G.Value, error) {
	p.calls["UnsafeDo"]++
	return p.Do(in...)
}

func runAll(t *testing.T, g *G.ExprGraph) {
	t.Helper()
	m := G.NewTapeMachine(g)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
}

func vector(g *G.ExprGraph, name string, values ...float64) *G.Node {
	v := tensor.New(tensor.WithShape(len(values)), tensor.WithBacking(values))
	return G.NewVector(g, tensor.Float64, G.WithShape(len(values)), G.WithName(name), G.WithValue(v))
}

// Why the count of a scope is in every hash.
func TestTrapEqualHashesMerge(t *testing.T) {
	g := G.NewGraph()
	x := vector(g, "x", 1, 2)
	one := G.Must(G.ApplyOp(&probe{name: "probe"}, x))
	two := G.Must(G.ApplyOp(&probe{name: "probe"}, x))
	if one != two {
		t.Error("found two nodes for two operations of equal hash, expected one")
	}
}

// Why to find the merged node in add is not all: nodes that the graph keeps apart are merged when it is compiled if the
// 32 bits of their hashes are equal. A whole graph's hashes have to be compared before it is compiled.
func TestTrapEqualHashesMergeWhenCompiled(t *testing.T) {
	g := G.NewGraph()
	x := vector(g, "x", 1, 2)
	calls := map[string]int{}
	one := G.Must(G.ApplyOp(&probe{name: "probe", number: 1, calls: calls}, x))
	two := G.Must(G.ApplyOp(&probe{name: "probe", number: 2, calls: calls}, x))
	if one == two || one.Hashcode() != two.Hashcode() {
		t.Fatal("expected two nodes of one hash")
	}
	runAll(t, g)
	if calls["Do"] != 1 {
		t.Errorf("found %d executions, expected one for both nodes", calls["Do"])
	}
}

// Why every run writes all of its output, and why what is saved for a backward pass never is an output.
func TestTrapBuiltInOperationsWriteInPlace(t *testing.T) {
	g := G.NewGraph()
	x := vector(g, "x", 1, 2)
	h := G.Must(G.ApplyOp(&probe{name: "probe", calls: map[string]int{}}, x))
	G.Must(G.Add(h, x))
	runAll(t, g)
	if found := h.Value().Data().([]float64); found[0] != 2 || found[1] != 4 {
		t.Errorf("found %v in the memory of a node that Add has read, expected Add's result [2 4]", found)
	}
}

// Why operations own their outputs: with CallsExtern false the machine calls Do and nothing else.
func TestTrapOnlyDoIsCalled(t *testing.T) {
	g := G.NewGraph()
	p := &probe{name: "probe", calls: map[string]int{}}
	G.Must(G.ApplyOp(p, vector(g, "x", 1, 2)))
	runAll(t, g)
	if len(p.calls) != 1 || p.calls["Do"] != 1 {
		t.Errorf("found calls %v, expected Do once", p.calls)
	}
}

// Why operations take two and three axes instead of asking for reshaped nodes.
func TestTrapReshapeSharesMemory(t *testing.T) {
	g := G.NewGraph()
	x := vector(g, "x", 1, 2)
	G.Must(G.Add(G.Must(G.Reshape(x, tensor.Shape{2, 1})), G.Must(G.Reshape(vector(g, "y", 10, 20), tensor.Shape{2, 1}))))
	runAll(t, g)
	if found := x.Value().Data().([]float64); found[0] != 11 || found[1] != 22 {
		t.Errorf("found %v in an input of which the reshaped node was added to, expected the sum [11 22]", found)
	}
}

// Why At and Columns exist.
func TestTrapSlicesMerge(t *testing.T) {
	g := G.NewGraph()
	x := vector(g, "x", make([]float64, 300)...)
	near, far := G.Must(G.Slice(x, G.S(1, 3))), G.Must(G.Slice(x, G.S(257, 259)))
	if near != far {
		t.Error("found two nodes for x[1:3] and x[257:259], expected them to be merged")
	}
}

// Why Scale exists.
func TestTrapDropoutHasAnotherGradient(t *testing.T) {
	const p = 0.75
	g := G.NewGraph()
	x := vector(g, "x", make([]float64, 64)...)
	for i := range 64 {
		x.Value().Data().([]float64)[i] = 1
	}
	var y, dx G.Value
	out := G.Must(G.Dropout(x, p))
	G.Read(out, &y)
	gradients, err := G.Grad(G.Must(G.Sum(out)), x)
	if err != nil {
		t.Fatal(err)
	}
	G.Read(gradients[0], &dx)
	runAll(t, g)
	for i, v := range y.Data().([]float64) {
		if v != 0 {
			// x is 1, so the derivative of a kept element is the element.
			if found := dx.Data().([]float64)[i]; found == v {
				t.Errorf("found the derivative %v of a kept element, expected it to be wrong", found)
			}
			return
		}
	}
	t.Skip("nothing was kept")
}

// Why Sigmoid exists. The smallest x whose sigmoid rounds to 1 is 37.
func TestTrapSigmoidSnaps(t *testing.T) {
	g := G.NewGraph()
	y := G.Must(G.Sigmoid(vector(g, "x", 20)))
	runAll(t, g)
	if found := y.Value().Data().([]float64); found[0] != 1 {
		t.Errorf("found σ(20) = %v, expected 1 and not %v", found[0], 1/(1+math.Exp(-20)))
	}
}

// Why SoftmaxCrossEntropy exists.
func TestTrapSoftmaxAndItsLogarithmMerge(t *testing.T) {
	g := G.NewGraph()
	x := G.NewMatrix(g, tensor.Float64, G.WithShape(2, 3), G.WithName("x"))
	if G.Must(G.SoftMax(x)) != G.Must(G.LogSoftMax(x)) {
		t.Error("found two nodes for SoftMax and LogSoftMax, expected them to be merged")
	}
}
