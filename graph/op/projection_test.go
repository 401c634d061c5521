package op_test

import (
	"math"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/op"
)

// lookedUp are the inputs of an affine map of steps×batch rows of a table.
func lookedUp(vocabulary, width, steps, batch, units int) inputs {
	return inputs{
		"table": random(1, vocabulary, width), "ids": below(vocabulary, 2, steps, batch), "keep": dropout(3, steps, batch),
		"w": scaled(0.2, 4, width, units), "b": random(5, units),
	}
}

func affineOfGather(s *op.Scope, in nodes) (*G.Node, error) {
	x, err := gatherExample(s, in)
	if err != nil {
		return nil, err
	}
	return op.Affine(s, x, in["w"], in["b"])
}

// affineOfRows is affineOfGather with a multiplication by ones in between, which hides where the rows are from.
func affineOfRows(s *op.Scope, in nodes) (*G.Node, error) {
	x, err := gatherExample(s, in)
	if err != nil {
		return nil, err
	}
	if x, err = op.Scale(s, x, in["ones"]); err != nil {
		return nil, err
	}
	return op.Affine(s, x, in["w"], in["b"])
}

func (in inputs) with(name string, f feed) inputs {
	more := inputs{name: f}
	for name, f := range in {
		if _, ok := more[name]; !ok {
			more[name] = f
		}
	}
	return more
}

func (in inputs) without(name string) inputs {
	fewer := inputs{}
	for other, f := range in {
		if other != name {
			fewer[other] = f
		}
	}
	return fewer
}

// filled is a fixed input of equal numbers.
func filled(v float64, shape ...int) feed {
	floats := make([]float64, product(shape))
	for i := range floats {
		floats[i] = v
	}
	return fixed(floats, shape...)
}

// A row of a table that is looked up more than once is multiplied once: with the same bits, and gradients that differ by
// rounding alone.
func TestAffineOfGather(t *testing.T) {
	whole := lookedUp(7, 64, 5, 6, 9)
	unused := whole.with("ids", feed{shape: []int{5, 6}, ints: make([]int, 30), fixed: true}) // of all rows but the first
	for name, in := range map[string]inputs{
		"all": whole, "no bias": whole.without("b"), "every id kept": whole.without("keep"), "one row": unused,
		"one row less than places": lookedUp(29, 64, 5, 6, 9),
	} {
		t.Run(name, func(t *testing.T) {
			p := mustCompile[float64](t, 1, true, in, affineOfGather)
			found := p.results(t)
			plain := mustCompile[float64](t, 1, true, in.with("ones", filled(1, 5, 6, 64)), affineOfRows).results(t)
			expectSame(t, "output", results{"output": found["output"]}, results{"output": plain["output"]})
			for name := range in {
				if name != "ids" && name != "keep" {
					expectClose(t, name, found["gradient of "+name], plain["gradient of "+name], 1e-13)
				}
			}
			if name == "all" {
				p.expectGradients(t, in)
			}
			single := mustCompile[float32](t, 2, true, in, affineOfGather).results(t)
			for name, want := range found {
				expectClose(t, "float32: "+name, single[name], want, 1e-5)
			}
		})
	}
}

// What is looked up follows from the shapes: products where the table has fewer rows than there are places, else rows.
func TestWhereProductsAreLookedUp(t *testing.T) {
	for _, test := range []struct {
		name                  string
		vocabulary, width     int
		build                 build
		products, rowsOfTable bool
	}{
		{"fewer rows than places", 29, 64, affineOfGather, true, false},
		{"as many", 30, 64, affineOfGather, false, true},
		{"narrow rows", 7, 63, affineOfGather, false, true},
		{"something in between", 7, 64, affineOfRows, false, true},
		{"rows that others read", 7, 64, func(s *op.Scope, in nodes) (*G.Node, error) {
			y, err := affineOfGather(s, in)
			if err != nil {
				return nil, err
			}
			x, err := gatherExample(s, in)
			if err != nil {
				return nil, err
			}
			return op.ConcatLast(s, x, y)
		}, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := lookedUp(test.vocabulary, test.width, 5, 6, 9).with("ones", filled(1, 5, 6, test.width))
			var y *G.Node
			p := mustCompile[float64](t, 1, false, in, func(s *op.Scope, ns nodes) (_ *G.Node, err error) {
				y, err = test.build(s, ns)
				return y, errors.WithStack(err)
			})
			p.run(t)
			var products, rows bool
			for _, n := range named(y.Graph())["Gather"] {
				products = products || n.Shape()[2] == 9 && n.Value() != nil
				rows = rows || n.Shape()[2] == test.width && n.Value() != nil
			}
			if products != test.products || rows != test.rowsOfTable {
				t.Errorf("found products looked up: %v, rows: %v, expected %v and %v", products, rows, test.products, test.rowsOfTable)
			}
		})
	}
}

// A number that is not finite reaches the places of its row and no other.
func TestProductsOfInfiniteRows(t *testing.T) {
	in := lookedUp(7, 64, 5, 6, 9).without("keep")
	for _, v := range []float64{math.NaN(), math.Inf(1), 5e-324} {
		table := random(1, 7, 64)
		table.floats[3*64+5] = v
		y := mustCompile[float64](t, 1, false, in.with("table", table), affineOfGather).results(t)["output"]
		finite := mustCompile[float64](t, 1, false, in, affineOfGather).results(t)["output"]
		for i, id := range in["ids"].ints {
			for j := range 9 {
				found, want := y[i*9+j], finite[i*9+j]
				if id == 3 && math.Abs(v) < 1 {
					continue // another number, that is all
				}
				if broken := math.IsNaN(found) || math.IsInf(found, 0); broken != (id == 3) || id != 3 && found != want {
					t.Fatalf("%v: row of id %d: found %v, expected %v unless the id is 3", v, id, found, want)
				}
			}
		}
	}
}
