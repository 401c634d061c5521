package spec

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

// Treatment is what training does with the parameters of one kind: the options NAME_regularizer and NAME_constraint of a
// layer, and trainable.
type Treatment struct {
	Penalty    param.Penalty
	Constraint param.Constraint
	Frozen     bool
}

func newTreatment(penalty param.Penalty, constraint param.Constraint, trainable *bool) Treatment {
	return Treatment{penalty, constraint, trainable != nil && !*trainable}
}

// trainableByDefault makes a nil true.
func trainableByDefault(trainable *bool) *bool {
	if trainable == nil {
		return new(true)
	}
	return trainable
}

// validate lists what is wrong with the options NAME_regularizer and NAME_constraint.
func (t Treatment) validate(l *fault.List, name string) {
	l.Under(name+"_regularizer", t.Penalty.Validate())
	l.Under(name+"_constraint", t.Constraint.Validate())
	if t.Frozen {
		t.expectNone(l, name, "trainable: false")
	}
}

// expectNone adds a fault for each of the two options that is set, which has no effect together with another option.
func (t Treatment) expectNone(l *fault.List, name, other string) {
	l.Check(t.Penalty == param.Penalty{}, name+"_regularizer", t.Penalty, "nothing with %s", other)
	l.Check(t.Constraint == param.Constraint{}, name+"_constraint", t.Constraint, "nothing with %s", other)
}
