package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// row generates the product of a row and a matrix: blocks of 8 vectors of columns as long as there are that many, then of
// 4, 2 and 1, then what is left of one.
func row(v vector) {
	TEXT(v.name("row"), NOSPLIT, fmt.Sprintf("func(k int, x *%[1]s, stride int, w *%[1]s, ldw int, y *%[1]s, n int, accumulate bool)", v.goType()))
	Doc("y[j] = Σ_l x[l·stride]·w[l·ldw+j] for j < n and l < k, k ≥ 1; with accumulate, y[j] += that.")
	Pragma("noescape")

	k := Load(Param("k"), GP64())
	x := Load(Param("x"), GP64())
	stride := Load(Param("stride"), GP64())
	SHLQ(U8(v.shift()), stride)
	w := Load(Param("w"), GP64())
	ldw := Load(Param("ldw"), GP64())
	SHLQ(U8(v.shift()), ldw)
	y := Mem{Base: Load(Param("y"), GP64())}
	n := Load(Param("n"), GP64()).(reg.GPVirtual)

	accumulate := Load(Param("accumulate"), GP8())
	block := func(count int, load func(from Mem, to reg.VecVirtual), store func(from reg.VecVirtual, to Mem)) {
		loop := fmt.Sprintf("Loop%d", count)
		sums := v.registers(max(1, count))
		for _, sum := range sums {
			v.zero(sum)
		}
		TESTB(accumulate, accumulate)
		JZ(LabelRef("start" + loop))
		for i, sum := range sums {
			load(y.Offset(i*v.bytes), sum)
		}
		Label("start" + loop)
		left, right, steps := GP64(), GP64(), GP64()
		MOVQ(x, left)
		MOVQ(w, right)
		MOVQ(k, steps)
		Label(loop)
		factor := v.register()
		v.broadcast(Mem{Base: left}, factor)
		for i, sum := range sums {
			from := Mem{Base: right, Disp: i * v.bytes}
			if count > 0 {
				v.fma(from, factor, sum)
				continue
			}
			line := v.register()
			load(from, line)
			v.fma(line, factor, sum)
		}
		ADDQ(stride, left)
		ADDQ(ldw, right)
		DECQ(steps)
		JNZ(LabelRef(loop))
		for i, sum := range sums {
			store(sum, y.Offset(i*v.bytes))
		}
	}
	for _, count := range []int{8, 4, 2, 1} {
		here, next := fmt.Sprintf("vectors%d", count), fmt.Sprintf("less%d", count)
		Label(here)
		CMPQ(n, U32(count*v.lanes()))
		JLT(LabelRef(next))
		block(count, func(from Mem, to reg.VecVirtual) { v.move(from, to) }, func(from reg.VecVirtual, to Mem) { v.move(from, to) })
		ADDQ(U32(count*v.bytes), w)
		ADDQ(U32(count*v.bytes), y.Base)
		SUBQ(U32(count*v.lanes()), n)
		JMP(LabelRef(here))
		Label(next)
	}
	TESTQ(n, n)
	JZ(LabelRef("done"))
	m := v.masks(1, n)[0]
	block(0, func(from Mem, to reg.VecVirtual) { v.load(m, from, to) }, func(from reg.VecVirtual, to Mem) { v.store(m, from, to) })
	Label("done")
	VZEROUPPER()
	RET()
}
