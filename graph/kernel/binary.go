package kernel

// Binary is an element-wise function z = f(x, y) of two arrays, with its partial derivatives. [Plus], [Minus], [Times] and
// [Over] are those that there are.
type Binary[F Float] struct {
	// function sets z = f(x, y), dx sets out = dz·∂f/∂x, and dy sets out = dz·∂f/∂y. All slices of a call are equally long.
	function func(x, y, z []F)
	dx, dy   func(x, y, dz, out []F)
}

// Plus is z = x + y.
func Plus[F Float]() Binary[F] {
	loops := loopsOf[F](nil)
	first := func(_, _, dz, out []F) { copy(out, dz) }
	return Binary[F]{func(x, y, z []F) { loops.Add(z, x, y) }, first, first}
}

// Minus is z = x − y.
func Minus[F Float]() Binary[F] {
	return Binary[F]{
		func(x, y, z []F) {
			y, z = y[:len(x)], z[:len(x)]
			for i, v := range x {
				z[i] = v - y[i]
			}
		},
		func(_, _, dz, out []F) { copy(out, dz) },
		func(_, _, dz, out []F) {
			for i, d := range dz {
				out[i] = -d
			}
		},
	}
}

// Times is z = x⊙y.
func Times[F Float]() Binary[F] {
	loops := loopsOf[F](nil)
	return Binary[F]{
		func(x, y, z []F) { loops.Multiply(z, x, y) },
		func(_, y, dz, out []F) { loops.Multiply(out, dz, y) },
		func(x, _, dz, out []F) { loops.Multiply(out, dz, x) },
	}
}

// Over is z = x/y, element by element, with the rules of floating-point numbers for y = 0.
func Over[F Float]() Binary[F] {
	return Binary[F]{
		func(x, y, z []F) {
			y, z = y[:len(x)], z[:len(x)]
			for i, v := range x {
				z[i] = v / y[i]
			}
		},
		func(_, y, dz, out []F) {
			for i, d := range dz {
				out[i] = d / y[i]
			}
		},
		func(x, y, dz, out []F) {
			for i, d := range dz {
				out[i] = -d * (x[i] / y[i]) / y[i]
			}
		},
	}
}

// Broadcast says how y is repeated to the size of x, a Rows×Width matrix: y has Width elements, the same ones for each
// row, or with Column it has Rows elements, each of them for a whole row. With one row and no Column, x and y are equally
// long.
type Broadcast struct {
	Rows, Width int
	Column      bool
}

// Apply sets z = f(x, y).
func (f Binary[F]) Apply(p *Pool, b Broadcast, x, y, z []F) {
	f.each(p, b, y, func(lo, hi int, y, _ []F) { f.function(x[lo:hi], y, z[lo:hi]) })
}

// GradientX sets dX = dZ·∂f/∂x.
func (f Binary[F]) GradientX(p *Pool, b Broadcast, x, y, dZ, dX []F) {
	f.each(p, b, y, func(lo, hi int, y, _ []F) { f.dx(x[lo:hi], y, dZ[lo:hi], dX[lo:hi]) })
}

// GradientY sets dY = dZ·∂f/∂y, summed over the elements of x that share an element of y, in the order of rows.
func (f Binary[F]) GradientY(p *Pool, b Broadcast, x, y, dZ, dY []F) {
	switch {
	case b.Column:
		f.each(p, b, y, func(lo, hi int, y, out []F) {
			f.dy(x[lo:hi], y, dZ[lo:hi], out)
			dY[lo/b.Width] = sumOf(out)
		})
	case b.Rows == 1:
		f.each(p, b, y, func(lo, hi int, y, _ []F) { f.dy(x[lo:hi], y, dZ[lo:hi], dY[lo:hi]) })
	default:
		scratch := panelsOf[F](p)
		loops := loopsOf[F](p)
		p.Split(b.Width, rowGrain(b.Rows), func(lo, hi int) {
			s := scratch.get()
			defer scratch.put(s)
			s.a = resize(s.a, hi-lo)
			sums := dY[lo:hi]
			clear(sums)
			for i := range b.Rows {
				f.dy(row(x, i, b.Width)[lo:hi], y[lo:hi], row(dZ, i, b.Width)[lo:hi], s.a)
				loops.Add(sums, sums, s.a)
			}
		})
	}
}

// each calls run for stretches [lo,hi) of x with the elements of y that belong to them, and with scratch memory of that
// length where y is a column.
func (f Binary[F]) each(p *Pool, b Broadcast, y []F, run func(lo, hi int, y, scratch []F)) {
	switch {
	case b.Column:
		scratch := panelsOf[F](p)
		p.Split(b.Rows, rowGrain(b.Width), func(lo, hi int) {
			s := scratch.get()
			defer scratch.put(s)
			s.a, s.b = resize(s.a, b.Width), resize(s.b, b.Width)
			for i := lo; i < hi; i++ {
				fill(s.a, y[i])
				run(i*b.Width, (i+1)*b.Width, s.a, s.b)
			}
		})
	case b.Rows == 1:
		p.Split(b.Width, elementGrain, func(lo, hi int) { run(lo, hi, y[lo:hi], nil) })
	default:
		p.Split(b.Rows, rowGrain(b.Width), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				run(i*b.Width, (i+1)*b.Width, y, nil)
			}
		})
	}
}

func fill[F Float](x []F, value F) {
	for i := range x {
		x[i] = value
	}
}

// sumOf adds up x in float64.
func sumOf[F Float](x []F) F {
	var sum float64
	for _, v := range x {
		sum += float64(v)
	}
	return F(sum)
}

// ScaleShift sets y = scale·x + shift, rounded after each operation.
func ScaleShift[F Float](p *Pool, scale, shift F, x, y []F) {
	p.Split(len(x), elementGrain, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			y[i] = F(scale*x[i]) + shift
		}
	})
}

// SumRows sets y[i] = factor·Σ_j x[i,j] for rows of x of the given width. Sums run in float64.
func SumRows[F Float](p *Pool, width int, factor float64, x, y []F) {
	p.Split(len(y), rowGrain(width), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			var sum float64
			for _, v := range row(x, i, width) {
				sum += float64(v)
			}
			y[i] = F(factor * sum)
		}
	})
}

// SumRowsGradient is the gradient of [SumRows] with respect to x: dX[i,j] = factor·dY[i].
func SumRowsGradient[F Float](p *Pool, width int, factor float64, dY, dX []F) {
	p.Split(len(dY), rowGrain(width), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			fill(row(dX, i, width), F(factor*float64(dY[i])))
		}
	})
}
