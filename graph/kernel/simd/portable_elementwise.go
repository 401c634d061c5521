package simd

import (
	"math"
	"unsafe"
)

// addPortable is Loops.Add in plain Go.
func addPortable[F Float](dst, x, y []F) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

// multiplyPortable is Loops.Multiply in plain Go.
func multiplyPortable[F Float](dst, x, y []F) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

// rectifyPortable is Loops.Rectify in plain Go.
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

// greaterPortable is Loops.Greater in plain Go.
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

// negativePortable is Loops.Negative in plain Go.
func negativePortable[F Float](dst, src []F) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = F(math.Copysign(float64(v), -1))
	}
}

// shiftPortable is Loops.Shift in plain Go.
func shiftPortable[F Float](dst, src []F, amount F) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = v - amount
	}
}

// greatestPortable is Loops.Greatest in plain Go.
func greatestPortable[F Float](x []F) F {
	top := F(math.Inf(-1))
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	return top
}

// tiny is the least size that Loops.Flush leaves as it is.
func tiny[F Float]() F {
	if unsafe.Sizeof(F(0)) == 4 {
		return 0x1p-100
	}
	least := 0x1p-996
	return F(least)
}

// flushPortable is Loops.Flush in plain Go.
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

// blendPortable is Loops.Blend in plain Go.
func blendPortable[F Float](dst, x, y, share []F) {
	x, y, share = x[:len(dst)], y[:len(dst)], share[:len(dst)]
	for j, s := range share {
		dst[j] = (x[j] - s*x[j]) + s*y[j]
	}
}
