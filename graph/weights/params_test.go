package weights_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/weights"
)

func param(name string, shape []int, backing any) *graph.Param {
	return &graph.Param{
		Name: name, Role: graph.RoleKernel,
		Value: tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing)),
	}
}

func TestParamsRoundTrip(t *testing.T) {
	params := func(scale float64) []*graph.Param {
		s := float32(scale)
		return []*graph.Param{
			param("gru0/kernel", []int{2, 3}, []float32{s, 2 * s, 3 * s, 4 * s, 5 * s, 6 * s}),
			param("gru0/bias", []int{1}, []float32{7 * s}),
			param("dense/kernel", []int{2, 1}, []float64{8 * scale, 9 * scale}),
		}
	}
	source, target := params(1), params(0)
	header := target[0].Value
	file := decode(t, encode(t, weights.FromParams(source), nil))
	if err := weights.Assign(file, target); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(weights.FromParams(source), weights.FromParams(target)); diff != "" {
		t.Errorf("assigned (-expected +found):\n%s", diff)
	}
	if target[0].Value != header {
		t.Error("found another tensor in the parameter, expected the one that programs are bound to")
	}
	target[0].Value.Float32s()[0] = 42
	if got, _ := file.Tensor("gru0/kernel"); got.Data.([]float32)[0] != 1 {
		t.Error("the parameter shares memory with the file")
	}
}

func TestFromParamsSharesMemory(t *testing.T) {
	p := param("w", []int{2}, []float32{1, 2})
	weights.FromParams([]*graph.Param{p})[0].Data.([]float32)[1] = 42
	if p.Value.Float32s()[1] != 42 {
		t.Error("found a copy, expected the memory of the parameter")
	}
}

func TestAssignListsEveryMismatch(t *testing.T) {
	file := &weights.File{Tensors: []weights.Tensor{
		{Name: "good", Shape: []int{1}, Data: []float32{1}},
		{Name: "transposed", Shape: []int{1, 2}, Data: []float32{1, 2}},
		{Name: "flat", Shape: []int{2}, Data: []float32{1, 2}},
		{Name: "wide", Shape: []int{1}, Data: []float64{1}},
		{Name: "counter", Shape: []int{1}, Data: []int64{1}},
		{Name: "stranger", Shape: []int{3}, Data: []byte{1, 2, 3}},
	}}
	good := param("good", []int{1}, []float32{0})
	err := weights.Assign(file, []*graph.Param{
		good,
		param("missing", []int{2}, []float64{0, 0}),
		param("transposed", []int{2, 1}, []float32{0, 0}),
		param("flat", []int{1, 2}, []float32{0, 0}),
		param("wide", []int{1}, []float32{0}),
		param("counter", []int{1}, []float64{0}),
		param("good", []int{1}, []float32{0}),
	})
	var mismatch *weights.AssignError
	if !errors.As(err, &mismatch) {
		t.Fatalf("found error %v, expected an AssignError", err)
	}
	expected := []weights.Mismatch{
		{Name: "missing", Found: "nothing", Expected: "F64 [2]"},
		{Name: "transposed", Found: "F32 [1 2]", Expected: "F32 [2 1]"},
		{Name: "flat", Found: "F32 [2]", Expected: "F32 [1 2]"},
		{Name: "wide", Found: "F64 [1]", Expected: "F32 [1]"},
		{Name: "counter", Found: "I64 [1]", Expected: "F64 [1]"},
		{Name: "good", Found: "two parameters of this name", Expected: "one"},
		{Name: "stranger", Found: "U8 [3]", Expected: "no such tensor"},
	}
	if diff := cmp.Diff(expected, mismatch.Mismatches); diff != "" {
		t.Errorf("mismatches (-expected +found):\n%s", diff)
	}
	if good.Value.Float32s()[0] != 0 {
		t.Error("a tensor was assigned, expected none after a mismatch")
	}
	const first = `tensor "missing": found nothing, expected F64 [2]; tensor "transposed": found F32 [1 2], expected F32 [2 1]; `
	if text := err.Error(); text[:min(len(text), len(first))] != first {
		t.Errorf("found error %q, expected it to begin with %q", text, first)
	}
}
