//go:build !purego

package kernel

// resetAfterAssembly is the stage of the cell with the reset gate after the product in assembly.
type resetAfterAssembly[F Float] struct {
	gates func(rows, units int, input, product, before, saved, product4, after, bias *F,
		inputStride, productStride, beforeStride, savedStride, product4Stride, afterStride int)
	gradients func(rows, units int, above, carry, saved, product4, before, gates, products *F,
		aboveStride, carryStride, savedStride, product4Stride, beforeStride, gatesStride, productsStride int)
}

// resetBeforeAssembly is the stages of the cells with the reset gate before the product in assembly.
type resetBeforeAssembly[F Float] struct {
	reset, keepPast, takeNew                            stageForward[F]
	resetGradients, keepPastGradients, takeNewGradients stageBackward[F]
}

type (
	// Its last matrix is left in the first stage, and after in the last one.
	stageForward[F Float] func(rows, units int, input, product, before, saved, last, bias *F,
		inputStride, productStride, beforeStride, savedStride, lastStride int)
	// Its first matrix is left in the first stage, and above in the last one.
	stageBackward[F Float] func(rows, units int, first, carry, saved, before, gates *F,
		firstStride, carryStride, savedStride, beforeStride, gatesStride int)
)

// cells returns the cells: those stages that are in assembly as they are called from Go, with all bounds checked, and the
// others in plain Go.
func (a *assembly[F]) cells() [gruForms]cell[F] {
	cells := portableCells(plainActivations[F]())
	cells[ResetAfter] = resetAfterCell(a.resetAfter.forward, a.resetAfter.backward)
	b := &a.resetBefore
	reset, resetGradients := b.reset.rows(false), b.resetGradients.rows(false)
	cells[ResetBeforePast] = resetBeforeCell(reset, resetGradients, b.keepPast.rows(true), b.keepPastGradients.rows(true))
	cells[ResetBeforeNew] = resetBeforeCell(reset, resetGradients, b.takeNew.rows(true), b.takeNewGradients.rows(true))
	return cells
}

func (a *resetAfterAssembly[F]) forward(g *gateRows[F]) {
	rows, H := g.rows, g.units
	_ = g.bias[3*H-1]
	a.gates(rows, H, g.input.first(rows, 3*H), g.product.first(rows, 3*H), g.before.first(rows, H), g.saved.first(rows, 4*H),
		&g.saved.data[3*H], g.after.first(rows, H), &g.bias[0],
		g.input.stride, g.product.stride, g.before.stride, g.saved.stride, g.saved.stride, g.after.stride)
}

func (a *resetAfterAssembly[F]) backward(g *gradientRows[F]) {
	rows, H := g.rows, g.units
	a.gradients(rows, H, g.above.first(rows, H), g.carry.first(rows, H), g.saved.first(rows, 4*H), &g.saved.data[3*H],
		g.before.first(rows, H), g.gates.first(rows, 3*H), g.products.first(rows, H),
		g.above.stride, g.carry.stride, g.saved.stride, g.saved.stride,
		g.before.stride, g.gates.stride, g.products.stride)
}

// rows returns the function as it is called from Go.
func (f stageForward[F]) rows(isLast bool) func(*gateRows[F]) {
	return func(g *gateRows[F]) {
		rows, H, last := g.rows, g.units, &g.left
		if isLast {
			last = &g.after
		}
		_ = g.bias[3*H-1]
		f(rows, H, g.input.first(rows, 3*H), g.product.first(rows, 3*H), g.before.first(rows, H), g.saved.first(rows, 3*H),
			last.first(rows, H), &g.bias[0], g.input.stride, g.product.stride, g.before.stride, g.saved.stride, last.stride)
	}
}

// rows returns the function as it is called from Go.
func (f stageBackward[F]) rows(isLast bool) func(*gradientRows[F]) {
	return func(g *gradientRows[F]) {
		rows, H, first := g.rows, g.units, &g.left
		if isLast {
			first = &g.above
		}
		f(rows, H, first.first(rows, H), g.carry.first(rows, H), g.saved.first(rows, 3*H), g.before.first(rows, H),
			g.gates.first(rows, 3*H), first.stride, g.carry.stride, g.saved.stride, g.before.stride, g.gates.stride)
	}
}
