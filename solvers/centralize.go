package solvers

import (
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
)

// Centralize takes the mean off the gradient of every column of kernels and recurrent kernels, the weights of one unit of
// one gate:
//
//	Δ_ij = g_ij − 1/I·Σ_k g_kj
//
// (Yong et al. 2020, arXiv:2004.01461.) Other parameters pass through. It must not see gradients of penalties: those are
// added after it.
type Centralize struct {
	means []float64 // by column, reused

	Stateless
}

// Name is "centralize".
func (*Centralize) Name() string { return "centralize" }

// Init has nothing to check.
func (*Centralize) Init([]*graph.Param) error { return nil }

// Apply takes the means off.
func (c *Centralize) Apply(_ int, us []Update) error {
	for _, u := range us {
		if p := u.Param; p.Value.Dims() < 2 || p.Role != graph.RoleKernel && p.Role != graph.RoleRecurrentKernel {
			continue
		}
		c.means = resize(c.means, columnCount(u.Param))
		if isFloat32(u.Delta) {
			kernel.CenterColumns(u.Delta.Float32s(), c.means)
		} else {
			kernel.CenterColumns(u.Delta.Float64s(), c.means)
		}
	}
	return nil
}
