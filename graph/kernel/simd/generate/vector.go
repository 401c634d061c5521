package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vector is a kind of vector register: its width in bytes and its element type. The kernels are written once, in terms of
// its methods, for all kinds.
type vector struct {
	set    string // the instruction set, as it appears in names
	bytes  int
	double bool
}

var vectors = []vector{{"AVX512", 64, false}, {"AVX512", 64, true}, {"AVX2", 32, false}, {"AVX2", 32, true}}

func (v vector) wide() bool { return v.bytes == 64 }

// element returns the size of an element in bytes.
func (v vector) element() int {
	if v.double {
		return 8
	}
	return 4
}

// shift returns by how many bits a number of elements is shifted to become one of bytes.
func (v vector) shift() uint { return pick[uint](v, 2, 3) }

func (v vector) lanes() int { return v.bytes / v.element() }

// goType returns the element type in Go.
func (v vector) goType() string { return fmt.Sprintf("float%d", 8*v.element()) }

// name returns the name of a function for this kind of vector, as in rowAVX512Double.
func (v vector) name(function string) string {
	return fmt.Sprintf("%s%s%s", function, v.set, map[bool]string{false: "Single", true: "Double"}[v.double])
}

func (v vector) register() reg.VecVirtual {
	if v.wide() {
		return ZMM()
	}
	return YMM()
}

func (v vector) registers(n int) []reg.VecVirtual {
	all := make([]reg.VecVirtual, n)
	for i := range all {
		all[i] = v.register()
	}
	return all
}

// pick returns the single or the double precision form of an instruction.
func pick[T any](v vector, single, double T) T {
	if v.double {
		return double
	}
	return single
}

func (v vector) zero(x reg.VecVirtual) {
	if v.wide() {
		VPXORD(x, x, x)
		return
	}
	VXORPS(x, x, x)
}

func (v vector) move(from, to Op)      { pick(v, VMOVUPS, VMOVUPD)(from, to) }
func (v vector) broadcast(from, to Op) { pick(v, VBROADCASTSS, VBROADCASTSD)(from, to) }
func (v vector) add(x, y, to Op)       { pick(v, VADDPS, VADDPD)(x, y, to) }

// fma sets sum += x·y; x may be in memory.
func (v vector) fma(x, y, sum Op) { pick(v, VFMADD231PS, VFMADD231PD)(x, y, sum) }

// mask selects the first lanes of a vector: a mask register of AVX-512, a vector of ones and zeros of AVX2.
type mask struct {
	k reg.OpmaskVirtual
	y reg.VecVirtual
}

// masks returns the masks of the given number of consecutive vectors of which together the first count elements are
// selected.
func (v vector) masks(number int, count reg.GPVirtual) []mask {
	all := make([]mask, number)
	if v.wide() {
		bits := GP64()
		MOVQ(I32(-1), bits)
		BZHIQ(count, bits, bits)
		for i := range all {
			all[i].k = K()
			KMOVW(bits.As32(), all[i].k)
			if i < number-1 {
				SHRQ(U8(v.lanes()), bits)
			}
		}
		return all
	}
	table, left, at, zero := Mem{Base: GP64()}, GP64(), GP64(), GP64()
	LEAQ(maskTable, table.Base)
	MOVQ(count, left)
	XORQ(zero, zero)
	lanes := GP64()
	MOVQ(U32(v.lanes()), lanes)
	for i := range all {
		MOVQ(lanes, at) // 32 − element·clamp(left, 0, lanes) bytes into the table
		SUBQ(left, at)
		CMOVQLT(zero, at)
		CMPQ(at, lanes)
		CMOVQGT(lanes, at)
		all[i].y = YMM()
		VMOVUPS(table.Idx(at, uint8(v.element())), all[i].y)
		SUBQ(lanes, left)
	}
	return all
}

// maskTable is 32 bytes of ones and 32 of zeros.
var maskTable Mem

func writeMaskTable() {
	maskTable = GLOBL("masks", attr.RODATA|attr.NOPTR)
	for i := range 8 {
		DATA(8*i, U64(map[bool]uint64{true: ^uint64(0), false: 0}[i < 4]))
	}
}

// load loads the selected lanes and zeros in the others.
func (v vector) load(m mask, from Mem, to reg.VecVirtual) {
	if v.wide() {
		pick(v, VMOVUPS_Z, VMOVUPD_Z)(from, m.k, to)
		return
	}
	pick(v, VMASKMOVPS, VMASKMOVPD)(from, m.y, to)
}

// store stores the selected lanes.
func (v vector) store(m mask, from reg.VecVirtual, to Mem) {
	if v.wide() {
		pick(v, func(ops ...Op) { VMOVUPS(ops...) }, func(ops ...Op) { VMOVUPD(ops...) })(from, m.k, to)
		return
	}
	pick(v, VMASKMOVPS, VMASKMOVPD)(from, m.y, to)
}

func (v vector) multiply(x, y, to Op) { pick(v, VMULPS, VMULPD)(x, y, to) }

// subtract sets to = y − x, divide to = y/x.
func (v vector) subtract(x, y, to Op) { pick(v, VSUBPS, VSUBPD)(x, y, to) }
func (v vector) divide(x, y, to Op)   { pick(v, VDIVPS, VDIVPD)(x, y, to) }

// max sets to = max(x, y); where one is NaN it is x.
func (v vector) max(x, y, to Op) { pick(v, VMAXPS, VMAXPD)(x, y, to) }

// min sets to = min(x, y) in the same way.
func (v vector) min(x, y, to Op) { pick(v, VMINPS, VMINPD)(x, y, to) }

// fnma sets sum −= x·y, horner sum = sum·y + x; x may be in memory.
func (v vector) fnma(x, y, sum Op)   { pick(v, VFNMADD231PS, VFNMADD231PD)(x, y, sum) }
func (v vector) horner(x, y, sum Op) { pick(v, VFMADD213PS, VFMADD213PD)(x, y, sum) }

func (v vector) or(x, y, to Op)  { pick(v, VORPS, VORPD)(x, y, to) }
func (v vector) and(x, y, to Op) { pick(v, VANDPS, VANDPD)(x, y, to) }

// round rounds to the nearest integer.
func (v vector) round(x, to Op) {
	if v.wide() {
		pick(v, VRNDSCALEPS, VRNDSCALEPD)(U8(8), x, to)
		return
	}
	pick(v, VROUNDPS, VROUNDPD)(U8(8), x, to)
}
