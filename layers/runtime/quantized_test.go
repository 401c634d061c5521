package runtime_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/layers/spec"
)

func quantized(t testing.TB, m *runtime.Model, f runtime.Format) *runtime.Model {
	t.Helper()
	q, err := m.Quantized(f)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestQuantizedSteps compares each step with whole sequences, bit for bit, and with float32. The models have weights of up to 2,
// which int8 rounds by less than 2/254 and bf16 by less than 2/512; states are within 1, and layers on top of each other multiply
// errors, which the tolerance leaves room for.
func TestQuantizedSteps(t *testing.T) {
	const steps, batch = 7, 3
	r := rand.New(rand.NewPCG(7, 1))
	for _, name := range []string{"forms", "others", "around", "gru-d"} {
		cfg := models(t)[name]
		cfg.Layers = slices.DeleteFunc(cfg.Layers, unquantizable)
		m := newModel[float32](t, cfg, perStep(2))
		b := runtime.Batch[float32]{Steps: steps, Size: batch, Inputs: make([]float32, steps*batch*3), Mask: make([]float32, steps*batch)}
		present := make([]bool, steps*batch)
		for i := range b.Inputs {
			b.Inputs[i] = float32(r.NormFloat64())
		}
		for i := range present {
			if present[i] = r.IntN(4) > 0; present[i] {
				b.Mask[i] = 1
			}
		}
		exact := runBatch(t, m, b)
		for _, format := range []runtime.Format{runtime.Int8, runtime.BFloat16} {
			q := quantized(t, m, format)
			whole := runBatch(t, q, b)
			stepper, err := runtime.NewStepper[float32](q, batch)
			if err != nil {
				t.Fatal(err)
			}
			furthest := 0.0
			for at := range steps {
				x, mask := b.Inputs[at*batch*3:(at+1)*batch*3], present[at*batch:(at+1)*batch]
				found, err := stepper.Step(x, mask)
				if err != nil {
					t.Fatal(err)
				}
				for i := range batch {
					cell := at*batch + i
					if !present[cell] {
						continue
					}
					if !slices.Equal(found[i*2:i*2+2], whole[cell*2:cell*2+2]) {
						t.Fatalf("%s, %v: step %d, sequence %d: found %v, expected %v", name, format, at, i, found[i*2:i*2+2], whole[cell*2:cell*2+2])
					}
					for j := range 2 {
						furthest = max(furthest, math.Abs(float64(whole[cell*2+j]-exact[cell*2+j])))
					}
				}
			}
			if furthest == 0 || furthest > 0.2 {
				t.Errorf("%s, %v: found outputs that differ from float32 by %g, expected more than 0 and at most 0.2", name, format, furthest)
			}
			if n := testing.AllocsPerRun(5, func() { _, _ = stepper.Step(b.Inputs[:batch*3], nil) }); n != 0 {
				t.Errorf("%s, %v: found %v allocations in a step, expected none", name, format, n)
			}
		}
	}
}

func runBatch(t testing.TB, m *runtime.Model, b runtime.Batch[float32]) []float32 {
	t.Helper()
	runner, err := runtime.NewRunner[float32](m, 1)
	if err != nil {
		t.Fatal(err)
	}
	found, err := runner.Run(b)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(found)
}

// TestQuantizedSize compares the memory of a model of tokens, in both directions: a quarter and four bytes for each output, and
// half.
func TestQuantizedSize(t *testing.T) {
	t.Parallel()
	cfg := spec.ModelConfig{Input: spec.Input{Vocabulary: 50}, Layers: []spec.LayerConfig{
		{Embedding: &spec.EmbeddingConfig{Units: 16}}, gru(spec.GRUConfig{Units: 64, Bidirectional: true}), dense(2),
	}}
	m := newModel[float32](t, cfg, spec.Head{Loss: spec.MeanSquaredError, Units: 2})
	const weights, outputs = 50*16 + 2*(16+64)*192 + 128*2, 16 + 2*2*192 + 2
	for format, saved := range map[runtime.Format]int{runtime.Float32: 0, runtime.Int8: 3*weights - 4*outputs, runtime.BFloat16: 2 * weights} {
		q := quantized(t, m, format)
		if found := m.Size() - q.Size(); found != saved || q.Format() != format {
			t.Errorf("%v: found %d bytes less, format %v, expected %d", format, found, q.Format(), saved)
		}
		tokens := runBatch(t, q, runtime.Batch[float32]{Steps: 3, Size: 1, Tokens: []int{4, 49, 0}})
		if exact := runBatch(t, m, runtime.Batch[float32]{Steps: 3, Size: 1, Tokens: []int{4, 49, 0}}); math.Abs(float64(tokens[0]-exact[0])) > 0.1 {
			t.Errorf("%v: found %v, expected about %v", format, tokens, exact)
		}
	}
}

func TestUnquantizable(t *testing.T) {
	t.Parallel()
	all := models(t)
	all["heads"] = spec.ModelConfig{Input: spec.Input{Size: 3}, Layers: []spec.LayerConfig{gru(spec.GRUConfig{Units: 4, Heads: 2, ReturnSequences: true}), dense(2)}}
	withoutHeads := all["forms"]
	withoutHeads.Layers = slices.DeleteFunc(withoutHeads.Layers, unquantizable)
	all["forms"] = withoutHeads
	again := func(f, g runtime.Format) error {
		_, err := quantized(t, newModel[float32](t, all["forms"], perStep(2)), f).Quantized(g)
		return err
	}
	of := func(m *runtime.Model) error {
		_, err := m.Quantized(runtime.Int8)
		return err
	}
	heads := of(newModel[float32](t, all["heads"], perStep(2)))
	_, unknown := runtime.FormatNamed("int4")
	for words, err := range map[string]error{
		"weights int8: the type of the weights (found float64, expected float32)":     of(newModel[float64](t, all["forms"], perStep(2))),
		"weights int8: mgu0: a cell that is not built in":                             of(newModel[float32](t, all["cell"], perStep(2))),
		"weights int8: gru0: gating (found input, expected literal)":                  of(newModel[float32](t, all["gating"], perStep(2))),
		"weights bf16: the weights are quantized already (found int8":                 again(runtime.Int8, runtime.BFloat16),
		"weights float32: weights that were rounded cannot be restored (found bf16":   again(runtime.BFloat16, runtime.Float32),
		"weights int8: gru0: heads (found 2, expected 1)":                             heads,
		"unknown format of weights (found int4, expected one of float32, int8, bf16)": unknown,
	} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("found %v, expected %q", err, words)
		}
	}
}

func unquantizable(l spec.LayerConfig) bool {
	return l.GRU != nil && l.GRU.Heads > 1 || l.MinGRU != nil
}
