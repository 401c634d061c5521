package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileRows and tileWidth are the size of a tile of sums held in registers: 8 rows by 3 vectors of the 32 registers of
// AVX-512, 6 rows by 2 vectors of the 16 of AVX2.
func (v vector) tileRows() int {
	if v.wide() {
		return 8
	}
	return 6
}

func (v vector) tileWidth() int {
	if v.wide() {
		return 3
	}
	return 2
}

// tile generates the product of a few rows and a panel of the given number of vectors.
func tile(v vector, width int) {
	rows := v.tileRows()
	float := v.goType()
	TEXT(fmt.Sprintf("%s%d", v.name("tile"), width), NOSPLIT, fmt.Sprintf(
		"func(k int, a *%[1]s, rowStride, stepStride int, b *%[1]s, ldb int, from *%[1]s, fromStride int, c *%[1]s, ldc, rows, cols int, ahead *%[1]s, aheadBytes int)", float))
	Doc(fmt.Sprintf("tile of %d×%d elements; see Loops.Tile.", rows, width*v.lanes()),
		"k ≥ 1; rows and cols are the part of it that is read and written; from may be nil.")
	Pragma("noescape")

	sums := make([][]reg.VecVirtual, rows)
	for i := range sums {
		sums[i] = v.registers(width)
		for _, sum := range sums[i] {
			v.zero(sum)
		}
	}
	// each walks over the vectors of the rows that are there.
	each := func(matrix, stride, end string, do func(sum reg.VecVirtual, m mask, at Mem)) {
		at := Mem{Base: Load(Param(matrix), GP64())}
		if matrix == "from" {
			TESTQ(at.Base, at.Base)
			JZ(LabelRef(end))
		}
		by := Load(Param(stride), GP64())
		SHLQ(U8(v.shift()), by)
		count := Load(Param("rows"), GP64())
		masks := v.masks(width, Load(Param("cols"), GP64()).(reg.GPVirtual))
		for i := range rows {
			for j, sum := range sums[i] {
				do(sum, masks[j], at.Offset(j*v.bytes))
			}
			if i < rows-1 {
				CMPQ(count, U8(i+1))
				JE(LabelRef(end))
				ADDQ(by, at.Base)
			}
		}
		Label(end)
	}
	each("from", "fromStride", "begin", func(sum reg.VecVirtual, m mask, at Mem) { v.load(m, at, sum) })

	Comment("A pointer to each row of a; the missing ones repeat the last.")
	count := Load(Param("rows"), GP64())
	stride := Load(Param("rowStride"), GP64())
	SHLQ(U8(v.shift()), stride)
	a := make([]reg.GPVirtual, rows)
	a[0] = Load(Param("a"), GP64()).(reg.GPVirtual)
	for i := 1; i < rows; i++ {
		a[i] = GP64()
		next := GP64()
		MOVQ(a[i-1], a[i])
		LEAQ(Mem{Base: a[i-1], Index: stride, Scale: 1}, next)
		CMPQ(count, U8(i))
		CMOVQGT(next, a[i])
	}
	step := Load(Param("stepStride"), GP64())
	SHLQ(U8(v.shift()), step)
	k := Load(Param("k"), GP64())
	b := Mem{Base: Load(Param("b"), GP64())}
	at := GP64()
	XORQ(at, at)
	ldb := Load(Param("ldb"), GP64())
	SHLQ(U8(v.shift()), ldb)
	ahead := Mem{Base: Load(Param("ahead"), GP64())}
	aheadBytes, err := Param("aheadBytes").Resolve()
	if err != nil {
		panic(err)
	}

	Label("loop")
	right := v.registers(width)
	for j := range right {
		v.move(b.Offset(j*v.bytes), right[j])
	}
	for i := range rows {
		left := v.register()
		v.broadcast(Mem{Base: a[i], Index: at, Scale: 1}, left)
		for j := range right {
			v.fma(left, right[j], sums[i][j])
		}
	}
	PREFETCHT1(ahead)
	ADDQ(aheadBytes.Addr, ahead.Base) // there is no register left
	ADDQ(step, at)
	ADDQ(ldb, b.Base)
	DECQ(k)
	JNZ(LabelRef("loop"))

	each("c", "ldc", "done", func(sum reg.VecVirtual, m mask, at Mem) { v.store(m, sum, at) })
	VZEROUPPER()
	RET()
}

// panel generates the packing of rows of a matrix into a panel of the given number of vectors.
func panel(v vector, width int) {
	TEXT(fmt.Sprintf("%s%d", v.name("panel"), width), NOSPLIT, fmt.Sprintf("func(k int, rows *%[1]s, stride, cols int, panel *%[1]s)", v.goType()))
	Doc(fmt.Sprintf("panel packs the first cols elements of k ≥ 1 rows, filled up with zeros to %d.", width*v.lanes()))
	Pragma("noescape")
	k := Load(Param("k"), GP64())
	rows := Mem{Base: Load(Param("rows"), GP64())}
	stride := Load(Param("stride"), GP64())
	SHLQ(U8(v.shift()), stride)
	to := Mem{Base: Load(Param("panel"), GP64())}
	masks := v.masks(width, Load(Param("cols"), GP64()).(reg.GPVirtual))
	Label("loop")
	for j, m := range masks {
		x := v.register()
		v.load(m, rows.Offset(j*v.bytes), x)
		v.move(x, to.Offset(j*v.bytes))
	}
	ADDQ(stride, rows.Base)
	ADDQ(U32(width*v.bytes), to.Base)
	DECQ(k)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
