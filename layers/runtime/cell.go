package runtime

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/spec"
)

// cellStage takes steps of a cell that is not built in, by its equations.
type cellStage[F kernel.Float] struct {
	recurrent *recurrent[F]
	equations *equations[F]
	states    []F // [B,SH]
	hidden    []F // [B,H]: the states where they are no more than that
}

// newCellStage makes the stage of a direction that remembers the states. It fails where the equations do, with zeros as input.
func newCellStage[F kernel.Float](r *recurrent[F], d *direction[F], pool *kernel.Pool, batch int, states []F) (*cellStage[F], error) {
	c := &cellStage[F]{recurrent: r, states: states, hidden: states, equations: newEquations(r, d, pool, batch)}
	if r.States > 1 {
		c.hidden = make([]F, batch*r.Units)
	}
	if c.equations.advance(make([]F, batch*r.inputs), make([]F, len(states))); c.equations.err != nil {
		return nil, errors.WithMessage(c.equations.err, r.name)
	}
	return c, nil
}

func (c *cellStage[F]) step(in, mask []F) []F {
	batch, width, units := len(c.hidden)/c.recurrent.Units, c.recurrent.StateSize(), c.recurrent.Units
	next := c.equations.advance(in, c.states)
	rho := F(c.recurrent.Zoneout)
	for b := range batch {
		if mask != nil && mask[b] == 0 {
			continue
		}
		row := c.states[b*width : (b+1)*width]
		for j, h := range next[b*width : (b+1)*width] {
			row[j] = h + rho*(row[j]-h)
		}
	}
	if width > units {
		for b := range batch {
			copy(c.hidden[b*units:(b+1)*units], c.states[b*width:])
		}
	}
	return c.hidden
}

// equations are the functions that a cell writes its step with, over numbers. Every call of a step has its own matrix, which the
// same call of the next step uses again: a cell computes the same each time.
type equations[F kernel.Float] struct {
	*direction[F]
	recurrent        *recurrent[F]
	pool             *kernel.Pool
	batch            int
	gates            []string
	activation, gate kernel.Activation[F]
	activations      map[spec.Activation]kernel.Activation[F] // that Activate was asked for
	matrices         []*matrix[F]
	used             int
	x, h             *matrix[F]
	err              error
}

// matrix has a row for every sequence.
type matrix[F kernel.Float] struct {
	width  int
	values []F
}

func newEquations[F kernel.Float](r *recurrent[F], d *direction[F], pool *kernel.Pool, batch int) *equations[F] {
	return &equations[F]{
		direction: d, recurrent: r, pool: pool, batch: batch, gates: r.Cell.Gates(),
		activation: activationNamed[F](r.Activation), gate: activationNamed[F](r.GateActivation),
		activations: map[spec.Activation]kernel.Activation[F]{}, x: &matrix[F]{width: r.inputs}, h: &matrix[F]{width: r.StateSize()},
	}
}

// advance returns the states after the step, given those before it. After an error there are none.
func (e *equations[F]) advance(x, h []F) []F {
	e.used, e.x.values, e.h.values = 0, x, h
	next := e.of(e.recurrent.Cell.Step(e, e.h), e.recurrent.StateSize())
	return next.values
}

// matrix is the next one of a step.
func (e *equations[F]) matrix(width int) *matrix[F] {
	if e.used == len(e.matrices) {
		e.matrices = append(e.matrices, &matrix[F]{})
	}
	m := e.matrices[e.used]
	e.used++
	m.width, m.values = width, resized(m.values, e.batch*width)
	return m
}

func (e *equations[F]) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// of is a value of that many columns, any number where that is 0. Of another one the result is zeros, and an error is kept.
func (e *equations[F]) of(v spec.Value, width int) *matrix[F] {
	m, ok := v.(*matrix[F])
	switch {
	case !ok || m == nil:
		e.fail(errors.Errorf("equations: found a value of type %T, expected one that the equations returned", v))
	case width != 0 && m.width != width:
		e.fail(errors.Errorf("equations: found a matrix of %d columns, expected %d", m.width, width))
	default:
		return m
	}
	zeros := e.matrix(max(width, 1))
	clear(zeros.values)
	return zeros
}

// number is that of a gate, 0 of one that the cell does not have.
func (e *equations[F]) number(gate string) int {
	i := slices.Index(e.gates, gate)
	if i < 0 {
		e.fail(errors.Errorf("equations: found the gate %q, expected one of %q", gate, e.gates))
		return 0
	}
	return i
}

// Input is the input's share of a gate.
func (e *equations[F]) Input(gate string) spec.Value {
	return e.share(gate, e.x, e.kernel, e.kernelGain, e.bias)
}

// Project is that of any x.
func (e *equations[F]) Project(gate string, x spec.Value) spec.Value {
	return e.share(gate, e.of(x, e.recurrent.inputs), e.kernel, e.kernelGain, e.bias)
}

// Recurrent is the state's share of a gate.
func (e *equations[F]) Recurrent(gate string, h spec.Value) spec.Value {
	return e.share(gate, e.of(h, e.recurrent.Units), e.recurrentKernel, e.recurrentGain, e.recurrentBias)
}

// share is x·w + bias of the columns of a gate, or with a gain the layer normalization of x·w, shifted by the bias.
func (e *equations[F]) share(gate string, x *matrix[F], w, gain, bias []F) *matrix[F] {
	units, columns := e.recurrent.Units, e.recurrent.Columns()
	lo := e.number(gate) * units
	y := e.matrix(units)
	kernel.Product(e.pool, false, false, e.batch, units, x.width, x.values, x.width, w[lo:], columns, false, y.values, units)
	for at := 0; at < len(y.values); at += units {
		row := y.values[at : at+units]
		if gain != nil {
			kernel.LayerNormRow(1, normEpsilon, row, gain[lo:lo+units], nil, row)
		}
		if bias != nil {
			addTo(row, bias[lo:lo+units])
		}
	}
	return y
}

// X is the input of the step.
func (e *equations[F]) X() spec.Value { return e.x }

// Gate is the gate activation of x.
func (e *equations[F]) Gate(_ string, x spec.Value) spec.Value { return e.activate(e.gate, x) }

// Candidate is the activation of x.
func (e *equations[F]) Candidate(x spec.Value) spec.Value { return e.activate(e.activation, x) }

// Activate is the activation of that name.
func (e *equations[F]) Activate(a spec.Activation, x spec.Value) spec.Value {
	f, known := e.activations[a]
	if known {
		return e.activate(f, x)
	}
	f, known = kernel.ActivationNamed[F](string(a))
	if !known {
		e.fail(errors.Errorf("equations: found the activation %q, expected one of %v", a, kernel.ActivationNames()))
		return x
	}
	e.activations[a] = f
	return e.activate(f, x)
}

func (e *equations[F]) activate(f kernel.Activation[F], v spec.Value) spec.Value {
	x := e.of(v, 0)
	if f.Identity() {
		return x
	}
	y := e.matrix(x.width)
	f.Apply(nil, x.values, y.values)
	return y
}

// Sum is x + y.
func (e *equations[F]) Sum(x, y spec.Value) spec.Value {
	return e.elementwise(x, y, func(a, b F) F { return a + b })
}

// Difference is x − y.
func (e *equations[F]) Difference(x, y spec.Value) spec.Value {
	return e.elementwise(x, y, func(a, b F) F { return a - b })
}

// Product is x⊙y.
func (e *equations[F]) Product(x, y spec.Value) spec.Value {
	return e.elementwise(x, y, func(a, b F) F { return a * b })
}

func (e *equations[F]) elementwise(x, y spec.Value, f func(a, b F) F) spec.Value {
	a := e.of(x, 0)
	b := e.of(y, a.width)
	out := e.matrix(a.width)
	for i, v := range a.values {
		out.values[i] = f(v, b.values[i])
	}
	return out
}

// Between is z⊙x + (1−z)⊙y.
func (e *equations[F]) Between(z, x, y spec.Value) spec.Value {
	return e.Sum(y, e.Product(z, e.Difference(x, y)))
}

// Scale is factor·x.
func (e *equations[F]) Scale(factor float64, v spec.Value) spec.Value {
	x := e.of(v, 0)
	y := e.matrix(x.width)
	for i, value := range x.values {
		y.values[i] = F(factor) * value
	}
	return y
}

// parameter is a parameter of the cell of that many numbers.
func (e *equations[F]) parameter(name string, size int) []F {
	values := e.own[name]
	if len(values) != size {
		e.fail(errors.Errorf("equations: found the parameter %q of %d numbers, expected %d", name, len(values), size))
		return nil
	}
	return values
}

// Param is a parameter of the cell, the same for every sequence.
func (e *equations[F]) Param(name string) spec.Value {
	y := e.matrix(e.recurrent.Units)
	if p := e.parameter(name, y.width); p != nil {
		for at := 0; at < len(y.values); at += y.width {
			copy(y.values[at:], p)
		}
	}
	return y
}

// Multiply is x·P with a parameter P of the cell.
func (e *equations[F]) Multiply(v spec.Value, name string) spec.Value {
	units := e.recurrent.Units
	x, y := e.of(v, units), e.matrix(units)
	if p := e.parameter(name, units*units); p != nil {
		kernel.Product(e.pool, false, false, e.batch, units, units, x.values, units, p, units, false, y.values, units)
	}
	return y
}

// Part is part i of a state that has several.
func (e *equations[F]) Part(h spec.Value, i int) spec.Value {
	units, width := e.recurrent.Units, e.recurrent.StateSize()
	state, y := e.of(h, width), e.matrix(units)
	if i < 0 || i >= e.recurrent.States {
		e.fail(errors.Errorf("equations: found part %d of a state, expected 0 to %d", i, e.recurrent.States-1))
		return y
	}
	for b := range e.batch {
		copy(y.values[b*units:(b+1)*units], state.values[b*width+i*units:])
	}
	return y
}

// Join is x and y side by side.
func (e *equations[F]) Join(x, y spec.Value) spec.Value {
	a, b := e.of(x, 0), e.of(y, 0)
	out := e.matrix(a.width + b.width)
	for row := range e.batch {
		at := row * out.width
		copy(out.values[at:at+a.width], a.values[row*a.width:])
		copy(out.values[at+a.width:at+out.width], b.values[row*b.width:])
	}
	return out
}
