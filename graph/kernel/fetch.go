package kernel

import "unsafe"

// fetches are blocks of matrices that will be needed soon. The tiles of a product bring them into the cache while they
// compute, each a column of cache lines: otherwise the first to touch a block would wait for memory.
type fetches[F Float] struct {
	waiting [4]fetch[F]
	count   int
}

// fetch is what is left of the first row of a block, and the distance to its next rows.
type fetch[F Float] struct {
	row    []F
	stride int
}

const cacheLine = 64

// add appends the block of the given width that starts at the given place of a matrix, if it is wanted. What does not fit is
// dropped.
func (f *fetches[F]) add(wanted bool, matrix []F, start, width, stride int) {
	if wanted && f.count < len(f.waiting) {
		f.waiting[f.count] = fetch[F]{matrix[start:][:width], stride}
		f.count++
	}
}

// next returns where the next column of cache lines starts and the distance of its rows; nil where nothing is left.
func (f *fetches[F]) next() ([]F, int) {
	if f.count == 0 {
		return nil, 0
	}
	first := &f.waiting[0]
	line, stride := first.row, first.stride
	if width := cacheLine / int(unsafe.Sizeof(F(0))); len(line) > width {
		first.row = line[width:]
	} else {
		f.count--
		copy(f.waiting[:], f.waiting[1:])
	}
	return line, stride
}
