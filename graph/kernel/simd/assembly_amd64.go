//go:build !purego

package simd

import (
	"math/bits"
	"unsafe"
)

// blockAssembly has the functions over tiles and panels of one, two … vectors of columns.
type blockAssembly[F Float] struct {
	tiles  []tileAssembly[F]
	panels []panelAssembly[F]
}

type (
	tileAssembly[F Float] func(k int, a *F, rowStride, stepStride int, b *F, ldb int, from *F, fromStride int, c *F,
		ldc, rows, cols int, ahead *F, aheadBytes int)
	panelAssembly[F Float] func(k int, rows *F, stride, count int, panel *F)
)

// loops returns the functions as they are called from Go. A block of blockCols columns and the depth of all sets stays in a
// second-level cache of 1 MiB; the left factor is not packed and needs no blocks. A [Tuning] may change this.
func (a *assembly[F]) loops(rows, blockCols int) Loops[F] {
	loops := a.onSlices()
	loops.Rows, loops.Cols = rows, a.lanes*len(a.blocks.tiles)
	loops.BlockRows, loops.BlockCols, loops.Depth, loops.Fetch = 1<<40, blockCols, 384, true
	loops.Tunable = true
	return loops
}

func (a *assembly[F]) tileFunction() func(*Tile[F]) {
	shift := bits.TrailingZeros(uint(a.lanes))
	size := int(unsafe.Sizeof(F(0)))
	return func(t *Tile[F]) {
		vectors := (t.Cols + a.lanes - 1) >> shift
		_ = t.Left[(t.Rows-1)*t.RowStride+(t.K-1)*t.StepStride]
		_ = t.Right.Data[(t.K-1)*t.Right.Stride+vectors<<shift-1]
		_ = t.To.Data[(t.Rows-1)*t.To.Stride+t.Cols-1]
		var from *F
		if t.From.Data != nil {
			_ = t.From.Data[(t.Rows-1)*t.From.Stride+t.Cols-1]
			from = &t.From.Data[0]
		}
		ahead := &t.Right.Data[0]
		if len(t.Prefetch.Data) > 0 {
			ahead = &t.Prefetch.Data[0]
		}
		a.blocks.tiles[vectors-1](t.K, &t.Left[0], t.RowStride, t.StepStride, &t.Right.Data[0], t.Right.Stride, from, t.From.Stride,
			&t.To.Data[0], t.To.Stride, t.Rows, t.Cols, ahead, t.Prefetch.Stride*size)
	}
}

func (a *assembly[F]) pack(k int, rows []F, stride, count int, panel []F, width int) {
	_ = rows[(k-1)*stride+count-1]
	_ = panel[k*width-1]
	a.blocks.panels[width/a.lanes-1](k, &rows[0], stride, count, &panel[0])
}

func (a *assembly[F]) bernoulliNoise(values []F, seed uint64, threshold uint32, kept F) {
	if len(values) > 0 {
		a.bernoulli(len(values), &values[0], seed, threshold, kept)
	}
}

func (a *assembly[F]) normalNoise(values []F, seed uint64, deviation F) {
	if len(values) > 0 {
		a.addNormal(len(values), &values[0], seed, deviation)
	}
}
