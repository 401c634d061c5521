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

// greater sets to = y where y is above x or NaN, and x elsewhere.
func (v vector) greater(x, y, to Op) {
	const unordered = 3 // quiet
	v.max(x, y, to)     // where one is NaN it is x
	compare := pick(v, func(ops ...Op) { VCMPPS(ops...) }, func(ops ...Op) { VCMPPD(ops...) })
	if v.wide() {
		k := K()
		compare(U8(unordered), y, y, k)
		pick(v, func(ops ...Op) { VMOVUPS(ops...) }, func(ops ...Op) { VMOVUPD(ops...) })(y, k, to)
		return
	}
	nan := v.register()
	compare(U8(unordered), y, y, nan)
	pick(v, VBLENDVPS, VBLENDVPD)(nan, y, to, to)
}

// sigmoidGradient sets to = d·y·(1−y), tanhGradient to = d·(1−y)·(1+y): each factor that may be small is rounded once.
func (v vector) sigmoidGradient(y, d, to Op) {
	product := v.register()
	v.multiply(y, d, product)
	v.move(product, d)
	v.fnma(product, y, d)
	v.move(d, to)
}

func (v vector) tanhGradient(y, d, to Op) {
	product := v.register()
	v.move(d, product)
	v.fnma(y, d, product)
	v.move(product, d)
	v.fma(product, y, d)
	v.move(d, to)
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

// shift generates dst[i] = src[i] − amount.
func shift(v vector) {
	TEXT(v.name("shift"), NOSPLIT, fmt.Sprintf("func(n int, dst, src *%[1]s, amount %[1]s)", v.goType()))
	Doc("dst = src − amount; dst may be src.")
	Pragma("noescape")
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	dst := Load(Param("dst"), GP64()).(reg.GPVirtual)
	src := Load(Param("src"), GP64()).(reg.GPVirtual)
	amount := v.parameter("amount")
	s := v.newSweep(n)
	s.line("vectors", []reg.GPVirtual{dst, src}, func() {
		x := s.get(Mem{Base: src})
		v.subtract(amount, x, x)
		s.put(x, Mem{Base: dst})
	})
	VZEROUPPER()
	RET()
}

// negative generates dst[i] = −|src[i]|.
func negative(v vector) {
	TEXT(v.name("negative"), NOSPLIT, fmt.Sprintf("func(n int, dst, src *%s)", v.goType()))
	Doc("dst = −|src|; dst may be src.")
	Pragma("noescape")
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	dst := Load(Param("dst"), GP64()).(reg.GPVirtual)
	src := Load(Param("src"), GP64()).(reg.GPVirtual)
	number, sign := GP64(), v.register()
	MOVQ(U64(pick[uint64](v, 1<<63|1<<31, 1<<63)), number)
	VMOVQ(number, sign.AsX())
	VPBROADCASTQ(sign.AsX(), sign)
	s := v.newSweep(n)
	s.line("vectors", []reg.GPVirtual{dst, src}, func() {
		x := s.get(Mem{Base: src})
		v.or(sign, x, x)
		s.put(x, Mem{Base: dst})
	})
	VZEROUPPER()
	RET()
}

// flush generates dst[i] = src[i], or 0 where |src[i]| is below 2^−100 in single precision and 2^−996 in double.
func flush(v vector) {
	TEXT(v.name("flush"), NOSPLIT, fmt.Sprintf("func(n int, dst, src *%s)", v.goType()))
	Doc("dst = src, but 0 where that is tiny; dst may be src.")
	Pragma("noescape")
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	dst := Load(Param("dst"), GP64()).(reg.GPVirtual)
	src := Load(Param("src"), GP64()).(reg.GPVirtual)
	all := func(number uint64) reg.VecVirtual {
		bits, x := GP64(), v.register()
		MOVQ(U64(number), bits)
		VMOVQ(bits, x.AsX())
		VPBROADCASTQ(x.AsX(), x)
		return x
	}
	single := func(bits uint64) uint64 { return bits<<32 | bits }
	magnitude := all(pick(v, single(1<<31-1), uint64(1)<<63-1))
	tiny := all(pick(v, single((127-100)<<23), uint64(1023-996)<<52))
	const notLess = 21 // quiet
	compare := pick(v, func(ops ...Op) { VCMPPS(ops...) }, func(ops ...Op) { VCMPPD(ops...) })
	s := v.newSweep(n)
	s.line("vectors", []reg.GPVirtual{dst, src}, func() {
		x, size := s.get(Mem{Base: src}), v.register()
		v.and(magnitude, x, size)
		if v.wide() {
			k := K()
			compare(U8(notLess), tiny, size, k)
			pick(v, VMOVUPS_Z, VMOVUPD_Z)(x, k, x)
		} else {
			compare(U8(notLess), tiny, size, size)
			v.and(size, x, x)
		}
		s.put(x, Mem{Base: dst})
	})
	VZEROUPPER()
	RET()
}

// parameter returns the number of that name in all lanes.
func (v vector) parameter(name string) reg.VecVirtual {
	number, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	all := v.register()
	v.broadcast(number.Addr, all)
	return all
}

// greatest generates the greatest number of a slice. Four vectors run side by side, so that none waits for the
// one before.
func greatest(v vector) {
	TEXT(v.name("greatest"), NOSPLIT, fmt.Sprintf("func(n int, x *%[1]s, least %[1]s) %[1]s", v.goType()))
	Doc("The greatest of x and least, which is −∞; NaN is passed over.")
	Pragma("noescape")
	left := Load(Param("n"), GP64()).(reg.GPVirtual)
	x := Mem{Base: Load(Param("x"), GP64())}
	least := v.parameter("least")
	const count = 4
	tops := v.registers(count)
	for _, top := range tops {
		v.move(least, top)
	}
	for _, vectors := range []int{count, 1} {
		here, next := fmt.Sprintf("vectors%d", vectors), fmt.Sprintf("less%d", vectors)
		SUBQ(U32(vectors*v.lanes()), left)
		JLT(LabelRef(next))
		Label(here)
		for i, top := range tops[:vectors] {
			part := v.register()
			v.move(x.Offset(i*v.bytes), part)
			v.max(top, part, top) // where one is NaN it is the first
		}
		ADDQ(U32(vectors*v.bytes), x.Base)
		SUBQ(U32(vectors*v.lanes()), left)
		JGE(LabelRef(here))
		Label(next)
		ADDQ(U32(vectors*v.lanes()), left)
	}
	JZ(LabelRef("done"))
	rest := v.masks(1, left)[0]
	last := v.register()
	if v.wide() {
		v.move(least, last)
		pick(v, func(ops ...Op) { VMOVUPS(ops...) }, func(ops ...Op) { VMOVUPD(ops...) })(x, rest.k, last)
	} else {
		v.load(rest, x, last)
		pick(v, VBLENDVPS, VBLENDVPD)(rest.y, last, least, last)
	}
	v.max(tops[0], last, tops[0])
	Label("done")
	for half := count / 2; half > 0; half /= 2 {
		for i := range half {
			v.max(tops[i], tops[i+half], tops[i])
		}
	}
	top := tops[0]
	if v.wide() {
		upper := YMM()
		VEXTRACTF64X4(U8(1), top, upper)
		pick(v, VMAXPS, VMAXPD)(upper, top.AsY(), top.AsY())
	}
	upper := XMM()
	VEXTRACTF128(U8(1), top.AsY(), upper)
	pick(v, VMAXPS, VMAXPD)(upper, top.AsX(), top.AsX())
	VUNPCKHPD(top.AsX(), top.AsX(), upper)
	pick(v, VMAXPS, VMAXPD)(upper, top.AsX(), top.AsX())
	if !v.double {
		VMOVSHDUP(top.AsX(), upper)
		VMAXPS(upper, top.AsX(), top.AsX())
	}
	VZEROUPPER()
	Store(top.AsX(), ReturnIndex(0))
	RET()
}
