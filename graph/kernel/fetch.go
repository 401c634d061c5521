package kernel

import (
	"unsafe"

	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// fetches lists memory that will be needed soon. The tiles of a product bring it into the cache while they compute, one
// cache line per step of k; otherwise its first use would wait for memory.
type fetches[F Float] struct {
	waiting [8]simd.Lines[F] // the rest of blocks of matrices: the first row, and the distance to the next ones
	count   int
}

const cacheLine = 64

// elementsPerLine returns how many elements a cache line holds.
func elementsPerLine[F Float]() int { return cacheLine / int(unsafe.Sizeof(F(0))) }

// block adds the block of the given width that starts at the given place of a matrix.
func (f *fetches[F]) block(matrix []F, start, width, stride int) {
	if f.count < len(f.waiting) { // otherwise it is not fetched
		f.waiting[f.count] = simd.Lines[F]{Data: matrix[start:][:width], Stride: stride}
		f.count++
	}
}

// rows adds rows of a matrix of the given width: a stretch of memory, that is a block whose rows are cache lines.
func (f *fetches[F]) rows(matrix []F, width, first, count int) {
	f.block(matrix, first*width, count*width, elementsPerLine[F]())
}

// next returns a column of k cache lines, or nothing if nothing is left.
func (f *fetches[F]) next(k int) simd.Lines[F] {
	if f.count == 0 {
		return simd.Lines[F]{}
	}
	first := &f.waiting[0]
	column, taken := *first, elementsPerLine[F]()
	if first.Stride == taken {
		taken *= k
	}
	if taken < len(first.Data) {
		first.Data = first.Data[taken:]
	} else {
		f.count--
		copy(f.waiting[:f.count], f.waiting[1:])
	}
	return column
}

// lines returns how many cache lines the first rows of the remaining blocks have.
func (f *fetches[F]) lines() int {
	sum := 0
	for _, w := range f.waiting[:f.count] {
		sum += ceil(len(w.Data), elementsPerLine[F]())
	}
	return sum
}
