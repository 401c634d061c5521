package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normalize generates the layer normalization of a row. The mean is that of a first sum plus that of what it leaves, which
// takes the rounding of the first away.
func normalize(v vector) {
	TEXT(v.name("normalize"), NOSPLIT, fmt.Sprintf("func(n int, x, gain, normalized, y *%[1]s, share, epsilon %[1]s) %[1]s", v.goType()))
	Doc("normalize is Loops.Normalize; share is 1/n.")
	Pragma("noescape")
	s := v.newSweep(Load(Param("n"), GP64()).(reg.GPVirtual))
	x, gain := Load(Param("x"), GP64()).(reg.GPVirtual), Load(Param("gain"), GP64()).(reg.GPVirtual)
	normalized, y := Load(Param("normalized"), GP64()).(reg.GPVirtual), Load(Param("y"), GP64()).(reg.GPVirtual)
	share := v.parameter("share")

	mean := v.zeros()
	s.line("sum", []reg.GPVirtual{x}, func() { v.add(s.get(Mem{Base: x}), mean, mean) })
	v.sumOfLanes(mean)
	v.multiply(share, mean, mean)
	s.back(x)

	rest, variance := v.zeros(), v.zeros()
	s.line("squares", []reg.GPVirtual{x}, func() {
		d := s.get(Mem{Base: x})
		v.subtract(mean, d, d)
		s.clearRest(d)
		v.add(d, rest, rest)
		v.fma(d, d, variance)
	})
	for _, sum := range []reg.VecVirtual{rest, variance} {
		v.sumOfLanes(sum)
		v.multiply(share, sum, sum)
	}
	v.fnma(rest, rest, variance)
	s.back(x)

	v.add(v.parameter("epsilon"), variance, variance)
	scale := v.register()
	v.sqrt(variance, scale)
	v.divide(variance, scale, scale) // √v/v = 1/√v
	s.line("scaled", []reg.GPVirtual{x, gain, normalized, y}, func() {
		d := s.get(Mem{Base: x})
		v.subtract(mean, d, d)
		v.subtract(rest, d, d)
		v.multiply(scale, d, d)
		s.put(d, Mem{Base: normalized})
		v.multiply(s.get(Mem{Base: gain}), d, d)
		s.put(d, Mem{Base: y})
	})
	VZEROUPPER()
	Store(scale.AsX(), ReturnIndex(0))
	RET()
}

// normalizeGradient generates the gradient of normalize.
func normalizeGradient(v vector) {
	TEXT(v.name("normalizeGradient"), NOSPLIT,
		fmt.Sprintf("func(n int, gain, normalized, dy, dx, dGain, dShift *%[1]s, share, scale %[1]s)", v.goType()))
	Doc("normalizeGradient is Loops.NormalizeGradient; share is 1/n.")
	Pragma("noescape")
	s := v.newSweep(Load(Param("n"), GP64()).(reg.GPVirtual))
	at := map[string]reg.GPVirtual{}
	for _, name := range []string{"gain", "normalized", "dy", "dx", "dGain", "dShift"} {
		at[name] = Load(Param(name), GP64()).(reg.GPVirtual)
	}
	get := func(name string) reg.VecVirtual { return s.get(Mem{Base: at[name]}) }
	read := []reg.GPVirtual{at["gain"], at["normalized"], at["dy"]}

	mean, along := v.zeros(), v.zeros()
	s.line("sums", read, func() {
		d := get("dy")
		v.multiply(get("gain"), d, d)
		v.add(d, mean, mean)
		v.fma(get("normalized"), d, along)
	})
	share := v.parameter("share")
	for _, sum := range []reg.VecVirtual{mean, along} {
		v.sumOfLanes(sum)
		v.multiply(share, sum, sum)
	}
	s.back(read...)

	scale := v.parameter("scale")
	s.line("gradients", append(read, at["dx"], at["dGain"], at["dShift"]), func() {
		d, normalized, sum := get("dy"), get("normalized"), get("dShift")
		v.add(d, sum, sum)
		s.put(sum, Mem{Base: at["dShift"]})
		sum = get("dGain")
		v.fma(d, normalized, sum)
		s.put(sum, Mem{Base: at["dGain"]})
		v.multiply(get("gain"), d, d)
		v.subtract(mean, d, d)
		v.fnma(along, normalized, d)
		v.multiply(scale, d, d)
		s.put(d, Mem{Base: at["dx"]})
	})
	VZEROUPPER()
	RET()
}

func (v vector) zeros() reg.VecVirtual {
	x := v.register()
	v.zero(x)
	return x
}

// sumOfLanes sets every lane of x to the sum of all.
func (v vector) sumOfLanes(x reg.VecVirtual) {
	if v.wide() {
		upper := YMM()
		VEXTRACTF64X4(U8(1), x, upper)
		v.add(upper, x.AsY(), x.AsY())
	}
	upper := XMM()
	VEXTRACTF128(U8(1), x.AsY(), upper)
	v.add(upper, x.AsX(), x.AsX())
	VUNPCKHPD(x.AsX(), x.AsX(), upper)
	v.add(upper, x.AsX(), x.AsX())
	if !v.double {
		VMOVSHDUP(x.AsX(), upper)
		v.add(upper, x.AsX(), x.AsX())
	}
	v.broadcast(x.AsX(), x)
}
