package main

import "fmt"

// transpose generates the packing of as many lines as a vector has lanes side by side into a panel, square by square.
func (g *generator) transpose(double bool) {
	lanes := lanesOf(double)
	v := g.function(double, "transpose", fmt.Sprintf("transpose sets panel[l·width+i] = lines[i·stride+l] for i < %d and l < %[1]d·squares, squares ≥ 1.", lanes),
		"squares int, lines *F, stride int, panel *F, width int", "")
	squares, lines, stride := v.Parameter("squares"), v.Parameter("lines"), v.bytes(v.Parameter("stride"))
	panel, width := v.Parameter("panel"), v.bytes(v.Parameter("width"))
	from := v.General()
	v.loop("square", squares, func() {
		v.Move(from, lines)
		rows := v.Vectors(lanes)
		for i, row := range rows {
			if i > 0 {
				v.Add(from, stride)
			}
			v.Load(row, from, 0)
		}
		if double {
			rows = v.pairs(true, rows[0], rows[1])
		} else {
			upper, lower := v.pairs(false, rows[0], rows[1]), v.pairs(false, rows[2], rows[3])
			even, odd := v.pairs(true, upper[0], lower[0]), v.pairs(true, upper[1], lower[1])
			rows = []Reg{even[0], odd[0], even[1], odd[1]}
		}
		for _, row := range rows {
			v.Store(row, panel, 0)
			v.Add(panel, width)
		}
		v.AddConstant(lines, vectorBytes)
	})
	v.Return()
}

// pairs returns the even lanes of x and y by turns, and the odd ones; with wide a lane has 64 bits.
func (v vector) pairs(wide bool, x, y Reg) []Reg {
	even, odd := v.Vector(), v.Vector()
	v.Binary("trn1", wide, even, x, y)
	v.Binary("trn2", wide, odd, x, y)
	return []Reg{even, odd}
}
