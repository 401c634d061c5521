package layers

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// cell is what the equations of a recurrence are written with: the input, the parameters gate by gate, and functions of nodes.
// It keeps the first error, after which it makes no node.
type cell struct {
	scope     *op.Scope
	config    spec.Recurrence
	equations Cell // of one step
	steps     int
	x         *gorgonia.Node // [T,B,D], after dropout
	gateNames []string       // in the order of gates
	gates     []cellGate
	own       map[string]*gorgonia.Node   // the other parameters of the cell, by name
	traces    map[string][]*gorgonia.Node // by name, in the order in which the steps are taken; nil if they are not asked for
	traced    []string                    // the names in their order
	err       error

	// allSteps computes all steps at once, from known states: what is otherwise [B,·] is [T,B,·], and the number of a step has
	// no meaning. There is no dropout then.
	allSteps bool
}

// cellGate are the parameters of one gate. What the configuration does not have is nil.
type cellGate struct {
	kernel, bias                   *gorgonia.Node // [D,H], [H]
	recurrentKernel, recurrentBias *gorgonia.Node // [H/N,H] of N heads, [H]
	kernelGain, recurrentGain      *gorgonia.Node // [H], of layer normalization
	dropout                        *gorgonia.Node // [B,H], of the state before the recurrent kernel

	projected *gorgonia.Node // [T,B,H]: x·kernel + bias of all steps, once it has been asked for
}

// input is the input's share of a gate at step t: x·W + b, or N(x·W) + b with layer normalization N. The product is that
// of all steps at once.
func (c *cell) input(gate, t int) *gorgonia.Node {
	g := &c.gates[gate]
	if g.projected == nil {
		g.projected = c.project(gate, c.x)
	}
	return c.at(g.projected, t)
}

// project is the share of a gate for any x [B,D] or [T,B,D].
func (c *cell) project(gate int, x *gorgonia.Node) *gorgonia.Node {
	g := c.gates[gate]
	return c.normalized(x, g.kernel, g.kernelGain, g.bias)
}

// unbiased is project without the bias.
func (c *cell) unbiased(gate int, x *gorgonia.Node) *gorgonia.Node {
	g := c.gates[gate]
	return c.normalized(x, g.kernel, g.kernelGain, nil)
}

// recurrent is the state's share of a gate: (d⊙h)·U + c, or N((d⊙h)·U) + c with layer normalization N; d is dropout.
func (c *cell) recurrent(gate int, h *gorgonia.Node) *gorgonia.Node {
	g := c.gates[gate]
	if g.dropout != nil {
		h = c.node(func() (*gorgonia.Node, error) { return op.Scale(c.scope, h, g.dropout) })
	}
	if c.config.Heads > 1 {
		return c.recurrentHeads(g, h)
	}
	return c.normalized(h, g.recurrentKernel, g.recurrentGain, g.recurrentBias)
}

// normalized is the share of x in a gate.
func (c *cell) normalized(x, w, gain, bias *gorgonia.Node) *gorgonia.Node {
	return c.node(func() (*gorgonia.Node, error) { return share(c.scope, x, w, gain, bias, 1) })
}

// share is x·w + bias, or with a gain the layer normalization of each of that many blocks of x·w, shifted by the bias.
func share(s *op.Scope, x, w, gain, bias *gorgonia.Node, blocks int) (*gorgonia.Node, error) {
	if gain == nil {
		return op.Affine(s, x, w, bias)
	}
	y, err := op.Affine(s, x, w, nil)
	if err != nil {
		return nil, err
	}
	return op.LayerNorm(s, y, gain, bias, blocks, layerNormEpsilon)
}

// layerNormEpsilon keeps the division finite where a row is constant; PyTorch's default.
const layerNormEpsilon = 1e-5

// gate is a gate of that name: the gate activation, σ by default, of x.
func (c *cell) gate(name string, x *gorgonia.Node) *gorgonia.Node {
	return c.trace(name, c.activate(c.config.GateActivation, x))
}

// candidate is the candidate state: the activation, tanh by default, of x.
func (c *cell) candidate(x *gorgonia.Node) *gorgonia.Node {
	return c.trace("candidate", c.activate(c.config.Activation, x))
}

// trace notes a node for [GRU.Gates].
func (c *cell) trace(name string, x *gorgonia.Node) *gorgonia.Node {
	if c.traces != nil {
		if c.traces[name] == nil {
			c.traced = append(c.traced, name)
		}
		c.traces[name] = append(c.traces[name], x)
	}
	return x
}

// between is z⊙x + (1−z)⊙y.
func (c *cell) between(z, x, y *gorgonia.Node) *gorgonia.Node {
	return c.sum(y, c.product(z, c.difference(x, y)))
}

// at is step t of a sequence.
func (c *cell) at(x *gorgonia.Node, t int) *gorgonia.Node {
	if c.allSteps {
		return x
	}
	return c.node(func() (*gorgonia.Node, error) { return op.At(c.scope, x, t) })
}

// where takes rows of x where the mask [B] is not 0, else of y.
func (c *cell) where(mask, x, y *gorgonia.Node) *gorgonia.Node {
	return c.node(func() (*gorgonia.Node, error) { return op.Where(c.scope, mask, x, y) })
}

// columns are the columns of a gate in a parameter [,G·H], or its elements in a vector; nil of nil.
func (c *cell) columns(x *gorgonia.Node, gate int) *gorgonia.Node {
	if x == nil || len(c.gates) == 1 {
		return x
	}
	units := c.config.Units
	return c.node(func() (*gorgonia.Node, error) { return op.Columns(c.scope, x, gate*units, (gate+1)*units) })
}

// part is one of the parts of a state [B,SH].
func (c *cell) part(state *gorgonia.Node, i int) *gorgonia.Node {
	units := c.config.Units
	return c.node(func() (*gorgonia.Node, error) {
		if state.Graph() == nil { // zeros: a constant, of which no operation can be the first in a graph
			return constant(state.Dtype(), 0, state.Shape()[0], units), nil
		}
		return op.Columns(c.scope, state, i*units, (i+1)*units)
	})
}

// withBias adds a bias [H], or none where that is nil, to every row of x.
func (c *cell) withBias(x, bias *gorgonia.Node) *gorgonia.Node {
	if bias == nil || c.err != nil {
		return x
	}
	rows := c.node(func() (*gorgonia.Node, error) { return sameRows(c.scope, bias, x.Shape()[:x.Dims()-1]...) })
	return c.sum(x, rows)
}

// step is the state [B,SH] after step t, given the state h before it: the equations alone, without masks and zoneout.
func (c *cell) step(t int, h *gorgonia.Node) *gorgonia.Node {
	if c.err != nil {
		return nil
	}
	e := GraphEquations{c, t}
	next := e.value(c.equations.Step(e, h))
	if expected := append(slices.Clone(c.rows()), c.config.StateSize()); c.err == nil && !next.Shape().Eq(tensor.Shape(expected)) {
		c.fail("found a state of shape %v, expected %v", next.Shape(), tensor.Shape(expected))
	}
	return next
}

func (c *cell) sum(x, y *gorgonia.Node) *gorgonia.Node {
	return c.node(func() (*gorgonia.Node, error) { return gorgonia.Add(x, y) })
}

func (c *cell) difference(x, y *gorgonia.Node) *gorgonia.Node {
	return c.node(func() (*gorgonia.Node, error) { return gorgonia.Sub(x, y) })
}

func (c *cell) product(x, y *gorgonia.Node) *gorgonia.Node {
	return c.node(func() (*gorgonia.Node, error) { return gorgonia.HadamardProd(x, y) })
}

func (c *cell) activate(a Activation, x *gorgonia.Node) *gorgonia.Node {
	return c.node(func() (*gorgonia.Node, error) { return op.Activate(c.scope, string(a), x) })
}

// node makes a node unless there was an error.
func (c *cell) node(f func() (*gorgonia.Node, error)) *gorgonia.Node {
	if c.err != nil {
		return nil
	}
	node, err := f()
	c.err = errors.WithStack(err)
	return node
}
