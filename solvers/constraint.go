package solvers

import (
	"math"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
)

// constrainer carries out the [graph.Constraint] of parameters. Of a tensor of several axes the columns are those of the
// last one; a vector is one column.
type constrainer struct {
	factors []float64 // by column, reused
}

// apply scales the columns of a parameter as its constraint wants. A column of zeros has no direction and stays.
func (c *constrainer) apply(p *graph.Param) {
	switch {
	case p.Constraint == graph.Constraint{}:
	case isFloat32(p.Value):
		constrain(c, p, p.Value.Float32s())
	default:
		constrain(c, p, p.Value.Float64s())
	}
}

func constrain[F kernel.Float](c *constrainer, p *graph.Param, values []F) {
	c.factors = columnSquares(p, values, c.factors)
	scales := false
	for j, squares := range c.factors {
		factor := 1.0
		switch norm := math.Sqrt(squares); {
		case p.Constraint.UnitNorm && norm > 0:
			factor = 1 / norm
		case p.Constraint.MaxNorm > 0 && norm > p.Constraint.MaxNorm:
			factor = p.Constraint.MaxNorm / norm
		}
		c.factors[j] = factor
		scales = scales || factor != 1
	}
	if scales {
		kernel.ScaleColumns(values, c.factors)
	}
}

// columnSquares returns the squared norms of the columns of a parameter, or of what has its shape, in the memory of sums
// as far as that reaches.
func columnSquares[F kernel.Float](p *graph.Param, values []F, sums []float64) []float64 {
	sums = resize(sums, columnCount(p))
	if len(sums) == 1 {
		sums[0] = kernel.SumOfSquares(values)
	} else {
		kernel.ColumnSquares(values, sums)
	}
	return sums
}

// columnCount is how many columns a parameter has.
func columnCount(p *graph.Param) int {
	shape := p.Value.Shape()
	if len(shape) < 2 {
		return 1
	}
	return shape[len(shape)-1]
}

func resize(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	return s[:n]
}
