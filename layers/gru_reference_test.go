package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// scalarGRU is one direction of a layer for one sequence, written from the docstring of [layers.GRU] with nothing but
// loops.
type scalarGRU struct {
	layers.GRUConfig
	reverse          bool
	params           map[string][]float64 // by the last part of their names
	recurrentDropout func(gate, unit int) float64
	weightDropout    func(element int) float64
	zoneout          func(t, unit int) float64 // ζ, or its expectation
}

// run gives the states after all steps, and the gates by name where a step is present.
func (s scalarGRU) run(x [][]float64, present []bool) (h [][]float64, gates []map[string][]float64) {
	h, gates = make([][]float64, len(x)), make([]map[string][]float64, len(x))
	before := make([]float64, s.Units)
	copy(before, s.params["initial_state"])
	for k := range x {
		t := k
		if s.reverse {
			t = len(x) - 1 - k
		}
		h[t] = slices.Clone(before)
		if present[t] {
			z, n := s.step(t, x[t], before, &gates[t])
			for j := range h[t] {
				next := (1-z[j])*n[j] + z[j]*before[j]
				keep := s.zoneout(t, j)
				h[t][j] = keep*before[j] + (1-keep)*next
			}
		}
		before = h[t]
	}
	return h, gates
}

// step gives how much of the past is kept, and the candidate.
func (s scalarGRU) step(t int, x, h []float64, gates *map[string][]float64) (z, n []float64) {
	sigma := func(x []float64) []float64 { return apply(s.GateActivation, x) }
	tanh := func(x []float64) []float64 { return apply(s.Activation, x) }
	gate := func(i int) []float64 { return sigma(plus(s.input(i, x), s.recurrent(i, h))) }

	switch s.Form {
	case layers.ThreeGate:
		i, f, z := gate(0), gate(1), gate(2)
		switch {
		case s.Gating == layers.LiteralGating:
			n = tanh(plus(s.input(3, x), s.recurrent(3, h)))
		case len(x) == s.Units:
			n = tanh(plus(s.input(3, times(i, x)), s.recurrent(3, times(f, h))))
		default:
			gated := times(i, s.share(3, x, s.params["kernel"], s.params["kernel_gain"]))
			n = tanh(plus(plus(gated, s.bias(3)), s.recurrent(3, times(f, h))))
		}
		*gates = map[string][]float64{"input": i, "forget": f, "update": z, "candidate": n}
		return oneMinus(z), n
	case layers.Tied:
		g := gate(0)
		n = tanh(plus(s.input(0, x), times(s.recurrent(0, h), oneMinus(g))))
		*gates = map[string][]float64{"gate": g, "candidate": n}
		return g, n
	}
	r, z := gate(0), gate(1)
	if s.Form == layers.ResetBefore {
		n = tanh(plus(s.input(2, x), s.recurrent(2, times(r, h))))
	} else {
		n = tanh(plus(s.input(2, x), times(r, s.recurrent(2, h))))
	}
	*gates = map[string][]float64{"reset": r, "update": z, "candidate": n}
	if s.Update == layers.UpdateNew {
		return oneMinus(z), n
	}
	return z, n
}

func (s scalarGRU) input(gate int, x []float64) []float64 {
	return plus(s.share(gate, x, s.params["kernel"], s.params["kernel_gain"]), s.bias(gate))
}

func (s scalarGRU) recurrent(gate int, h []float64) []float64 {
	dropped := make([]float64, s.Units)
	for j, v := range h {
		dropped[j] = v * s.recurrentDropout(gate, j)
	}
	u := slices.Clone(s.params["recurrent_kernel"])
	for i := range u {
		u[i] *= s.weightDropout(i)
	}
	q := s.heads(gate, dropped, u)
	switch c := s.params["recurrent_bias"]; {
	case s.Bias == layers.TwoBiases:
		q = plus(q, c[gate*s.Units:(gate+1)*s.Units])
	case s.Bias == layers.HiddenBias && gate == 2:
		q = plus(q, c)
	}
	return q
}

// heads is a gate's block of h·u, where u has blocks for each head, normalized where there is a gain.
func (s scalarGRU) heads(gate int, h, u []float64) []float64 {
	each, columns := s.Units/max(1, s.Heads), len(u)*max(1, s.Heads)/s.Units
	whole := make([]float64, s.Units*columns) // with zeros between the heads
	for i, v := range u {
		row, column := i/columns, i%columns
		whole[(column%s.Units/each*each+row)*columns+column] = v
	}
	return s.share(gate, h, whole, s.params["recurrent_gain"])
}

func (s scalarGRU) bias(gate int) []float64 {
	if s.Bias == layers.NoBias {
		return make([]float64, s.Units)
	}
	return s.params["bias"][gate*s.Units : (gate+1)*s.Units]
}

// share is a gate's block of x·w, normalized where there is a gain.
func (s scalarGRU) share(gate int, x, w, gain []float64) []float64 {
	columns := len(w) / len(x)
	y := make([]float64, s.Units)
	for j := range y {
		for i, v := range x {
			y[j] += v * w[i*columns+gate*s.Units+j]
		}
	}
	if gain == nil {
		return y
	}
	var mean, variance float64
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for _, v := range y {
		variance += (v - mean) * (v - mean) / float64(len(y))
	}
	for j, v := range y {
		y[j] = gain[gate*s.Units+j] * (v - mean) / math.Sqrt(variance+1e-5)
	}
	return y
}

func apply(a layers.Activation, x []float64) []float64 {
	f := map[layers.Activation]func(float64) float64{
		layers.Linear: func(x float64) float64 { return x },
		layers.ReLU:   func(x float64) float64 { return max(x, 0) },
		layers.Tanh:   math.Tanh, layers.Sigmoid: logistic,
		layers.Swish:       func(x float64) float64 { return x * logistic(x) },
		layers.HardSigmoid: func(x float64) float64 { return min(max((x+3)/6, 0), 1) },
	}[a]
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(v)
	}
	return y
}

func plus(x, y []float64) []float64 {
	return both(x, y, func(x, y float64) float64 { return x + y })
}

func times(x, y []float64) []float64 {
	return both(x, y, func(x, y float64) float64 { return x * y })
}

func both(x, y []float64, f func(x, y float64) float64) []float64 {
	z := make([]float64, len(x))
	for i := range x {
		z[i] = f(x[i], y[i])
	}
	return z
}

func oneMinus(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = 1 - v
	}
	return y
}

// gruRun is one run of a layer by itself on x [T,B,D] with a mask [T,B].
type gruRun struct {
	outputs []float64
	finals  [][]float64          // of each direction
	gates   map[string][]float64 // what Gates returns
}

// recurrentLayer is a GRU or another recurrent layer.
type recurrentLayer interface {
	Params() []*graph.Param
	Run(b *graph.Builder, in layers.Seq, initial *gorgonia.Node) (layers.Seq, []*gorgonia.Node, error)
	Gates(b *graph.Builder, in layers.Seq, initial *gorgonia.Node) (map[string]*gorgonia.Node, error)
}

const referenceSeed = 23 // of the noise

func runGRU(t *testing.T, layer recurrentLayer, mode graph.Mode, steps, batch int, x, mask []float64) gruRun {
	t.Helper()
	run := func(build func(b *graph.Builder, in layers.Seq) map[string]*gorgonia.Node) map[string][]float64 {
		b := graph.NewBuilder(mode, tensor.Float64, graph.NewStreams(referenceSeed), nil)
		in, err := b.Input("x", tensor.Float64, steps, batch, len(x)/steps/batch)
		if err != nil {
			t.Fatal(err)
		}
		present, err := b.Input("mask", tensor.Float64, steps, batch)
		if err != nil {
			t.Fatal(err)
		}
		return runNodes(t, b, build(b, layers.Seq{X: in, Mask: present}), graph.Feeds{"x": x, "mask": mask})
	}
	values := run(func(b *graph.Builder, in layers.Seq) map[string]*gorgonia.Node {
		out, final, err := layer.Run(b, in, nil)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		nodes := map[string]*gorgonia.Node{"out": out.X}
		for i, node := range final {
			nodes[fmt.Sprint("final", i)] = node
		}
		return nodes
	})
	r := gruRun{outputs: values["out"]}
	for i := range len(values) - 1 {
		r.finals = append(r.finals, values[fmt.Sprint("final", i)])
	}
	if _, minimal := layer.(*layers.MinGRU); minimal && mode == graph.Train {
		return r // a cost of its gates alone would not depend on a learned state
	}
	r.gates = run(func(b *graph.Builder, in layers.Seq) map[string]*gorgonia.Node {
		gates, err := layer.Gates(b, in, nil)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		return gates
	})
	return r
}

// runNodes compiles and runs a graph once. A training graph is given a cost, of whatever kind.
func runNodes(t *testing.T, b *graph.Builder, nodes map[string]*gorgonia.Node, feeds graph.Feeds) map[string][]float64 {
	t.Helper()
	out := graph.Outputs{Values: nodes}
	if b.Mode() == graph.Train {
		for _, node := range nodes {
			sum, err := gorgonia.Sum(node)
			if err == nil && out.Cost != nil {
				sum, err = gorgonia.Add(out.Cost, sum)
			}
			if err != nil {
				t.Fatal(err)
			}
			out.Cost = sum
		}
	}
	program, err := b.Compile(out)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer program.Close()
	if err := program.Run(feeds); err != nil {
		t.Fatalf("%+v", err)
	}
	values := map[string][]float64{}
	for name := range nodes {
		v, err := program.Value(name)
		if err != nil {
			t.Fatal(err)
		}
		values[name] = floats(v)
	}
	return values
}

// drawn is the noise of that name, as the first run of a graph draws it; all ones at evaluation.
func drawn(mode graph.Mode, name string, fill graph.Noise, size int) []float64 {
	values := slices.Repeat([]float64{1}, size)
	if mode == graph.Train {
		fill.Float64(graph.NewStreams(referenceSeed).Stream("noise/"+name), values)
	}
	return values
}

// TestGRUEqualsScalarReference holds every form and option, by both engines, in training with its noise and in evaluation,
// to the equations.
func TestGRUEqualsScalarReference(t *testing.T) {
	const steps, batch = 5, 4
	mask := []float64{ // whole, with gaps at both ends and inside, short, empty
		1, 0, 1, 0,
		1, 1, 1, 0,
		1, 0, 0, 0,
		1, 1, 0, 0,
		1, 0, 0, 0,
	}
	for _, o := range allGRUOptions() {
		for _, mode := range []graph.Mode{graph.Train, graph.Evaluate} {
			for _, engine := range []layers.Engine{layers.Fused, layers.Composed} {
				cfg := o.config.WithDefaults()
				if cfg.Engine == layers.Composed && engine == layers.Fused {
					continue // which it does not have
				}
				cfg.Engine = engine
				t.Run(fmt.Sprintf("%s/%v/%s", o.name, mode, engine), func(t *testing.T) {
					t.Parallel()
					layer, err := layers.NewGRU(cfg, "gru", o.inputs, tensor.Float64, graph.NewStreams(1))
					if err != nil {
						t.Fatal(err)
					}
					scatter(layer.Params())
					x := make([]float64, steps*batch*o.inputs)
					for i, r := 0, rand.New(rand.NewPCG(29, 0)); i < len(x); i++ {
						x[i] = r.NormFloat64()
					}
					expectReference(t, cfg, layer, mode, steps, batch, x, mask)
				})
			}
		}
	}
}

func expectReference(t *testing.T, cfg layers.GRUConfig, layer *layers.GRU, mode graph.Mode, steps, batch int, x, mask []float64) {
	t.Helper()
	const tolerance = 1e-13 // the same sums in another order
	found := runGRU(t, layer, mode, steps, batch, x, mask)

	units, inputs := cfg.Units, len(x)/steps/batch
	dropped := slices.Clone(x)
	dropOut(mode, cfg, "gru/dropout", cfg.Dropout, steps, dropped)
	directions := []string{"gru"}
	if cfg.Bidirectional {
		directions = append(directions, "gru/backward")
	}
	states := make([][]float64, len(directions)) // [T,B,H]
	finals := make([][]float64, len(directions)) // [B,H]
	for d, name := range directions {
		reverse := cfg.GoBackwards || d > 0
		states[d], finals[d] = make([]float64, steps*batch*units), make([]float64, batch*units)
		for b := range batch {
			reference := newScalarGRU(cfg, layer, mode, name, steps, batch, b, reverse)
			sequence, present := make([][]float64, steps), make([]bool, steps)
			for t := range steps {
				at := (t*batch + b) * inputs
				sequence[t], present[t] = dropped[at:at+inputs], mask[t*batch+b] != 0
			}
			h, gates := reference.run(sequence, present)
			last := h[steps-1]
			if reverse {
				last = h[0]
			}
			copy(finals[d][b*units:], last)
			for step := range steps {
				at := (step*batch + b) * units
				copy(states[d][at:], h[step])
				for gate, v := range gates[step] {
					if d > 0 {
						gate = "backward/" + gate
					}
					expectClose(t, fmt.Sprintf("%s at step %d of sequence %d", gate, step, b), found.gates[gate][at:at+units], v, tolerance)
				}
			}
		}
		expectClose(t, "final states of "+name, found.finals[d], finals[d], tolerance)
	}
	outs := finals
	if cfg.ReturnSequences {
		outs = states
	}
	expected := outs[0]
	if len(outs) > 1 {
		expected = merged(cfg.Merge, units, outs[0], outs[1])
	}
	width := steps // where the output has steps
	if !cfg.ReturnSequences {
		width = 1
	}
	dropOut(mode, cfg, "gru/output_dropout", cfg.OutputDropout, width, expected)
	expectClose(t, "outputs", found.outputs, expected, tolerance)
}

// newScalarGRU is the reference of one direction for the sequence b.
func newScalarGRU(cfg layers.GRUConfig, layer recurrentLayer, mode graph.Mode, name string, steps, batch, b int, reverse bool) scalarGRU {
	units := cfg.Units
	s := scalarGRU{GRUConfig: cfg, reverse: reverse, params: map[string][]float64{}}
	for _, p := range layer.Params() {
		if i := strings.LastIndexByte(p.Name, '/'); p.Name[:i] == name {
			s.params[p.Name[i+1:]] = p.Value.Float64s()
		}
	}
	gates := len(s.params["recurrent_kernel"]) * max(1, cfg.Heads) / units / units
	one := func(int, int) float64 { return 1 }
	s.recurrentDropout, s.weightDropout = one, func(int) float64 { return 1 }
	s.zoneout = func(int, int) float64 { return cfg.Zoneout }
	if cfg.RecurrentDropout > 0 {
		fill := graph.InvertedDropout(cfg.RecurrentDropout)
		if cfg.RecurrentDropoutGates == layers.SeparateMasks {
			d := drawn(mode, name+"/recurrent_dropout", fill, gates*batch*units)
			s.recurrentDropout = func(gate, unit int) float64 { return d[(gate*batch+b)*units+unit] }
		} else {
			d := drawn(mode, name+"/recurrent_dropout", fill, batch*units)
			s.recurrentDropout = func(_, unit int) float64 { return d[b*units+unit] }
		}
	}
	if cfg.WeightDropout > 0 {
		d := drawn(mode, name+"/weight_dropout", graph.InvertedDropout(cfg.WeightDropout), len(s.params["recurrent_kernel"]))
		s.weightDropout = func(element int) float64 { return d[element] }
	}
	if cfg.Zoneout > 0 && mode == graph.Train {
		d := drawn(mode, name+"/zoneout", graph.Bernoulli(cfg.Zoneout), steps*batch*units)
		s.zoneout = func(t, unit int) float64 { return d[(t*batch+b)*units+unit] }
	}
	return s
}

// dropOut multiplies x by the noise of that name: a draw for all of it, or one for all steps.
func dropOut(mode graph.Mode, cfg layers.GRUConfig, name string, rate float64, steps int, x []float64) {
	if rate == 0 {
		return
	}
	size := len(x)
	if cfg.DropoutMask == layers.MaskPerSequence {
		size /= steps
	}
	d := drawn(mode, name, graph.InvertedDropout(rate), size)
	for i := range x {
		x[i] *= d[i%size]
	}
}

// merged is the merge of rows of two directions.
func merged(merge layers.Merge, units int, x, y []float64) []float64 {
	switch merge {
	case layers.MergeSum:
		return plus(x, y)
	case layers.MergeMean:
		return both(x, y, func(x, y float64) float64 { return (x + y) / 2 })
	case layers.MergeMul:
		return times(x, y)
	}
	var rows []float64
	for i := 0; i < len(x); i += units {
		rows = append(append(rows, x[i:i+units]...), y[i:i+units]...)
	}
	return rows
}
