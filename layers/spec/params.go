package spec

import (
	"slices"

	"github.com/gruexp/gruexp/graph/param"
)

// Param is a parameter of a layer: an array with a name.
type Param struct {
	Name  string // in a plan "gru0/kernel"; from a layer's configuration "kernel"
	Role  param.Role
	Shape []int
}

// Elements is the number of numbers in the parameter.
func (p Param) Elements() int64 {
	n := int64(1)
	for _, size := range p.Shape {
		n *= int64(size)
	}
	return n
}

// newParam makes a Param in one line.
func newParam(name string, role param.Role, shape ...int) Param { return Param{name, role, shape} }

// below returns params with a prefix before their names, as "residual0/".
func below(prefix string, params []Param) []Param {
	all := slices.Clone(params)
	for i := range all {
		all[i].Name = prefix + all[i].Name
	}
	return all
}

// countElements is the number of numbers in params, without the statistics, which are not trained.
func countElements(params []Param) (n int64) {
	for _, p := range params {
		if p.Role != param.RoleStatistic {
			n += p.Elements()
		}
	}
	return n
}
