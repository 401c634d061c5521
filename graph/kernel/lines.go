package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// linesOf returns every distance-th row of a matrix of the given width, from row first on.
func linesOf[F Float](matrix []F, width, first, distance int) simd.Lines[F] {
	return simd.Lines[F]{Data: matrix[first*width:], Stride: distance * width}
}

// row returns row i of a matrix of the given width.
func row[F Float](x []F, i, width int) []F { return x[i*width : (i+1)*width : (i+1)*width] }

// even returns how many of the rising numbers, from the first on, have equal distances, and that distance.
func even(numbers []int) (count, distance int) {
	if len(numbers) == 1 {
		return 1, 0
	}
	distance = numbers[1] - numbers[0]
	for count = 2; count < len(numbers) && numbers[count]-numbers[count-1] == distance; {
		count++
	}
	return count, distance
}
