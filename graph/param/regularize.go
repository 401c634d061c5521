package param

import (
	"math"

	"github.com/gruexp/gruexp/graph/fault"
)

// Penalty is what a parameter adds to the loss. For a matrix of column blocks W_1 … W_n, one per gate,
//
//	L1·Σ|w| + L2·Σw² + Orthogonality·Σ_b ‖W_bᵀ·W_b − I‖²
//
// with the Frobenius norm (Vorontsov et al. 2017, arXiv:1702.00071, with the identity as target). It is per step of
// training, not per row. The zero value adds nothing.
type Penalty struct {
	L1            float64 `yaml:"l1"`
	L2            float64 `yaml:"l2"`
	Orthogonality float64 `yaml:"orthogonality"`
}

// Validate lists the strengths that are no finite number of at least 0.
func (p Penalty) Validate() fault.List {
	var l fault.List
	for _, s := range []struct {
		path     string
		strength float64
	}{{"l1", p.L1}, {"l2", p.L2}, {"orthogonality", p.Orthogonality}} {
		l.Check(s.strength >= 0 && !math.IsInf(s.strength, 1), s.path, s.strength, "a finite number of at least 0")
	}
	return l
}

// Constraint is what every update of a parameter must keep. A column of a matrix is the weights of one unit of one
// gate; of a vector there is one column. The zero value asks for nothing.
type Constraint struct {
	MaxNorm  float64 `yaml:"max_norm"`  // columns of a greater Euclidean norm are scaled down to it; 0: none
	UnitNorm bool    `yaml:"unit_norm"` // columns are scaled to the norm 1
}

// Validate lists what is wrong with the constraint.
func (c Constraint) Validate() fault.List {
	var l fault.List
	l.Check(c.MaxNorm >= 0 && !math.IsInf(c.MaxNorm, 1), "max_norm", c.MaxNorm, "a finite number of at least 0")
	l.Check(c.MaxNorm == 0 || !c.UnitNorm, "unit_norm", true, "false next to max_norm: one constraint at a time")
	return l
}
