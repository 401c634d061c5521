package op

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// anySize is a size that the caller does not prescribe.
const anySize = -1

// check verifies the inputs of one node and keeps the first error. After an error it returns shapes of zeros, so that a
// constructor can continue to its end and check err once.
type check struct {
	op    string
	dtype tensor.Dtype // of the floating-point inputs, set by the first of them
	err   error
}

// floats verifies a floating-point input of the given sizes and returns its shape.
func (c *check) floats(name string, n *G.Node, sizes ...int) tensor.Shape {
	if !c.present(name, n) {
		return make(tensor.Shape, len(sizes))
	}
	dtype := n.Dtype()
	switch {
	case c.dtype == tensor.Dtype{} && dtype != tensor.Float32 && dtype != tensor.Float64:
		c.fail(name, dtype, "float32 or float64")
	case c.dtype == tensor.Dtype{}:
		c.dtype = dtype
	case dtype != c.dtype:
		c.fail(name, dtype, c.dtype)
	}
	return c.sizes(name, n, sizes)
}

// optional verifies a floating-point input that may be nil.
func (c *check) optional(name string, n *G.Node, sizes ...int) {
	if n != nil {
		c.floats(name, n, sizes...)
	}
}

// ints verifies an input of tensor.Int.
func (c *check) ints(name string, n *G.Node, sizes ...int) tensor.Shape {
	if c.present(name, n) && n.Dtype() != tensor.Int {
		c.fail(name, n.Dtype(), tensor.Int)
	}
	return c.sizes(name, n, sizes)
}

// anyRank returns as many free sizes as n has axes, for [check.floats] and [check.ints], at least low and at most high.
func anyRank(n *G.Node, low, high int) []int {
	rank := low
	if n != nil {
		rank = min(max(n.Dims(), low), high)
	}
	return slices.Repeat([]int{anySize}, rank)
}

func (c *check) sizes(name string, n *G.Node, sizes []int) tensor.Shape {
	if c.err != nil {
		return make(tensor.Shape, len(sizes))
	}
	shape := n.Shape()
	ok := len(shape) == len(sizes)
	for i := 0; ok && i < len(sizes); i++ {
		ok = shape[i] > 0 && (sizes[i] == anySize || shape[i] == sizes[i])
	}
	if !ok {
		c.fail(name, "shape "+sizesString(shape), sizesString(sizes))
		return make(tensor.Shape, len(sizes))
	}
	return shape
}

func (c *check) present(name string, n *G.Node) bool {
	if n == nil {
		c.fail(name, "none", "a node")
	}
	return c.err == nil
}

// that records an error of the named argument unless ok holds.
func (c *check) that(ok bool, name string, found, expected any) {
	if !ok {
		c.fail(name, found, expected)
	}
}

func (c *check) fail(name string, found, expected any) {
	if c.err == nil {
		c.err = errors.Errorf("%s: %s: found %v, expected %v", c.op, name, found, expected)
	}
}

// sizesString writes [32,_,8], with _ for any size.
func sizesString(sizes []int) string {
	text := make([]string, len(sizes))
	for i, n := range sizes {
		text[i] = fmt.Sprint(n)
		if n == anySize {
			text[i] = "_"
		}
	}
	return "[" + strings.Join(text, ",") + "]"
}

// byDtype picks the instance of a generic constructor.
func byDtype[T any](dtype tensor.Dtype, single, double T) T {
	if dtype == tensor.Float32 {
		return single
	}
	return double
}

// rowsOf returns the size of n seen as a matrix: the product of all axes but the last, and the last.
func rowsOf(n *G.Node) (rows, width int) {
	shape := n.Shape()
	width = shape[len(shape)-1]
	return sizeOf(shape) / width, width
}
