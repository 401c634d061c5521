// Command arm64 writes the assembly of package simd for arm64, one part per run; see the go:generate lines there.
package main

import (
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/kernel/simd/generate/a64"
)

// parts are what is written to a file each, for both element types.
var parts = map[string]func(*generator){
	"product": both(func(g *generator, double bool) {
		for width := 1; width <= tileWidth; width++ {
			g.tile(double, width)
		}
		for width := 1; width <= packedVectors(double); width++ {
			g.panel(double, width)
		}
		g.row(double)
		g.transpose(double)
	}),
	"activation": func(g *generator) {
		g.writeNumbers()
		both((*generator).activations)(g)
	},
	"elementwise": both(func(g *generator, double bool) {
		g.elementwise(double, "add", "dst = x + y; dst may be x or y.", vector.add)
		g.elementwise(double, "multiply", "dst = x·y; dst may be x or y.", vector.multiply)
		g.elementwise(double, "rectify", "dst = y where x is above 0 or NaN, 0 elsewhere; dst may be x or y.", vector.rectify)
		g.elementwise(double, "greater", "dst = y where y is above x or NaN, x elsewhere; dst may be x or y.", vector.greater)
		g.elementwise(double, "sigmoidGradient", "dst = y·x·(1−x); dst may be x or y.", vector.sigmoidGradient)
		g.elementwise(double, "tanhGradient", "dst = y·(1−x)·(1+x); dst may be x or y.", vector.tanhGradient)
		g.others(double)
		g.greatest(double)
	}),
	"normalize": both(func(g *generator, double bool) {
		g.normalize(double)
		g.normalizeGradient(double)
	}),
	"noise": func(g *generator) {
		g.writeNormalNumbers()
		both(func(g *generator, double bool) {
			g.bernoulli(double)
			g.addNormal(double)
		})(g)
	},
	"gates": func(g *generator) {
		g.writeNumbers()
		both(func(g *generator, double bool) {
			g.gates(double)
			g.gateGradients(double)
			g.resetBefore(double)
			g.blend(double)
		})(g)
	},
	"update": both(func(g *generator, double bool) {
		g.updates(double)
		g.sums(double)
	}),
}

// both writes the functions of both element types.
func both(write func(g *generator, double bool)) func(*generator) {
	return func(g *generator) {
		write(g, false)
		write(g, true)
	}
}

// generator is the file that is being written.
type generator struct{ a64.File }

func main() {
	part := flag.String("part", "", "what to write: "+strings.Join(slices.Sorted(maps.Keys(parts)), ", "))
	out := flag.String("out", "", "the file of the assembly")
	stubs := flag.String("stubs", "", "the file of the declarations in Go")
	pkg := flag.String("pkg", "", "the package of both")
	flag.Parse()
	write, ok := parts[*part]
	if !ok {
		log.Fatalf("-part %q: expected one of %s", *part, strings.Join(slices.Sorted(maps.Keys(parts)), ", "))
	}
	var g generator
	write(&g)
	command := fmt.Sprintf("go run ./arm64 -part %s -out %s -stubs %s -pkg %s", *part, *out, *stubs, *pkg)
	for name, text := range map[string]string{*out: g.Assembly(command), *stubs: g.Stubs(command, *pkg)} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
