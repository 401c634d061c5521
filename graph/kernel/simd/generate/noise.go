package main

import (
	"fmt"
	"math"

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

// noise generates a loop over values in which each has 32 random bits of its own. prepare is called before the loop and
// returns what turns the bits into the new values.
func noise(v vector, steps Mem, name, parameters string, prepare func(w words) func(s *sweep, values Mem, bits reg.VecVirtual)) {
	TEXT(v.name(name), NOSPLIT, fmt.Sprintf("func(n int, values *%s, seed uint64, %s)", v.goType(), parameters))
	Doc(fmt.Sprintf("The loop of %sPortable.", name))
	Pragma("noescape")
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	values := Load(Param("values"), GP64()).(reg.GPVirtual)
	seed := Load(Param("seed"), GP64())

	w := v.words()
	stride := uint64(gamma)
	stride *= uint64(w.bytes / 8)
	state, next := w.register(), w.all(stride)
	VMOVQ(seed, state.AsX())
	VPBROADCASTQ(state.AsX(), state)
	VPADDQ(steps, state, state)
	first, second := w.factor(multiplier1), w.factor(multiplier2)
	step := prepare(w)

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
		step(s, Mem{Base: values}, x)
	})
	VZEROUPPER()
	RET()
}

// bernoulli generates noise of zeros and others.
func bernoulli(v vector, steps Mem) {
	noise(v, steps, "bernoulli", "threshold uint32, kept "+v.goType(), func(w words) func(*sweep, Mem, reg.VecVirtual) {
		limit := Load(Param("threshold"), GP32()).(reg.GPVirtual)
		kept := v.parameter("kept")
		threshold, sign := w.register(), w.register()
		if !v.wide() { // compares signed numbers only: both sides are moved down by 2³¹
			XORL(U32(1<<31), limit)
			sign = w.all(1<<63 | 1<<31)
		}
		VMOVD(limit, threshold.AsX())
		VPBROADCASTD(threshold.AsX(), threshold)
		return func(s *sweep, values Mem, x reg.VecVirtual) {
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
			s.put(out, values)
		}
	})
}

// normalNumbers are the numbers of normalPortable as 32-bit patterns, and the turn of its odd lanes.
type normalNumbers struct {
	memory Mem
	places map[string]int
}

func writeNormalNumbers() normalNumbers {
	numbers := normalNumbers{GLOBL("normals", attr.RODATA|attr.NOPTR), map[string]int{}}
	add := func(name string, even, odd uint32) {
		at := 64 * len(numbers.places)
		numbers.places[name] = at
		for lane := 0; lane < 64; lane += 8 {
			DATA(at+lane, U32(even))
			DATA(at+lane+4, U32(odd))
		}
	}
	number := func(name string, x float32) { add(name, math.Float32bits(x), math.Float32bits(x)) }
	add("turn", 0, 3<<30)
	add("rootHalf", 0x3f3504f3, 0x3f3504f3)
	add("mantissa", 1<<23-1, 1<<23-1)
	add("magnitude", 1<<31-1, 1<<31-1)
	number("half", 0.5)
	number("one", 1)
	number("unit", 0x1p-23)
	number("whole", 0x1p-32)
	number("quarter", 0.25)
	number("ln2", math.Ln2)
	number("minusTwo", -2)
	for i, c := range []float32{
		7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
		-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
	} {
		number(fmt.Sprintf("log%d", i), c)
	}
	for i, c := range []float32{-15.094643, 42.058693, -76.70586, 81.60525, -41.3417, 6.2831855} {
		number(fmt.Sprintf("sin%d", i), c)
	}
	return numbers
}

// addNormal generates noise of normal distribution: Box and Muller's pair of a word is its radius times the cosine of its
// angle and, a quarter turn back, times the sine.
func addNormal(v vector, steps Mem, numbers normalNumbers) {
	noise(v, steps, "addNormal", "deviation "+v.goType(), func(w words) func(*sweep, Mem, reg.VecVirtual) {
		deviation := v.parameter("deviation")
		at := func(name string) Mem { return numbers.memory.Offset(numbers.places[name]) }
		and := VPAND
		if v.wide() {
			and = func(x, y, to Op) { VPANDD(x, y, to) }
		}
		return func(s *sweep, values Mem, x reg.VecVirtual) {
			u, turns := w.register(), w.register()
			VMOVSLDUP(x, u)
			VMOVSHDUP(x, turns)

			VPSRLD(U8(9), u, u)
			VCVTDQ2PS(u, u)
			VADDPS(at("half"), u, u)
			VMULPS(at("unit"), u, u)
			exponent, f := w.register(), w.register()
			VPSUBD(at("rootHalf"), u, u)
			VPSRAD(U8(23), u, exponent)
			VCVTDQ2PS(exponent, exponent)
			and(at("mantissa"), u, u)
			VPADDD(at("rootHalf"), u, u)
			VSUBPS(at("one"), u, f)
			square, log := w.register(), w.register()
			VMULPS(f, f, square)
			VMULPS(at("log0"), f, log)
			for i := 1; i <= 8; i++ {
				VADDPS(at(fmt.Sprintf("log%d", i)), log, log)
				VMULPS(f, log, log)
			}
			VMULPS(square, log, log)
			VMULPS(at("half"), square, square)
			VSUBPS(square, log, log)
			VADDPS(f, log, log)
			VMULPS(at("ln2"), exponent, exponent)
			VADDPS(exponent, log, log)
			VMULPS(at("minusTwo"), log, log)
			VSQRTPS(log, log)

			angle, sine := w.register(), w.register()
			VPADDD(at("turn"), turns, turns)
			VCVTDQ2PS(turns, turns)
			VMULPS(at("whole"), turns, turns)
			and(at("magnitude"), turns, turns)
			VMOVUPS(at("quarter"), angle)
			VSUBPS(turns, angle, angle)
			VMULPS(angle, angle, square)
			VMULPS(at("sin0"), square, sine)
			for i := 1; i <= 5; i++ {
				VADDPS(at(fmt.Sprintf("sin%d", i)), sine, sine)
				if i < 5 {
					VMULPS(square, sine, sine)
				}
			}
			VMULPS(angle, sine, sine)
			VMULPS(sine, log, log)

			drawn := log
			if v.double {
				drawn = v.register()
				VCVTPS2PD(log, drawn)
			}
			v.multiply(deviation, drawn, drawn)
			v.add(s.get(values), drawn, drawn)
			s.put(drawn, values)
		}
	})
}
