package layers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// Cell is a recurrence that is not built in: see [spec.Cell].
type Cell = spec.Cell

// Equations are what the equations of a [Cell] are written with: see [spec.Equations]. In a graph they are a *[GraphEquations].
type Equations = spec.Equations

// Value is a matrix in the equations of a [Cell], in a graph a *gorgonia.Node.
type Value = spec.Value

// GraphEquations are the equations of one step in a graph. It keeps the first error, after which it makes no node, so that
// equations read as equations.
type GraphEquations struct {
	*cell
	t int // the step
}

var _ Equations = GraphEquations{}

// Scope is where the operations of the graph are made, for operations that [Equations] does not have. A cell that uses it cannot
// run without a graph.
func (e GraphEquations) Scope() *op.Scope { return e.scope }

// Node makes a node by an operation that [Equations] does not have, unless there was an error.
func (e GraphEquations) Node(f func(s *op.Scope) (*gorgonia.Node, error)) Value {
	return e.node(func() (*gorgonia.Node, error) { return f(e.scope) })
}

// Input is the input's share of a gate.
func (e GraphEquations) Input(gate string) Value {
	if i, ok := e.number(gate); ok {
		return e.input(i, e.t)
	}
	return nil
}

// Recurrent is the state's share of a gate.
func (e GraphEquations) Recurrent(gate string, h Value) Value {
	if i, ok := e.number(gate); ok {
		return e.recurrent(i, e.value(h))
	}
	return nil
}

// X is the input of the step.
func (e GraphEquations) X() Value { return e.at(e.x, e.t) }

// Project is x·W + b of a gate.
func (e GraphEquations) Project(gate string, x Value) Value {
	if i, ok := e.number(gate); ok {
		return e.project(i, e.value(x))
	}
	return nil
}

// Gate is the gate activation of x.
func (e GraphEquations) Gate(name string, x Value) Value { return e.gate(name, e.value(x)) }

// Candidate is the activation of x.
func (e GraphEquations) Candidate(x Value) Value { return e.candidate(e.value(x)) }

// Activate is the activation of that name.
func (e GraphEquations) Activate(a Activation, x Value) Value { return e.activate(a, e.value(x)) }

// Sum is x + y.
func (e GraphEquations) Sum(x, y Value) Value { return e.sum(e.value(x), e.value(y)) }

// Difference is x − y.
func (e GraphEquations) Difference(x, y Value) Value { return e.difference(e.value(x), e.value(y)) }

// Product is x⊙y.
func (e GraphEquations) Product(x, y Value) Value { return e.product(e.value(x), e.value(y)) }

// Between is z⊙x + (1−z)⊙y.
func (e GraphEquations) Between(z, x, y Value) Value {
	return e.between(e.value(z), e.value(x), e.value(y))
}

// Scale is factor·x.
func (e GraphEquations) Scale(factor float64, x Value) Value {
	node := e.value(x)
	return e.node(func() (*gorgonia.Node, error) {
		return op.Scale(e.scope, node, constant(node.Dtype(), factor, node.Shape()...))
	})
}

// Param is a parameter of the cell, the same for every sequence.
func (e GraphEquations) Param(name string) Value {
	p := e.ownParam(name)
	return e.node(func() (*gorgonia.Node, error) { return sameRows(e.scope, p, e.rows()...) })
}

// Multiply is x·P with a parameter P of the cell.
func (e GraphEquations) Multiply(x Value, name string) Value {
	p, node := e.ownParam(name), e.value(x)
	return e.node(func() (*gorgonia.Node, error) { return op.Affine(e.scope, node, p, nil) })
}

// Part is part i of a state that has several.
func (e GraphEquations) Part(h Value, i int) Value { return e.part(e.value(h), i) }

// Join is x and y side by side.
func (e GraphEquations) Join(x, y Value) Value {
	a, b := e.value(x), e.value(y)
	return e.node(func() (*gorgonia.Node, error) { return op.ConcatLast(e.scope, a, b) })
}

// number is the place of a gate among the blocks of columns.
func (e GraphEquations) number(gate string) (int, bool) {
	i := slices.Index(e.gateNames, gate)
	if i < 0 {
		e.fail("found the gate %q, expected one of %s", gate, strings.Join(e.gateNames, ", "))
	}
	return i, i >= 0
}

// value is the node of a value.
func (e GraphEquations) value(v Value) *gorgonia.Node {
	node, ok := v.(*gorgonia.Node)
	if !ok || node == nil {
		e.fail("found a value of type %T, expected one that the equations returned", v)
	}
	return node
}

func (e GraphEquations) ownParam(name string) *gorgonia.Node {
	p := e.own[name]
	if p == nil {
		e.fail("found the parameter %q, expected one that the cell has", name)
	}
	return p
}

// rows are the dimensions of a value without the last one.
func (c *cell) rows() []int {
	if c.allSteps {
		return c.x.Shape()[:2]
	}
	return c.x.Shape()[1:2]
}

func (c *cell) fail(format string, args ...any) {
	if c.err == nil {
		c.err = errors.Errorf("equations: %s", fmt.Sprintf(format, args...))
	}
}
