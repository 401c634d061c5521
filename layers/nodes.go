package layers

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/op"
)

// constant is a tensor of that shape with one value. Gorgonia merges constants by name, hence all of it in the name.
func constant(dtype tensor.Dtype, value float64, shape ...int) *gorgonia.Node {
	dense := tensor.New(tensor.Of(dtype), tensor.WithShape(shape...))
	if dtype == tensor.Float32 {
		fill(dense.Float32s(), float32(value))
	} else {
		fill(dense.Float64s(), value)
	}
	return gorgonia.NewConstant(dense, gorgonia.WithName(fmt.Sprintf("%v of %v", value, shape)))
}

func fill[F any](values []F, value F) {
	for i := range values {
		values[i] = value
	}
}

// sameRows is a matrix [rows,D], or more of them, with a vector [D] in every row. It is the bias of an affine map of nothing,
// which has the gradient wanted: the sum over the rows.
func sameRows(s *op.Scope, v *gorgonia.Node, rows ...int) (*gorgonia.Node, error) {
	nothing := constant(v.Dtype(), 0, append(slices.Clone(rows), 1)...)
	return op.Affine(s, nothing, constant(v.Dtype(), 0, 1, v.Shape()[0]), v)
}
