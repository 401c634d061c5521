// A gruexp with an added cell: the minimal gated unit (Zhou et al. 2016, arXiv:1603.09420).
package main

import (
	"github.com/gruexp/gruexp/cmd/gruexp/app"
	"github.com/gruexp/gruexp/layers"
)

// minimalGatedUnit has one gate, which both forgets and lets in.
type minimalGatedUnit struct{}

func (minimalGatedUnit) Gates() []string { return []string{"forget", "candidate"} }

func (minimalGatedUnit) Step(e layers.Equations, h layers.Value) layers.Value {
	f := e.Gate("forget", e.Sum(e.Input("forget"), e.Recurrent("forget", h)))
	n := e.Candidate(e.Sum(e.Input("candidate"), e.Recurrent("candidate", e.Product(f, h))))
	return e.Between(f, n, h)
}

func main() {
	app.Main(app.Extensions{Cells: map[string]layers.Cell{"mgu": minimalGatedUnit{}}})
}
