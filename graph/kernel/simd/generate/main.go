// Command generate writes the assembly of package simd, one part per run; see the go:generate lines there.
package main

import (
	"flag"
	"log"

	"github.com/mmcloughlin/avo/build"
)

// parts are what is written to a file each, for every kind of vector.
var parts = map[string]func(){
	"product": func() {
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
	},
	"activation": func() {
		t := writeTables()
		for _, v := range vectors {
			activation(t, v, "sigmoid", "dst = 1/(1+exp(−src)); dst may be src.", (*constants).sigmoid)
			activation(t, v, "tanh", "dst = tanh(src); dst may be src.", (*constants).tanh)
			activation(t, v, "exp", "dst = exp(src); dst may be src.", (*constants).exp)
		}
	},
	"elementwise": func() {
		for _, v := range vectors {
			elementwise(v, "add", "dst = x + y; dst may be x or y.", v.add)
			elementwise(v, "multiply", "dst = x·y; dst may be x or y.", v.multiply)
			elementwise(v, "rectify", "dst = y where x is above 0 or NaN, 0 elsewhere; dst may be x or y.", v.rectify)
			elementwise(v, "greater", "dst = y where y is above x or NaN, x elsewhere; dst may be x or y.", v.greater)
			elementwise(v, "sigmoidGradient", "dst = y·x·(1−x); dst may be x or y.", v.sigmoidGradient)
			elementwise(v, "tanhGradient", "dst = y·(1−x)·(1+x); dst may be x or y.", v.tanhGradient)
			negative(v)
			shift(v)
			flush(v)
			greatest(v)
		}
	},
	"normalize": func() {
		for _, v := range vectors {
			normalize(v)
			normalizeGradient(v)
		}
	},
	"noise": func() {
		steps, numbers := writeSteps(), writeNormalNumbers()
		for _, v := range vectors {
			bernoulli(v, steps)
			addNormal(v, steps, numbers)
		}
	},
	"gates": func() {
		t := writeTables()
		for _, v := range vectors {
			gates(t, v)
			gateGradients(t, v)
			resetBefore(t, v)
			blend(v)
		}
	},
	"processor": identify,
	"quantized": func() {
		for _, v := range vectors {
			for _, f := range formats {
				if !v.double {
					quantized(v, f)
				}
			}
		}
	},
	"update": func() {
		for _, v := range vectors {
			updates(v)
			sums(v)
		}
	},
}

func main() {
	part := flag.String("part", "", "what to write: product, activation, elementwise, normalize, noise, gates, quantized, update or processor")
	flag.Parse()
	write, ok := parts[*part]
	if !ok {
		log.Fatalf("-part %q: expected product, activation, elementwise, normalize, noise, gates, quantized, update or processor", *part)
	}
	build.ConstraintExpr("!purego")
	if *part != "processor" {
		writeMaskTable()
	}
	write()
	build.Generate()
}
