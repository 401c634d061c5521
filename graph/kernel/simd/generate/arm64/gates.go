package main

import (
	"fmt"
	"strings"
)

// matrix is a parameter of a function over rows: some columns of a matrix, of which the first few blocks of as many columns
// as there are units are used. It moves on by the parameter nameStride from row to row.
type matrix struct {
	name   string
	blocks int
}

// gateLines walks over rows of several matrices at once.
type gateLines struct {
	*sweep
	*constants
	pointers map[string][]Reg // to the blocks of the row at hand
}

func (g *gateLines) get(name string, block int) Reg { return g.sweep.get(g.pointers[name][block]) }
func (g *gateLines) put(x Reg, name string, block int) {
	g.sweep.put(x, g.pointers[name][block])
}

// gateFunction generates a function over rows; step handles the elements at hand of one row. The last matrix has no
// stride if it is a bias, which is the same for all rows.
func (g *generator) gateFunction(double bool, name, doc string, matrices []matrix, inRegisters []string, step func(vector, *gateLines)) {
	var names, strides []string
	for _, m := range matrices {
		names = append(names, m.name)
		if m.name != "bias" {
			strides = append(strides, m.name+"Stride")
		}
	}
	v := g.function(double, name, doc, fmt.Sprintf("rows, units int, %s *F, %s int", strings.Join(names, ", "), strings.Join(strides, ", ")), "")
	rows, units := v.Parameter("rows"), v.Parameter("units")
	width := v.General()
	v.Move(width, units)
	v.bytes(width)
	l := &gateLines{v.newSweep(units), v.constants(inRegisters...), map[string][]Reg{}}
	for _, m := range matrices {
		pointer := v.Parameter(m.name)
		l.pointers[m.name] = []Reg{pointer}
		for range m.blocks - 1 {
			next := v.General()
			v.Sum(next, pointer, width)
			l.pointers[m.name] = append(l.pointers[m.name], next)
			pointer = next
		}
	}
	v.loop("row", rows, func() {
		l.line("vectors", func() { step(v, l) })
		for _, m := range matrices {
			if m.name == "bias" {
				continue
			}
			stride := v.bytes(v.Parameter(m.name + "Stride"))
			for _, pointer := range l.pointers[m.name] {
				v.Add(pointer, stride)
			}
		}
	})
	v.Return()
}

// gates generates the gates of a recurrent unit from their inputs a and products q.
func (g *generator) gates(double bool) {
	g.gateFunction(double, "gates", "gates is the forward pass of Loops.ResetAfter; product4 is the fourth block of saved, q_n.",
		[]matrix{{"input", 3}, {"product", 3}, {"before", 1}, {"saved", 3}, {"product4", 1}, {"after", 1}, {"bias", 3}}, gateNumbers,
		func(v vector, g *gateLines) {
			gate := func(block int) Reg { return v.add(g.get("product", block), g.get("bias", block)) }
			activated := func(block int) Reg {
				x := g.sigmoid(v.add(gate(block), g.get("input", block)))
				g.put(x, "saved", block)
				return x
			}
			reset := activated(0)
			product := gate(2)
			g.put(product, "product4", 0)
			candidate := g.get("input", 2)
			v.fma(candidate, reset, product)
			candidate = g.tanh(candidate)
			g.put(candidate, "saved", 2)
			update := activated(1)
			difference := v.subtract(g.get("before", 0), candidate) // n + z⊙(h'−n)
			v.fma(candidate, update, difference)
			g.put(candidate, "after", 0)
		})
}

// complement returns 1 − x, complementOfSquare 1 − x².
func (c *constants) complement(x Reg) Reg         { return c.subtract(c.at("one"), x) }
func (c *constants) complementOfSquare(x Reg) Reg { return c.less(c.at("one"), x, x) }

// gateGradients generates the gradients of the gates.
func (g *generator) gateGradients(double bool) {
	g.gateFunction(double, "gateGradients", "gateGradients is the backward pass of Loops.ResetAfter; product4 is the fourth block of saved, q_n.",
		[]matrix{{"above", 1}, {"carry", 1}, {"saved", 3}, {"product4", 1}, {"before", 1}, {"gates", 3}, {"products", 1}}, []string{"one"},
		func(v vector, g *gateLines) {
			d := v.add(g.get("carry", 0), g.get("above", 0))
			update, candidate := g.get("saved", 1), g.get("saved", 2)
			rest := g.complement(update)
			dUpdate := v.multiply(v.subtract(g.get("before", 0), candidate), d)
			g.put(v.multiply(v.multiply(dUpdate, update), rest), "gates", 1)

			dCandidate := v.multiply(v.multiply(g.complementOfSquare(candidate), rest), d)
			g.put(dCandidate, "gates", 2)
			g.put(v.multiply(d, update), "carry", 0)

			reset := g.get("saved", 0)
			dProduct := v.multiply(dCandidate, reset)
			g.put(dProduct, "products", 0)
			dProduct = v.multiply(dProduct, g.get("product4", 0))
			g.put(v.multiply(dProduct, g.complement(reset)), "gates", 0)
		})
}

// resetBefore generates the stages of the recurrences with the reset gate before the product.
func (g *generator) resetBefore(double bool) {
	g.resetGates(double)
	g.candidate(double, "keepPast", true)
	g.candidate(double, "takeNew", false)
	g.candidateGradients(double, "keepPastGradients", true)
	g.candidateGradients(double, "takeNewGradients", false)
	g.resetGradients(double)
}

// preactivation returns the sum of input, product and bias of a gate.
func (g *gateLines) preactivation(v vector, block int) Reg {
	return v.add(v.add(g.get("product", block), g.get("bias", block)), g.get("input", block))
}

// resetGates generates r, z and r⊙h'.
func (g *generator) resetGates(double bool) {
	g.gateFunction(double, "resetGates", "resetGates is the forward pass of Loops.Reset.",
		[]matrix{{"input", 2}, {"product", 2}, {"before", 1}, {"saved", 2}, {"left", 1}, {"bias", 2}}, sigmoidNumbers,
		func(v vector, g *gateLines) {
			reset := g.sigmoid(g.preactivation(v, 0))
			g.put(reset, "saved", 0)
			g.put(v.multiply(reset, g.get("before", 0)), "left", 0)
			g.put(g.sigmoid(g.preactivation(v, 1)), "saved", 1)
		})
}

// candidate generates n and h.
func (g *generator) candidate(double bool, name string, keepsPast bool) {
	g.gateFunction(double, name, name+" is the forward pass of a last stage: Loops.KeepPast or Loops.TakeNew.",
		[]matrix{{"input", 3}, {"product", 3}, {"before", 1}, {"saved", 3}, {"after", 1}, {"bias", 3}}, tanhNumbers,
		func(v vector, g *gateLines) {
			n := g.tanh(g.preactivation(v, 2))
			g.put(n, "saved", 2)
			h, from := g.get("before", 0), n
			if !keepsPast {
				h, from = n, h
			}
			g.put(v.fused(from, g.get("saved", 1), v.subtract(h, from)), "after", 0) // from + z⊙(h−from)
		})
}

// candidateGradients generates the gradients of candidate.
func (g *generator) candidateGradients(double bool, name string, keepsPast bool) {
	g.gateFunction(double, name, name+" is the backward pass of a last stage: Loops.KeepPast or Loops.TakeNew.",
		[]matrix{{"above", 1}, {"carry", 1}, {"saved", 3}, {"before", 1}, {"gates", 3}}, []string{"one"},
		func(v vector, g *gateLines) {
			d := v.add(g.get("carry", 0), g.get("above", 0))
			update, n := g.get("saved", 1), g.get("saved", 2)
			rest := g.complement(update)
			past, share, from, to := update, rest, n, g.get("before", 0)
			if !keepsPast {
				past, share, from, to = rest, update, to, n
			}
			dUpdate := v.multiply(v.subtract(to, from), d)
			g.put(v.multiply(v.multiply(dUpdate, update), rest), "gates", 1)
			g.put(v.multiply(v.multiply(g.complementOfSquare(n), share), d), "gates", 2)
			g.put(v.multiply(d, past), "carry", 0)
		})
}

// resetGradients generates the gradients of resetGates.
func (g *generator) resetGradients(double bool) {
	g.gateFunction(double, "resetGradients", "resetGradients is the backward pass of Loops.Reset.",
		[]matrix{{"left", 1}, {"carry", 1}, {"saved", 1}, {"before", 1}, {"gates", 1}}, []string{"one"},
		func(v vector, g *gateLines) {
			reset := g.get("saved", 0)
			d := v.multiply(g.get("left", 0), reset)
			g.put(v.add(g.get("carry", 0), d), "carry", 0)
			d = v.multiply(d, g.get("before", 0))
			g.put(v.multiply(d, g.complement(reset)), "gates", 0)
		})
}

// blend generates dst = (x − share⊙x) + share⊙y.
func (g *generator) blend(double bool) {
	v := g.function(double, "blend", "blend is Loops.Blend.", "n int, dst, x, y, share *F", "")
	s := v.newSweep(v.Parameter("n"))
	dst, px, py, pShare := v.Parameter("dst"), v.Parameter("x"), v.Parameter("y"), v.Parameter("share")
	s.line("vectors", func() {
		x, share := s.get(px), s.get(pShare)
		sum := v.less(x, share, x)
		v.fma(sum, share, s.get(py))
		s.put(sum, dst)
	})
	v.Return()
}
