//go:build !purego

package kernel

import (
	"math/bits"
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go run -C generate . -part product -out ../product_amd64.s -stubs ../product_amd64.go -pkg kernel
//go:generate go run -C generate . -part activation -out ../activation_amd64.s -stubs ../activation_amd64.go -pkg kernel

//go:generate go run -C generate . -part gates -out ../gates_amd64.s -stubs ../gates_amd64.go -pkg kernel

// supportedKernels returns the sets for this processor, the fastest first.
func supportedKernels() []*kernels {
	var all []*kernels
	if cpu.X86.HasBMI2 {
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL {
			all = append(all, &kernels{"avx512", avx512Single(), avx512Double()})
		}
		if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
			all = append(all, &kernels{"avx2", avx2Single(), avx2Double()})
		}
	}
	return append(all, portableKernels())
}

// The tiles of AVX-512 are 8 rows by 3 vectors, 24 of 32 registers; those of AVX2 6 rows by 2, 12 of 16. A block of the
// right factor stays in a second-level cache of 1 MiB, the rows of a left one and a panel in the first.

func avx512Single() machine[float32] {
	m := portable(sigmoid32, tanh32)
	m.rows, m.cols, m.lanes, m.packsLeft = 8, 48, 16, false
	m.blockRows, m.blockCols, m.depth, m.grain = 1<<30, 384, 384, 1<<20
	m.tile = tileAssembly[float32]{tileAVX512Single1, tileAVX512Single2, tileAVX512Single3}.checked(16)
	m.row = rowAssembly[float32](rowAVX512Single).checked()
	m.interleave = transposeAssembly[float32](transposeAVX2Single).checked(8)
	m.pack = panelAssembly[float32]{panelAVX512Single1, panelAVX512Single2, panelAVX512Single3}.checked(16)
	m.sigmoid, m.tanh = activationAssembly[float32](sigmoidAVX512Single).checked(), activationAssembly[float32](tanhAVX512Single).checked()
	m.gates, m.gateGradients = gateAssembly[float32](gatesAVX512Single).checked(), gradientAssembly[float32](gateGradientsAVX512Single).checked()
	return m
}

func avx512Double() machine[float64] {
	m := portable(sigmoid64, tanh64)
	m.rows, m.cols, m.lanes, m.packsLeft = 8, 24, 8, false
	m.blockRows, m.blockCols, m.depth, m.grain = 1<<30, 192, 256, 1<<19
	m.tile = tileAssembly[float64]{tileAVX512Double1, tileAVX512Double2, tileAVX512Double3}.checked(8)
	m.row = rowAssembly[float64](rowAVX512Double).checked()
	m.interleave = transposeAssembly[float64](transposeAVX2Double).checked(4)
	m.pack = panelAssembly[float64]{panelAVX512Double1, panelAVX512Double2, panelAVX512Double3}.checked(8)
	m.sigmoid, m.tanh = activationAssembly[float64](sigmoidAVX512Double).checked(), activationAssembly[float64](tanhAVX512Double).checked()
	m.gates, m.gateGradients = gateAssembly[float64](gatesAVX512Double).checked(), gradientAssembly[float64](gateGradientsAVX512Double).checked()
	return m
}

func avx2Single() machine[float32] {
	m := portable(sigmoid32, tanh32)
	m.rows, m.cols, m.lanes, m.packsLeft = 6, 16, 8, false
	m.blockRows, m.blockCols, m.depth, m.grain = 1<<30, 256, 256, 1<<20
	m.tile = tileAssembly[float32]{tileAVX2Single1, tileAVX2Single2}.checked(8)
	m.row = rowAssembly[float32](rowAVX2Single).checked()
	m.interleave = transposeAssembly[float32](transposeAVX2Single).checked(8)
	m.pack = panelAssembly[float32]{panelAVX2Single1, panelAVX2Single2}.checked(8)
	m.sigmoid, m.tanh = activationAssembly[float32](sigmoidAVX2Single).checked(), activationAssembly[float32](tanhAVX2Single).checked()
	m.gates, m.gateGradients = gateAssembly[float32](gatesAVX2Single).checked(), gradientAssembly[float32](gateGradientsAVX2Single).checked()
	return m
}

func avx2Double() machine[float64] {
	m := portable(sigmoid64, tanh64)
	m.rows, m.cols, m.lanes, m.packsLeft = 6, 8, 4, false
	m.blockRows, m.blockCols, m.depth, m.grain = 1<<30, 128, 256, 1<<19
	m.tile = tileAssembly[float64]{tileAVX2Double1, tileAVX2Double2}.checked(4)
	m.row = rowAssembly[float64](rowAVX2Double).checked()
	m.interleave = transposeAssembly[float64](transposeAVX2Double).checked(4)
	m.pack = panelAssembly[float64]{panelAVX2Double1, panelAVX2Double2}.checked(4)
	m.sigmoid, m.tanh = activationAssembly[float64](sigmoidAVX2Double).checked(), activationAssembly[float64](tanhAVX2Double).checked()
	m.gates, m.gateGradients = gateAssembly[float64](gatesAVX2Double).checked(), gradientAssembly[float64](gateGradientsAVX2Double).checked()
	return m
}

// tileAssembly are the tiles in assembly of one, two … vectors of columns.
type tileAssembly[F Float] []func(k int, a *F, rowStride, stepStride int, b *F, ldb int, from *F, fromStride int, c *F, ldc, rows, cols int, ahead *F, aheadBytes int)

// checked returns machine.tile, with the check of bounds that assembly leaves out.
func (t tileAssembly[F]) checked(lanes int) func(k int, a []F, rowStride, stepStride int, b []F, ldb int, from []F, fromStride int, c []F, ldc, rows, cols int, ahead []F, aheadStride int) {
	shift := bits.TrailingZeros(uint(lanes))
	size := int(unsafe.Sizeof(F(0)))
	return func(k int, a []F, rowStride, stepStride int, b []F, ldb int, from []F, fromStride int, c []F, ldc, rows, cols int, ahead []F, aheadStride int) {
		vectors := (cols + lanes - 1) >> shift
		_ = a[(rows-1)*rowStride+(k-1)*stepStride]
		_ = b[(k-1)*ldb+vectors<<shift-1]
		_ = c[(rows-1)*ldc+cols-1]
		var start *F
		if from != nil {
			_ = from[(rows-1)*fromStride+cols-1]
			start = &from[0]
		}
		next := &b[0]
		if len(ahead) > 0 {
			next = &ahead[0]
		}
		t[vectors-1](k, &a[0], rowStride, stepStride, &b[0], ldb, start, fromStride, &c[0], ldc, rows, cols, next, aheadStride*size)
	}
}

// panelAssembly packs rows into panels of one, two … vectors.
type panelAssembly[F Float] []func(k int, rows *F, stride, cols int, panel *F)

func (p panelAssembly[F]) checked(lanes int) func(k int, rows []F, stride, cols int, panel []F, width int) {
	return func(k int, rows []F, stride, cols int, panel []F, width int) {
		_ = rows[(k-1)*stride+cols-1]
		_ = panel[k*width-1]
		p[width/lanes-1](k, &rows[0], stride, cols, &panel[0])
	}
}

// transposeAssembly interleaves as many lines as a vector of AVX has lanes, over as many elements at a time.
type transposeAssembly[F Float] func(squares int, lines *F, stride int, panel *F, width int)

func (t transposeAssembly[F]) checked(lanes int) func(k int, lines []F, stride, count int, panel []F, width int) {
	return func(k int, lines []F, stride, count int, panel []F, width int) {
		_ = lines[(count-1)*stride+k-1]
		_ = panel[(k-1)*width+count-1]
		squares, whole := k/lanes, count/lanes*lanes
		for i := 0; squares > 0 && i < whole; i += lanes {
			t(squares, &lines[i*stride], stride, &panel[i], width)
		}
		for i := range count { // the edges
			from := squares * lanes
			if i >= whole {
				from = 0
			}
			if from < k {
				interleavePortable(k-from, lines[i*stride+from:], stride, 1, panel[from*width+i:], width)
			}
		}
	}
}

// rowAssembly is a row product in assembly.
type rowAssembly[F Float] func(k int, x *F, stride int, w *F, ldw int, y *F, n int, accumulate bool)

func (r rowAssembly[F]) checked() func(k int, x []F, stride int, w []F, ldw int, accumulate bool, y []F) {
	return func(k int, x []F, stride int, w []F, ldw int, accumulate bool, y []F) {
		_ = x[(k-1)*stride]
		_ = w[(k-1)*ldw+len(y)-1]
		r(k, &x[0], stride, &w[0], ldw, &y[0], len(y), accumulate)
	}
}

// activationAssembly is an activation in assembly.
type activationAssembly[F Float] func(n int, dst, src *F)

// checked returns it on slices.
func (f activationAssembly[F]) checked() func(dst, src []F) {
	return func(dst, src []F) {
		if len(src) > 0 {
			dst = dst[:len(src)]
			f(len(src), &dst[0], &src[0])
		}
	}
}

// gateAssembly is machine.gates in assembly; product4 is the fourth block of saved.
type gateAssembly[F Float] func(rows, units int, input, product, before, saved, product4, after, bias *F,
	inputStride, productStride, beforeStride, savedStride, product4Stride, afterStride int)

func (f gateAssembly[F]) checked() func(*gateRows[F]) {
	return func(g *gateRows[F]) {
		rows, H := g.rows, g.units
		_ = g.bias[3*H-1]
		f(rows, H, g.input.first(rows, 3*H), g.product.first(rows, 3*H), g.before.first(rows, H), g.saved.first(rows, 4*H),
			&g.saved.data[3*H], g.after.first(rows, H), &g.bias[0],
			g.input.stride, g.product.stride, g.before.stride, g.saved.stride, g.saved.stride, g.after.stride)
	}
}

// gradientAssembly is machine.gateGradients in assembly.
type gradientAssembly[F Float] func(rows, units int, above, carry, saved, product4, before, gates, candidates, previous *F,
	aboveStride, carryStride, savedStride, product4Stride, beforeStride, gatesStride, candidatesStride, previousStride int)

func (f gradientAssembly[F]) checked() func(*gradientRows[F]) {
	return func(g *gradientRows[F]) {
		rows, H := g.rows, g.units
		f(rows, H, g.above.first(rows, H), g.carry.first(rows, H), g.saved.first(rows, 4*H), &g.saved.data[3*H],
			g.before.first(rows, H), g.gates.first(rows, 3*H), g.candidates.first(rows, H), g.previous.first(rows, H),
			g.above.stride, g.carry.stride, g.saved.stride, g.saved.stride,
			g.before.stride, g.gates.stride, g.candidates.stride, g.previous.stride)
	}
}

// first returns where the first of the given number of rows starts, after a check that all are there.
func (l lines[F]) first(rows, width int) *F {
	_ = l.data[(rows-1)*l.stride+width-1]
	return &l.data[0]
}
