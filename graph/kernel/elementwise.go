package kernel

import (
	"math"
	"unsafe"
)

// To start a goroutine takes some microseconds, and until another processor has woken up to run it 10 to 20 pass. So work
// is worth one from about 20 microseconds on.
const (
	// elementGrain is the least number of simple element operations in plain Go that is worth a goroutine.
	elementGrain = 1 << 15
	// vectorGrain is that of copies and of operations in vectors.
	vectorGrain = 1 << 18
)

// rowGrain returns how many rows of the given width are worth a goroutine that takes them element by element.
func rowGrain(width int) int { return ceil(elementGrain, max(1, width)) }

// vectorRowGrain returns how many are worth a goroutine that copies them or takes them in vectors.
func vectorRowGrain(width int) int { return ceil(vectorGrain, max(1, width)) }

// Multiply sets product[i] = x[i]·factors[i mod len(factors)]: element-wise where both are equally long, and the same
// factors [B,D] at every step of x [T,B,D]. len(x) is a multiple of len(factors). product may be x.
func Multiply[F Float](p *Pool, x, factors, product []F) {
	if len(x) == 0 {
		return
	}
	m := machineOf[F](p)
	p.Split(len(x), vectorGrain, func(lo, hi int) {
		for lo < hi {
			start := lo % len(factors)
			end := min(hi, lo+len(factors)-start)
			m.multiply(product[lo:end], x[lo:end], factors[start:])
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

// addPortable is machine.add in plain Go.
func addPortable[F Float](dst, x, y []F) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

// multiplyPortable is machine.multiply in plain Go.
func multiplyPortable[F Float](dst, x, y []F) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

// rectifyPortable is machine.rectify in plain Go.
func rectifyPortable[F Float](dst, x, y []F) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i, v := range x {
		if v <= 0 {
			dst[i] = 0
		} else {
			dst[i] = y[i]
		}
	}
}

// greaterPortable is machine.greater in plain Go.
func greaterPortable[F Float](dst, x, y []F) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i, v := range y {
		if v > x[i] || v != v {
			dst[i] = v
		} else {
			dst[i] = x[i]
		}
	}
}

// negativePortable is machine.negative in plain Go.
func negativePortable[F Float](dst, src []F) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = F(math.Copysign(float64(v), -1))
	}
}

// shiftPortable is machine.shift in plain Go.
func shiftPortable[F Float](dst, src []F, amount F) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = v - amount
	}
}

// greatestPortable is machine.greatest in plain Go.
func greatestPortable[F Float](x []F) F {
	top := F(math.Inf(-1))
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	return top
}

// tiny is the least size that machine.flush leaves as it is.
func tiny[F Float]() F {
	if unsafe.Sizeof(F(0)) == 4 {
		return 0x1p-100
	}
	least := 0x1p-996
	return F(least)
}

// flushPortable is machine.flush in plain Go.
func flushPortable[F Float](dst, src []F) {
	dst = dst[:len(src)]
	least := tiny[F]()
	for i, v := range src {
		if -least < v && v < least {
			v = 0
		}
		dst[i] = v
	}
}
