package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// scanCase is one scan with all its inputs, and weights that make a loss Σ weights·hidden of it.
type scanCase[F Float] struct {
	ScanShape
	ScanInput[F]
	weights []F // [T,B,H]
}

// scanOptions are the inputs that may be left out.
type scanOptions struct {
	initial, mask, reverse, perturbation, activations bool
	zoneout                                           zoneoutKind
}

func allScanOptions() (all []scanOptions) {
	for i := range 32 {
		for _, zoneout := range []zoneoutKind{noZoneout, zoneoutNoise, zoneoutRate} {
			all = append(all, scanOptions{i&1 != 0, i&2 != 0, i&4 != 0, i&8 != 0, i&16 != 0, zoneout})
		}
	}
	return all
}

func newScanCase[F Float](rng *rand.Rand, steps, batch, units int, o scanOptions) *scanCase[F] {
	c := &scanCase[F]{ScanShape: ScanShape{Steps: steps, Batch: batch, Units: units, Reverse: o.reverse}}
	if o.activations { // whose derivatives need their arguments
		c.Activation, c.GateActivation = "swish", "hard_sigmoid"
	}
	c.Gates = numtest.Random[F](rng, steps*batch*2*units)
	if o.initial {
		c.Initial = numtest.Random[F](rng, batch*units)
	}
	if o.mask { // as in newRecurrenceCase
		c.Mask = make([]F, steps*batch)
		for t := range steps {
			for b := range batch {
				if b == 0 || b == 2 && t < steps/2 || b > 2 && rng.IntN(3) > 0 {
					c.Mask[t*batch+b] = 1
				}
			}
		}
	}
	switch o.zoneout {
	case zoneoutNoise:
		c.Zoneout = make([]F, steps*batch*units)
		for i := range c.Zoneout {
			c.Zoneout[i] = F(rng.IntN(2))
		}
	case zoneoutRate:
		c.ZoneoutRate = 0.25
	}
	if o.perturbation {
		c.Perturbation = numtest.Random[F](rng, steps*batch*units)
	}
	c.weights = numtest.Random[F](rng, steps*batch*units)
	return c
}

// reference runs the equations one number at a time, in float64.
func (c *scanCase[F]) reference() []float64 {
	sigma, g := smooth[orElse(c.GateActivation, "sigmoid")].f, smooth[orElse(c.Activation, "positive")].f
	T, B, H := c.Steps, c.Batch, c.Units
	hidden := make([]float64, T*B*H)
	for b := range B {
		for j := range H {
			h := 0.0
			if c.Initial != nil {
				h = float64(c.Initial[b*H+j])
			}
			for i := range T {
				t := i
				if c.Reverse {
					t = T - 1 - i
				}
				if row := t*B + b; c.Mask == nil || c.Mask[row] == 1 {
					z, n := sigma(float64(c.Gates[row*2*H+j])), g(float64(c.Gates[row*2*H+H+j]))
					keep := float64(c.ZoneoutRate)
					if c.Zoneout != nil {
						keep = float64(c.Zoneout[row*H+j])
					}
					h = keep*h + (1-keep)*((1-z)*h+z*n)
				}
				if c.Perturbation != nil {
					h += float64(c.Perturbation[(t*B+b)*H+j])
				}
				hidden[(t*B+b)*H+j] = h
			}
		}
	}
	return hidden
}

func (c *scanCase[F]) loss() float64 {
	var sum float64
	for i, h := range c.reference() {
		sum += h * float64(c.weights[i])
	}
	return sum
}

// run does both passes and returns hidden and the gradients of the loss. What a pass leaves unwritten is NaN.
func (c *scanCase[F]) run(g *Scan[F], p *Pool) ([]F, ScanGradient[F]) {
	garbage := func(x []F) []F {
		if x == nil {
			return nil
		}
		return slices.Repeat([]F{F(math.NaN())}, len(x))
	}
	hidden := garbage(c.weights)
	g.Forward(p, c.ScanShape, c.ScanInput, hidden, true)
	out := ScanGradient[F]{Gates: garbage(c.Gates), Initial: garbage(c.Initial), Perturbation: garbage(c.Perturbation)}
	g.Backward(p, c.ScanShape, c.ScanInput, hidden, c.weights, out)
	return hidden, out
}

// float32 returns the case with its inputs rounded.
func (c *scanCase[F]) float32() *scanCase[float32] {
	return &scanCase[float32]{c.ScanShape, ScanInput[float32]{
		Gates: convert(c.Gates), Initial: convert(c.Initial), Mask: convert(c.Mask), Zoneout: convert(c.Zoneout),
		ZoneoutRate: float32(c.ZoneoutRate), Perturbation: convert(c.Perturbation),
	}, convert(c.weights)}
}

var scanShapes = [][3]int{{1, 1, 1}, {1, 9, 3}, {3, 4, 5}, {5, 1, 40}, {6, 21, 3}}

// A step has a handful of roundings, and an average does not amplify those before it.
func TestScanForward(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(31, 1))
	for _, shape := range scanShapes {
		for _, o := range allScanOptions() {
			name := fmt.Sprintf("%v %+v", shape, o)
			double := newScanCase[float64](rng, shape[0], shape[1], shape[2], o)
			got, _ := double.run(new(Scan[float64]), nil)
			numtest.Near(t, name+" float64", got, double.reference(), 1e-14)
			single := double.float32()
			got32, _ := single.run(new(Scan[float32]), nil)
			numtest.Near(t, name+" float32", got32, single.reference(), 1e-5)
		}
	}
}

// Central differences of the scalar reference, for every element of every input: see TestRecurrenceBackward.
func TestScanBackward(t *testing.T) {
	t.Parallel()
	const step = 1e-5
	rng := rand.New(rand.NewPCG(31, 2))
	for _, shape := range [][3]int{{1, 1, 1}, {4, 4, 2}, {5, 1, 3}} {
		for _, o := range allScanOptions() {
			c := newScanCase[float64](rng, shape[0], shape[1], shape[2], o)
			_, out := c.run(new(Scan[float64]), nil)
			for _, input := range []struct {
				name            string
				value, gradient []float64
			}{{"gates", c.Gates, out.Gates}, {"initial", c.Initial, out.Initial}, {"perturbation", c.Perturbation, out.Perturbation}} {
				want := make([]float64, len(input.value))
				for i, v := range input.value {
					input.value[i] = v + step
					above := c.loss()
					input.value[i] = v - step
					want[i] = (above - c.loss()) / (2 * step)
					input.value[i] = v
				}
				numtest.Near(t, fmt.Sprintf("%v %+v %s", shape, o, input.name), input.gradient, want, 1e-8)
			}
		}
	}
}

// The paper computes all steps at once (appendix B.3): with the logarithms of 1−z and of z·g as coefficients and values,
// log h is a sum of coefficients and the logarithm of a sum of exponentials. It needs states above 0, as g makes them.
func TestScanIsTheLogSpaceForm(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 3))
	const steps = 40
	c := newScanCase[float64](rng, steps, 3, 2, scanOptions{initial: true})
	for i, v := range c.Initial {
		c.Initial[i] = math.Abs(v) + 0.1
	}
	softplus, logG := smooth["softplus"].f, func(x float64) float64 { return math.Log(smooth["positive"].f(x)) }
	want := make([]float64, len(c.weights))
	for b := range c.Batch {
		for j := range c.Units {
			coefficients := 0.0 // a*: the sum of log(1−z) so far
			logH0 := math.Log(c.Initial[b*c.Units+j])
			terms := []float64{logH0} // log b − a* so far
			for t := range steps {
				at := (t*c.Batch+b)*2*c.Units + j
				k, n := c.Gates[at], c.Gates[at+c.Units]
				coefficients -= softplus(k)
				terms = append(terms, -softplus(-k)+logG(n)-coefficients)
				greatest, sum := slices.Max(terms), 0.0
				for _, v := range terms {
					sum += math.Exp(v - greatest)
				}
				want[(t*c.Batch+b)*c.Units+j] = math.Exp(coefficients + greatest + math.Log(sum))
			}
		}
	}
	got, _ := c.run(new(Scan[float64]), nil)
	numtest.Near(t, "hidden", got, want, 1e-12)
}

// Large enough for several workers, whose borders lie within rows too; each set of kernels.
func TestScanThreads(t *testing.T) {
	eachSet(t, testScanThreads[float32], testScanThreads[float64])
}

func testScanThreads[F Float](t *testing.T, k *simd.Set, _ *simd.Loops[F]) {
	rng := rand.New(rand.NewPCG(31, 4))
	for _, shape := range [][3]int{{12, 7, 33}, {30, 1, 64}, {3, 2, 170}} {
		for _, o := range []scanOptions{{}, {mask: true, zoneout: zoneoutNoise, initial: true}, {reverse: true, activations: true, perturbation: true, zoneout: zoneoutRate}} {
			c := newScanCase[F](rng, shape[0], shape[1], shape[2], o)
			want, wantOut := c.run(new(Scan[F]), &Pool{threads: 1, instructions: newInstructions(k)})
			for _, threads := range []int{2, 3, 5} {
				got, out := c.run(new(Scan[F]), &Pool{threads: threads, eager: true, instructions: newInstructions(k)})
				name := fmt.Sprintf("%v %+v threads=%d", shape, o, threads)
				numtest.SameBits(t, name, got, want)
				sameScanGradient(t, name, out, wantOut)
			}
		}
	}
}

func sameScanGradient[F Float](t *testing.T, name string, got, want ScanGradient[F]) {
	t.Helper()
	numtest.SameBits(t, name+" gates", got.Gates, want.Gates)
	numtest.SameBits(t, name+" initial", got.Initial, want.Initial)
	numtest.SameBits(t, name+" perturbation", got.Perturbation, want.Perturbation)
}

// Steps after the end that are masked everywhere change no bit, for any numbers in their gates. Nor do masked rows.
func TestScanPadding(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 5))
	const steps, batch, units, more = 12, 9, 12, 5
	for _, o := range []scanOptions{{mask: true, initial: true}, {mask: true, initial: true, reverse: true, zoneout: zoneoutRate}} {
		c := newScanCase[float32](rng, steps, batch, units, o)
		hidden, out := c.run(new(Scan[float32]), eagerPool(2))
		longer := *c
		longer.Steps += more
		longer.Mask = append(slices.Clone(c.Mask), make([]float32, more*batch)...)
		longer.Gates = append(slices.Clone(c.Gates), slices.Repeat([]float32{float32(math.NaN())}, more*batch*2*units)...)
		longer.weights = append(slices.Clone(c.weights), make([]float32, more*batch*units)...)
		longerHidden, longerOut := longer.run(new(Scan[float32]), eagerPool(2))
		numtest.SameBits(t, "gates of padding", longerOut.Gates[len(out.Gates):], make([]float32, more*batch*2*units))
		longerOut.Gates = longerOut.Gates[:len(out.Gates)]
		numtest.SameBits(t, "hidden", longerHidden[:len(hidden)], hidden)
		sameScanGradient(t, "longer", longerOut, out)
		last := hidden[(steps-1)*batch*units:]
		if o.reverse {
			last = c.Initial
		}
		numtest.SameBits(t, "carried", longerHidden[len(hidden):], slices.Repeat(last, more))
	}
}

// A mask that lets everything through is none, and working memory that has seen other shapes changes nothing.
func TestScanReuse(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 6))
	var used Scan[float32]
	for i, o := range allScanOptions() {
		o.mask = false
		c := newScanCase[float32](rng, 1+rng.IntN(6), 1+rng.IntN(20), 1+rng.IntN(40), o)
		want, wantOut := c.run(new(Scan[float32]), nil)
		c.Mask = slices.Repeat([]float32{1}, c.Steps*c.Batch)
		got, out := c.run(&used, eagerPool(1+i%3))
		name := fmt.Sprintf("%+v", c.ScanShape)
		numtest.SameBits(t, name, got, want)
		sameScanGradient(t, name, out, wantOut)
		used.Forward(nil, c.ScanShape, c.ScanInput, got, false)
		numtest.SameBits(t, name+" evaluation", got, want)
	}
}

// Steps have the bits of whole sequences, by every set of kernels.
func TestScanStep(t *testing.T) {
	eachSet(t, testScanStep[float32], testScanStep[float64])
}

func testScanStep[F Float](t *testing.T, k *simd.Set, _ *simd.Loops[F]) {
	rng := rand.New(rand.NewPCG(31, 7))
	p := &Pool{threads: 1, instructions: newInstructions(k)}
	for _, batch := range []int{1, 11} {
		for _, o := range allScanOptions() {
			if o.reverse || o.perturbation || o.zoneout == zoneoutNoise {
				continue
			}
			o.initial = true
			c := newScanCase[F](rng, 6, batch, 37, o)
			want := make([]F, len(c.weights))
			new(Scan[F]).Forward(p, c.ScanShape, c.ScanInput, want, false)
			state := slices.Clone(c.Initial)
			step := NewScanStep(p, c.ScanShape, c.ZoneoutRate, state)
			for at := range c.Steps {
				var mask []F
				if o.mask {
					mask = row(c.Mask, at, batch)
				}
				step.Run(row(c.Gates, at, batch*2*c.Units), mask)
				numtest.SameBits(t, fmt.Sprintf("batch %d %+v step %d", batch, o, at), state, row(want, at, len(state)))
			}
		}
	}
}

// Both passes stay within their slices, which end and begin at pages that must not be touched.
func TestScanStaysInside(t *testing.T) {
	eachSet(t, testScanStaysInside[float32], testScanStaysInside[float64])
}

func testScanStaysInside[F Float](t *testing.T, k *simd.Set, _ *simd.Loops[F]) {
	rng := rand.New(rand.NewPCG(31, 8))
	p := &Pool{threads: 1, instructions: newInstructions(k)}
	fenced := func(x []F) []F {
		if x == nil {
			return nil
		}
		y := numtest.NewArena[F](t, rng, len(x)).Take(len(x)) // each with its own pages
		copy(y, x)
		return y
	}
	for _, units := range []int{1, 3, 16, 17, 33} {
		for _, o := range []scanOptions{{}, {true, true, false, true, false, zoneoutNoise}, {true, true, true, true, true, zoneoutRate}} {
			c := newScanCase[F](rng, 3, 4, units, o)
			want, wantOut := c.run(new(Scan[F]), p)
			in := c.ScanInput
			c.Gates, c.Initial, c.Mask = fenced(in.Gates), fenced(in.Initial), fenced(in.Mask)
			c.Zoneout, c.Perturbation = fenced(in.Zoneout), fenced(in.Perturbation)
			hidden, weights := fenced(want), fenced(c.weights)
			out := ScanGradient[F]{Gates: fenced(in.Gates), Initial: fenced(in.Initial), Perturbation: fenced(in.Perturbation)}
			var g Scan[F]
			g.Forward(p, c.ScanShape, c.ScanInput, hidden, true)
			g.Backward(p, c.ScanShape, c.ScanInput, hidden, weights, out)
			name := fmt.Sprintf("units %d %+v", units, o)
			numtest.SameBits(t, name, hidden, want)
			sameScanGradient(t, name, out, wantOut)
		}
	}
}

func TestScanAllocations(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 10))
	for _, o := range allScanOptions() {
		c := newScanCase[float32](rng, 5, 3, 20, o)
		var g Scan[float32]
		hidden, out := c.run(&g, nil)
		both := func() {
			g.Forward(nil, c.ScanShape, c.ScanInput, hidden, true)
			g.Backward(nil, c.ScanShape, c.ScanInput, hidden, c.weights, out)
		}
		step := NewScanStep(nil, c.ScanShape, c.ZoneoutRate, make([]float32, 60))
		if n := testing.AllocsPerRun(3, both) + testing.AllocsPerRun(3, func() { step.Run(c.Gates, nil) }); n != 0 {
			t.Errorf("%+v: found %v allocations, expected none", o, n)
		}
	}
}

// A number that is not finite stays with its unit. A gradient that vanishes over many steps ends at 0, not at subnormal numbers.
func TestScanExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 9))
	c := newScanCase[float32](rng, 200, 2, 20, scanOptions{initial: true})
	want, _ := c.run(new(Scan[float32]), nil)
	c.Gates[5], c.Gates[7], c.Gates[20+9] = float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())
	got, _ := c.run(new(Scan[float32]), nil)
	for i, v := range got[:40] {
		switch {
		case i == 9:
			if v == v {
				t.Errorf("found %v after a NaN, expected NaN", v)
			}
		case i == 7:
			if v != c.Initial[7] {
				t.Errorf("found %v with a closed gate, expected %v", v, c.Initial[7])
			}
		case i == 5:
			if n := c.Gates[20+5]; v != max(n+0.5, v) || v <= 0 {
				t.Errorf("found %v with an open gate, expected the candidate of %v", v, n)
			}
		case v != want[i]:
			t.Errorf("found %v at %d, expected %v", v, i, want[i])
		}
	}

	clear(c.weights)
	fill(c.weights[len(c.weights)-40:], 1)
	for i := range c.Gates {
		c.Gates[i] = 1 // 1−z = 0.27
	}
	_, out := c.run(new(Scan[float32]), nil)
	numtest.SameBits(t, "initial", out.Initial, make([]float32, 40))
	for i, v := range out.Gates {
		if a := math.Abs(float64(v)); a > 0 && a < 0x1p-126 {
			t.Fatalf("found the subnormal gradient %v at %d", v, i)
		}
	}
}

func TestScanWithoutSteps(t *testing.T) {
	var g Scan[float64]
	out := ScanGradient[float64]{Initial: []float64{1, 1}}
	g.Forward(nil, ScanShape{Batch: 2, Units: 1}, ScanInput[float64]{}, nil, true)
	g.Backward(nil, ScanShape{Batch: 2, Units: 1}, ScanInput[float64]{}, nil, nil, out)
	numtest.SameBits(t, "initial", out.Initial, make([]float64, 2))
}
