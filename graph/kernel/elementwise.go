package kernel

// Starting a goroutine takes some microseconds, and another processor needs 10 to 20 more to wake up and run it. So a
// goroutine pays for work of at least about 20 microseconds.
const (
	// elementGrain is the least number of simple operations in plain Go that pays for a goroutine.
	elementGrain = 1 << 15
	// vectorGrain is the same for copies and for operations in vectors.
	vectorGrain = 1 << 18
)

// rowGrain returns how many rows of the given width pay for a goroutine that works element by element.
func rowGrain(width int) int { return ceil(elementGrain, max(1, width)) }

// vectorRowGrain returns how many rows pay for a goroutine that copies them or works in vectors.
func vectorRowGrain(width int) int { return ceil(vectorGrain, max(1, width)) }

// Multiply sets product[i] = x[i]·factors[i mod len(factors)]: element-wise if both are equally long, or the same
// factors [B,D] at every step of x [T,B,D]. len(x) is a multiple of len(factors). product may be x.
func Multiply[F Float](p *Pool, x, factors, product []F) {
	if len(x) == 0 {
		return
	}
	loops := loopsOf[F](p)
	p.Split(len(x), vectorGrain, func(lo, hi int) {
		for lo < hi {
			start := lo % len(factors)
			end := min(hi, lo+len(factors)-start)
			loops.Multiply(product[lo:end], x[lo:end], factors[start:])
			lo = end
		}
	})
}

// CopyMatrix copies a rows×cols matrix from src with row stride lds to dst with row stride ldd: concatenation along the
// last axis, columns of a matrix, and the gradients of both.
func CopyMatrix[F Float](p *Pool, rows, cols int, src []F, lds int, dst []F, ldd int) {
	p.Split(rows, vectorRowGrain(cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			copy(dst[i*ldd:i*ldd+cols], src[i*lds:i*lds+cols])
		}
	})
}
