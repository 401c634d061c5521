package kernel

// lines are rows of a matrix at equal distances, or a block of columns of such rows. Without data they stand for zeros.
type lines[F Float] struct {
	data   []F
	stride int
}

// linesOf returns the rows of a matrix of the given width from the first one on, each the given number behind the one before.
func linesOf[F Float](matrix []F, width, first, distance int) lines[F] {
	return lines[F]{matrix[first*width:], distance * width}
}

// from returns what starts at row i and column j.
func (l lines[F]) from(i, j int) lines[F] {
	if l.data == nil {
		return l
	}
	return lines[F]{l.data[i*l.stride+j:], l.stride}
}

// row returns row i.
func (l lines[F]) row(i, width int) []F { return l.data[i*l.stride:][:width] }

// row returns row i of a matrix of the given width.
func row[F Float](x []F, i, width int) []F { return x[i*width : (i+1)*width : (i+1)*width] }

// even returns how many of rising numbers, from the first on, stand at equal distances, and the distance.
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
