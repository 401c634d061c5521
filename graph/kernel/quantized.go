package kernel

import (
	"math"

	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// Weights is a matrix [I,O] that is not stored as numbers of type F. The steps of this package can multiply by it.
type Weights[F Float] interface {
	// Product sets y to the product of x [I] and the columns from first on, as many as y has.
	Product(x []F, first int, y []F)
	// Copy sets y [O] to the numbers of row i.
	Copy(i int, y []F)
	// Bytes is the memory that the matrix takes.
	Bytes() int
}

// int8Weights are w[l,j] = scales[j]·q[l,j] with whole numbers q from −127 to 127.
type int8Weights struct {
	set    *simd.Set
	units  int
	q      []int8
	scales []float32
}

// Int8Weights rounds a matrix w [I,units] to 8 bits: all weights of an output j share the scale s[j] = max|w[·,j]|/127, and each
// becomes the nearest multiple of it. A product is y[j] = s[j]·Σ_l x[l]·q[l,j], summed in float32 in the order of l, with the
// same bits on every processor. Its distance from the product with w is at most s[j]/2·Σ_l |x[l]|, and the roundings of float32.
// The matrix takes a quarter of the memory, and four bytes for every output.
func Int8Weights(p *Pool, w []float32, units int) Weights[float32] {
	m := &int8Weights{set: instructionsOf(p).Set, units: units, q: make([]int8, len(w), len(w)+simd.Spare), scales: make([]float32, units)}
	for i, v := range w {
		m.scales[i%units] = max(m.scales[i%units], float32(math.Abs(float64(v))))
	}
	for j := range m.scales {
		m.scales[j] /= 127
	}
	for i, v := range w {
		if s := m.scales[i%units]; s > 0 {
			m.q[i] = int8(min(max(math.RoundToEven(float64(v)/float64(s)), -127), 127)) // a subnormal scale may be too small
		}
	}
	return m
}

func (m *int8Weights) Product(x []float32, first int, y []float32) {
	m.set.Int8(x, m.q[first:cap(m.q)], m.units, y)
	scales := m.scales[first : first+len(y)]
	for j, s := range scales {
		y[j] *= s
	}
}

func (m *int8Weights) Copy(i int, y []float32) {
	for j, q := range m.q[i*m.units : (i+1)*m.units] {
		y[j] = m.scales[j] * float32(q)
	}
}

func (m *int8Weights) Bytes() int { return len(m.q) + 4*len(m.scales) }

// bfloat16Weights are the upper halves of numbers of float32.
type bfloat16Weights struct {
	set   *simd.Set
	units int
	bits  []uint16
}

// BFloat16Weights rounds a matrix w [I,units] to bfloat16, to the nearest number and of two equally near ones to the even one. A
// product is summed in float32 in the order of its terms, with the same bits on every processor. Its distance from the product
// with w is at most 2⁻⁹·Σ_l |x[l]·w[l,j]|, and the roundings of float32; weights below 2⁻¹²⁶ are rounded to multiples of 2⁻¹³³.
// The matrix takes half the memory.
func BFloat16Weights(p *Pool, w []float32, units int) Weights[float32] {
	m := &bfloat16Weights{set: instructionsOf(p).Set, units: units, bits: make([]uint16, len(w), len(w)+simd.Spare)}
	for i, v := range w {
		m.bits[i] = bfloat16(v)
	}
	return m
}

// bfloat16 rounds a finite number. One that would become infinite stays the greatest.
func bfloat16(v float32) uint16 {
	const greatest = 0x7f7f
	bits := math.Float32bits(v)
	rounded := (bits + 0x7fff + bits>>16&1) >> 16
	if rounded&0x7fff > greatest {
		rounded--
	}
	return uint16(rounded)
}

func (m *bfloat16Weights) Product(x []float32, first int, y []float32) {
	m.set.BFloat16(x, m.bits[first:cap(m.bits)], m.units, y)
}

func (m *bfloat16Weights) Copy(i int, y []float32) {
	for j, bits := range m.bits[i*m.units : (i+1)*m.units] {
		y[j] = math.Float32frombits(uint32(bits) << 16)
	}
}

func (m *bfloat16Weights) Bytes() int { return 2 * len(m.bits) }

// AffineWeights sets y [R,O] to x·w + b for x [R,I] and b [O], row by row.
func AffineWeights[F Float](p *Pool, rows int, x []F, w Weights[F], b, y []F) {
	loops, inputs, units := loopsOf[F](p), len(x)/rows, len(y)/rows
	for i := range rows {
		out := row(y, i, units)
		w.Product(row(x, i, inputs), 0, out)
		if b != nil {
			loops.Add(out, out, b)
		}
	}
}
