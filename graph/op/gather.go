package op

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Gather looks up rows of a table [V,D]: y[t,b] = table[ids[t,b]], ids of tensor.Int [T,B] or [B], y with one axis more.
// Where keep, of the shape of ids, is 0, row 0 is taken, that of the unknown token; a nil keep keeps every id. The gradient
// of the table is a whole table. An id outside [0,V) is an error of the run.
func Gather(s *Scope, table, ids, keep *G.Node) (*G.Node, error) {
	c := check{op: "Gather"}
	c.floats("table", table, anySize, anySize)
	idsShape := c.ints("ids", ids, anyRank(ids, 1, 2)...)
	c.optional("keep", keep, idsShape...)
	if c.err != nil {
		return nil, c.err
	}
	rows, err := byDtype(c.dtype, gather[float32], gather[float64])(s, table, ids, keep)
	if err != nil {
		return nil, err
	}
	s.lookups[rows] = lookup{table, ids, keep}
	return rows, nil
}

// lookup is what a node of [Gather] reads.
type lookup struct{ table, ids, keep *G.Node }

// projectedWidth is the least width of a table whose products are looked up. With narrower rows the products cost little
// more than to add up their gradients for each row of the table.
const projectedWidth = 64

// pays reports whether it pays to multiply the rows of the table in place of those that were looked up.
func (l lookup) pays() bool {
	return l.table.Shape()[0] < sizeOf(l.ids.Shape()) && l.table.Shape()[1] >= projectedWidth
}

func gather[F kernel.Float](s *Scope, table, ids, keep *G.Node) (*G.Node, error) {
	size, width := table.Shape()[0], table.Shape()[1]
	gradientOfTable := func(_, dy *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "GatherGradient", inputs: []*G.Node{dy, ids, keep}, shape: table.Shape(),
			verify: func(in values[F]) error { return inRange("ids", in.ints[1], size) },
			run: func(in values[F], dTable []F) {
				clear(dTable)
				kernel.ScatterAdd(s.pool, width, in.ints[1], in.floats[2], in.floats[0], dTable)
			},
		})
	}
	return add(s, operation[F]{
		name: "Gather", inputs: []*G.Node{table, ids, keep}, shape: slices.Concat(ids.Shape(), []int{width}),
		verify: func(in values[F]) error { return inRange("ids", in.ints[1], size) },
		run: func(in values[F], y []F) {
			kernel.Gather(s.pool, width, in.floats[0], in.ints[1], in.floats[2], y)
		},
		gradients: []gradient{gradientOfTable},
	})
}

// inRange returns an error unless every id is in [0,n).
func inRange(name string, ids []int, n int) error {
	if i := kernel.OutsideRange(ids, n); i >= 0 {
		return errors.Errorf("%s: element %d: found %d, expected 0 to %d", name, i, ids[i], n-1)
	}
	return nil
}
