package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gateLines walks over rows of several matrices at once. Each has a pointer, a parameter of its name, that moves on by the
// parameter nameStride from row to row; those of one row, as a bias, have no stride and start again.
type gateLines struct {
	*sweep
	pointers map[string]reg.GPVirtual
	width    reg.GPVirtual // of a block of columns, units elements, in bytes
}

// block returns the place of the elements at hand in the given block of columns of a matrix: 0, 1 or 2.
func (g *gateLines) block(name string, block int) Mem {
	if block == 0 {
		return Mem{Base: g.pointers[name]}
	}
	return Mem{Base: g.pointers[name], Index: g.width, Scale: uint8(block)}
}

// fetch brings what stands a row further on at the place at hand into the cache, in the first blocks of columns of a matrix.
func (g *gateLines) fetch(name string, blocks int) {
	next := Mem{Base: Load(Param(name+"Stride"), GP64())}
	SHLQ(U8(g.shift()), next.Base)
	ADDQ(g.pointers[name], next.Base)
	for block := range blocks {
		if block > 0 {
			next.Index, next.Scale = g.width, uint8(block)
		}
		PREFETCHT0(next)
	}
}

// gateFunction generates a function over rows; step handles the vectors at hand of one row.
func gateFunction(v vector, name, doc string, matrices, vectors []string, prepare func(), step func(*gateLines)) {
	signature := fmt.Sprintf("func(rows, units int, %s *%s", strings.Join(append(matrices, vectors...), ", "), v.goType())
	for _, m := range matrices {
		signature += fmt.Sprintf(", %sStride", m)
	}
	TEXT(v.name(name), NOSPLIT, signature+" int)")
	Doc(doc)
	Pragma("noescape")
	prepare()

	units := Load(Param("units"), GP64()).(reg.GPVirtual)
	g := &gateLines{sweep: v.newSweep(units), pointers: map[string]reg.GPVirtual{}, width: GP64()}
	MOVQ(units, g.width)
	SHLQ(U8(v.shift()), g.width)
	var all []reg.GPVirtual
	for _, m := range append(matrices, vectors...) {
		g.pointers[m] = Load(Param(m), GP64()).(reg.GPVirtual)
		all = append(all, g.pointers[m])
	}
	rows := Load(Param("rows"), GP64())
	Label("row")
	g.line("vectors", all, func() { step(g) })
	for _, m := range matrices {
		stride := Load(Param(m+"Stride"), GP64())
		SHLQ(U8(v.shift()), stride)
		SUBQ(g.width, stride)
		ADDQ(stride, g.pointers[m])
	}
	for _, m := range vectors {
		SUBQ(g.width, g.pointers[m])
	}
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// gates generates the gates of a recurrent unit from their inputs a and products q.
func gates(t tables, v vector) {
	var c *constants
	gateFunction(v, "gates", "gates is the forward pass of Loops.ResetAfter; product4 is the fourth block of saved, q_n.",
		[]string{"input", "product", "before", "saved", "product4", "after"}, []string{"bias"},
		func() { c = t.ofExponentials(v) },
		func(g *gateLines) {
			g.fetch("input", 3)
			g.fetch("saved", 3)
			g.fetch("product4", 1)
			g.fetch("after", 1)
			gate := func(block int) reg.VecVirtual {
				x := g.get(g.block("product", block))
				v.add(g.get(g.block("bias", block)), x, x)
				return x
			}
			activated := func(block int) reg.VecVirtual {
				x := gate(block)
				v.add(g.get(g.block("input", block)), x, x)
				x = c.sigmoid(x)
				g.put(x, g.block("saved", block))
				return x
			}
			reset := activated(0)
			product := gate(2)
			g.put(product, g.block("product4", 0))
			candidate := g.get(g.block("input", 2))
			v.fma(reset, product, candidate)
			candidate = c.tanh(candidate)
			g.put(candidate, g.block("saved", 2))
			update := activated(1)
			h := g.get(g.block("before", 0)) // n + z⊙(h'−n)
			v.subtract(candidate, h, h)
			v.horner(candidate, update, h)
			g.put(h, g.block("after", 0))
		})
}

// complement returns 1 − x, complementOfSquare 1 − x².
func (c *constants) complement(x reg.VecVirtual) reg.VecVirtual {
	y := c.register()
	c.subtract(x, c.in("one"), y)
	return y
}

func (c *constants) complementOfSquare(x reg.VecVirtual) reg.VecVirtual {
	y := c.register()
	c.move(c.in("one"), y)
	c.fnma(x, x, y)
	return y
}

// gateGradients generates the gradients of the gates.
func gateGradients(t tables, v vector) {
	var c *constants
	gateFunction(v, "gateGradients", "gateGradients is the backward pass of Loops.ResetAfter; product4 is the fourth block of saved, q_n.",
		[]string{"above", "carry", "saved", "product4", "before", "gates", "products"}, nil,
		func() { c = t.constants(v, "one") },
		func(g *gateLines) {
			g.fetch("above", 1)
			g.fetch("saved", 3)
			g.fetch("product4", 1)
			g.fetch("before", 1)
			g.fetch("gates", 3)
			g.fetch("products", 1)
			d := g.get(g.block("carry", 0))
			v.add(g.get(g.block("above", 0)), d, d)
			update, candidate := g.get(g.block("saved", 1)), g.get(g.block("saved", 2))

			h := g.get(g.block("before", 0))
			dUpdate := v.register()
			v.subtract(candidate, h, dUpdate)
			v.multiply(d, dUpdate, dUpdate)
			v.multiply(update, dUpdate, dUpdate)
			rest := c.complement(update)
			v.multiply(rest, dUpdate, dUpdate)
			g.put(dUpdate, g.block("gates", 1))

			dCandidate := c.complementOfSquare(candidate)
			v.multiply(rest, dCandidate, dCandidate)
			v.multiply(d, dCandidate, dCandidate)
			g.put(dCandidate, g.block("gates", 2))

			v.multiply(update, d, d)
			g.put(d, g.block("carry", 0))

			reset := g.get(g.block("saved", 0))
			dProduct := v.register()
			v.multiply(reset, dCandidate, dProduct)
			g.put(dProduct, g.block("products", 0))
			v.multiply(g.get(g.block("product4", 0)), dProduct, dProduct)
			v.multiply(c.complement(reset), dProduct, dProduct)
			g.put(dProduct, g.block("gates", 0))
		})
}

// resetBefore generates the stages of the recurrences with the reset gate before the product.
func resetBefore(t tables, v vector) {
	resetGates(t, v)
	candidate(t, v, "keepPast", true)
	candidate(t, v, "takeNew", false)
	candidateGradients(t, v, "keepPastGradients", true)
	candidateGradients(t, v, "takeNewGradients", false)
	resetGradients(t, v)
}

// resetGates generates r, z and r⊙h'.
func resetGates(t tables, v vector) {
	var c *constants
	gateFunction(v, "resetGates", "resetGates is the forward pass of Loops.Reset.",
		[]string{"input", "product", "before", "saved", "left"}, []string{"bias"},
		func() { c = t.ofExponentials(v) },
		func(g *gateLines) {
			g.fetch("input", 2)
			g.fetch("saved", 2)
			for block := range 2 {
				x := g.preactivation(block)
				x = c.sigmoid(x)
				g.put(x, g.block("saved", block))
				if block == 0 {
					v.multiply(g.get(g.block("before", 0)), x, x)
					g.put(x, g.block("left", 0))
				}
			}
		})
}

// preactivation returns the sum of input, product and bias of a gate.
func (g *gateLines) preactivation(block int) reg.VecVirtual {
	x := g.get(g.block("product", block))
	g.add(g.get(g.block("bias", block)), x, x)
	g.add(g.get(g.block("input", block)), x, x)
	return x
}

// candidate generates n and h.
func candidate(t tables, v vector, name string, keepsPast bool) {
	var c *constants
	gateFunction(v, name, name+" is the forward pass of a last stage: Loops.KeepPast or Loops.TakeNew.",
		[]string{"input", "product", "before", "saved", "after"}, []string{"bias"},
		func() { c = t.ofExponentials(v) },
		func(g *gateLines) {
			g.fetch("after", 1)
			n := c.tanh(g.preactivation(2))
			g.put(n, g.block("saved", 2))
			update, h, from := g.get(g.block("saved", 1)), g.get(g.block("before", 0)), n
			if !keepsPast {
				h, from = n, h
			}
			to := v.register() // from + z⊙(h−from)
			v.subtract(from, h, to)
			v.horner(from, update, to)
			g.put(to, g.block("after", 0))
		})
}

// candidateGradients generates the gradients of candidate.
func candidateGradients(t tables, v vector, name string, keepsPast bool) {
	var c *constants
	gateFunction(v, name, name+" is the backward pass of a last stage: Loops.KeepPast or Loops.TakeNew.",
		[]string{"above", "carry", "saved", "before", "gates"}, nil,
		func() { c = t.constants(v, "one") },
		func(g *gateLines) {
			g.fetch("above", 1)
			g.fetch("saved", 3)
			g.fetch("before", 1)
			g.fetch("gates", 3)
			d := g.get(g.block("carry", 0))
			v.add(g.get(g.block("above", 0)), d, d)
			update, n := g.get(g.block("saved", 1)), g.get(g.block("saved", 2))
			rest := c.complement(update)
			past, share, from, to := update, rest, n, g.get(g.block("before", 0))
			if !keepsPast {
				past, share, from, to = rest, update, to, n
			}
			dUpdate := v.register()
			v.subtract(from, to, dUpdate)
			v.multiply(d, dUpdate, dUpdate)
			v.multiply(update, dUpdate, dUpdate)
			v.multiply(rest, dUpdate, dUpdate)
			g.put(dUpdate, g.block("gates", 1))

			dCandidate := c.complementOfSquare(n)
			v.multiply(share, dCandidate, dCandidate)
			v.multiply(d, dCandidate, dCandidate)
			g.put(dCandidate, g.block("gates", 2))

			v.multiply(past, d, d)
			g.put(d, g.block("carry", 0))
		})
}

// resetGradients generates the gradients of resetGates.
func resetGradients(t tables, v vector) {
	var c *constants
	gateFunction(v, "resetGradients", "resetGradients is the backward pass of Loops.Reset.",
		[]string{"left", "carry", "saved", "before", "gates"}, nil,
		func() { c = t.constants(v, "one") },
		func(g *gateLines) {
			reset := g.get(g.block("saved", 0))
			d := v.register()
			v.multiply(g.get(g.block("left", 0)), reset, d)
			carry := g.get(g.block("carry", 0))
			v.add(d, carry, carry)
			g.put(carry, g.block("carry", 0))
			v.multiply(g.get(g.block("before", 0)), d, d)
			v.multiply(c.complement(reset), d, d)
			g.put(d, g.block("gates", 0))
		})
}

// blend generates dst = (x − share⊙x) + share⊙y.
func blend(v vector) {
	TEXT(v.name("blend"), NOSPLIT, fmt.Sprintf("func(n int, dst, x, y, share *%s)", v.goType()))
	Doc("blend is Loops.Blend.")
	Pragma("noescape")
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	var all []reg.GPVirtual
	for _, name := range []string{"dst", "x", "y", "share"} {
		all = append(all, Load(Param(name), GP64()).(reg.GPVirtual))
	}
	s := v.newSweep(n)
	s.line("vectors", all, func() {
		x, y, share := s.get(Mem{Base: all[1]}), s.get(Mem{Base: all[2]}), s.get(Mem{Base: all[3]})
		sum := v.register()
		v.move(x, sum)
		v.fnma(share, x, sum)
		v.fma(share, y, sum)
		s.put(sum, Mem{Base: all[0]})
	})
	VZEROUPPER()
	RET()
}
