package runtime_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/param"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/layers/spec"
)

// arraysOf draws the parameters of a model.
func arraysOf[F kernel.Float](t testing.TB, cfg spec.ModelConfig, head spec.Head) []weights.Tensor {
	t.Helper()
	plan, err := spec.NewPlan(cfg, head)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 0))
	var arrays []weights.Tensor
	for _, p := range plan.Params() {
		values := make([]F, p.Elements())
		for i := range values {
			v := 0.5 * r.NormFloat64()
			if p.Role == param.RoleStatistic { // a variance is never negative
				v = math.Abs(v)
			}
			values[i] = F(v)
		}
		arrays = append(arrays, weights.Tensor{Name: p.Name, Shape: p.Shape, Data: values})
	}
	return arrays
}

func newModel[F kernel.Float](t testing.TB, cfg spec.ModelConfig, head spec.Head) *runtime.Model {
	t.Helper()
	m, err := runtime.New(cfg, head, arraysOf[F](t, cfg, head))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// minimalGatedUnit is the cell of Zhou et al. 2016.
type minimalGatedUnit struct{}

func (minimalGatedUnit) Gates() []string { return []string{"forget", "candidate"} }

func (minimalGatedUnit) Step(e spec.Equations, h spec.Value) spec.Value {
	f := e.Gate("forget", e.Sum(e.Input("forget"), e.Recurrent("forget", h)))
	n := e.Candidate(e.Sum(e.Input("candidate"), e.Recurrent("candidate", e.Product(f, h))))
	return e.Between(f, n, h)
}

// resetAfter is the built-in form of that name as a cell.
type resetAfter struct{}

func (resetAfter) Gates() []string { return []string{"reset", "update", "candidate"} }

func (resetAfter) Step(e spec.Equations, h spec.Value) spec.Value {
	r := e.Gate("reset", e.Sum(e.Input("reset"), e.Recurrent("reset", h)))
	z := e.Gate("update", e.Sum(e.Input("update"), e.Recurrent("update", h)))
	n := e.Candidate(e.Sum(e.Input("candidate"), e.Product(r, e.Recurrent("candidate", h))))
	return e.Between(z, h, n)
}

// lstm is the built-in layer of that name as a cell, whose state has two parts.
type lstm struct{}

func (lstm) Gates() []string { return []string{"input", "forget", "candidate", "output"} }
func (lstm) States() int     { return 2 }

func (lstm) Step(e spec.Equations, state spec.Value) spec.Value {
	h, m := e.Part(state, 0), e.Part(state, 1)
	share := func(gate string) spec.Value { return e.Sum(e.Input(gate), e.Recurrent(gate, h)) }
	i, f := e.Gate("input", share("input")), e.Gate("forget", share("forget"))
	g, o := e.Candidate(share("candidate")), e.Gate("output", share("output"))
	m = e.Sum(e.Product(f, m), e.Product(i, g))
	return e.Join(e.Product(o, e.Activate(spec.Tanh, m)), m)
}

func cells() spec.Kinds {
	return spec.Kinds{Cells: map[string]spec.Cell{"mgu": minimalGatedUnit{}, "again": resetAfter{}, "long": lstm{}}}
}

func cell(t testing.TB, key string, c spec.CellConfig) spec.LayerConfig {
	t.Helper()
	c.Kind, c.Cell = key, cells().Cells[key]
	return spec.LayerConfig{Custom: &spec.Custom{Kind: key, Options: c}}
}

func gru(c spec.GRUConfig) spec.LayerConfig { return spec.LayerConfig{GRU: &c} }
func dense(units int) spec.LayerConfig {
	return spec.LayerConfig{Dense: &spec.DenseConfig{Units: units}}
}
func perStep(units int) spec.Head {
	return spec.Head{Loss: spec.MeanSquaredError, Units: units, PerStep: true}
}

// models run forward only, with a vector at every step.
func models(t testing.TB) map[string]spec.ModelConfig {
	numbers := spec.Input{Size: 3}
	layers := map[string][]spec.LayerConfig{
		"forms": {
			gru(spec.GRUConfig{Units: 5, ReturnSequences: true, LayerNorm: true, Zoneout: 0.2}),
			gru(spec.GRUConfig{Units: 4, ReturnSequences: true, Form: spec.ResetBefore, Update: spec.UpdateNew, InitialState: spec.LearnedState}),
			gru(spec.GRUConfig{Units: 4, ReturnSequences: true, Form: spec.Tied}),
			gru(spec.GRUConfig{Units: 6, ReturnSequences: true, Heads: 3}),
			gru(spec.GRUConfig{Units: 4, ReturnSequences: true, Form: spec.ThreeGate}),
			gru(spec.GRUConfig{Units: 4, ReturnSequences: true, Bias: spec.HiddenBias}), dense(2),
		},
		"others": {
			{LSTM: &spec.LSTMConfig{Units: 4, ReturnSequences: true}}, {RNN: &spec.RNNConfig{Units: 3, ReturnSequences: true}},
			{MinGRU: &spec.MinGRUConfig{Units: 3, ReturnSequences: true, Zoneout: 0.2}},
			{LayerNorm: &spec.LayerNormConfig{}}, {BatchNorm: &spec.BatchNormConfig{}}, dense(2),
		},
		"around": {
			{Conv1D: &spec.Conv1DConfig{Filters: 3, KernelSize: 2, Padding: spec.PaddingCausal, Activation: spec.ReLU}},
			{Residual: &spec.ResidualConfig{Layers: []spec.LayerConfig{gru(spec.GRUConfig{Units: 3, ReturnSequences: true})}}}, dense(2),
		},
		"gating":             {gru(spec.GRUConfig{Units: 3, ReturnSequences: true, Form: spec.ThreeGate, Gating: spec.InputGating}), dense(2)},
		"gru-d":              {{GRUD: &spec.GRUDConfig{Units: 4, ReturnSequences: true}}, dense(2)},
		"cell":               {cell(t, "mgu", spec.CellConfig{Units: 4, ReturnSequences: true, InitialState: spec.LearnedState, LayerNorm: true}), dense(2)},
		"cell of two states": {cell(t, "long", spec.CellConfig{Units: 4, ReturnSequences: true, Zoneout: 0.1}), dense(2)},
	}
	all := map[string]spec.ModelConfig{}
	for name, l := range layers {
		all[name] = spec.ModelConfig{Input: numbers, Layers: l}
	}
	return all
}

// TestStepsEqualWhole compares each step of a stepper with whole sequences, bit for bit.
func TestStepsEqualWhole(t *testing.T) {
	t.Parallel()
	for name, cfg := range models(t) {
		for _, batch := range []int{1, 3, 11} {
			t.Run(fmt.Sprintf("%s/%d", name, batch), func(t *testing.T) {
				t.Parallel()
				stepsEqualWhole[float32](t, cfg, batch)
				stepsEqualWhole[float64](t, cfg, batch)
			})
		}
	}
}

func stepsEqualWhole[F kernel.Float](t *testing.T, cfg spec.ModelConfig, batch int) {
	t.Helper()
	const steps = 7
	m := newModel[F](t, cfg, perStep(2))
	runner, err := runtime.NewRunner[F](m, 2)
	if err != nil {
		t.Fatal(err)
	}
	stepper, err := runtime.NewStepper[F](m, batch)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, uint64(batch)))
	b := runtime.Batch[F]{Steps: steps, Size: batch, Inputs: make([]F, steps*batch*3), Mask: make([]F, steps*batch)}
	present := make([]bool, steps*batch)
	for i := range b.Inputs {
		b.Inputs[i] = F(r.NormFloat64())
	}
	for i := range present {
		if present[i] = r.IntN(4) > 0; present[i] {
			b.Mask[i] = 1
		}
	}
	whole, err := runner.Run(b)
	if err != nil {
		t.Fatal(err)
	}
	for at := range steps {
		found, err := stepper.Step(b.Inputs[at*batch*3:(at+1)*batch*3], present[at*batch:(at+1)*batch])
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch {
			if cell := at*batch + i; present[cell] && !slices.Equal(found[i*2:i*2+2], whole[cell*2:cell*2+2]) {
				t.Fatalf("step %d, sequence %d: found %v, expected %v", at, i, found[i*2:i*2+2], whole[cell*2:cell*2+2])
			}
		}
	}
}

// TestCellsEqualKernels compares the equations of cells with the same recurrences that are built in.
func TestCellsEqualKernels(t *testing.T) {
	t.Parallel()
	const steps, batch = 6, 5
	input := spec.Input{Size: 3}
	for key, builtIn := range map[string]spec.LayerConfig{
		"again": gru(spec.GRUConfig{Units: 4, Bidirectional: true}),
		"long":  {LSTM: &spec.LSTMConfig{Units: 4, Bias: spec.TwoBiases, Bidirectional: true}},
	} {
		head := spec.Head{Loss: spec.MeanSquaredError, Units: 8}
		mine := spec.ModelConfig{Input: input, Layers: []spec.LayerConfig{cell(t, key, spec.CellConfig{Units: 4, Bias: spec.TwoBiases, Bidirectional: true})}}
		arrays := arraysOf[float64](t, mine, head)
		one, err := runtime.New(mine, head, arrays)
		if err != nil {
			t.Fatal(err)
		}
		renamed := slices.Clone(arrays)
		for i := range renamed {
			_, rest, _ := strings.Cut(renamed[i].Name, "/")
			_, kind, _ := builtIn.Selected()
			renamed[i].Name = kind + "0/" + rest
		}
		other, err := runtime.New(spec.ModelConfig{Input: input, Layers: []spec.LayerConfig{builtIn}}, head, renamed)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 1))
		b := runtime.Batch[float64]{Steps: steps, Size: batch, Inputs: make([]float64, steps*batch*3), Mask: make([]float64, steps*batch)}
		for i := range b.Inputs {
			b.Inputs[i] = r.NormFloat64()
		}
		for i := range b.Mask {
			b.Mask[i] = float64(min(r.IntN(4), 1))
		}
		var outputs [2][]float64
		for i, m := range []*runtime.Model{one, other} {
			runner, err := runtime.NewRunner[float64](m, 1)
			if err != nil {
				t.Fatal(err)
			}
			if outputs[i], err = runner.Run(b); err != nil {
				t.Fatal(err)
			}
		}
		for i, v := range outputs[0] {
			if math.Abs(v-outputs[1][i]) > 1e-12 { // roundings of 1e-16, which the state carries from step to step
				t.Fatalf("%s: found %v at %d, expected %v as the layer that is built in", key, v, i, outputs[1][i])
			}
		}
	}
}

func TestStepsAllocateNothing(t *testing.T) {
	for name, cfg := range models(t) {
		for _, batch := range []int{1, 11} {
			stepper, err := runtime.NewStepper[float32](newModel[float32](t, cfg, perStep(2)), batch)
			if err != nil {
				t.Fatal(err)
			}
			x := make([]float32, 3*batch)
			if n := testing.AllocsPerRun(20, func() {
				if _, err := stepper.Step(x, nil); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%s: found %v allocations in a step of %d sequences, expected none", name, n, batch)
			}
		}
	}
}

// affine is a layer that is not built in: y = scale⊙x + shift, for every vector by itself.
type affine struct {
	Shift float64 `yaml:"shift"`
}

func (affine) Validate() fault.List                               { return nil }
func (affine) OutputShape(in spec.Shape) (spec.Shape, fault.List) { return in, nil }
func (affine) Params(in spec.Shape) []spec.Param {
	return []spec.Param{{Name: "scale", Role: param.RoleScale, Shape: []int{in.Width}}}
}

func (a affine) Vector(params map[string][]float64, x, y []float64) {
	for i, v := range x {
		y[i] = params["scale"][i]*v + a.Shift
	}
}

// total sums the steps of a sequence; wide is what it says it returns.
type total struct{ wide int }

func (total) Validate() fault.List { return nil }

func (t total) OutputShape(in spec.Shape) (spec.Shape, fault.List) {
	return spec.Shape{Width: in.Width + t.wide}, nil
}

func (total) Sequence(_ map[string][]float64, in runtime.Sequence) runtime.Sequence {
	y := make([]float64, in.Size*in.Width)
	for i, v := range in.X {
		row := i / in.Width
		if in.Mask == nil || in.Mask[row] != 0 {
			y[row%in.Size*in.Width+i%in.Width] += v
		}
	}
	return runtime.Sequence{X: y, Size: in.Size, Width: in.Width}
}

func own(kind string, options spec.Layer) spec.LayerConfig {
	return spec.LayerConfig{Custom: &spec.Custom{Kind: kind, Options: options}}
}

func TestOwnLayers(t *testing.T) {
	t.Parallel()
	cfg := spec.ModelConfig{Input: spec.Input{Size: 2}, Layers: []spec.LayerConfig{
		{Residual: &spec.ResidualConfig{Layers: []spec.LayerConfig{own("affine", affine{Shift: 1})}}}, own("total", total{}),
	}}
	head := spec.Head{Loss: spec.MeanSquaredError, Units: 2}
	scale := []weights.Tensor{{Name: "residual0/affine0/scale", Shape: []int{2}, Data: []float32{2, -1}}}
	m, err := runtime.New(cfg, head, scale)
	if err != nil {
		t.Fatal(err)
	}
	runner, err := runtime.NewRunner[float32](m, 1)
	if err != nil {
		t.Fatal(err)
	}
	b := runtime.Batch[float32]{Steps: 2, Size: 2, Inputs: []float32{1, 2, 3, 4, 5, 6, 7, 8}, Mask: []float32{1, 1, 1, 0}}
	for range 2 { // the second time over used memory
		found, err := runner.Run(b)
		// x + 2x + 1 and x − x + 1, summed over the steps that the mask counts
		if expected := []float32{3*6 + 2, 2, 3*3 + 1, 1}; err != nil || !slices.Equal(found, expected) {
			t.Errorf("found %v, %v, expected %v", found, err, expected)
		}
	}
	if _, err := runtime.NewStepper[float32](m, 1); err == nil || !strings.Contains(err.Error(), "total0: found a layer that looks at several steps") {
		t.Errorf("found %v, expected that total cannot run step by step", err)
	}

	cfg.Layers[1] = own("total", total{wide: 1})
	head.Units = 3
	if m, err = runtime.New(cfg, head, scale); err != nil {
		t.Fatal(err)
	}
	if runner, err = runtime.NewRunner[float32](m, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := runner.Run(b); err == nil || !strings.Contains(err.Error(), "total0: found 4 numbers of 0 steps of 2 sequences, expected vectors of 3 for 2 sequences") {
		t.Errorf("found %v, expected an error of the layer", err)
	}

	steps := spec.ModelConfig{Input: spec.Input{Size: 2}, Layers: []spec.LayerConfig{own("affine", affine{Shift: 1})}}
	m, err = runtime.New(steps, perStep(2), []weights.Tensor{{Name: "affine0/scale", Shape: []int{2}, Data: []float32{2, -1}}})
	if err != nil {
		t.Fatal(err)
	}
	stepper, err := runtime.NewStepper[float32](m, 1)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := stepper.Step([]float32{3, 4}, nil); err != nil || !slices.Equal(found, []float32{7, -3}) {
		t.Errorf("found %v, %v, expected 7 and -3", found, err)
	}

	steps.Layers[0] = own("mute", muted{})
	if _, err = runtime.New(steps, perStep(2), nil); err == nil || !strings.Contains(err.Error(), "mute0: a layer of the kind mute cannot run without a graph") {
		t.Errorf("found %v, expected an error that names the layer", err)
	}
}

// muted is a layer without equations.
type muted struct{}

func (muted) Validate() fault.List                               { return nil }
func (muted) OutputShape(in spec.Shape) (spec.Shape, fault.List) { return in, nil }

// wrongCell asks for a gate that it does not have.
type wrongCell struct{ minimalGatedUnit }

func (wrongCell) Step(e spec.Equations, h spec.Value) spec.Value {
	return e.Sum(h, e.Input("update"))
}

// narrowCell returns something that is no state.
type narrowCell struct{ minimalGatedUnit }

func (narrowCell) Step(e spec.Equations, _ spec.Value) spec.Value { return e.X() }

func TestFaults(t *testing.T) {
	t.Parallel()
	cfg := spec.ModelConfig{Input: spec.Input{Size: 3}, Layers: []spec.LayerConfig{gru(spec.GRUConfig{Units: 2}), dense(2)}}
	head := spec.Head{Loss: spec.MeanSquaredError, Units: 2}
	arrays := arraysOf[float32](t, cfg, head)
	with := func(change func(all []weights.Tensor) []weights.Tensor) error {
		_, err := runtime.New(cfg, head, change(slices.Clone(arrays)))
		return err
	}
	ofCell := func(c spec.Cell) error {
		l := spec.LayerConfig{Custom: &spec.Custom{Kind: "mine", Options: spec.CellConfig{Kind: "mine", Cell: c, Units: 4}}}
		cfg := spec.ModelConfig{Input: spec.Input{Size: 3}, Layers: []spec.LayerConfig{l}}
		head := spec.Head{Loss: spec.MeanSquaredError, Units: 4}
		_, err := runtime.New(cfg, head, arraysOf[float32](t, cfg, head))
		return err
	}
	m := newModel[float32](t, cfg, head)
	runner, err := runtime.NewRunner[float32](m, 1)
	if err != nil {
		t.Fatal(err)
	}
	run := func(b runtime.Batch[float32]) error {
		_, err := runner.Run(b)
		return err
	}
	_, wrongType := runtime.NewRunner[float64](m, 1)
	_, noDecoder := runtime.NewTranslator[float32](m, 0, 1)
	for _, test := range []struct {
		name, words string
		err         error
	}{
		{"missing", `tensor "gru0/kernel" does not fit the model (found nothing, expected F32 [3 6])`, with(func(all []weights.Tensor) []weights.Tensor {
			return slices.DeleteFunc(all, func(a weights.Tensor) bool { return a.Name == "gru0/kernel" })
		})},
		{"surplus", `tensor "more" does not fit the model (found F32 [1], expected no such tensor)`, with(func(all []weights.Tensor) []weights.Tensor {
			return append(all, weights.Tensor{Name: "more", Shape: []int{1}, Data: make([]float32, 1)})
		})},
		{"shape", "found F32 [6 3], expected F32 [3 6]", with(func(all []weights.Tensor) []weights.Tensor {
			all[0].Shape = []int{6, 3}
			return all
		})},
		{"mixed types", "found F64 [2], expected F32 [2]", with(func(all []weights.Tensor) []weights.Tensor {
			all[len(all)-1].Data = make([]float64, 2)
			return all
		})},
		{"type", "gru0/kernel: found a parameter of float32, expected float64", wrongType},
		{"decoder", "found a model without a decoder", noDecoder},
		{"no steps", "found 0 steps of 1 sequences", run(runtime.Batch[float32]{Size: 1})},
		{"inputs", "found 5 inputs, expected 6 for 2 steps of 1 sequences of 3 numbers", run(runtime.Batch[float32]{Steps: 2, Size: 1, Inputs: make([]float32, 5)})},
		{"mask", "found a mask of 1, expected 2", run(runtime.Batch[float32]{Steps: 2, Size: 1, Inputs: make([]float32, 6), Mask: make([]float32, 1)})},
		{"gate", `mine0: equations: found the gate "update", expected one of ["forget" "candidate"]`, ofCell(wrongCell{})},
		{"state", "mine0: equations: found a matrix of 3 columns, expected 4", ofCell(narrowCell{})},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.words) {
			t.Errorf("%s: found %v, expected %q", test.name, test.err, test.words)
		}
	}
}

// TestFiles writes a model file, with and without the head, and reads it again.
func TestFiles(t *testing.T) {
	t.Parallel()
	cfg := spec.ModelConfig{Input: spec.Input{Size: 3}, Layers: []spec.LayerConfig{cell(t, "mgu", spec.CellConfig{Units: 4}), dense(6)}}
	head := spec.Head{Loss: spec.QuantileLoss, Units: 2}.WithDefaults()
	plan, err := spec.NewPlan(cfg, head)
	if err != nil {
		t.Fatal(err)
	}
	arrays := arraysOf[float64](t, cfg, head)
	write := func(head *spec.Head) []byte {
		metadata := map[string]string{"mine": "stays"}
		if err := (spec.ModelFile{Model: plan.Model, Head: head}).SetMetadata(metadata); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := weights.Encode(&b, arrays, metadata); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	decode := func(file []byte) *runtime.Model {
		t.Helper()
		m, err := runtime.Decode(bytes.NewReader(file), int64(len(file)), cells())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if m := decode(write(&head)); m.Head().Loss != spec.QuantileLoss || m.Head().Units != 2 || m.Outputs() != 6 || !m.Double() || m.Metadata()["mine"] != "stays" {
		t.Errorf("found head %+v of %d outputs, metadata %v", m.Head(), m.Outputs(), m.Metadata())
	}
	if m := decode(write(nil)); m.Head().Loss != spec.MeanSquaredError || m.Head().Units != 6 {
		t.Errorf("an older file: found head %+v, expected one of 6 numbers", m.Head())
	}

	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, write(&head), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := runtime.Open(path, cells()); err != nil {
		t.Error(err)
	}
	_, err = runtime.Open(path) // without the cell
	var found *fault.Error
	if !errors.As(err, &found) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "mgu") {
		t.Errorf("found %v, expected a fault of the file that names the cell", err)
	}
}

// TestImports holds what a program links that loads and runs a model.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	allowed := []string{"golang.org/x/sys/cpu", "github.com/pkg/errors", "github.com/gruexp/gruexp/"}
	for _, name := range strings.Fields(string(out)) {
		host, _, _ := strings.Cut(name, "/")
		if strings.Contains(host, ".") && !slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			t.Errorf("found the import %s, expected none but %q", name, allowed)
		}
	}
}
