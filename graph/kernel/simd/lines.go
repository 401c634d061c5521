package simd

// Lines are rows of a matrix at equal distances, or a block of columns of such rows. Without data they are zeros.
type Lines[F Float] struct {
	Data   []F
	Stride int
}

// From returns the block that starts at row i and column j.
func (l Lines[F]) From(i, j int) Lines[F] {
	if l.Data == nil {
		return l
	}
	return Lines[F]{l.Data[i*l.Stride+j:], l.Stride}
}

// Row returns the first width elements of row i.
func (l Lines[F]) Row(i, width int) []F { return l.Data[i*l.Stride:][:width] }
