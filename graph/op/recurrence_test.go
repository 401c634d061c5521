package op_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/op"
)

func recurrenceNodes(in nodes) op.RecurrenceNodes {
	return op.RecurrenceNodes{
		Gates: in["gates"], RecurrentKernel: in["kernel"], RecurrentBias: in["bias"], RecurrentGain: in["gain"],
		Initial: in["initial"], Mask: in["mask"], RecurrentDropout: in["dropout"],
		Zoneout: in["zoneout"], Decay: in["decay"], Perturbation: in["perturbation"],
	}
}

func gru(options op.RecurrenceOptions) build {
	return func(s *op.Scope, in nodes) (*G.Node, error) { return op.Recurrence(s, recurrenceNodes(in), options) }
}

// recurrenceWant is the recurrence one number at a time.
func recurrenceWant(options op.RecurrenceOptions) func(in inputs) []float64 {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	G, S := options.Form.Gates(), options.Form.States()
	return func(in inputs) []float64 {
		gates, u, bias := in["gates"].floats, in["kernel"].floats, in["bias"].floats
		steps, batch, units := in["gates"].shape[0], in["gates"].shape[1], in["gates"].shape[2]/G
		states := make([]float64, steps*batch*S*units)
		for b := range batch {
			state := make([]float64, S*units)
			if initial := in["initial"].floats; initial != nil {
				copy(state, initial[b*S*units:])
			}
			for i := range steps {
				t := i
				if options.Reverse {
					t = steps - 1 - i
				}
				at := func(name string, j int) float64 { return in[name].floats[(t*batch+b)*S*units+j] }
				carried := slices.Clone(state)
				if in["decay"].floats != nil {
					for j := range state {
						state[j] *= at("decay", j)
					}
				}
				a := func(gate, j int) float64 { return gates[((t*batch+b)*G+gate)*units+j] }
				// product is that of a state with a column of the recurrent kernel.
				product := func(h []float64, gate, j int) float64 {
					var sum float64
					for k, v := range h[:units] {
						if d := in["dropout"]; len(d.shape) == 3 {
							v *= d.floats[(gate*batch+b)*units+k]
						} else if d.floats != nil {
							v *= d.floats[b*units+k]
						}
						if each := units / max(1, options.Heads); k/each == j/each { // units of the same head
							sum += v * u[(k%each*G+gate)*units+j]
						}
					}
					return sum
				}
				q := func(h []float64, gate, j int) float64 {
					share := product(h, gate, j)
					if gain := in["gain"].floats; gain != nil {
						var mean, variance float64
						for k := range units {
							mean += product(h, gate, k) / float64(units)
						}
						for k := range units {
							variance += math.Pow(product(h, gate, k)-mean, 2) / float64(units)
						}
						share = gain[gate*units+j] * (share - mean) / math.Sqrt(variance+options.Epsilon)
					}
					if bias != nil {
						share += bias[gate*units+j]
					}
					return share
				}
				gate := func(k, j int) float64 { return sigmoid(a(k, j) + q(state, k, j)) }
				reset := func() []float64 {
					gated := make([]float64, units)
					for j := range gated {
						gated[j] = gate(0, j) * state[j]
					}
					return gated
				}
				next := make([]float64, S*units)
				for j := range units {
					h := state[j]
					switch options.Form {
					case kernel.ResetAfter:
						next[j] = (1-gate(1, j))*math.Tanh(a(2, j)+gate(0, j)*q(state, 2, j)) + gate(1, j)*h
					case kernel.ResetBeforePast:
						next[j] = (1-gate(1, j))*math.Tanh(a(2, j)+q(reset(), 2, j)) + gate(1, j)*h
					case kernel.ResetBeforeNew:
						next[j] = (1-gate(1, j))*h + gate(1, j)*math.Tanh(a(2, j)+q(reset(), 2, j))
					case kernel.ThreeGate:
						next[j] = (1-gate(2, j))*h + gate(2, j)*math.Tanh(a(3, j)+q(state, 3, j))
					case kernel.Tied:
						g := gate(0, j)
						next[j] = g*h + (1-g)*math.Tanh(a(0, j)+q(state, 0, j)*(1-g))
					case kernel.LSTM:
						next[units+j] = gate(1, j)*state[units+j] + gate(0, j)*math.Tanh(a(2, j)+q(state, 2, j))
						next[j] = gate(3, j) * math.Tanh(next[units+j])
					case kernel.Tanh:
						next[j] = math.Tanh(a(0, j) + q(state, 0, j))
					}
				}
				for j := range next {
					zoneout := options.ZoneoutRate
					if in["zoneout"].floats != nil {
						zoneout = at("zoneout", j)
					}
					next[j] = zoneout*state[j] + (1-zoneout)*next[j]
				}
				state = next
				if mask := in["mask"].floats; mask != nil && mask[t*batch+b] == 0 {
					state = carried
				}
				if in["perturbation"].floats != nil {
					state = slices.Clone(state)
					for j := range state {
						state[j] += at("perturbation", j)
					}
				}
				copy(states[(t*batch+b)*S*units:], state)
			}
		}
		return states
	}
}

func TestRecurrence(t *testing.T) {
	t.Parallel()
	step := 3 // there are many choices
	if testing.Short() {
		step = 17
	}
	for form := kernel.ResetAfter; form.Valid(); form++ {
		columns, states := 2*form.Gates(), 2*form.States()
		optional := []struct {
			name string
			feed feed
		}{
			{"bias", random(3, columns)},
			{"initial", random(4, 4, states)},
			{"mask", mask},
			{"dropout", dropout(5, 4, 2)},
			{"dropout", dropout(6, form.Gates(), 4, 2)}, // of each gate, in place of the one before
			{"gain", random(9, columns)},
		}
		zoneout := uniform(7, 4, 4, states)
		for i, v := range zoneout.floats {
			zoneout.floats[i] = math.Round(v)
		}
		decay := uniform(8, 4, 4, states)
		decay.fixed = false
		for choice := int(form) % 3; choice < 1<<(len(optional)+1); choice += step {
			in := inputs{"gates": random(1, 4, 4, columns), "kernel": random(2, 2, columns)}
			options := op.RecurrenceOptions{Form: form, Reverse: choice&1 != 0, Epsilon: 0.5}
			name := fmt.Sprintf("%+v", options)
			switch choice % 5 { // each with some of the others
			case 1:
				in["zoneout"], in["decay"] = zoneout, decay
				name += " zoneout decay"
			case 2:
				in["decay"] = decay
				name += " decay"
			case 3:
				in["zoneout"] = zoneout
				name += " zoneout"
			case 4:
				options.ZoneoutRate = 0.25
				name += " zoneout rate"
			}
			if choice%7 == 0 {
				options.Heads, in["kernel"] = 2, random(14, 1, columns) // whose gradients do not cancel out in float32
				name += " heads"
			}
			if choice%3 == 0 { // in addition to any of these
				in["perturbation"] = scaled(0.3, 9, 4, 4, states)
				name += " perturbation"
			}
			for i, o := range optional {
				if choice&(2<<i) != 0 {
					in[o.name] = o.feed
					name += " " + o.name
				}
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				verify(t, example{name, in, gru(options), recurrenceWant(options)})
			})
		}
	}
}

// Two recurrences over the same inputs must not become one node: the second would take over the first's memory.
func TestTwoInstancesStayApart(t *testing.T) {
	in := inputs{"gates": random(1, 3, 2, 6), "kernel": random(2, 2, 6), "initial": random(3, 2, 2)}
	both := func(s *op.Scope, in nodes) (*G.Node, error) {
		one, err := gru(op.RecurrenceOptions{})(s, in)
		if err != nil {
			return nil, err
		}
		two, err := gru(op.RecurrenceOptions{})(s, in)
		if err != nil {
			return nil, err
		}
		if one == two {
			t.Fatal("found one node, expected two")
		}
		return G.Add(one, two)
	}
	once := mustCompile[float64](t, 1, true, in, gru(op.RecurrenceOptions{})).results(t)
	twice := mustCompile[float64](t, 1, true, in, both).results(t)
	for name, v := range once {
		for i := range v {
			v[i] *= 2
		}
		expectClose(t, name, twice[name], v, 1e-12) // rounding of sums alone
	}
}

// composed is the recurrence of the default form from one node and more per step.
func composed(s *op.Scope, in nodes) (out *G.Node, err error) {
	do := func(f func() (*G.Node, error)) *G.Node {
		if err != nil {
			return nil
		}
		var n *G.Node
		n, err = f()
		return n
	}
	columns := func(x *G.Node, gate int) *G.Node {
		return do(func() (*G.Node, error) { return op.Columns(s, x, 2*gate, 2*gate+2) })
	}
	add := func(x, y *G.Node) *G.Node { return do(func() (*G.Node, error) { return G.Add(x, y) }) }
	times := func(x, y *G.Node) *G.Node { return do(func() (*G.Node, error) { return G.HadamardProd(x, y) }) }
	sigmoid := func(x *G.Node) *G.Node { return do(func() (*G.Node, error) { return G.Sigmoid(x) }) }

	h := in["initial"]
	var states []*G.Node
	for t := range in["gates"].Shape()[0] {
		a := do(func() (*G.Node, error) { return op.At(s, in["gates"], t) })
		dropped := do(func() (*G.Node, error) { return op.Scale(s, h, in["dropout"]) })
		q := do(func() (*G.Node, error) { return op.Affine(s, dropped, in["kernel"], in["bias"]) })
		r := sigmoid(add(columns(a, 0), columns(q, 0)))
		z := sigmoid(add(columns(a, 1), columns(q, 1)))
		n := do(func() (*G.Node, error) { return G.Tanh(add(columns(a, 2), times(r, columns(q, 2)))) })
		// n + z⊙(h'−n) = (1−z)⊙n + z⊙h'
		next := add(n, times(z, do(func() (*G.Node, error) { return G.Sub(h, n) })))
		name := fmt.Sprintf("mask%d", t)
		h = do(func() (*G.Node, error) { return op.Where(s, in[name], next, h) })
		states = append(states, h)
	}
	return do(func() (*G.Node, error) { return op.Stack(s, states...) }), err
}

func TestComposedRecurrenceIsTheSame(t *testing.T) {
	in := inputs{
		"gates": random(1, 4, 4, 6), "kernel": random(2, 2, 6), "bias": random(3, 6), "initial": random(4, 4, 2),
		"dropout": dropout(5, 4, 2), "mask": mask,
	}
	fused := mustCompile[float64](t, 1, true, in, gru(op.RecurrenceOptions{})).results(t)
	delete(in, "mask")
	for step := range 4 {
		in[fmt.Sprintf("mask%d", step)] = fixed(mask.floats[step*4:(step+1)*4], 4)
	}
	p := mustCompile[float64](t, 1, true, in, composed)
	steps := p.results(t)
	for name, want := range fused {
		expectClose(t, name, steps[name], want, 1e-12) // the same sums in another order
	}
	expectSame(t, "another run", p.results(t), steps)
}
