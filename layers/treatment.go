package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
)

// treatment is what training does with the parameters of one kind: the options NAME_regularizer and NAME_constraint of a
// layer, and trainable.
type treatment struct {
	penalty    graph.Penalty
	constraint graph.Constraint
	frozen     bool
}

func newTreatment(penalty graph.Penalty, constraint graph.Constraint, trainable *bool) treatment {
	return treatment{penalty, constraint, trainable != nil && !*trainable}
}

// trainableByDefault makes a nil true.
func trainableByDefault(trainable *bool) *bool {
	if trainable == nil {
		return new(true)
	}
	return trainable
}

// validate lists what is wrong with the options NAME_regularizer and NAME_constraint.
func (t treatment) validate(l *fault.List, name string) {
	l.Under(name+"_regularizer", t.penalty.Validate())
	l.Under(name+"_constraint", t.constraint.Validate())
	if t.frozen {
		t.expectNone(l, name, "trainable: false")
	}
}

// expectNone adds a fault for each of the two options that is set, which has no effect beside another one.
func (t treatment) expectNone(l *fault.List, name, beside string) {
	l.Check(t.penalty == graph.Penalty{}, name+"_regularizer", t.penalty, "nothing beside %s", beside)
	l.Check(t.constraint == graph.Constraint{}, name+"_constraint", t.constraint, "nothing beside %s", beside)
}

// set gives the treatment to a parameter of that many column blocks.
func (t treatment) set(p *graph.Param, blocks int) {
	p.Penalty, p.Constraint, p.Frozen, p.Blocks = t.penalty, t.constraint, t.frozen, blocks
}

// newParam makes a parameter without gates, filled by the initializer of that name for that many inputs.
func newParam(name string, role graph.Role, initializer string, inputs int, t treatment, dtype tensor.Dtype, streams *graph.Streams, shape ...int) (*graph.Param, error) {
	fill, err := graph.NamedInitializer(initializer, inputs)
	if err != nil {
		return nil, errors.WithMessage(err, name)
	}
	p, err := graph.NewParam(name, role, dtype, fill, streams, shape...)
	if err != nil {
		return nil, err
	}
	t.set(p, 1)
	return p, nil
}
