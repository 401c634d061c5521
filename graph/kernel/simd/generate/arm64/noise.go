package main

import (
	"fmt"
	"math"
)

// The constants of SplitMix64; see portable_noise.go.
const (
	gamma       = 0x9e3779b97f4a7c15
	multiplier1 = 0xbf58476d1ce4e5b9
	multiplier2 = 0x94d049bb133111eb
)

// noise generates a loop over whole vectors of values, at least one, in which each value has its own 32 random bits. The
// words of 64 bits are mixed in general registers, because NEON has no product of 64 bits. prepare is called before the
// loop and returns what turns the bits, in the first lanes, into the new values at a place.
func (g *generator) noise(double bool, name, parameters string, prepare func(v vector) func(values, bits Reg)) {
	v := g.function(double, name, fmt.Sprintf("The loop of %sPortable over whole vectors, n ≥ %d.", name, lanesOf(double)),
		"n int, values *F, seed uint64, "+parameters, "")
	left, values, state := v.Parameter("n"), v.Parameter("values"), v.Parameter("seed")
	var factors [3]Reg
	for i, number := range []uint64{gamma, multiplier1, multiplier2} {
		factors[i] = v.General()
		v.SetBits(factors[i], number)
	}
	step := prepare(v)
	next := func() Reg {
		v.Add(state, factors[0])
		x := v.General()
		v.MixRight(x, state, 30)
		v.Multiply(x, factors[1])
		v.MixRight(x, x, 27)
		v.Multiply(x, factors[2])
		v.MixRight(x, x, 31)
		return x
	}
	v.Label("vectors")
	bits := v.Vector()
	v.FromGeneral(bits, next())
	if !double {
		v.InsertSecond(bits, next())
	}
	step(values, bits)
	v.AddConstant(values, vectorBytes)
	v.CountDown(left, v.lanes())
	v.Branch("NE", "vectors")
	v.Return()
}

// bernoulli generates noise of zeros and others.
func (g *generator) bernoulli(double bool) {
	g.noise(double, "bernoulli", "threshold uint32, kept F", func(v vector) func(values, bits Reg) {
		kept, threshold := v.parameter("kept"), v.Vector()
		v.SpreadGeneral(false, threshold, v.Parameter("threshold"))
		return func(values, bits Reg) {
			mask := v.Vector()
			v.Binary("cmhi", false, mask, threshold, bits)
			if double {
				wide := v.Vector()
				v.WidenSigned(wide, mask)
				mask = wide
			}
			v.Store(v.and(kept, mask), values, 0)
		}
	})
}

// normalNumbers are the numbers of addNormalPortable as 32-bit patterns, in even and in odd lanes.
func normalNumbers() (names []string, patterns map[string][2]uint32) {
	patterns = map[string][2]uint32{}
	add := func(name string, even, odd uint32) {
		names = append(names, name)
		patterns[name] = [2]uint32{even, odd}
	}
	number := func(name string, x float32) { add(name, math.Float32bits(x), math.Float32bits(x)) }
	add("turn", 0, 3<<30)
	add("rootHalf", 0x3f3504f3, 0x3f3504f3)
	add("mantissa", 1<<23-1, 1<<23-1)
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
		number(numbered("log", i), c)
	}
	for i, c := range []float32{-15.094643, 42.058693, -76.70586, 81.60525, -41.3417, 6.2831855} {
		number(numbered("sin", i), c)
	}
	return names, patterns
}

func (g *generator) writeNormalNumbers() {
	names, patterns := normalNumbers()
	var words []uint64
	for _, name := range names {
		p := patterns[name]
		word := uint64(p[1])<<32 | uint64(p[0])
		words = append(words, word, word)
	}
	g.Table("normalsNEON", words)
}

// addNormal generates noise of normal distribution: Box and Muller's pair of a word is its radius times the cosine of its
// angle and, a quarter turn back, times the sine.
func (g *generator) addNormal(double bool) {
	g.noise(double, "addNormal", "deviation F", func(v vector) func(values, bits Reg) {
		deviation, table := v.parameter("deviation"), v.General()
		v.Address(table, "normalsNEON")
		places := map[string]int{}
		names, _ := normalNumbers()
		for i, name := range names {
			places[name] = i * vectorBytes
		}
		s := vector{v.Func, false} // drawn in single precision
		at := func(name string) Reg {
			x := v.Vector()
			v.Load(x, table, places[name])
			return x
		}
		shifted := func(name string, by uint32, x Reg) Reg {
			to := v.Vector()
			v.Shift(name, false, by, to, x)
			return to
		}
		return func(values, bits Reg) {
			pair := s.pairs(false, bits, bits)
			u := s.unary("scvtf", shifted("ushr", 9, pair[0]))
			u = s.multiply(s.add(u, at("half")), at("unit"))
			u = s.binary("sub", u, at("rootHalf"))
			exponent := s.unary("scvtf", shifted("sshr", 23, u))
			u = s.binary("add", s.and(u, at("mantissa")), at("rootHalf"))
			f := s.subtract(u, at("one"))
			square, log := s.multiply(f, f), s.multiply(at("log0"), f)
			for i := 1; i <= 8; i++ {
				log = s.multiply(s.add(log, at(numbered("log", i))), f)
			}
			log = s.subtract(s.multiply(log, square), s.multiply(square, at("half")))
			log = s.add(s.add(f, log), s.multiply(exponent, at("ln2")))
			radius := s.sqrt(s.multiply(log, at("minusTwo")))

			turns := s.unary("scvtf", s.binary("add", pair[1], at("turn")))
			angle := s.subtract(at("quarter"), s.unary("fabs", s.multiply(turns, at("whole"))))
			square = s.multiply(angle, angle)
			sine := s.multiply(at("sin0"), square)
			for i := 1; i <= 5; i++ {
				sine = s.add(sine, at(numbered("sin", i)))
				if i < 5 {
					sine = s.multiply(sine, square)
				}
			}
			drawn := s.multiply(radius, s.multiply(sine, angle))
			if double {
				wide := v.Vector()
				v.Widen(false, wide, drawn)
				drawn = wide
			}
			old := v.Vector()
			v.Load(old, values, 0)
			v.Store(v.add(old, v.multiply(drawn, deviation)), values, 0)
		}
	})
}
