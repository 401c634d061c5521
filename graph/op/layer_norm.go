package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// LayerNorm is y = gain⊙(x−μ)/√(σ²+ε) + shift with the mean μ and the variance σ² of each row of x [B,D] or [T,B,D], or of
// each of a number of equal blocks of its columns; gain is [D], shift [D] or nil for none (Ba et al. 2016, arXiv:1607.06450).
func LayerNorm(s *Scope, x, gain, shift *G.Node, blocks int, epsilon float64) (*G.Node, error) {
	c := check{op: "LayerNorm"}
	shape := c.floats("x", x, anyRank(x, 2, 3)...)
	width := shape[len(shape)-1]
	c.floats("gain", gain, width)
	c.optional("shift", shift, width)
	c.that(blocks > 0 && width%max(1, blocks) == 0, "blocks", blocks, fmt.Sprintf("a divisor of %d", width))
	c.that(epsilon > 0, "epsilon", epsilon, "more than 0")
	if c.err != nil {
		return nil, c.err
	}
	return byDtype(c.dtype, layerNorm[float32], layerNorm[float64])(s, x, gain, shift, blocks, epsilon)
}

func layerNorm[F kernel.Float](s *Scope, x, gain, shift *G.Node, blocks int, epsilon float64) (*G.Node, error) {
	_, width := rowsOf(x)
	var dGain, dShift []F
	number := s.count + 1 // of the node added below
	backward := memoized(func(_, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "LayerNormGradient", inputs: []*G.Node{x, gain, dy}, shape: x.Shape(),
			run: func(in values[F], dx []F) {
				working[kernel.LayerNormBackward[F]](s.memory, number).Run(s.pool, width, blocks, epsilon, in.floats[0], in.floats[1], in.floats[2], dx, dGain, dShift)
			},
		})
	})
	dGain = make([]F, width) // written even if it is not read
	return add(s, operation[F]{
		name: "LayerNorm", inputs: []*G.Node{x, gain, shift}, shape: x.Shape(),
		run: func(in values[F], y []F) {
			kernel.LayerNorm(s.pool, width, blocks, epsilon, in.floats[0], in.floats[1], in.floats[2], y)
		},
		gradients: []gradient{
			backward,
			sideOutput(s, "LayerNormGainGradient", backward, gain, &dGain),
			sideOutput(s, "LayerNormShiftGradient", backward, shift, &dShift),
		},
	})
}
