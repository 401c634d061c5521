package graph

import (
	"maps"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Carried holds what one run leaves for the next: the last states of recurrences over a window of a long sequence, with
// which the run over the following window begins. Programs that share one (see [Builder.ShareCarried]) continue where
// another stopped; their numbers of steps may differ. No gradient flows from run to run. Its states have a row for each
// sequence of a batch, and its zero value is not usable: see [NewCarried].
type Carried struct{ states map[string]*tensor.Dense }

// NewCarried returns a store without states: every sequence is at its beginning.
func NewCarried() *Carried { return &Carried{states: map[string]*tensor.Dense{}} }

// Reset takes all sequences back to their beginning, where states are 0. Batches may be of another size afterwards.
func (c *Carried) Reset() { clear(c.states) }

// ResetRow takes sequence i of the batch back to its beginning and leaves the others as they are.
func (c *Carried) ResetRow(i int) error {
	for name, value := range c.states {
		if rows := value.Shape()[0]; i < 0 || i >= rows {
			return errors.Errorf("carried state %s: found row %d, expected 0 to %d", name, i, rows-1)
		}
	}
	for _, value := range c.states {
		width := value.DataSize() / value.Shape()[0]
		lo, hi := i*width, (i+1)*width
		if value.Dtype() == tensor.Float32 {
			clear(value.Float32s()[lo:hi])
		} else {
			clear(value.Float64s()[lo:hi])
		}
	}
	return nil
}

// State returns a copy of every state by name; there are none before the first run and after Reset.
func (c *Carried) State() map[string]*tensor.Dense {
	state := make(map[string]*tensor.Dense, len(c.states))
	for name, value := range c.states {
		state[name] = cloneDense(value)
	}
	return state
}

// Restore goes back to a saved State, bit for bit. On error nothing is changed.
func (c *Carried) Restore(state map[string]*tensor.Dense) error {
	states := make(map[string]*tensor.Dense, len(state))
	for _, name := range slices.Sorted(maps.Keys(state)) {
		value := state[name]
		if dtype := value.Dtype(); dtype != tensor.Float32 && dtype != tensor.Float64 || value.Dims() == 0 {
			return errors.Errorf("carried state %s: found %v %v, expected rows of float32 or float64", name, dtype, value.Shape())
		}
		states[name] = cloneDense(value)
	}
	c.states = states
	return nil
}

// load copies a state to where a run reads it; a missing state is 0.
func (c *Carried) load(name string, into *tensor.Dense) error {
	value, ok := c.states[name]
	if !ok {
		into.Zero()
		return nil
	}
	if value.Dtype() != into.Dtype() || !value.Shape().Eq(into.Shape()) {
		return errors.Errorf("carried state %s: found %v %v, expected %v %v as the graph has: reset before a batch of another size",
			name, value.Dtype(), value.Shape(), into.Dtype(), into.Shape())
	}
	copyDense(into, value)
	return nil
}

// keep copies the state at the end of a run.
func (c *Carried) keep(name string, from *tensor.Dense) {
	value, ok := c.states[name]
	if !ok {
		c.states[name] = cloneDense(from)
		return
	}
	copyDense(value, from)
}

// carry is a state that a program begins with and passes to the next run.
type carry struct {
	input
	next  *gorgonia.Node
	value *gorgonia.Value // of next
}

// ShareCarried makes the program begin with the states in c and leave its own there.
func (b *Builder) ShareCarried(c *Carried) { b.carried = c }

// Carry declares a state, for example [B,H], that a run begins with: the value that [Builder.CarryOver] gave it in the run
// before, of any program that shares the store; 0 at the beginning. It is an input: no gradient goes through it to the
// run before. Without a store nothing is carried and the node is nil, which means 0.
func (b *Builder) Carry(name string, shape ...int) (*gorgonia.Node, error) {
	if b.carried == nil {
		return nil, nil
	}
	if b.carryOf(name) != nil {
		return nil, errors.Errorf("two carried states have the name %s", name)
	}
	if len(shape) == 0 {
		return nil, errors.Errorf("carried state %s: found no shape, expected a row for each sequence", name)
	}
	in, err := b.newInput("carried/"+name, b.dtype, shape)
	if err != nil {
		return nil, errors.WithMessagef(err, "carried state %s", name)
	}
	c := &carry{input: *in, value: new(gorgonia.Value)}
	c.name = name
	b.carries = append(b.carries, c)
	return c.node, nil
}

// CarryOver says what a state is at the end of a run: a node of the shape that was declared. Every declared state needs
// one. Without a store it does nothing.
func (b *Builder) CarryOver(name string, next *gorgonia.Node) error {
	if b.carried == nil {
		return nil
	}
	c := b.carryOf(name)
	switch {
	case c == nil:
		return errors.Errorf("carried state %s: found none of this name, expected Carry before CarryOver", name)
	case c.next != nil:
		return errors.Errorf("carried state %s: found a second CarryOver, expected one", name)
	}
	if err := expectLike(next, c.input.value); err != nil {
		return errors.WithMessagef(err, "carried state %s", name)
	}
	c.next = next
	return nil
}

func (b *Builder) carryOf(name string) *carry {
	i := slices.IndexFunc(b.carries, func(c *carry) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return b.carries[i]
}

// expectLike returns an error unless the node has the dtype and shape of a value.
func expectLike(node *gorgonia.Node, value *tensor.Dense) error {
	if node == nil {
		return errors.New("found no node, expected one")
	}
	if node.Dtype() != value.Dtype() || !node.Shape().Eq(value.Shape()) {
		return errors.Errorf("found a node of %v %v, expected %v %v", node.Dtype(), node.Shape(), value.Dtype(), value.Shape())
	}
	return nil
}
