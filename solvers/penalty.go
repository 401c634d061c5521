package solvers

import (
	"fmt"
	"slices"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// AddPenalty adds the gradient of a penalty on the size of weights, as if λ₁·Σ|W| + λ₂·ΣW² had been added to the cost:
//
//	Δ = g + λ₁·sign(W) + 2·λ₂·W
//
// with sign(0) = 0. λ₂ is that of Keras; PyTorch's weight_decay is 2·λ₂. In front of an adaptive rule this is not
// weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101): see [AddDecayedWeights].
type AddPenalty struct {
	L1, L2 float64      // λ₁ and λ₂, at least 0
	Roles  []graph.Role // the parameters that are penalized; nil: kernels, recurrent kernels and embeddings

	Stateless
}

// Name is "add_penalty".
func (*AddPenalty) Name() string { return "add_penalty" }

// Init checks the options. No parameter of the roles is an error.
func (a *AddPenalty) Init(params []*graph.Param) error {
	var faults fault.List
	checkStrength(&faults, "l1", a.L1)
	checkStrength(&faults, "l2", a.L2)
	checkRoles(&faults, "roles", a.Roles, params)
	return faults.Err()
}

// Apply adds the gradient of the penalty.
func (a *AddPenalty) Apply(_ int, us []Update) error {
	for _, u := range us {
		switch {
		case !hasRole(u.Param, a.Roles):
		case isFloat32(u.Delta):
			kernel.AddPenalty(u.Param.Value.Float32s(), u.Delta.Float32s(), float32(a.L1), float32(2*a.L2))
		default:
			kernel.AddPenalty(u.Param.Value.Float64s(), u.Delta.Float64s(), a.L1, 2*a.L2)
		}
	}
	return nil
}

// Penalty is the value λ₁·Σ|W| + λ₂·ΣW² over the parameters that have a role of the penalty and are trained. It is
// what a trainer reports in addition to the cost of the data.
func (a *AddPenalty) Penalty(params []*graph.Param) float64 {
	var sum float64
	for _, p := range params {
		switch {
		case !p.Trained() || !hasRole(p, a.Roles):
		case isFloat32(p.Value):
			sum += penalty(a.L1, a.L2, p.Value.Float32s())
		default:
			sum += penalty(a.L1, a.L2, p.Value.Float64s())
		}
	}
	return sum
}

func penalty[F kernel.Float](l1, l2 float64, values []F) (sum float64) {
	if l1 > 0 {
		sum += l1 * kernel.SumOfMagnitudes(values)
	}
	if l2 > 0 {
		sum += l2 * kernel.SumOfSquares(values)
	}
	return sum
}

// weights are the roles that are penalized and decay unless others are named: what multiplies inputs and states. Biases
// and the gains of normalizations are left alone: to shrink them makes no simpler function.
func weights() []graph.Role {
	return []graph.Role{graph.RoleKernel, graph.RoleRecurrentKernel, graph.RoleEmbedding}
}

// hasRole tells whether a parameter has one of the roles; nil means weights.
func hasRole(p *graph.Param, roles []graph.Role) bool {
	if roles == nil {
		roles = weights()
	}
	return slices.Contains(roles, p.Role)
}

// checkRoles adds a fault if no parameter has one of the roles: a penalty would silently do nothing.
func checkRoles(faults *fault.List, path string, roles []graph.Role, params []*graph.Param) {
	if slices.ContainsFunc(params, func(p *graph.Param) bool { return hasRole(p, roles) }) {
		return
	}
	if roles == nil {
		roles = weights()
	}
	*faults = append(*faults, fault.Fault{
		Path: path, Found: "no parameter to train with one of them", Expected: fmt.Sprintf("some of %v", roles),
	})
}
