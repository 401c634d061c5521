package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rectify sets to = y where x is above 0 or NaN, and 0 elsewhere.
func (v vector) rectify(x, y, to Op) {
	const notLessOrEqual = 22 // quiet
	v.where(notLessOrEqual, x, y, to)
}

// elementwise generates dst[i] = f(x[i], y[i]).
func elementwise(v vector, name, equation string, f func(x, y, to Op)) {
	TEXT(v.name(name), NOSPLIT, fmt.Sprintf("func(n int, dst, x, y *%s)", v.goType()))
	Doc(equation)
	Pragma("noescape")
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	dst := Load(Param("dst"), GP64()).(reg.GPVirtual)
	x := Load(Param("x"), GP64()).(reg.GPVirtual)
	y := Load(Param("y"), GP64()).(reg.GPVirtual)
	s := v.newSweep(n)
	s.line("vectors", []reg.GPVirtual{dst, x, y}, func() {
		a, b := s.get(Mem{Base: x}), s.get(Mem{Base: y})
		f(a, b, a)
		s.put(a, Mem{Base: dst})
	})
	VZEROUPPER()
	RET()
}
