package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// format is how quantized numbers are stored: their type in Go, by how many bits an index is shifted to become one of bytes,
// and how a vector of them becomes one of float32.
type format struct {
	name, goType string
	shift        uint
	widen        func(from Mem, to reg.VecVirtual)
}

var formats = []format{
	{"Int8", "int8", 0, func(from Mem, to reg.VecVirtual) {
		VPMOVSXBD(from, to)
		VCVTDQ2PS(to, to)
	}},
	{"BFloat16", "uint16", 1, func(from Mem, to reg.VecVirtual) {
		VPMOVZXWD(from, to)
		VPSLLD(U8(16), to, to)
	}},
}

// quantized generates the product of a row and a quantized matrix, in the blocks of row. The last vector is read whole and
// stored in part: the matrix has columns to spare. Products and sums are rounded one after the other, as in plain Go.
func quantized(v vector, f format) {
	TEXT("row"+f.name+v.set, NOSPLIT, fmt.Sprintf("func(k int, x *float32, w *%s, ldw int, y *float32, n int)", f.goType))
	Doc("y[j] = Σ_l x[l]·w[l·ldw+j] for j < n and l < k, k ≥ 1, summed in the order of l. Reads whole vectors of w.")
	Pragma("noescape")

	k := Load(Param("k"), GP64())
	x := Load(Param("x"), GP64())
	w := Load(Param("w"), GP64())
	ldw := Load(Param("ldw"), GP64())
	if f.shift > 0 {
		SHLQ(U8(f.shift), ldw)
	}
	y := Mem{Base: Load(Param("y"), GP64())}
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	stored := v.lanes() << f.shift // bytes of a vector in the matrix

	block := func(name string, count int, store func(from reg.VecVirtual, to Mem)) {
		sums := v.registers(count)
		for _, sum := range sums {
			v.zero(sum)
		}
		left, right, steps := GP64(), GP64(), GP64()
		MOVQ(x, left)
		MOVQ(w, right)
		MOVQ(k, steps)
		Label(name)
		factor := v.register()
		v.broadcast(Mem{Base: left}, factor)
		for i, sum := range sums {
			line := v.register()
			f.widen(Mem{Base: right, Disp: i * stored}, line)
			v.multiply(factor, line, line)
			v.add(line, sum, sum)
		}
		ADDQ(U8(4), left)
		ADDQ(ldw, right)
		DECQ(steps)
		JNZ(LabelRef(name))
		for i, sum := range sums {
			store(sum, y.Offset(i*v.bytes))
		}
	}
	for _, count := range []int{8, 4, 2, 1} {
		if !v.wide() && count == 8 {
			continue // more than there are registers
		}
		here, next := fmt.Sprintf("vectors%d", count), fmt.Sprintf("less%d", count)
		Label(here)
		CMPQ(n, U32(count*v.lanes()))
		JLT(LabelRef(next))
		block("loop"+here, count, func(from reg.VecVirtual, to Mem) { v.move(from, to) })
		ADDQ(U32(count*stored), w)
		ADDQ(U32(count*v.bytes), y.Base)
		SUBQ(U32(count*v.lanes()), n)
		JMP(LabelRef(here))
		Label(next)
	}
	TESTQ(n, n)
	JZ(LabelRef("done"))
	m := v.masks(1, n)[0]
	block("rest", 1, func(from reg.VecVirtual, to Mem) { v.store(m, from, to) })
	Label("done")
	VZEROUPPER()
	RET()
}
