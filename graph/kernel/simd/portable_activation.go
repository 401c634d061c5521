package simd

import "math"

// Loops.Sigmoid, Tanh and Exp in plain Go: σ(−∞) = 0, σ(∞) = 1, tanh(±∞) = ±1, tanh(±0) = ±0, and NaN stays
// NaN. The error of every set is at most 3 units in the last place, and no value is below that of a smaller argument,
// except for float64 in plain Go, where math.Exp may decrease by one unit.

func sigmoid64(dst, src []float64) {
	dst = dst[:len(src)]
	for i, x := range src {
		e := math.Exp(-math.Abs(x))
		y := 1 / (1 + e)
		if x < 0 { // e⊙y alone decreases with the roundings of y; the difference to e/(1+e) is added
			below := e * y
			y = math.FMA(math.FMA(-below, e, e-below), y, below)
		}
		dst[i] = y
	}
}

func tanh64(dst, src []float64) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = math.Tanh(x)
	}
}

func exp64(dst, src []float64) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = math.Exp(x)
	}
}

const (
	signBit = 1 << 31
	oneBits = 0x3f800000 // the bits of float32(1)
)

func sigmoid32(dst, src []float32) {
	dst = dst[:len(src)]
	for i, x := range src {
		bits := math.Float32bits(x)
		negative := uint32(int32(bits) >> 31) // all ones where x < 0
		size := math.Float32frombits(bits &^ signBit)
		if !(size <= 87) { // exp(−87) is the last power that is a normal number
			dst[i] = float32(1 / (1 + math.Exp(-float64(x))))
			continue
		}
		s, r := reduce(-size)
		e := s + s*reducedExpm1(r)
		numerator := math.Float32frombits(math.Float32bits(e)&negative | oneBits&^negative)
		dst[i] = float32(float64(numerator) / (1 + float64(e))) // rounded once: a greater e never gives a smaller quotient
	}
}

func exp32(dst, src []float32) {
	dst = dst[:len(src)]
	for i, x := range src {
		if !(-87 <= x && x <= 87) {
			dst[i] = float32(math.Exp(float64(x)))
			continue
		}
		s, r := reduce(x)
		dst[i] = s + s*reducedExpm1(r)
	}
}

func tanh32(dst, src []float32) {
	dst = dst[:len(src)]
	for i, x := range src {
		bits := math.Float32bits(x)
		size := math.Float32frombits(bits &^ signBit)
		if !(size <= 10) { // tanh(9.02) already rounds to 1
			dst[i] = float32(math.Tanh(float64(x)))
			continue
		}
		s, r := reduce(-2 * size)
		e := (s - 1) + s*reducedExpm1(r) // exp(−2|x|) − 1, without cancellation near 0
		y := -e / (2 + e)
		dst[i] = math.Float32frombits(math.Float32bits(y)&^signBit | bits&signBit)
	}
}

// reduce splits exp(x) = s·exp(r) for |x| ≤ 87 into a power of two s and |r| ≤ ½·log 2. The constants are those of expf
// in the Cephes library.
func reduce(x float32) (s, r float32) {
	const (
		log2e   = 1.44269504088896341
		ln2High = 0.693359375 // log 2 in 10 bits, so that n·ln2High is exact
		ln2Low  = -2.12194440e-4
		round   = 3 << 22 // adding it leaves no bits for a fraction
	)
	shifted := x*log2e + round
	n := shifted - round
	s = math.Float32frombits(math.Float32bits(shifted)<<23 + oneBits) // 2ⁿ: the low bits of shifted are n
	return s, (x - n*ln2High) - n*ln2Low
}

// reducedExpm1 returns exp(r) − 1 for |r| ≤ ½·log 2, with the polynomial of expf in the Cephes library, evaluated in
// pairs: the processor waits for less than along Horner's chain.
func reducedExpm1(r float32) float32 {
	r2 := r * r
	p := 1.3981999507e-3 + 1.9875691500e-4*r
	p = (4.1665795894e-2 + 8.3334519073e-3*r) + p*r2
	p = (5.0000001201e-1 + 1.6666665459e-1*r) + p*r2
	return r + p*r2
}

// sigmoidGradientPortable is Loops.SigmoidGradient in plain Go.
func sigmoidGradientPortable[F Float](dst, y, d []F) {
	y, d = y[:len(dst)], d[:len(dst)]
	for i, v := range y {
		dst[i] = d[i] * (v * (1 - v))
	}
}

// tanhGradientPortable is Loops.TanhGradient in plain Go.
func tanhGradientPortable[F Float](dst, y, d []F) {
	y, d = y[:len(dst)], d[:len(dst)]
	for i, v := range y {
		dst[i] = d[i] * ((1 - v) * (1 + v)) // 1−v² would lose the digits of v near ±1
	}
}
