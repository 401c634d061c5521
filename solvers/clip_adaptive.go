package solvers

import (
	"math"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// ClipAdaptive limits the norm of the gradient of every column, the weights of one unit of one gate, in relation to the
// norm of those weights:
//
//	Δ_j = g_j·min(1, Max·max(‖w_j‖, 10⁻³)/‖g_j‖)
//
// A vector is one column (Brock et al. 2021, arXiv:2102.06171, equation 3, AGC; there the last layer is left out, here
// none).
type ClipAdaptive struct {
	Max float64 // λ, above 0; the paper has 0.01 for large batches

	weights, gradients []float64 // squared norms of columns, reused

	Stateless
}

// leastNorm is the norm that parameters have at least, so that those that begin as 0 can leave it.
const leastNorm = 1e-3

// Name is "clip_adaptive".
func (*ClipAdaptive) Name() string { return "clip_adaptive" }

// Init checks Max.
func (c *ClipAdaptive) Init(params []*graph.Param) error {
	var faults fault.List
	checkThreshold(&faults, "max", c.Max)
	return faults.Err()
}

// Apply clips. A norm that is not finite is an error.
func (c *ClipAdaptive) Apply(_ int, us []Update) error {
	for _, u := range us {
		var err error
		if isFloat32(u.Delta) {
			err = clipAdaptively(c, u.Param, u.Param.Value.Float32s(), u.Delta.Float32s())
		} else {
			err = clipAdaptively(c, u.Param, u.Param.Value.Float64s(), u.Delta.Float64s())
		}
		if err != nil {
			return errors.WithMessagef(err, "parameter %s", u.Param.Name)
		}
	}
	return nil
}

func clipAdaptively[F kernel.Float](c *ClipAdaptive, p *graph.Param, values, gradient []F) error {
	c.gradients = columnSquares(p, gradient, c.gradients)
	c.weights = columnSquares(p, values, c.weights)
	scales := false
	for j, squares := range c.gradients {
		norm := math.Sqrt(squares)
		if err := checkNorm(norm); err != nil {
			return err
		}
		limit := c.Max * max(math.Sqrt(c.weights[j]), leastNorm)
		c.gradients[j] = 1
		if norm > limit {
			c.gradients[j] = limit / norm
			scales = true
		}
	}
	if scales {
		kernel.ScaleColumns(gradient, c.gradients)
	}
	return nil
}
