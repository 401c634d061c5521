package main

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// numbers are the constants of the activations in one precision, with their names in the order of the table in memory.
func numbers(double bool) (names []string, values map[string]float64) {
	values = map[string]float64{
		"one": 1, "two": 2, "half": 0.5, "sign": math.Copysign(0, -1), "log2e": math.Log2E,
		// log 2 in two parts. The high one has so few bits that its product with n is exact.
		"ln2High": 0.693359375, "ln2Low": -2.12194440e-4,
		// Below expLeast exp rounds to 0, beyond expMost to infinity; below tanhLeast 1+x rounds to 1 in place of exp(x).
		"expLeast": -104, "expMost": 89, "tanhLeast": -20,
		// Added to the shift, an integer stands in the low bits.
		"shift": 3 << 22,
	}
	// exp(r) − 1 − r over r² for |r| ≤ ½·log 2: the polynomial of expf in the Cephes library.
	coefficients := []float64{5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.9875691500e-4}
	if double {
		values["ln2High"], values["ln2Low"] = 6.93145751953125e-1, 1.42860682030941723212e-6
		values["expLeast"], values["expMost"], values["tanhLeast"] = -746, 710, -40
		values["shift"] = 3 << 51
		// The series; what it leaves out is less than a twentieth of a unit in the last place.
		coefficients = nil
		for n, factorial := 2, 2.0; n <= 13; n, factorial = n+1, factorial*float64(n+1) {
			coefficients = append(coefficients, 1/factorial)
		}
	}
	for i, c := range coefficients {
		values[coefficient(i)] = c
	}
	return slices.Sorted(maps.Keys(values)), values
}

func coefficient(i int) string { return fmt.Sprintf("c%d", i) }

// tables are the numbers in memory, by precision, each in all lanes of the widest vector.
type tables map[bool]Mem

func writeTables() tables {
	t := tables{}
	for _, double := range []bool{false, true} {
		v := vector{"", 64, double}
		t[double] = GLOBL(v.name("numbers"), attr.RODATA|attr.NOPTR)
		names, values := numbers(double)
		for i, name := range names {
			for lane := range v.lanes() {
				DATA(i*v.bytes+lane*v.element(), pick[Constant](v, F32(values[name]), F64(values[name])))
			}
		}
	}
	return t
}

// constants are the numbers as operands of one function: of AVX-512 in registers, for it has 32, of AVX2 in memory.
type constants struct {
	vector
	operands map[string]Op
	last     int // coefficient
}

// constants makes the numbers ready, to be called at the start of a function. Those named are in registers in any case.
func (t tables) constants(v vector, inRegisters ...string) *constants {
	c := &constants{v, map[string]Op{}, -1}
	names, _ := numbers(v.double)
	for i, name := range names {
		at := t[v.double].Offset(i * 64)
		c.operands[name] = at
		if slices.Contains(inRegisters, name) {
			r := v.register()
			v.move(at, r)
			c.operands[name] = r
		}
	}
	for c.operands[coefficient(c.last+1)] != nil {
		c.last++
	}
	return c
}

// ofExponentials makes the numbers of σ and tanh ready.
func (t tables) ofExponentials(v vector) *constants {
	if !v.wide() {
		return t.constants(v)
	}
	names, _ := numbers(v.double)
	return t.constants(v, slices.DeleteFunc(names, func(name string) bool {
		return name == "half" || name == "shift" || name == "expMost"
	})...)
}

// at returns a number, in a register or in memory.
func (c *constants) at(name string) Op { return c.operands[name] }

// in returns a number in a register that must not be written.
func (c *constants) in(name string) reg.VecVirtual {
	if r, ok := c.operands[name].(reg.VecVirtual); ok {
		return r
	}
	r := c.register()
	c.move(c.operands[name], r)
	return r
}

// reduced returns n and exp(r) − 1 with x = n·log 2 + r, |r| ≤ ½·log 2, n an integer. NaN gives NaN.
func (c *constants) reduced(x reg.VecVirtual) (n, expm1 reg.VecVirtual) {
	n = c.register()
	c.multiply(c.at("log2e"), x, n)
	c.round(n, n)
	r := c.register()
	c.move(x, r)
	c.fnma(c.at("ln2High"), n, r)
	c.fnma(c.at("ln2Low"), n, r)
	p := c.register()
	c.move(c.at(coefficient(c.last)), p)
	for i := c.last - 1; i >= 0; i-- {
		c.horner(c.at(coefficient(i)), r, p)
	}
	squared := c.register()
	c.multiply(r, r, squared)
	c.horner(r, squared, p)
	return n, p
}

// power returns x·2ⁿ for x about 1 and an integer |n| ≤ 2000, rounded once where it is below the normal numbers.
func (c *constants) power(x, n reg.VecVirtual) reg.VecVirtual {
	y := c.register()
	if c.wide() {
		pick(c.vector, VSCALEFPS, VSCALEFPD)(n, x, y)
		return y
	}
	// Two factors of about 2^(n/2), both normal numbers.
	shift := c.in("shift")
	half, rest := c.register(), c.register()
	c.multiply(c.at("half"), n, half)
	c.add(half, shift, half)
	c.subtract(shift, half, rest)
	c.subtract(rest, n, rest)
	c.add(rest, shift, rest)
	for i, m := range []reg.VecVirtual{half, rest} {
		pick(c.vector, func() { VPSLLD(U8(23), m, m) }, func() { VPSLLQ(U8(52), m, m) })()
		pick(c.vector, VPADDD, VPADDQ)(c.at("one"), m, m)
		c.multiply(m, []reg.VecVirtual{x, y}[i], y)
	}
	return y
}

// sigmoid returns σ(x): r = 1/(1+e) with e = exp(−|x|) where x ≥ 0, and e⊙r below. There the rounding of r would show, and a
// greater e could give a smaller product; so what that lacks of e/(1+e) is added. The difference e − e⊙r is exact.
func (c *constants) sigmoid(x reg.VecVirtual) reg.VecVirtual {
	size := c.register()
	c.or(c.at("sign"), x, size)
	c.max(size, c.in("expLeast"), size) // of a NaN the maximum is its first operand
	n, e := c.reduced(size)
	c.add(c.at("one"), e, e)
	e = c.power(e, n)
	above, below, rest := c.register(), c.register(), c.register()
	c.add(c.at("one"), e, above)
	c.divide(above, c.in("one"), above)
	c.multiply(e, above, below)
	c.subtract(below, e, rest)
	c.fnma(e, below, rest)
	c.fma(rest, above, below)
	if c.wide() {
		negative := K()
		pick(c.vector, VPMOVD2M, VPMOVQ2M)(x, negative)
		pick(c.vector, func(ops ...Op) { VBLENDMPS(ops...) }, func(ops ...Op) { VBLENDMPD(ops...) })(below, above, negative, above)
	} else {
		pick(c.vector, VBLENDVPS, VBLENDVPD)(x, below, above, above)
	}
	return above
}

// tanh returns tanh x = −expm1(−2|x|) / (2 + expm1(−2|x|)) with the sign of x.
func (c *constants) tanh(x reg.VecVirtual) reg.VecVirtual {
	size := c.register()
	c.or(c.at("sign"), x, size)
	c.add(size, size, size)
	c.max(size, c.in("tanhLeast"), size)
	n, p := c.reduced(size)
	scale := c.power(c.in("one"), n)
	numerator, denominator := c.register(), c.register()
	c.subtract(scale, c.in("one"), numerator)
	c.fnma(scale, p, numerator)
	c.subtract(numerator, c.in("two"), denominator)
	c.divide(denominator, numerator, numerator)
	sign := c.register()
	c.and(c.at("sign"), x, sign)
	c.or(sign, numerator, numerator)
	return numerator
}

// exp returns exp(x).
func (c *constants) exp(x reg.VecVirtual) reg.VecVirtual {
	y := c.register()
	c.max(x, c.in("expLeast"), y)
	c.min(y, c.in("expMost"), y)
	n, e := c.reduced(y)
	c.add(c.at("one"), e, e)
	return c.power(e, n)
}

// activation generates dst[i] = f(src[i]).
func activation(t tables, v vector, name, equation string, f func(*constants, reg.VecVirtual) reg.VecVirtual) {
	TEXT(v.name(name), NOSPLIT, fmt.Sprintf("func(n int, dst, src *%s)", v.goType()))
	Doc(equation)
	Pragma("noescape")
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	dst := Load(Param("dst"), GP64()).(reg.GPVirtual)
	src := Load(Param("src"), GP64()).(reg.GPVirtual)
	c := t.ofExponentials(v)
	s := v.newSweep(n)
	s.line("vectors", []reg.GPVirtual{dst, src}, func() {
		s.put(f(c, s.get(Mem{Base: src})), Mem{Base: dst})
	})
	VZEROUPPER()
	RET()
}
