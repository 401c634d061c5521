package param_test

import (
	"math"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/param"
)

func TestCheckInitializer(t *testing.T) {
	t.Parallel()
	for _, name := range append(param.InitializerNames(), "Orthogonal", "") {
		var l fault.List
		param.CheckInitializer(&l, "kernel_initializer", name)
		known := name != "Orthogonal" && name != ""
		if known != (len(l) == 0) || !known && l[0].Path != "kernel_initializer" {
			t.Errorf("%q: found %v", name, l)
		}
	}
}

func TestStrengths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value interface{ Validate() fault.List }
		paths []string
	}{
		{param.Penalty{}, nil},
		{param.Penalty{L1: 1, L2: 2, Orthogonality: 3}, nil},
		{param.Penalty{L1: -1, L2: math.Inf(1), Orthogonality: math.NaN()}, []string{"l1", "l2", "orthogonality"}},
		{param.Constraint{MaxNorm: 1}, nil},
		{param.Constraint{UnitNorm: true}, nil},
		{param.Constraint{MaxNorm: math.NaN()}, []string{"max_norm"}},
		{param.Constraint{MaxNorm: 1, UnitNorm: true}, []string{"unit_norm"}},
	} {
		faults := c.value.Validate()
		if len(faults) != len(c.paths) {
			t.Errorf("%+v: found %v, expected faults of %v", c.value, faults, c.paths)
			continue
		}
		for i, f := range faults {
			if f.Path != c.paths[i] {
				t.Errorf("%+v: found a fault of %s, expected one of %s", c.value, f.Path, c.paths[i])
			}
		}
	}
}
