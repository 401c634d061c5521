package op

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
)

// ConcatLast joins nodes [...,D₁], [...,D₂], … along the last axis. All have equally many axes, one to three.
func ConcatLast(s *Scope, xs ...*G.Node) (*G.Node, error) {
	c := check{op: "ConcatLast"}
	c.that(len(xs) > 0, "xs", "no nodes", "at least one")
	var shape tensor.Shape
	width := 0
	for i, x := range xs {
		sizes := anyRank(x, 1, 3)
		if i > 0 {
			sizes = append(slices.Clone(shape[:len(shape)-1]), anySize)
		}
		shape = c.floats(fmt.Sprintf("node %d", i), x, sizes...)
		width += shape[len(shape)-1]
	}
	if c.err != nil {
		return nil, c.err
	}
	shape[len(shape)-1] = width
	rows := sizeOf(shape) / width
	return byDtype(c.dtype, join[float32], join[float64])(s, "ConcatLast", rows, shape, xs)
}

// Stack joins T nodes [B,D] to a sequence [T,B,D].
func Stack(s *Scope, xs ...*G.Node) (*G.Node, error) {
	c := check{op: "Stack"}
	c.that(len(xs) > 0, "xs", "no nodes", "at least one")
	sizes := []int{anySize, anySize}
	for i, x := range xs {
		sizes = c.floats(fmt.Sprintf("node %d", i), x, sizes...)
	}
	if c.err != nil {
		return nil, c.err
	}
	shape := tensor.Shape{len(xs), sizes[0], sizes[1]}
	return byDtype(c.dtype, join[float32], join[float64])(s, "Stack", 1, shape, xs)
}

// join puts the nodes next to each other as blocks of a matrix with that many rows.
func join[F kernel.Float](s *Scope, name string, rows int, shape tensor.Shape, xs []*G.Node) (*G.Node, error) {
	width := sizeOf(shape) / rows
	blocks := make([]block, len(xs))
	gradients := make([]gradient, len(xs))
	lo := 0
	for i, x := range xs {
		b := block{rows: rows, width: width, lo: lo, hi: lo + sizeOf(x.Shape())/rows}
		lo = b.hi
		blocks[i] = b
		gradients[i] = func(_, dy *G.Node) (*G.Node, error) {
			return add(s, operation[F]{
				name: name + "Gradient", inputs: []*G.Node{dy}, shape: x.Shape(),
				run: func(in values[F], dx []F) { copyFrom(s.pool, b, in.floats[0], dx) },
			})
		}
	}
	return add(s, operation[F]{
		name: name, inputs: slices.Clone(xs), shape: shape,
		run: func(in values[F], y []F) {
			for i, b := range blocks {
				copyTo(s.pool, b, in.floats[i], y)
			}
		},
		gradients: gradients,
	})
}
