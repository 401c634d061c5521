package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose generates the packing of as many lines as an AVX vector has lanes side by side into a panel, square by square.
func transpose(v vector) {
	lanes := v.lanes()
	TEXT(v.name("transpose"), NOSPLIT, fmt.Sprintf("func(squares int, lines *%[1]s, stride int, panel *%[1]s, width int)", v.goType()))
	Doc(fmt.Sprintf("transpose sets panel[l·width+i] = lines[i·stride+l] for i < %d and l < %[1]d·squares, squares ≥ 1.", lanes))
	Pragma("noescape")
	squares := Load(Param("squares"), GP64())
	lines := Load(Param("lines"), GP64())
	stride := Load(Param("stride"), GP64())
	SHLQ(U8(v.shift()), stride)
	panel := Load(Param("panel"), GP64())
	width := Load(Param("width"), GP64())
	SHLQ(U8(v.shift()), width)
	from, to := GP64(), GP64()

	Label("square")
	MOVQ(lines, from)
	rows := v.registers(lanes)
	for _, row := range rows {
		v.move(Mem{Base: from}, row)
		ADDQ(stride, from)
	}
	if v.double {
		rows = transposed4(v, rows)
	} else {
		rows = transposed8(v, rows)
	}
	MOVQ(panel, to)
	for _, row := range rows {
		v.move(row, Mem{Base: to})
		ADDQ(width, to)
	}
	ADDQ(U8(v.bytes), lines)
	MOVQ(to, panel)
	DECQ(squares)
	JNZ(LabelRef("square"))
	VZEROUPPER()
	RET()
}

// transposed4 transposes a square of 4×4 double precision numbers: pairs within halves of a vector, then halves.
func transposed4(v vector, r []reg.VecVirtual) []reg.VecVirtual {
	pairs, out := v.registers(4), v.registers(4)
	for i := 0; i < 4; i += 2 {
		VUNPCKLPD(r[i+1], r[i], pairs[i])
		VUNPCKHPD(r[i+1], r[i], pairs[i+1])
	}
	for i := range 2 {
		VPERM2F128(U8(0x20), pairs[i+2], pairs[i], out[i])
		VPERM2F128(U8(0x31), pairs[i+2], pairs[i], out[i+2])
	}
	return out
}

// transposed8 transposes a square of 8×8 single precision numbers: pairs, then fours within halves of a vector, then halves.
func transposed8(v vector, r []reg.VecVirtual) []reg.VecVirtual {
	pairs, fours, out := v.registers(8), v.registers(8), v.registers(8)
	for i := 0; i < 8; i += 2 {
		VUNPCKLPS(r[i+1], r[i], pairs[i])
		VUNPCKHPS(r[i+1], r[i], pairs[i+1])
	}
	for i := 0; i < 8; i += 4 {
		for j := range 2 {
			VSHUFPS(U8(0x44), pairs[i+j+2], pairs[i+j], fours[i+2*j])
			VSHUFPS(U8(0xee), pairs[i+j+2], pairs[i+j], fours[i+2*j+1])
		}
	}
	for i := range 4 {
		VPERM2F128(U8(0x20), fours[i+4], fours[i], out[i])
		VPERM2F128(U8(0x31), fours[i+4], fours[i], out[i+4])
	}
	return out
}
