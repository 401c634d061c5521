//go:build !purego

package simd

import (
	"math"
	"unsafe"
)

// blockAssembly has the functions over panels of one, two … vectors of columns; for those over tiles see tileNEON.
type blockAssembly[F Float] struct {
	panels []panelAssembly[F]
}

type panelAssembly[F Float] func(k int, rows *F, stride int, panel *F, width int)

// neonRows is how many rows a tile has.
const neonRows = 8

// loops returns the functions as they are called from Go. A panel of either factor stays in a first-level cache of 32 KiB,
// the packed blocks, of blockCols columns on the right, in a second-level cache of 512 KiB.
func (a *assembly[F]) loops(blockCols int) Loops[F] {
	loops := a.onSlices()
	loops.Rows, loops.Cols, loops.PacksLeft = neonRows, 3*a.lanes, true
	loops.BlockRows, loops.BlockCols, loops.Depth, loops.Fetch = 64, blockCols, 256, true
	return loops
}

func (a *assembly[F]) tileFunction() func(*Tile[F]) {
	size := int(unsafe.Sizeof(F(0)))
	return func(t *Tile[F]) {
		vectors := (t.Cols + a.lanes - 1) / a.lanes
		_ = t.Left[t.K*neonRows-1]
		_ = t.Right.Data[(t.K-1)*t.Right.Stride+vectors*a.lanes-1]
		ahead := &t.Right.Data[0]
		if len(t.Prefetch.Data) > 0 {
			ahead = &t.Prefetch.Data[0]
		}
		run := func(from *F, fromStride int, c *F, ldc int) {
			tileNEON(vectors, t.K, &t.Left[0], &t.Right.Data[0], t.Right.Stride, from, fromStride, c, ldc, t.Rows,
				ahead, t.Prefetch.Stride*size)
		}
		if t.Cols < vectors*a.lanes { // only whole vectors can be read and written
			var part [neonRows * 12]F
			width := vectors * a.lanes
			if t.From.Data != nil {
				for i := range t.Rows {
					copy(part[i*width:], t.From.Row(i, t.Cols))
				}
			}
			run(&part[0], width, &part[0], width)
			for i := range t.Rows {
				copy(t.To.Row(i, t.Cols), part[i*width:])
			}
			return
		}
		_ = t.To.Data[(t.Rows-1)*t.To.Stride+t.Cols-1]
		var from *F
		if t.From.Data != nil {
			_ = t.From.Data[(t.Rows-1)*t.From.Stride+t.Cols-1]
			from = &t.From.Data[0]
		}
		run(from, t.From.Stride, &t.To.Data[0], t.To.Stride)
	}
}

// tileNEON computes a tile of the given number of vectors of columns. Unlike functions in a table, those that are called by
// their names let memory of their caller stay on its stack.
func tileNEON[F Float](vectors, k int, a, b *F, ldb int, from *F, fromStride int, c *F, ldc, rows int, ahead *F, aheadBytes int) {
	if unsafe.Sizeof(F(0)) == 4 {
		a, b, from, c, ahead := single(a), single(b), single(from), single(c), single(ahead)
		switch vectors {
		case 1:
			tileNEONSingle1(k, a, b, ldb, from, fromStride, c, ldc, rows, ahead, aheadBytes)
		case 2:
			tileNEONSingle2(k, a, b, ldb, from, fromStride, c, ldc, rows, ahead, aheadBytes)
		case 3:
			tileNEONSingle3(k, a, b, ldb, from, fromStride, c, ldc, rows, ahead, aheadBytes)
		}
		return
	}
	{
		a, b, from, c, ahead := double(a), double(b), double(from), double(c), double(ahead)
		switch vectors {
		case 1:
			tileNEONDouble1(k, a, b, ldb, from, fromStride, c, ldc, rows, ahead, aheadBytes)
		case 2:
			tileNEONDouble2(k, a, b, ldb, from, fromStride, c, ldc, rows, ahead, aheadBytes)
		case 3:
			tileNEONDouble3(k, a, b, ldb, from, fromStride, c, ldc, rows, ahead, aheadBytes)
		}
	}
}

func single[F Float](x *F) *float32 { return (*float32)(unsafe.Pointer(x)) }
func double[F Float](x *F) *float64 { return (*float64)(unsafe.Pointer(x)) }

func (a *assembly[F]) pack(k int, rows []F, stride, count int, panel []F, width int) {
	_ = rows[(k-1)*stride+count-1]
	_ = panel[(k-1)*width+count-1]
	vectors := count / a.lanes
	if vectors > 0 {
		a.blocks.panels[vectors-1](k, &rows[0], stride, &panel[0], width)
	}
	if i := vectors * a.lanes; i < count {
		packPortable(k, rows[i:], stride, count-i, panel[i:], width)
	}
}

func (a *assembly[F]) bernoulliNoise(values []F, seed uint64, threshold uint32, kept F) {
	n := len(values) / a.lanes * a.lanes
	if n > 0 {
		a.bernoulli(n, &values[0], seed, threshold, kept)
	}
	bernoulliPortable(values[n:], seed+uint64(n/2)*splitMixGamma, threshold, kept)
}

func (a *assembly[F]) normalNoise(values []F, seed uint64, deviation F) {
	n := len(values) / a.lanes * a.lanes
	if n > 0 {
		a.addNormal(n, &values[0], seed, deviation)
	}
	addNormalPortable(values[n:], seed+uint64(n/2)*splitMixGamma, deviation)
}

func sumOfSquaresNEON[F Float](x []F) float64    { return sumNEON(x, false) }
func sumOfMagnitudesNEON[F Float](x []F) float64 { return sumNEON(x, true) }

// sumNEON adds up whole blocks in assembly and what is left in plain Go.
func sumNEON[F Float](x []F, magnitudes bool) float64 {
	var sums [sumLanes]float64
	blocks := len(x) / sumLanes
	if blocks > 0 {
		switch isSingle := unsafe.Sizeof(F(0)) == 4; {
		case isSingle && magnitudes:
			sumOfMagnitudesNEONSingle(blocks, single(&x[0]), &sums[0])
		case isSingle:
			sumOfSquaresNEONSingle(blocks, single(&x[0]), &sums[0])
		case magnitudes:
			sumOfMagnitudesNEONDouble(blocks, double(&x[0]), &sums[0])
		default:
			sumOfSquaresNEONDouble(blocks, double(&x[0]), &sums[0])
		}
	}
	for i, v := range x[blocks*sumLanes:] {
		if magnitudes {
			sums[i] += math.Abs(float64(v))
		} else {
			sums[i] += float64(float64(v) * float64(v))
		}
	}
	return byHalves(&sums)
}
