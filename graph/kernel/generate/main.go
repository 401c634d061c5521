// Command generate writes the assembly of package kernel, one part per run; see the go:generate lines there.
package main

import (
	"flag"
	"log"

	"github.com/mmcloughlin/avo/build"
)

func main() {
	part := flag.String("part", "", "product: the innermost loops of products")
	flag.Parse()
	build.ConstraintExpr("!purego")
	switch *part {
	case "product":
		for _, v := range vectors {
			for width := 1; width <= v.tileWidth(); width++ {
				tile(v, width)
				panel(v, width)
			}
			row(v)
			if !v.wide() {
				transpose(v) // good enough for AVX-512 too
			}
		}
	case "activation":
		writeExponentialTables()
		for _, v := range vectors {
			activation(v, "sigmoid", "dst = 1/(1+exp(−src)); dst may be src.", (*constants).sigmoid)
			activation(v, "tanh", "dst = tanh(src); dst may be src.", (*constants).tanh)
		}
	case "gates":
		writeExponentialTables()
		for _, v := range vectors {
			gates(v)
			gateGradients(v)
		}
	case "update":
		for _, v := range vectors {
			updates(v)
			sums(v)
		}
	default:
		log.Fatalf("-part %q: expected product, activation, gates or update", *part)
	}
	build.Generate()
}
