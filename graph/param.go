package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/param"
)

// Role says what a parameter does in its layer: see [param.Role].
type Role = param.Role

// The roles, which package param documents.
const (
	RoleKernel          = param.RoleKernel
	RoleRecurrentKernel = param.RoleRecurrentKernel
	RoleBias            = param.RoleBias
	RoleEmbedding       = param.RoleEmbedding
	RoleScale           = param.RoleScale
	RoleState           = param.RoleState
	RoleStatistic       = param.RoleStatistic
)

// Penalty is what a parameter adds to the loss: see [param.Penalty].
type Penalty = param.Penalty

// Constraint is what every update of a parameter must keep: see [param.Constraint].
type Constraint = param.Constraint

// Param is a named tensor that training changes: a solver changes it along its gradient, or, if it is a [RoleStatistic],
// a run by [Builder.Update]. The model owns it; every program binds its memory, so a change is seen by all of them.
type Param struct {
	Name   string // path, as "encoder/gru0/recurrent_kernel"
	Role   Role
	Value  *tensor.Dense // float32 or float64, contiguous
	Frozen bool          // takes part in the forward pass, gets no gradient

	Blocks     int        // blocks of columns of equal width that are separate matrices, one per gate; 0 means 1
	Penalty    Penalty    // what it adds to the loss
	Constraint Constraint // what every update must keep
}

// NewParam makes a parameter and fills it by init from the stream "init/NAME", so that its initial values do not depend on
// the other parameters.
func NewParam(name string, role Role, dtype tensor.Dtype, init Initializer, streams *Streams, shape ...int) (*Param, error) {
	size := 1
	for _, n := range shape {
		if n <= 0 {
			return nil, errors.Errorf("parameter %s: found shape %v, expected sizes of at least 1", name, shape)
		}
		size *= n
	}
	values := make([]float64, size)
	init(streams.Stream("init/"+name), shape, values)
	dense, err := newDense(dtype, shape)
	if err != nil {
		return nil, errors.WithMessagef(err, "parameter %s", name)
	}
	if err := copyFloats(dense, values); err != nil {
		return nil, errors.WithMessagef(err, "parameter %s", name)
	}
	return &Param{Name: name, Role: role, Value: dense}, nil
}

// Trained reports whether the parameter has a gradient and a solver changes it.
func (p *Param) Trained() bool { return !p.Frozen && p.Role != RoleStatistic }

// Size is the number of elements.
func (p *Param) Size() int { return p.Value.DataSize() }

// header returns a new tensor over the parameter's memory. Gorgonia transposes the header of an operand in
// place for the time of a product and attaches engines to it, so two programs must not share one.
func (p *Param) header() *tensor.Dense {
	shape := tensor.WithShape(p.Value.Shape().Clone()...)
	if p.Value.Dtype() == tensor.Float32 {
		return tensor.New(shape, tensor.WithBacking(p.Value.Float32s()))
	}
	return tensor.New(shape, tensor.WithBacking(p.Value.Float64s()))
}

// CountElements is the number of numbers in params, without the statistics.
func CountElements(params []*Param) int {
	n := 0
	for _, p := range params {
		if p.Role != RoleStatistic {
			n += p.Size()
		}
	}
	return n
}

func newDense(dtype tensor.Dtype, shape []int) (*tensor.Dense, error) {
	switch dtype {
	case tensor.Float32, tensor.Float64, tensor.Int:
		return tensor.New(tensor.Of(dtype), tensor.WithShape(shape...)), nil
	default:
		return nil, errors.Errorf("found dtype %v, expected float32, float64 or int", dtype)
	}
}

func cloneDense(t *tensor.Dense) *tensor.Dense {
	clone := tensor.New(tensor.Of(t.Dtype()), tensor.WithShape(t.Shape().Clone()...))
	copyDense(clone, t)
	return clone
}

// copyDense copies between tensors of floats of equal dtype and size.
func copyDense(dst, src *tensor.Dense) {
	if dst.Dtype() == tensor.Float32 {
		copy(dst.Float32s(), src.Float32s())
	} else {
		copy(dst.Float64s(), src.Float64s())
	}
}

// copyFloats converts values into dst's element type.
func copyFloats(dst *tensor.Dense, values []float64) error {
	if dst.DataSize() != len(values) {
		return errors.Errorf("found %d values, expected %d for shape %v", len(values), dst.DataSize(), dst.Shape())
	}
	switch dst.Dtype() {
	case tensor.Float32:
		for i, out := 0, dst.Float32s(); i < len(out); i++ {
			out[i] = float32(values[i])
		}
	case tensor.Float64:
		copy(dst.Float64s(), values)
	default:
		return errors.Errorf("found numbers for a tensor of %v, expected float32 or float64", dst.Dtype())
	}
	return nil
}
