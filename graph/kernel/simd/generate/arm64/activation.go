package main

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/gruexp/gruexp/graph/kernel/simd/generate/a64"
)

// numbers are the constants of the activations in one precision: those of the sets for amd64.
func numbers(double bool) map[string]float64 {
	values := map[string]float64{
		"one": 1, "two": 2, "sign": math.Copysign(0, -1), "log2e": math.Log2E,
		// log 2 in two parts. The high one has so few bits that its product with n is exact.
		"ln2High": 0.693359375, "ln2Low": -2.12194440e-4,
		// Below expLeast exp rounds to 0, beyond expMost to infinity; below tanhLeast 1+x rounds to 1 in place of exp(x).
		"expLeast": -104, "expMost": 89, "tanhLeast": -20,
	}
	// exp(r) − 1 − r over r² for |r| ≤ ½·log 2: the polynomial of expf in the Cephes library.
	coefficients := []float64{5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.9875691500e-4}
	if double {
		values["ln2High"], values["ln2Low"] = 6.93145751953125e-1, 1.42860682030941723212e-6
		values["expLeast"], values["expMost"], values["tanhLeast"] = -746, 710, -40
		// The series; what it leaves out is less than a twentieth of a unit in the last place.
		coefficients = nil
		for n, factorial := 2, 2.0; n <= 13; n, factorial = n+1, factorial*float64(n+1) {
			coefficients = append(coefficients, 1/factorial)
		}
	}
	for i, c := range coefficients {
		values[coefficient(i)] = c
	}
	return values
}

// coefficient returns the name of a coefficient, in the order of the alphabet.
func coefficient(i int) string { return fmt.Sprintf("c%02d", i) }

// writeNumbers writes the tables of both precisions, each number in all lanes.
func (g *generator) writeNumbers() {
	for _, double := range []bool{false, true} {
		values := numbers(double)
		var words []uint64
		for _, name := range slices.Sorted(maps.Keys(values)) {
			words = append(words, a64.Lanes(values[name], double)...)
		}
		g.Table(nameOf(double, "numbers"), words)
	}
}

// constants are the numbers of one function: the coefficients in memory, because loads cost nothing where
// arithmetic is waited for, the others in registers.
type constants struct {
	vector
	table        Reg
	registers    map[string]Reg
	places       map[string]int
	coefficients int
}

// constants makes the named numbers ready in registers, to be called at the start of a function.
func (v vector) constants(inRegisters ...string) *constants {
	c := &constants{vector: v, table: v.General(), registers: map[string]Reg{}, places: map[string]int{}}
	v.Address(c.table, nameOf(v.double, "numbers"))
	values := numbers(v.double)
	for i, name := range slices.Sorted(maps.Keys(values)) {
		c.places[name] = i * vectorBytes
	}
	for _, name := range inRegisters {
		c.registers[name] = c.load(name)
	}
	for _, ok := values[coefficient(c.coefficients)]; ok; _, ok = values[coefficient(c.coefficients)] {
		c.coefficients++
	}
	return c
}

// The numbers of σ, tanh and exp.
var (
	sigmoidNumbers = []string{"one", "sign", "log2e", "ln2High", "ln2Low", "expLeast"}
	tanhNumbers    = []string{"one", "two", "sign", "log2e", "ln2High", "ln2Low", "tanhLeast"}
	expNumbers     = []string{"one", "log2e", "ln2High", "ln2Low", "expLeast", "expMost"}
	gateNumbers    = append([]string{"two", "tanhLeast"}, sigmoidNumbers...)
)

// load returns a number in a register that may be written.
func (c *constants) load(name string) Reg {
	x := c.Vector()
	c.Load(x, c.table, c.places[name])
	return x
}

// at returns a number in a register that must not be written.
func (c *constants) at(name string) Reg {
	r, ok := c.registers[name]
	if !ok {
		panic(name + " is in no register")
	}
	return r
}

// reduced returns n and exp(r) − 1 with x = n·log 2 + r, |r| ≤ ½·log 2, n an integer. NaN gives NaN. It overwrites x.
// The polynomial is evaluated in pairs: the processor waits for half as many FMA as along Horner's chain.
func (c *constants) reduced(x Reg) (n, expm1 Reg) {
	n = c.unary("frintn", c.multiply(x, c.at("log2e")))
	r := x
	c.fnma(r, n, c.at("ln2High"))
	c.fnma(r, n, c.at("ln2Low"))
	squared := c.multiply(r, r)
	pair := func(i int) Reg {
		sum := c.load(coefficient(i))
		c.fma(sum, c.load(coefficient(i+1)), r)
		return sum
	}
	p := pair(c.coefficients - 2)
	for i := c.coefficients - 4; i >= 0; i -= 2 {
		next := pair(i)
		c.fma(next, p, squared)
		p = next
	}
	c.fma(r, p, squared)
	return n, r
}

// powers returns 2ᵐ for the integers m in the lanes, not below the normal numbers.
func (c *constants) powers(m Reg) Reg {
	bits := c.Vector()
	c.Shift("shl", c.double, pick[uint32](c.double, 23, 52), bits, m)
	return c.binary("add", bits, c.at("one"))
}

// power returns x·2ⁿ for x about 1 and an integer |n| ≤ 2000, rounded once where it is below the normal numbers: by two
// factors of about 2^(n/2), both normal numbers.
func (c *constants) power(x, n Reg) Reg {
	whole, half := c.unary("fcvtns", n), c.Vector()
	c.Shift("sshr", c.double, 1, half, whole)
	rest := c.binary("sub", whole, half)
	return c.multiply(c.multiply(x, c.powers(half)), c.powers(rest))
}

// sigmoid returns σ(x): r = 1/(1+e) with e = exp(−|x|) where x ≥ 0, and e⊙r below. There the rounding of r would show, and a
// greater e could give a smaller product; so what that lacks of e/(1+e) is added. The difference e − e⊙r is exact.
func (c *constants) sigmoid(x Reg) Reg {
	one := c.at("one")
	n, e := c.reduced(c.max(c.or(x, c.at("sign")), c.at("expLeast")))
	e = c.power(c.add(e, one), n)
	above := c.divide(one, c.add(one, e))
	below := c.multiply(e, above)
	rest := c.subtract(e, below)
	c.fnma(rest, e, below)
	c.fma(below, rest, above)
	c.Binary("bit", c.double, above, below, c.compareZero("fcmlt", x))
	return above
}

// tanh returns tanh x = −expm1(−2|x|) / (2 + expm1(−2|x|)) with the sign of x.
func (c *constants) tanh(x Reg) Reg {
	size := c.or(x, c.at("sign"))
	n, p := c.reduced(c.max(c.add(size, size), c.at("tanhLeast")))
	scale := c.powers(c.unary("fcvtns", n))
	numerator := c.subtract(c.at("one"), scale)
	c.fnma(numerator, scale, p)
	y := c.divide(numerator, c.subtract(c.at("two"), numerator))
	c.Binary("bit", c.double, y, x, c.at("sign"))
	return y
}

// exp returns exp(x).
func (c *constants) exp(x Reg) Reg {
	n, e := c.reduced(c.min(c.max(x, c.at("expLeast")), c.at("expMost")))
	return c.power(c.add(e, c.at("one")), n)
}

// activations generates dst[i] = f(src[i]).
func (g *generator) activations(double bool) {
	for _, a := range []struct {
		name, equation string
		numbers        []string
		f              func(*constants, Reg) Reg
	}{
		{"sigmoid", "dst = 1/(1+exp(−src)); dst may be src.", sigmoidNumbers, (*constants).sigmoid},
		{"tanh", "dst = tanh(src); dst may be src.", tanhNumbers, (*constants).tanh},
		{"exp", "dst = exp(src); dst may be src.", expNumbers, (*constants).exp},
	} {
		g.ofOne(double, a.name, a.equation, "", func(v vector) func(Reg) Reg {
			c := v.constants(a.numbers...)
			return func(x Reg) Reg { return a.f(c, x) }
		})
	}
}
