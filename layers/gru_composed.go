package layers

import (
	"gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// composed is the engine composed: the steps of a cell one after the other, each from elementary nodes. Its compile time
// grows with the square of the number of steps. It returns the states of all steps [T,B,H].
func (d direction) composed(b *graph.Builder, cfg spec.Recurrence, in recurrenceInput, trace bool) (*gorgonia.Node, map[string]*gorgonia.Node, error) {
	c := newCell(b, cfg, in)
	if trace {
		c.traces = map[string][]*gorgonia.Node{}
	}
	h := in.initial
	if h == nil {
		h = c.zeros()
	}
	hidden := make([]*gorgonia.Node, c.steps)
	for i := range c.steps {
		t := d.step(i, c.steps)
		before := h
		if in.decay != nil {
			before = c.product(c.at(in.decay, t), h)
		}
		next := c.zoneOut(c.step(t, before), before, in.zoneout, t)
		if in.mask != nil {
			next = c.where(c.at(in.mask, t), next, h)
		}
		if in.perturbation != nil {
			next = c.sum(next, c.at(in.perturbation, t))
		}
		h = next
		hidden[t] = h
	}
	if c.err != nil {
		return nil, nil, c.err
	}
	states, err := op.Stack(b.Ops(), hidden...)
	if err != nil {
		return nil, nil, err
	}
	gates, err := d.stackTraces(b, c)
	return states, gates, err
}

// newCell takes the parameters apart, gate by gate.
func newCell(b *graph.Builder, cfg spec.Recurrence, in recurrenceInput) *cell {
	c := &cell{
		scope: b.Ops(), config: cfg, equations: cellOf(cfg), steps: in.x.Shape()[0], x: in.x, gates: make([]cellGate, cfg.Gates), own: in.own,
	}
	c.gateNames = c.equations.Gates()
	for i := range c.gates {
		g := &c.gates[i]
		g.kernel, g.bias = c.columns(in.kernel, i), c.columns(in.bias, i)
		g.recurrentKernel = c.columns(in.recurrentKernel, i)
		g.kernelGain, g.recurrentGain = c.columns(in.kernelGain, i), c.columns(in.recurrentGain, i)
		switch {
		case cfg.Bias != HiddenBias:
			g.recurrentBias = c.columns(in.recurrentBias, i)
		case i == len(c.gates)-1:
			g.recurrentBias = in.recurrentBias
		}
		g.dropout = in.dropout
		if in.dropout != nil && cfg.RecurrentDropoutGates == SeparateMasks {
			g.dropout = c.at(in.dropout, i)
		}
	}
	return c
}

// zeros is the first state [B,SH] of a sequence. A cell that is not built in may begin with any operation, and no operation on
// a constant alone can be the first in a graph, so its zeros are a product with the input.
func (c *cell) zeros() *gorgonia.Node {
	batch, inputs := c.x.Shape()[1], c.x.Shape()[2]
	if c.config.Cell == nil {
		return constant(c.x.Dtype(), 0, batch, c.config.StateSize())
	}
	return c.node(func() (*gorgonia.Node, error) {
		return op.Affine(c.scope, c.at(c.x, 0), constant(c.x.Dtype(), 0, inputs, c.config.StateSize()), nil)
	})
}

// zoneOut keeps units of the state before: h where the noise ζ [T,B,H] is 1, or without noise, in evaluation, their
// expectation.
func (c *cell) zoneOut(next, h, noise *gorgonia.Node, t int) *gorgonia.Node {
	if c.config.Zoneout == 0 || c.err != nil {
		return next
	}
	keep := constant(next.Dtype(), c.config.Zoneout, next.Shape()...)
	if noise != nil {
		keep = c.at(noise, t)
	}
	return c.sum(next, c.node(func() (*gorgonia.Node, error) { return op.Scale(c.scope, c.difference(h, next), keep) }))
}

// stackTraces puts the traces of all steps together, [T,B,H] each.
func (d direction) stackTraces(b *graph.Builder, c *cell) (map[string]*gorgonia.Node, error) {
	gates := make(map[string]*gorgonia.Node, len(c.traces))
	for name, taken := range c.traces {
		inOrder := make([]*gorgonia.Node, len(taken))
		for i, node := range taken {
			inOrder[d.step(i, c.steps)] = node
		}
		stacked, err := op.Stack(b.Ops(), inOrder...)
		if err != nil {
			return nil, err
		}
		gates[name] = stacked
	}
	return gates, nil
}
