package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The constants of SplitMix64; see noise.go.
const (
	gamma       = 0x9e3779b97f4a7c15
	multiplier1 = 0xbf58476d1ce4e5b9
	multiplier2 = 0x94d049bb133111eb
)

// words is a vector of 64-bit numbers of which each makes two elements of v, side by side in memory.
type words struct {
	v     vector
	bytes int
}

func (v vector) words() words { return words{v, 4 * v.lanes()} }

func (w words) register() reg.VecVirtual {
	switch w.bytes {
	case 64:
		return ZMM()
	case 32:
		return YMM()
	}
	return XMM()
}

// all returns a number in all lanes.
func (w words) all(number uint64) reg.VecVirtual {
	x, bits := w.register(), GP64()
	MOVQ(U64(number), bits)
	VMOVQ(bits, x.AsX())
	VPBROADCASTQ(x.AsX(), x)
	return x
}

// mix sets x ^= x>>shift.
func (w words) mix(shift uint8, x reg.VecVirtual) {
	high := w.register()
	VPSRLQ(U8(shift), x, high)
	if w.v.wide() {
		VPXORQ(high, x, x)
	} else {
		VPXOR(high, x, x)
	}
}

// multiply sets x ·= the factor in all lanes, modulo 2⁶⁴.
func (w words) multiply(factor factor64, x reg.VecVirtual) {
	if w.v.wide() {
		VPMULLQ(factor.low, x, x)
		return
	}
	high, cross := w.register(), w.register()
	VPSRLQ(U8(32), x, high)
	VPMULUDQ(factor.low, high, high)
	VPMULUDQ(factor.high, x, cross)
	VPADDQ(cross, high, high)
	VPSLLQ(U8(32), high, high)
	VPMULUDQ(factor.low, x, x)
	VPADDQ(high, x, x)
}

// factor64 is a factor and, where the product is put together from parts, what is above its lower 32 bits.
type factor64 struct{ low, high reg.VecVirtual }

func (w words) factor(number uint64) factor64 {
	if w.v.wide() {
		return factor64{low: w.all(number)}
	}
	return factor64{w.all(number), w.all(number >> 32)}
}

// writeSteps writes the first multiples of gamma: what the words of a vector are apart from the one before it.
func writeSteps() Mem {
	steps := GLOBL("steps", attr.RODATA|attr.NOPTR)
	next := uint64(0)
	for i := range 8 {
		next += gamma
		DATA(8*i, U64(next))
	}
	return steps
}

// bernoulli generates noise of zeros and others.
func bernoulli(v vector, steps Mem) {
	TEXT(v.name("bernoulli"), NOSPLIT, fmt.Sprintf("func(n int, values *%[1]s, seed uint64, threshold uint32, kept %[1]s)", v.goType()))
	Doc("The loop of bernoulliPortable.")
	Pragma("noescape")
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	values := Load(Param("values"), GP64()).(reg.GPVirtual)
	seed := Load(Param("seed"), GP64())
	limit := Load(Param("threshold"), GP32()).(reg.GPVirtual)
	kept := v.parameter("kept")

	w := v.words()
	stride := uint64(gamma)
	stride *= uint64(w.bytes / 8)
	state, next := w.register(), w.all(stride)
	VMOVQ(seed, state.AsX())
	VPBROADCASTQ(state.AsX(), state)
	VPADDQ(steps, state, state)
	first, second := w.factor(multiplier1), w.factor(multiplier2)
	threshold, sign := w.register(), w.register()
	if !v.wide() { // compares signed numbers only: both sides are moved down by 2³¹
		XORL(U32(1<<31), limit)
		sign = w.all(1<<63 | 1<<31)
	}
	VMOVD(limit, threshold.AsX())
	VPBROADCASTD(threshold.AsX(), threshold)

	s := v.newSweep(n)
	s.line("vectors", []reg.GPVirtual{values}, func() {
		x := w.register()
		if v.wide() {
			VMOVDQU64(state, x)
		} else {
			VMOVDQU(state, x)
		}
		VPADDQ(next, state, state)
		w.mix(30, x)
		w.multiply(first, x)
		w.mix(27, x)
		w.multiply(second, x)
		w.mix(31, x)
		out := v.register()
		if v.wide() {
			const less = 1
			keep := K()
			VPCMPUD(U8(less), threshold, x, keep)
			pick(v, VMOVUPS_Z, VMOVUPD_Z)(kept, keep, out)
		} else {
			VPXOR(sign, x, x)
			VPCMPGTD(x, threshold, x)
			if v.double {
				VPMOVSXDQ(x, out)
				v.and(kept, out, out)
			} else {
				v.and(kept, x, out)
			}
		}
		s.put(out, Mem{Base: values})
	})
	VZEROUPPER()
	RET()
}
