package kernel

import (
	"fmt"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// BenchmarkTuning measures a layer, forward and backward on one thread, with every tuning of products: blocks of several sizes,
// with and without fetches ahead. It is how the tunings of package simd are found:
//
//	go test -run '^$' -bench Tuning -benchtime 0.1s ./graph/kernel
func BenchmarkTuning(b *testing.B) {
	set := simd.Default()
	if !set.Float32.Tunable {
		b.Skip("the set in use has no tunings")
	}
	for _, shape := range benchmarkShapes {
		l := newLayer(shape.steps, shape.batch, shape.input, shape.units)
		for _, fetch := range []bool{true, false} {
			for _, depth := range []int{128, 192, 256, 384, 768} {
				for _, panels := range []int{4, 8, 16} {
					tuning := simd.Tuning{Panels: panels, Depth: depth, Fetch: fetch}
					pool := &Pool{threads: 1, instructions: newInstructions(set.Tuned(tuning))}
					name := fmt.Sprintf("%s/fetch=%t/depth=%d/columns=%d", shape.name, fetch, depth, panels*set.Float32.Cols)
					b.Run(name, func(b *testing.B) {
						l.step(pool)
						for b.Loop() {
							l.step(pool)
						}
						reportFlops(b, l.flops())
					})
				}
			}
		}
	}
}
