package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

var weightFormats = map[string]func(p *Pool, w []float32, units int) Weights[float32]{"int8": Int8Weights, "bf16": BFloat16Weights}

// Every set gives the bits of plain Go at every place of every width, and writes nothing but what it is asked for.
func TestQuantizedProducts(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	xs, ys := numtest.NewArena[float32](t, rng, 256), numtest.NewArena[float32](t, rng, 256)
	for name, quantized := range weightFormats {
		for units := 1; units <= 170; units++ {
			inputs := 1 + rng.IntN(40)
			w := numtest.Random[float32](rng, inputs*units)
			if units%7 == 0 {
				w[0], w[len(w)-1] = 1e-42, 3e38 // a subnormal number, and one that other weights vanish next to
			}
			first := rng.IntN(units)
			count := 1 + rng.IntN(units-first)
			x := xs.Take(inputs)
			if units%11 == 0 {
				x[0] = float32(math.Inf(1))
			}
			plain := quantized(&Pool{instructions: newInstructions(simd.Portable())}, w, units)
			want := make([]float32, count)
			plain.Product(x, first, want)
			for _, set := range simd.Supported() {
				y := ys.Take(count)
				quantized(&Pool{instructions: newInstructions(set)}, w, units).Product(x, first, y)
				if !slices.EqualFunc(y, want, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b }) {
					t.Fatalf("%s, %s: %d inputs, columns %d to %d of %d: found %v, expected %v", name, set.Name, inputs, first, first+count, units, y, want)
				}
			}
		}
	}
}

// Products keep the bounds that the functions document. A sum of n products in float32 may be off by (n+1)·2⁻²⁴ of the sum of
// magnitudes; the scales and their product add two roundings.
func TestQuantizedBounds(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	const inputs, units = 67, 29
	w, x := numtest.Random[float32](rng, inputs*units), numtest.Random[float32](rng, inputs)
	for l := range inputs {
		w[l*units+3] = 0
	}
	for name, quantized := range weightFormats {
		q, y, line := quantized(nil, w, units), make([]float32, units), make([]float32, units)
		q.Product(x, 0, y)
		for j := range units {
			var exact, sum, greatest, magnitude float64
			for l := range inputs {
				v := float64(w[l*units+j])
				exact += float64(x[l]) * v
				sum += math.Abs(float64(x[l]))
				greatest = max(greatest, math.Abs(v))
				magnitude += math.Abs(float64(x[l]) * v)
			}
			bound := greatest / 127 / 2 * sum
			if name == "bf16" {
				bound = magnitude / 512
			}
			bound += (inputs + 4) * math.Pow(2, -24) * magnitude * 1.01
			if d := math.Abs(float64(y[j]) - exact); d > bound {
				t.Errorf("%s: output %d: found an error of %g, expected at most %g", name, j, d, bound)
			}
			for l := range inputs {
				q.Copy(l, line)
				one := make([]float32, inputs)
				one[l] = 1
				q.Product(one, j, y[j:j+1])
				if y[j] != line[j] {
					t.Fatalf("%s: weight %d,%d: found %v in a row, %v in a product", name, l, j, line[j], y[j])
				}
			}
		}
	}
	if found, expected := Int8Weights(nil, w, units).Bytes(), inputs*units+4*units; found != expected {
		t.Errorf("int8: found %d bytes, expected %d", found, expected)
	}
	if found, expected := BFloat16Weights(nil, w, units).Bytes(), 2*inputs*units; found != expected {
		t.Errorf("bf16: found %d bytes, expected %d", found, expected)
	}
}

func TestBFloat16(t *testing.T) {
	t.Parallel()
	for bits, expected := range map[uint32]uint16{
		0x3f800000: 0x3f80, 0x3f808000: 0x3f80, 0x3f808001: 0x3f81, 0x3f818000: 0x3f82, 0xbf818000: 0xbf82, // ties to even
		0x7f7fffff: 0x7f7f, 0xff7fffff: 0xff7f, 0: 0, 0x80000000: 0x8000, 0x00018000: 0x0002,
	} {
		if found := bfloat16(math.Float32frombits(bits)); found != expected {
			t.Errorf("%#08x: found %#04x, expected %#04x", bits, found, expected)
		}
	}
}
