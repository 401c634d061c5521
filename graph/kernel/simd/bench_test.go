package simd

import (
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

// BenchmarkTile measures the innermost loop of products alone, on a packed panel that stays in the first-level cache.
func BenchmarkTile(b *testing.B) {
	for _, k := range Supported() {
		b.Run(k.Name+"/float32", func(b *testing.B) { benchmarkTile(b, &k.Float32) })
		b.Run(k.Name+"/float64", func(b *testing.B) { benchmarkTile(b, &k.Float64) })
	}
}

func benchmarkTile[F Float](b *testing.B, loops *Loops[F]) {
	rng := rand.New(rand.NewPCG(1, 1))
	const depth = 96
	left, right, c := numtest.Random[F](rng, loops.Rows*depth), numtest.Random[F](rng, loops.Cols*depth), make([]F, loops.Rows*loops.Cols)
	rowStride, stepStride := depth, 1
	if loops.PacksLeft {
		rowStride, stepStride = 1, loops.Rows
	}
	t := &Tile[F]{
		K: depth, Rows: loops.Rows, Cols: loops.Cols, Left: left, RowStride: rowStride, StepStride: stepStride,
		Right: Lines[F]{right, loops.Cols}, To: Lines[F]{c, loops.Cols},
	}
	for b.Loop() {
		loops.Tile(t)
	}
	flops := float64(2*depth*loops.Rows*loops.Cols) * float64(b.N)
	b.ReportMetric(flops/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
