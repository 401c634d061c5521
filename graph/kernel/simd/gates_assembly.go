//go:build (amd64 || arm64) && !purego

package simd

// resetAfterAssembly is the assembly of the stage with the reset gate after the product.
type resetAfterAssembly[F Float] struct {
	gates func(rows, units int, input, product, before, saved, product4, after, bias *F,
		inputStride, productStride, beforeStride, savedStride, product4Stride, afterStride int)
	gradients func(rows, units int, above, carry, saved, product4, before, gates, products *F,
		aboveStride, carryStride, savedStride, product4Stride, beforeStride, gatesStride, productsStride int)
}

// resetBeforeAssembly is the assembly of the stages with the reset gate before the product.
type resetBeforeAssembly[F Float] struct {
	reset, keepPast, takeNew                            stageForward[F]
	resetGradients, keepPastGradients, takeNewGradients stageBackward[F]
}

type (
	// stageForward has Left as its last matrix in the first stage, and After in the last one.
	stageForward[F Float] func(rows, units int, input, product, before, saved, last, bias *F,
		inputStride, productStride, beforeStride, savedStride, lastStride int)
	// stageBackward has Left as its first matrix in the first stage, and Above in the last one.
	stageBackward[F Float] func(rows, units int, first, carry, saved, before, gates *F,
		firstStride, carryStride, savedStride, beforeStride, gatesStride int)
)

func (a *resetAfterAssembly[F]) forward(g *GateRows[F]) {
	rows, H := g.Rows, g.Units
	_ = g.Bias[3*H-1]
	a.gates(rows, H, g.Input.first(rows, 3*H), g.Product.first(rows, 3*H), g.Before.first(rows, H), g.Saved.first(rows, 4*H),
		&g.Saved.Data[3*H], g.After.first(rows, H), &g.Bias[0],
		g.Input.Stride, g.Product.Stride, g.Before.Stride, g.Saved.Stride, g.Saved.Stride, g.After.Stride)
}

func (a *resetAfterAssembly[F]) backward(g *GradientRows[F]) {
	rows, H := g.Rows, g.Units
	a.gradients(rows, H, g.Above.first(rows, H), g.Carry.first(rows, H), g.Saved.first(rows, 4*H), &g.Saved.Data[3*H],
		g.Before.first(rows, H), g.Gates.first(rows, 3*H), g.Products.first(rows, H),
		g.Above.Stride, g.Carry.Stride, g.Saved.Stride, g.Saved.Stride,
		g.Before.Stride, g.Gates.Stride, g.Products.Stride)
}

// rows returns the function as it is called from Go, with all bounds checked.
func (f stageForward[F]) rows(isLast bool) func(*GateRows[F]) {
	return func(g *GateRows[F]) {
		rows, H, last := g.Rows, g.Units, &g.Left
		if isLast {
			last = &g.After
		}
		_ = g.Bias[3*H-1]
		f(rows, H, g.Input.first(rows, 3*H), g.Product.first(rows, 3*H), g.Before.first(rows, H), g.Saved.first(rows, 3*H),
			last.first(rows, H), &g.Bias[0], g.Input.Stride, g.Product.Stride, g.Before.Stride, g.Saved.Stride, last.Stride)
	}
}

// rows returns the function as it is called from Go, with all bounds checked.
func (f stageBackward[F]) rows(isLast bool) func(*GradientRows[F]) {
	return func(g *GradientRows[F]) {
		rows, H, first := g.Rows, g.Units, &g.Left
		if isLast {
			first = &g.Above
		}
		f(rows, H, first.first(rows, H), g.Carry.first(rows, H), g.Saved.first(rows, 3*H), g.Before.first(rows, H),
			g.Gates.first(rows, 3*H), first.Stride, g.Carry.Stride, g.Saved.Stride, g.Before.Stride, g.Gates.Stride)
	}
}
