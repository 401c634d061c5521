package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
)

// At is the step x[t] of x [T,B,D], giving [B,D], or of a mask [T,B], giving [B].
func At(s *Scope, x *G.Node, t int) (*G.Node, error) {
	c := check{op: "At"}
	shape := c.floats("x", x, anyRank(x, 2, 3)...)
	c.that(0 <= t && t < shape[0], "t", t, fmt.Sprintf("0 to %d", shape[0]-1))
	if c.err != nil {
		return nil, c.err
	}
	step := sizeOf(shape[1:])
	b := block{rows: 1, width: shape[0] * step, lo: t * step, hi: (t + 1) * step}
	return byDtype(c.dtype, part[float32], part[float64])(s, "At", x, b, shape[1:])
}

// Columns are the columns [lo,hi) of x [B,D] or [T,B,D], or the elements of a vector [D].
func Columns(s *Scope, x *G.Node, lo, hi int) (*G.Node, error) {
	c := check{op: "Columns"}
	shape := c.floats("x", x, anyRank(x, 1, 3)...)
	width := shape[len(shape)-1]
	c.that(0 <= lo && lo < hi && hi <= width, "lo and hi", fmt.Sprintf("%d and %d", lo, hi), fmt.Sprintf("0 ≤ lo < hi ≤ %d", width))
	if c.err != nil {
		return nil, c.err
	}
	rows, _ := rowsOf(x)
	shape[len(shape)-1] = hi - lo
	return byDtype(c.dtype, part[float32], part[float64])(s, "Columns", x, block{rows, width, lo, hi}, shape)
}

// block is the columns [lo,hi) of a tensor seen as a rows×width matrix.
type block struct{ rows, width, lo, hi int }

func copyFrom[F kernel.Float](p *kernel.Pool, b block, whole, out []F) {
	kernel.CopyMatrix(p, b.rows, b.hi-b.lo, whole[b.lo:], b.width, out, b.hi-b.lo)
}

func copyTo[F kernel.Float](p *kernel.Pool, b block, x, whole []F) {
	kernel.CopyMatrix(p, b.rows, b.hi-b.lo, x, b.hi-b.lo, whole[b.lo:], b.width)
}

func addTo[F kernel.Float](p *kernel.Pool, b block, x, whole []F) {
	kernel.AddMatrix(p, b.rows, b.hi-b.lo, x, b.hi-b.lo, whole[b.lo:], b.width)
}

// parts are the parts that were taken of one node, in a chain. If each gradient were a node of the size of the whole, T
// steps of a sequence would cost T² in time and memory. So all gradients write into one array, and the order of writing
// matters. Each part therefore also depends on the part that was taken before it: its gradient with respect to that part
// is zeros, and makes the gradient of that part wait until this one has been written. The gradient of the first part is
// written last, and is that of the whole.
type parts[F kernel.Float] struct {
	newest *G.Node
	whole  []F // nil until the first gradient node is added
}

// part adds a node for a block of x.
func part[F kernel.Float](s *Scope, name string, x *G.Node, b block, shape tensor.Shape) (*G.Node, error) {
	run := func(in values[F], y []F) { copyFrom(s.pool, b, in.floats[0], y) }
	if !s.training {
		return add(s, operation[F]{name: name, inputs: []*G.Node{x}, shape: shape, run: run})
	}
	chain, ok := s.parts[x].(*parts[F])
	if !ok {
		chain = new(parts[F])
		s.parts[x] = chain
	}
	gradients := []gradient{chain.gradientOfWhole(s, name, x, b), nil}
	before := chain.newest
	if before != nil {
		gradients = []gradient{nil, chain.gradientOfPart(s, name, x, before, b)}
	}
	node, err := add(s, operation[F]{name: name, inputs: []*G.Node{x, before}, shape: shape, run: run, gradients: gradients})
	if err != nil {
		return nil, err
	}
	chain.newest = node
	return node, nil
}

func (c *parts[F]) gradientOfWhole(s *Scope, name string, x *G.Node, b block) gradient {
	return func(_, dy *G.Node) (*G.Node, error) {
		write := c.write(s, x, b)
		return add(s, operation[F]{
			name: name + "Gradient", inputs: []*G.Node{dy}, shape: x.Shape(), result: c.whole,
			run: func(in values[F], _ []F) { write(in.floats[0]) },
		})
	}
}

func (c *parts[F]) gradientOfPart(s *Scope, name string, x, before *G.Node, b block) gradient {
	return func(_, dy *G.Node) (*G.Node, error) {
		write := c.write(s, x, b)
		return add(s, operation[F]{
			name: name + "Gradient", inputs: []*G.Node{dy}, shape: before.Shape(),
			run: func(in values[F], zeros []F) {
				write(in.floats[0])
				clear(zeros)
			},
		})
	}
}

// write returns a function that adds the gradient of a block to the whole, after it was cleared by the first of them.
func (c *parts[F]) write(s *Scope, x *G.Node, b block) func(dy []F) {
	first := c.whole == nil
	if first {
		c.whole = make([]F, sizeOf(x.Shape()))
	}
	return func(dy []F) {
		if first {
			clear(c.whole)
		}
		addTo(s.pool, b, dy, c.whole)
	}
}
