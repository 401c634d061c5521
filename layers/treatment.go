package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers/spec"
)

// treat gives the treatment to a parameter of that many column blocks.
func treat(p *graph.Param, t spec.Treatment, blocks int) {
	p.Penalty, p.Constraint, p.Frozen, p.Blocks = t.Penalty, t.Constraint, t.Frozen, blocks
}

// newParam makes a parameter without gates, filled by the initializer of that name for that many inputs.
func newParam(name string, role graph.Role, initializer string, inputs int, t spec.Treatment, dtype tensor.Dtype, streams *graph.Streams, shape ...int) (*graph.Param, error) {
	fill, err := graph.NamedInitializer(initializer, inputs)
	if err != nil {
		return nil, errors.WithMessage(err, name)
	}
	p, err := graph.NewParam(name, role, dtype, fill, streams, shape...)
	if err != nil {
		return nil, err
	}
	treat(p, t, 1)
	return p, nil
}
