package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
)

// streamedModels are the small models that can be streamed, and one whose sizes are no multiples of any kernel's.
func streamedModels() []small {
	models := slices.DeleteFunc(smallModels(), small.looksAhead)
	return append(models, small{
		"deep", layers.Input{Vocabulary: 7},
		[]layers.LayerConfig{
			embed(layers.EmbeddingConfig{Units: 19}), gru(layers.GRUConfig{Units: 37, ReturnSequences: true}),
			dense(layers.DenseConfig{Units: 21, Activation: layers.ReLU}), gru(layers.GRUConfig{Units: 18, ReturnSequences: true}),
			pool(layers.PoolMean), dense(layers.DenseConfig{}),
		},
		layers.Head{Loss: layers.CrossEntropy, Units: 5},
	})
}

// newStepper makes a model with parameters of all kinds and a stepper of it.
func newStepper[F kernel.Float](t testing.TB, s small, engine layers.Engine, batch int) (*layers.Model, *layers.Stepper[F]) {
	t.Helper()
	m := newModel(t, s.config(engine), s.head, dtypeOf[F]())
	scatter(m.Params())
	stepper, err := layers.NewStepper[F](m, batch)
	if err != nil {
		t.Fatalf("stepper: %+v", err)
	}
	return m, stepper
}

func dtypeOf[F kernel.Float]() tensor.Dtype {
	if _, ok := any(F(0)).(float32); ok {
		return tensor.Float32
	}
	return tensor.Float64
}

// stream is a batch of sequences of which each misses some steps, the first ones among them.
type stream[F kernel.Float] struct {
	steps, batch int
	feeds        graph.Feeds
	inputs       []F
	tokens       []int
	present      []bool
}

func newStream[F kernel.Float](s small, steps, batch int) stream[F] {
	x := stream[F]{steps: steps, batch: batch, feeds: newFeeds(steps, slices.Repeat([]int{steps}, batch), s.input, s.head)}
	x.tokens, _ = x.feeds[graph.FeedTokens].([]int)
	numbers, _ := x.feeds[graph.FeedInputs].([]float64)
	for _, v := range numbers {
		x.inputs = append(x.inputs, F(v))
	}
	rng := rand.New(rand.NewPCG(19, 0))
	for range steps * batch {
		x.present = append(x.present, rng.IntN(4) > 0)
	}
	return x
}

// step takes step t, without a mask where all are present.
func (x stream[F]) step(t testing.TB, s *layers.Stepper[F], at int) []F {
	t.Helper()
	present := x.present[at*x.batch : (at+1)*x.batch]
	if !slices.Contains(present, false) {
		present = nil
	}
	var out []F
	var err error
	if x.tokens != nil {
		out, err = s.StepTokens(x.tokens[at*x.batch:(at+1)*x.batch], present)
	} else {
		width := len(x.inputs) / x.steps
		out, err = s.Step(x.inputs[at*width:(at+1)*width], present)
	}
	if err != nil {
		t.Fatalf("step %d: %+v", at, err)
	}
	return out
}

// TestStepperEqualsGraph compares every step with the evaluation graph of the sequence so far: bit for bit, but where the
// engine is composed.
func TestStepperEqualsGraph(t *testing.T) {
	for _, s := range streamedModels() {
		for _, engine := range s.engines() {
			for _, batch := range []int{1, 3, 11} { // the kernels have a way of their own for few rows
				// the runtime is the same for both engines, so one batch is enough for the one that is slow to compile
				if batch != 3 && (testing.Short() || engine == layers.Composed && len(s.engines()) > 1) {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/float64/%d", s.name, engine, batch), func(t *testing.T) {
					t.Parallel()
					// roundings of 1e-16, which the state carries on from step to step
					expectStepsOfGraph[float64](t, s, engine, batch, 1e-12)
				})
				t.Run(fmt.Sprintf("%s/%s/float32/%d", s.name, engine, batch), func(t *testing.T) {
					t.Parallel()
					expectStepsOfGraph[float32](t, s, engine, batch, 1e-5) // likewise of 6e-8
				})
			}
		}
	}
}

func expectStepsOfGraph[F kernel.Float](t *testing.T, s small, engine layers.Engine, batch int, tolerance float64) {
	const steps = 9
	if engine == layers.Fused && !s.attends() {
		tolerance = 0
	}
	m, stepper := newStepper[F](t, s, engine, batch)
	program := compile(t, m, graph.Evaluate, dtypeOf[F](), graph.BatchShape{Steps: steps, Size: batch})
	x := newStream[F](s, steps, batch)

	mask := make([]float64, steps*batch)
	x.feeds[graph.FeedMask] = mask
	expected := make([]float64, batch*s.head.Units) // 0 before a sequence begins
	for at := range steps {
		for i := at * batch; i < (at+1)*batch; i++ {
			if x.present[i] {
				mask[i] = 1
			}
		}
		predictions := program.run(t, x.feeds).values[graph.OutputPredictions]
		if s.head.PerStep {
			predictions = predictions[at*len(expected):]
		}
		for b := range batch {
			if x.present[at*batch+b] {
				copy(expected[b*s.head.Units:(b+1)*s.head.Units], predictions[b*s.head.Units:])
			}
		}
		expectClose(t, fmt.Sprintf("step %d", at), toFloat64(x.step(t, stepper, at)), expected, tolerance)
	}
}

func toFloat64[F kernel.Float](x []F) []float64 {
	var out []float64
	for _, v := range x {
		out = append(out, float64(v))
	}
	return out
}

// TestStepperIgnoresAbsentInputs puts into the inputs of absent sequences what would spoil every number.
func TestStepperIgnoresAbsentInputs(t *testing.T) {
	const steps, batch = 6, 3
	for _, s := range streamedModels() {
		_, clean := newStepper[float64](t, s, layers.Fused, batch)
		_, spoiled := newStepper[float64](t, s, layers.Fused, batch)
		x, y := newStream[float64](s, steps, batch), newStream[float64](s, steps, batch)
		for i, present := range y.present {
			switch {
			case present:
			case y.tokens != nil:
				y.tokens[i] = -1
			default:
				width := len(y.inputs) / len(y.present)
				copy(y.inputs[i*width:(i+1)*width], slices.Repeat([]float64{math.NaN()}, width))
			}
		}
		for at := range steps {
			expectClose(t, s.name, y.step(t, spoiled, at), x.step(t, clean, at), 0)
		}
	}
}

func TestStepperReset(t *testing.T) {
	const steps, batch, begun = 5, 3, 1
	for _, s := range streamedModels() {
		_, fresh := newStepper[float64](t, s, layers.Fused, batch)
		_, stepper := newStepper[float64](t, s, layers.Fused, batch)
		x := newStream[float64](s, steps, batch)

		var first [][]float64
		for at := range steps {
			first = append(first, slices.Clone(x.step(t, stepper, at)))
		}
		stepper.Reset()
		for at := range steps {
			expectClose(t, s.name+" after Reset", x.step(t, stepper, at), first[at], 0)
		}

		// One sequence begins anew, the others go on.
		if err := stepper.ResetSequence(begun); err != nil {
			t.Fatal(err)
		}
		units := stepper.Units()
		for at := range steps {
			x.step(t, fresh, at)
		}
		for at := range steps {
			found, goneOn := x.step(t, stepper, at), x.step(t, fresh, at)
			expected := slices.Clone(goneOn)
			copy(expected[begun*units:(begun+1)*units], first[at][begun*units:])
			expectClose(t, s.name+" after ResetSequence", found, expected, 0)
		}
	}
}

// TestStepperState lets a sequence go on in another place of another stepper.
func TestStepperState(t *testing.T) {
	const steps, saved = 8, 4
	for _, s := range streamedModels() {
		_, whole := newStepper[float32](t, s, layers.Fused, 1)
		x := newStream[float32](s, steps, 1)
		_, second := newStepper[float32](t, s, layers.Fused, 3)
		for at := range saved {
			x.step(t, whole, at)
		}
		state, err := whole.State(0)
		if err != nil {
			t.Fatal(err)
		}
		if err := second.SetState(1, state); err != nil {
			t.Fatal(err)
		}
		if err := whole.SetState(0, state); err != nil { // changes nothing
			t.Fatal(err)
		}
		again, err := second.State(1)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(again, state) {
			t.Errorf("%s: found state %v, expected %v", s.name, again, state)
		}

		width, units := len(x.inputs)/steps, second.Units()
		for at := saved; at < steps; at++ {
			var found []float32
			present := []bool{false, x.present[at], false}
			if x.tokens != nil {
				found, err = second.StepTokens([]int{0, x.tokens[at], 0}, present)
			} else {
				found, err = second.Step(slices.Concat(make([]float32, width), x.inputs[at*width:(at+1)*width], make([]float32, width)), present)
			}
			if err != nil {
				t.Fatal(err)
			}
			expected := slices.Concat(make([]float32, units), x.step(t, whole, at), make([]float32, units))
			expectClose(t, s.name, toFloat64(found), toFloat64(expected), 0)
		}
	}
}

func TestStepperAllocatesNothing(t *testing.T) {
	for _, s := range streamedModels() {
		for _, batch := range []int{1, 11} {
			_, stepper := newStepper[float32](t, s, layers.Fused, batch)
			x := newStream[float32](s, 1, batch)
			if n := testing.AllocsPerRun(20, func() { x.step(t, stepper, 0) }); n != 0 {
				t.Errorf("%s: found %v allocations in a step of %d sequences, expected none", s.name, n, batch)
			}
		}
	}
}

// TestStepperSeesTraining pins that a stepper needs no word of a solver's steps.
func TestStepperSeesTraining(t *testing.T) {
	s := streamedModels()[0]
	m, stepper := newStepper[float64](t, s, layers.Fused, 1)
	x := newStream[float64](s, 1, 1)
	x.present[0] = true
	before := slices.Clone(x.step(t, stepper, 0))
	for _, p := range m.Params() {
		clear(p.Value.Float64s())
	}
	stepper.Reset()
	if after := x.step(t, stepper, 0); slices.Equal(before, after) || !slices.Equal(after, make([]float64, len(after))) {
		t.Errorf("found %v and with parameters of 0 %v, expected zeros", before, after)
	}
}

func TestStepperErrors(t *testing.T) {
	numbers, tokens := streamedModels()[0], streamedModels()[len(streamedModels())-1]
	bidirectional := small{
		"", numbers.input,
		[]layers.LayerConfig{
			gru(layers.GRUConfig{Units: 2, ReturnSequences: true}), gru(layers.GRUConfig{Units: 2, ReturnSequences: true, Bidirectional: true}),
			pool(layers.PoolMax), dense(layers.DenseConfig{}),
		},
		layers.Head{Loss: layers.CrossEntropy, Units: 3},
	}
	make32 := func(s small, dtype tensor.Dtype, batch int) error {
		_, err := layers.NewStepper[float32](newModel(t, s.config(layers.Fused), s.head, dtype), batch)
		return err
	}
	_, n := newStepper[float32](t, numbers, layers.Fused, 2)
	_, w := newStepper[float32](t, tokens, layers.Fused, 2)
	state, err := n.State(0)
	if err != nil {
		t.Fatal(err)
	}
	second := func(_ []float32, err error) error { return err }

	for _, test := range []struct {
		name, expected string
		err            error
	}{
		{"bidirectional", "gru1: found a layer that runs backward", make32(bidirectional, tensor.Float32, 1)},
		{"dtype", "gru0/kernel: found a parameter of float64, expected float32", make32(numbers, tensor.Float64, 1)},
		{"no batch", "found a batch of 0", make32(numbers, tensor.Float32, 0)},
		{"huge batch", "expected 1 to 65536", make32(numbers, tensor.Float32, 1<<40)},
		{"inputs", "found 5 inputs, expected 6 for 2 sequences of 3", second(n.Step(make([]float32, 5), nil))},
		{"tokens", "found 1 tokens, expected one for each of 2", second(w.StepTokens([]int{1}, nil))},
		{"numbers for tokens", "expected StepTokens", second(w.Step(make([]float32, 6), nil))},
		{"tokens for numbers", "expected Step", second(n.StepTokens([]int{1, 1}, nil))},
		{"mask", "found a mask of 1", second(n.Step(make([]float32, 6), []bool{true}))},
		{"mask of tokens", "found a mask of 3", second(w.StepTokens([]int{1, 1}, make([]bool, 3)))},
		{"unknown token", "embedding0: found token 7 for sequence 1, expected 0 to 6", second(w.StepTokens([]int{6, 7}, nil))},
		{"negative token", "found token -1 for sequence 0", second(w.StepTokens([]int{-1, 0}, nil))},
		{"sequence to reset", "found sequence 2, expected 0 to 1", n.ResetSequence(2)},
		{"sequence to save", "found sequence -1", second(n.State(-1))},
		{"sequence to restore", "found sequence 2", n.SetState(2, state)},
		{"state", fmt.Sprintf("found %d numbers, expected %d", len(state)-1, len(state)), n.SetState(0, state[1:])},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.expected) {
			t.Errorf("%s: found error %v, expected %q", test.name, test.err, test.expected)
		}
	}

	untouched, err := n.State(0)
	if err != nil || !slices.Equal(untouched, state) {
		t.Errorf("found state %v after errors, expected %v", untouched, state)
	}
}

// BenchmarkStepper measures one step of one sequence against the matrix–vector product that it cannot do without.
func BenchmarkStepper(b *testing.B) {
	for _, size := range []struct{ inputs, units int }{{8, 64}, {64, 128}} {
		s := small{
			"", layers.Input{Size: size.inputs}, []layers.LayerConfig{gru(layers.GRUConfig{Units: size.units})},
			layers.Head{Loss: layers.MeanSquaredError, Units: size.units},
		}
		name := fmt.Sprintf("I=%d/H=%d/", size.inputs, size.units)
		b.Run(name+"step", func(b *testing.B) {
			_, stepper := newStepper[float32](b, s, layers.Fused, 1)
			x := newStream[float32](s, 1, 1)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := stepper.Step(x.inputs, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"product", func(b *testing.B) {
			pool, depth, width := kernel.NewPool(1), size.inputs+size.units, 3*size.units
			rng := rand.New(rand.NewPCG(1, 0))
			x, w, y := make([]float32, depth), make([]float32, depth*width), make([]float32, width)
			for _, values := range [][]float32{x, w} {
				for i := range values {
					values[i] = float32(rng.NormFloat64())
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				kernel.Product(pool, false, false, 1, width, depth, x, depth, w, width, false, y, width)
			}
		})
	}
}
