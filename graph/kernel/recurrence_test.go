package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

// recurrenceCase is one recurrence with all its inputs, and weights that make a loss Σ weights·hidden of it.
type recurrenceCase[F Float] struct {
	RecurrenceShape
	RecurrenceInput[F]
	weights []F // [T,B,SH]
}

// recurrenceOptions are the inputs that may be left out.
type recurrenceOptions struct {
	form                         Form
	bias, initial, mask, reverse bool
	dropout                      dropoutKind
	zoneout                      zoneoutKind
	decay, norm                  bool
	activations                  bool // others
	heads                        int  // where it divides the units
}

type dropoutKind int

const (
	noDropout dropoutKind = iota
	sharedDropout
	gateDropout
)

type zoneoutKind int

const (
	noZoneout zoneoutKind = iota
	zoneoutNoise
	zoneoutRate
)

// allRecurrenceOptions are all, but those of zoneout, decay, normalization and activations only in some of their combinations with the others.
func allRecurrenceOptions() (all []recurrenceOptions) {
	more := []recurrenceOptions{{decay: true}, {norm: true}, {activations: true}, {zoneout: zoneoutNoise, norm: true, decay: true, activations: true}, {zoneout: zoneoutNoise}, {zoneout: zoneoutRate}, {zoneout: zoneoutNoise, decay: true}, {zoneout: zoneoutRate, decay: true}, {heads: 2}, {heads: 3}, {heads: 2, zoneout: zoneoutNoise, norm: true, decay: true}}
	for form := range forms {
		for _, dropout := range []dropoutKind{noDropout, sharedDropout, gateDropout} {
			for i := range 16 {
				o := recurrenceOptions{form: form, bias: i&1 != 0, initial: i&2 != 0, mask: i&4 != 0, reverse: i&8 != 0, dropout: dropout}
				all = append(all, o)
				extra := more[len(all)/2%len(more)]
				o.zoneout, o.decay, o.norm = extra.zoneout, extra.decay, extra.norm
				o.activations, o.heads = extra.activations && form != LSTM, extra.heads
				all = append(all, o)
			}
		}
	}
	return all
}

// fullRecurrenceOptions are all of them at once, in every form.
func fullRecurrenceOptions() (all []recurrenceOptions) {
	for form := range forms {
		all = append(all, recurrenceOptions{
			form: form, bias: true, initial: true, mask: true, dropout: gateDropout, zoneout: zoneoutNoise, decay: true, norm: true,
			activations: form == ResetBeforePast || form == Tied,
		})
	}
	return all
}

func newRecurrenceCase[F Float](rng *rand.Rand, steps, batch, units int, o recurrenceOptions) *recurrenceCase[F] {
	c := &recurrenceCase[F]{RecurrenceShape: RecurrenceShape{Form: o.form, Steps: steps, Batch: batch, Units: units, Reverse: o.reverse}}
	if o.activations { // whose derivatives need their arguments
		c.Activation, c.GateActivation = "swish", "hard_sigmoid"
	}
	if o.heads > 0 && units%o.heads == 0 {
		c.Heads = o.heads
	}
	columns, states := o.form.Gates()*units, o.form.States()*units
	c.Gates = numtest.Random[F](rng, steps*batch*columns)
	c.RecurrentKernel = numtest.Random[F](rng, c.headUnits()*columns)
	for i := range c.RecurrentKernel {
		c.RecurrentKernel[i] /= F(math.Sqrt(float64(units)))
	}
	if o.bias {
		c.RecurrentBias = numtest.Random[F](rng, columns)
	}
	if o.norm {
		c.RecurrentGain, c.Epsilon = numtest.Random[F](rng, columns), 0.5 // which keeps few units smooth
	}
	if o.initial {
		c.Initial = numtest.Random[F](rng, batch*states)
	}
	if o.mask {
		// Row 0 is whole, row 1 empty, row 2 ends early, the others have gaps.
		c.Mask = make([]F, steps*batch)
		for t := range steps {
			for b := range batch {
				if b == 0 || b == 2 && t < steps/2 || b > 2 && rng.IntN(3) > 0 {
					c.Mask[t*batch+b] = 1
				}
			}
		}
	}
	if o.dropout != noDropout {
		c.RecurrentDropout = make([]F, batch*units)
		if o.dropout == gateDropout {
			c.RecurrentDropout = make([]F, o.form.Gates()*batch*units)
		}
		for i := range c.RecurrentDropout {
			if rng.IntN(4) > 0 {
				c.RecurrentDropout[i] = 4. / 3
			}
		}
	}
	switch o.zoneout {
	case zoneoutNoise:
		c.Zoneout = make([]F, steps*batch*states)
		for i := range c.Zoneout {
			c.Zoneout[i] = F(rng.IntN(2))
		}
	case zoneoutRate:
		c.ZoneoutRate = 0.25
	}
	if o.decay {
		c.Decay = make([]F, steps*batch*states)
		for i := range c.Decay {
			c.Decay[i] = F(rng.Float64())
		}
	}
	c.weights = numtest.Random[F](rng, steps*batch*states)
	return c
}

// reference runs the recurrence from its equations, one number at a time, in float64.
func (c *recurrenceCase[F]) reference() []float64 {
	sigma, tanh := smooth["sigmoid"].f, math.Tanh
	if c.Activation != "" {
		sigma, tanh = smooth[c.GateActivation].f, smooth[c.Activation].f
	}
	T, B, H, G, S := c.Steps, c.Batch, c.Units, c.Form.Gates(), c.Form.States()
	hidden := make([]float64, T*B*S*H)
	for b := range B {
		state := make([]float64, S*H)
		if c.Initial != nil {
			for j := range state {
				state[j] = float64(c.Initial[b*S*H+j])
			}
		}
		for i := range T {
			t := i
			if c.Reverse {
				t = T - 1 - i
			}
			next := append([]float64(nil), state...)
			if c.Mask == nil || c.Mask[t*B+b] == 1 {
				a := func(gate, j int) float64 { return float64(c.Gates[((t*B+b)*G+gate)*H+j]) }
				products := func(h []float64) [][]float64 { // with each block of the recurrent kernel
					all := make([][]float64, G)
					for gate := range all {
						all[gate] = c.product(b, gate, h[:H])
					}
					return all
				}
				h := append([]float64(nil), state...)
				if c.Decay != nil {
					for j := range h {
						h[j] *= float64(c.Decay[(t*B+b)*S*H+j])
					}
				}
				qs := products(h)
				gate := func(k, j int) float64 { return sigma(a(k, j) + qs[k][j]) }
				var gatedQs [][]float64 // of r⊙h
				if c.Form == ResetBeforePast || c.Form == ResetBeforeNew {
					gated := make([]float64, H)
					for j := range gated {
						gated[j] = gate(0, j) * h[j]
					}
					gatedQs = products(gated)
				}
				for j := range H {
					switch c.Form {
					case ResetAfter:
						z := gate(1, j)
						next[j] = (1-z)*tanh(a(2, j)+gate(0, j)*qs[2][j]) + z*h[j]
					case ResetBeforePast:
						z := gate(1, j)
						next[j] = (1-z)*tanh(a(2, j)+gatedQs[2][j]) + z*h[j]
					case ResetBeforeNew:
						z := gate(1, j)
						next[j] = (1-z)*h[j] + z*tanh(a(2, j)+gatedQs[2][j])
					case ThreeGate:
						z := gate(2, j)
						next[j] = (1-z)*h[j] + z*tanh(a(3, j)+qs[3][j])
					case Tied:
						g := gate(0, j)
						next[j] = g*h[j] + (1-g)*tanh(a(0, j)+qs[0][j]*(1-g))
					case LSTM:
						next[H+j] = gate(1, j)*h[H+j] + gate(0, j)*math.Tanh(a(2, j)+qs[2][j])
						next[j] = gate(3, j) * math.Tanh(next[H+j])
					case Tanh:
						next[j] = tanh(a(0, j) + qs[0][j])
					}
				}
				for j := range next {
					zoneout := float64(c.ZoneoutRate)
					if c.Zoneout != nil {
						zoneout = float64(c.Zoneout[(t*B+b)*S*H+j])
					}
					next[j] = zoneout*h[j] + (1-zoneout)*next[j]
				}
			}
			state = next
			copy(hidden[(t*B+b)*S*H:], state)
		}
	}
	return hidden
}

// product is the share of the state h in a gate of row b.
func (c *recurrenceCase[F]) product(b, gate int, h []float64) []float64 {
	B, H, G, K := c.Batch, c.Units, c.Form.Gates(), c.headUnits()
	q := make([]float64, H)
	for j := range q {
		for l, v := range h {
			switch d := c.RecurrentDropout; len(d) {
			case 0:
			case B * H:
				v *= float64(d[b*H+l])
			default:
				v *= float64(d[(gate*B+b)*H+l])
			}
			if l/K == j/K { // of the same head
				q[j] += v * float64(c.RecurrentKernel[(l%K*G+gate)*H+j])
			}
		}
	}
	if c.RecurrentGain != nil {
		var mean, variance float64
		for _, v := range q {
			mean += v / float64(H)
		}
		for _, v := range q {
			variance += (v - mean) * (v - mean) / float64(H)
		}
		for j, v := range q {
			q[j] = float64(c.RecurrentGain[gate*H+j]) * (v - mean) / math.Sqrt(variance+float64(c.Epsilon))
		}
	}
	if c.RecurrentBias != nil {
		for j := range q {
			q[j] += float64(c.RecurrentBias[gate*H+j])
		}
	}
	return q
}

// loss is Σ weights·hidden of the reference.
func (c *recurrenceCase[F]) loss() float64 {
	var sum float64
	for i, h := range c.reference() {
		sum += h * float64(c.weights[i])
	}
	return sum
}

// run does both passes and returns hidden and the gradients of the loss.
func (c *recurrenceCase[F]) run(g *Recurrence[F], p *Pool) ([]F, RecurrenceGradient[F]) {
	hidden := make([]F, len(c.weights))
	g.Forward(p, c.RecurrenceShape, c.RecurrenceInput, hidden, true)
	garbage := func(n int) []F {
		x := make([]F, n)
		for i := range x {
			x[i] = F(math.NaN()) // what is left unwritten shows
		}
		return x
	}
	out := RecurrenceGradient[F]{Gates: garbage(len(c.Gates)), RecurrentKernel: garbage(len(c.RecurrentKernel))}
	if c.RecurrentBias != nil {
		out.RecurrentBias = garbage(len(c.RecurrentBias))
	}
	if c.RecurrentGain != nil {
		out.RecurrentGain = garbage(len(c.RecurrentGain))
	}
	if c.Initial != nil {
		out.Initial = garbage(len(c.Initial))
	}
	if c.Decay != nil {
		out.Decay = garbage(len(c.Decay))
	}
	g.Backward(p, c.RecurrenceShape, c.RecurrenceInput, hidden, c.weights, out)
	return hidden, out
}

var recurrenceShapes = [][3]int{{1, 1, 1}, {1, 9, 3}, {3, 4, 5}, {5, 1, 4}, {4, 3, 2}, {6, 21, 3}}

// Sums of at most 64 products and a few steps: some tens of roundings, amplified a little from step to step.
func TestRecurrenceForward(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shape := range recurrenceShapes {
		for _, o := range allRecurrenceOptions() {
			name := fmt.Sprintf("%v %+v", shape, o)
			double := newRecurrenceCase[float64](rng, shape[0], shape[1], shape[2], o)
			want := double.reference()
			got, _ := double.run(new(Recurrence[float64]), nil)
			numtest.Near(t, name+" float64", got, want, 1e-13)
			single := double.float32()
			got32, _ := single.run(new(Recurrence[float32]), nil)
			numtest.Near(t, name+" float32", got32, single.reference(), 1e-5)
		}
	}
}

// float32 returns the case with its inputs rounded.
func (c *recurrenceCase[F]) float32() *recurrenceCase[float32] {
	return &recurrenceCase[float32]{c.RecurrenceShape, RecurrenceInput[float32]{
		Gates: convert(c.Gates), RecurrentKernel: convert(c.RecurrentKernel), RecurrentBias: convert(c.RecurrentBias),
		RecurrentGain: convert(c.RecurrentGain), Epsilon: float32(c.Epsilon),
		Initial: convert(c.Initial), Mask: convert(c.Mask), RecurrentDropout: convert(c.RecurrentDropout),
		Zoneout: convert(c.Zoneout), ZoneoutRate: float32(c.ZoneoutRate), Decay: convert(c.Decay), Perturbation: convert(c.Perturbation),
	}, convert(c.weights)}
}

func convert[F Float](x []F) []float32 {
	if x == nil {
		return nil
	}
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// The worked example of form C. The source of the example prints r = (.62,.78) and z = (.83,.55), which does not follow
// from its own equations; these do.
func TestRecurrenceWorkedExample(t *testing.T) {
	x := []float64{.1, .2, .3}
	Set := [3][2][3]float64{
		{{.1, .2, .3}, {.4, .5, .6}},
		{{.7, .8, .9}, {.1, .2, .3}},
		{{.4, .5, .6}, {.7, .8, .9}},
	}
	gates := make([]float64, 6)
	for gate, kernel := range Set {
		for unit, weights := range kernel {
			for i, w := range weights {
				gates[gate*2+unit] += w * x[i]
			}
		}
	}
	g := new(Recurrence[float64])
	hidden := make([]float64, 2)
	g.Forward(nil, RecurrenceShape{Steps: 1, Batch: 1, Units: 2}, RecurrenceInput[float64]{Gates: gates, RecurrentKernel: make([]float64, 12)}, hidden, true)
	numtest.Near(t, "r, z", g.saved[:4], []float64{.5349, .5793, .6225, .5349}, 5e-5)
	numtest.Near(t, "h", hidden, []float64{(1 - .6225) * math.Tanh(.32), (1 - .5349) * math.Tanh(.5)}, 5e-5)
}

// Central differences of the scalar reference, for every element of every input. With a step of 1e-5 the difference is
// off by 1e-10 from the third derivative and by 1e-11 from rounding.
func TestRecurrenceBackward(t *testing.T) {
	t.Parallel()
	for _, shape := range [][3]int{{1, 1, 1}, {4, 4, 2}, {4, 1, 3}, {2, 2, 3}} {
		for form := range forms {
			t.Run(fmt.Sprintf("%v form %d", shape, form), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(3, uint64(form)))
				for i, o := range allRecurrenceOptions() {
					if o.form == form && (!testing.Short() || i%7 == 0) {
						testRecurrenceBackward(t, newRecurrenceCase[float64](rng, shape[0], shape[1], shape[2], o), o)
					}
				}
			})
		}
	}
}

func testRecurrenceBackward(t *testing.T, c *recurrenceCase[float64], o recurrenceOptions) {
	const step = 1e-5
	_, out := c.run(new(Recurrence[float64]), nil)
	for _, input := range []struct {
		name            string
		value, gradient []float64
	}{
		{"gates", c.Gates, out.Gates},
		{"recurrent kernel", c.RecurrentKernel, out.RecurrentKernel},
		{"recurrent bias", c.RecurrentBias, out.RecurrentBias},
		{"recurrent gain", c.RecurrentGain, out.RecurrentGain},
		{"initial", c.Initial, out.Initial},
		{"decay", c.Decay, out.Decay},
	} {
		want := make([]float64, len(input.value))
		for i, v := range input.value {
			input.value[i] = v + step
			above := c.loss()
			input.value[i] = v - step
			want[i] = (above - c.loss()) / (2 * step)
			input.value[i] = v
		}
		numtest.Near(t, fmt.Sprintf("%+v %s", o, input.name), input.gradient, want, 1e-8)
	}
}

// Large enough for several chunks, blocks of the weight gradient, and real work for every goroutine.
func TestRecurrenceThreads(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for _, shape := range [][3]int{{12, 37, 33}, {30, 1, 64}, {40, 2, 70}} {
		for _, o := range append(fullRecurrenceOptions(), recurrenceOptions{}, recurrenceOptions{mask: true}, recurrenceOptions{reverse: true, dropout: sharedDropout},
			recurrenceOptions{heads: 2}, recurrenceOptions{heads: 3, mask: true, bias: true, dropout: gateDropout, norm: true}, recurrenceOptions{form: ResetBeforePast, heads: 2, reverse: true, dropout: sharedDropout}) {
			double := newRecurrenceCase[float64](rng, shape[0], shape[1], shape[2], o)
			wantHidden, wantOut := double.run(new(Recurrence[float64]), nil)
			numtest.Near(t, "reference", wantHidden, double.reference(), 1e-12)
			c := double.float32()
			firstHidden, firstOut := c.run(new(Recurrence[float32]), nil)
			for name, pool := range poolsOf {
				name := fmt.Sprintf("%v %+v threads=%s", shape, o, name)
				hidden, out := c.run(new(Recurrence[float32]), pool)
				numtest.SameBits(t, name+" hidden", hidden, firstHidden)
				sameRecurrenceGradient(t, name, out, firstOut)
				// float32 against float64: about 100 roundings per step that build up over tens of steps.
				numtest.Near(t, name+" hidden", hidden, wantHidden, 1e-4)
				numtest.Near(t, name+" gates", out.Gates, wantOut.Gates, 1e-3)
				numtest.Near(t, name+" recurrent kernel", out.RecurrentKernel, wantOut.RecurrentKernel, 1e-3)
				numtest.Near(t, name+" recurrent bias", out.RecurrentBias, wantOut.RecurrentBias, 1e-3)
				numtest.Near(t, name+" recurrent gain", out.RecurrentGain, wantOut.RecurrentGain, 1e-3)
				numtest.Near(t, name+" initial", out.Initial, wantOut.Initial, 1e-3)
				numtest.Near(t, name+" decay", out.Decay, wantOut.Decay, 1e-3)
			}
		}
	}
}

func sameRecurrenceGradient[F Float](t *testing.T, name string, got, want RecurrenceGradient[F]) {
	t.Helper()
	numtest.SameBits(t, name+" gates", got.Gates, want.Gates)
	numtest.SameBits(t, name+" recurrent kernel", got.RecurrentKernel, want.RecurrentKernel)
	numtest.SameBits(t, name+" recurrent bias", got.RecurrentBias, want.RecurrentBias)
	numtest.SameBits(t, name+" recurrent gain", got.RecurrentGain, want.RecurrentGain)
	numtest.SameBits(t, name+" initial", got.Initial, want.Initial)
	numtest.SameBits(t, name+" decay", got.Decay, want.Decay)
}

// Steps after the end that are masked everywhere change no bit, for any values of their gates; nor do masked rows.
func TestRecurrencePadding(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	const steps, batch, units, more = 30, 20, 12, 5
	for _, o := range append(fullRecurrenceOptions(), recurrenceOptions{initial: true, mask: true}, recurrenceOptions{initial: true, mask: true, reverse: true, dropout: sharedDropout},
		recurrenceOptions{initial: true, mask: true, heads: 3, form: ResetBeforeNew}) {
		c := newRecurrenceCase[float32](rng, steps, batch, units, o)
		hidden, out := c.run(new(Recurrence[float32]), eagerPool(2))

		longer := *c
		longer.Steps += more
		nan := float32(math.NaN())
		for range more * batch {
			longer.Mask = append(longer.Mask, 0)
			longer.Gates = append(longer.Gates, slices.Repeat([]float32{nan}, o.form.Gates()*units)...)
			for range o.form.States() * units {
				longer.weights = append(longer.weights, 0)
				if o.decay {
					longer.Decay, longer.Zoneout = append(longer.Decay, nan), append(longer.Zoneout, nan)
				}
			}
		}
		longerHidden, longerOut := longer.run(new(Recurrence[float32]), eagerPool(2))
		for i, v := range longerOut.Gates[len(out.Gates):] {
			if v != 0 {
				t.Fatalf("gradient of a masked step: [%d] = %v", i, v)
			}
		}
		size := len(c.Initial)
		last := hidden[(steps-1)*size:]
		if o.reverse {
			last = c.Initial
		}
		for i := range more {
			numtest.SameBits(t, "carried state", longerHidden[(steps+i)*size:][:size], last)
		}
		longerOut.Gates, longerOut.Decay = longerOut.Gates[:len(out.Gates)], longerOut.Decay[:len(out.Decay)]
		numtest.SameBits(t, "hidden", longerHidden[:len(hidden)], hidden)
		sameRecurrenceGradient(t, "longer", longerOut, out)
	}
}

// A unit keeps its previous value to the last bit where ζ is 1, and where it is 0 it is as if there were no zoneout.
func TestRecurrenceZoneoutIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	for form := range forms {
		c := newRecurrenceCase[float32](rng, 5, 9, 20, recurrenceOptions{form: form, bias: true, initial: true})
		want, wantOut := c.run(new(Recurrence[float32]), nil)
		c.Zoneout = make([]float32, len(c.weights))
		got, out := c.run(new(Recurrence[float32]), nil)
		numtest.SameBits(t, "nothing zoned out", got, want)
		sameRecurrenceGradient(t, "nothing zoned out", out, wantOut)

		for i := range c.Zoneout {
			c.Zoneout[i] = 1
		}
		got, _ = c.run(new(Recurrence[float32]), nil)
		numtest.SameBits(t, "all zoned out", got, slices.Repeat(c.Initial, c.Steps))
	}
}

// A mask that lets everything through is none, bit for bit.
func TestRecurrenceMaskOfOnes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(15, 16))
	for _, o := range allRecurrenceOptions() {
		if o.mask {
			continue
		}
		c := newRecurrenceCase[float32](rng, 7, 19, 11, o)
		want, wantOut := c.run(new(Recurrence[float32]), eagerPool(2))
		c.Mask = slices.Repeat([]float32{1}, c.Steps*c.Batch)
		got, out := c.run(new(Recurrence[float32]), eagerPool(2))
		name := fmt.Sprintf("%+v", o)
		numtest.SameBits(t, name, got, want)
		sameRecurrenceGradient(t, name, out, wantOut)
	}
}

// A workspace that has seen other shapes gives the same bits as a new one.
func TestRecurrenceReuse(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(9, 10))
	var used Recurrence[float32]
	for range 100 {
		o := allRecurrenceOptions()[rng.IntN(len(allRecurrenceOptions()))]
		c := newRecurrenceCase[float32](rng, 1+rng.IntN(6), 1+rng.IntN(20), 1+rng.IntN(9), o)
		name := fmt.Sprintf("%+v", c.RecurrenceShape)
		hidden, out := c.run(&used, eagerPool(2))
		wantHidden, wantOut := c.run(new(Recurrence[float32]), eagerPool(2))
		numtest.SameBits(t, name, hidden, wantHidden)
		sameRecurrenceGradient(t, name, out, wantOut)
		used.Forward(nil, c.RecurrenceShape, c.RecurrenceInput, hidden, false)
		numtest.SameBits(t, name+" evaluation", hidden, wantHidden)
	}
}

func TestRecurrenceWithoutSteps(t *testing.T) {
	out := RecurrenceGradient[float64]{RecurrentKernel: []float64{1, 1, 1}, RecurrentBias: []float64{1, 1, 1}, Initial: []float64{1, 1}}
	s := RecurrenceShape{Steps: 0, Batch: 2, Units: 1}
	var g Recurrence[float64]
	g.Forward(nil, s, RecurrenceInput[float64]{}, nil, true)
	g.Backward(nil, s, RecurrenceInput[float64]{}, nil, nil, out)
	numtest.SameBits(t, "recurrent kernel", out.RecurrentKernel, make([]float64, 3))
	numtest.SameBits(t, "recurrent bias", out.RecurrentBias, make([]float64, 3))
	numtest.SameBits(t, "initial", out.Initial, make([]float64, 2))
}

// Where the mask leaves out everything, the gradients are zeros, on several goroutines too.
func TestRecurrenceWithoutData(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	c := newRecurrenceCase[float32](rng, 3, 9, 300, recurrenceOptions{bias: true, initial: true, mask: true})
	clear(c.Mask)
	hidden, out := c.run(new(Recurrence[float32]), NewPool(2))
	numtest.SameBits(t, "hidden", hidden, slices.Repeat(c.Initial, c.Steps))
	numtest.SameBits(t, "recurrent kernel", out.RecurrentKernel, make([]float32, len(c.RecurrentKernel)))
	numtest.SameBits(t, "recurrent bias", out.RecurrentBias, make([]float32, len(c.RecurrentBias)))
	numtest.SameBits(t, "gates", out.Gates, make([]float32, len(c.Gates)))
}

// Heads have the numbers of a recurrent kernel that is 0 outside its blocks, of which one head is the whole, bit for bit.
func TestRecurrenceHeadsAreBlocks(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(27, 28))
	const steps, batch, units = 6, 13, 24
	for form := range forms {
		for _, o := range []recurrenceOptions{{bias: true, initial: true}, {mask: true, dropout: sharedDropout, reverse: true}} {
			o.form = form
			for _, heads := range []int{1, 2, 6, 24} {
				o.heads = heads
				c := newRecurrenceCase[float64](rng, steps, batch, units, o)
				hidden, out := c.run(new(Recurrence[float64]), nil)

				columns, each := form.Gates()*units, units/heads
				dense := *c
				dense.Heads, dense.RecurrentKernel = 0, make([]float64, units*columns)
				for i, v := range c.RecurrentKernel { // row i/columns of the head of the column
					column := i % columns
					dense.RecurrentKernel[(column%units/each*each+i/columns)*columns+column] = v
				}
				want, wantOut := dense.run(new(Recurrence[float64]), nil)
				name := fmt.Sprintf("%+v", o)
				if heads == 1 {
					numtest.SameBits(t, name, hidden, want)
					sameRecurrenceGradient(t, name, out, wantOut)
					continue
				}
				blocks := make([]float64, len(c.RecurrentKernel))
				for i := range blocks {
					column := i % columns
					blocks[i] = wantOut.RecurrentKernel[(column%units/each*each+i/columns)*columns+column]
				}
				numtest.Near(t, name, hidden, want, 1e-13)
				numtest.Near(t, name+" gates", out.Gates, wantOut.Gates, 1e-12)
				numtest.Near(t, name+" recurrent kernel", out.RecurrentKernel, blocks, 1e-12)
			}
		}
	}
}

func TestRecurrenceAllocations(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, threads := range []int{1, 2} {
		pool := NewPool(threads)
		for _, o := range append(fullRecurrenceOptions(), recurrenceOptions{heads: 2, mask: true}) {
			var counts []float64
			for _, shape := range [][3]int{{5, 30, 20}, {10, 60, 40}} {
				c := newRecurrenceCase[float32](rng, shape[0], shape[1], shape[2], o)
				var g Recurrence[float32]
				hidden, out := c.run(&g, pool)
				counts = append(counts, testing.AllocsPerRun(5, func() {
					g.Forward(pool, c.RecurrenceShape, c.RecurrenceInput, hidden, true)
					g.Backward(pool, c.RecurrenceShape, c.RecurrenceInput, hidden, c.weights, out)
				}))
			}
			// The column sums take one; starting a goroutine takes a handful, for each of the two passes and the sums.
			for _, n := range counts {
				if n > float64(1+30*(threads-1)) {
					t.Errorf("%+v threads=%d: %v allocations per step", o, threads, counts)
				}
			}
		}
	}
}

// A bubble that is left while a goroutine in it still waits for something panics.
func TestNoGoroutineStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		newRecurrenceCase[float32](rng, 10, 40, 30, recurrenceOptions{}).run(new(Recurrence[float32]), eagerPool(3))
	})
}
