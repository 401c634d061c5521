package graph_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/weights"
)

func newParam(name string, shape []int, backing any) *graph.Param {
	return &graph.Param{
		Name: name, Role: graph.RoleKernel,
		Value: tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing)),
	}
}

func TestParamsRoundTrip(t *testing.T) {
	params := func(scale float64) []*graph.Param {
		s := float32(scale)
		return []*graph.Param{
			newParam("gru0/kernel", []int{2, 3}, []float32{s, 2 * s, 3 * s, 4 * s, 5 * s, 6 * s}),
			newParam("gru0/bias", []int{1}, []float32{7 * s}),
			newParam("dense/kernel", []int{2, 1}, []float64{8 * scale, 9 * scale}),
		}
	}
	source, target := params(1), params(0)
	header := target[0].Value
	var disk bytes.Buffer
	if err := weights.Encode(&disk, graph.Tensors(source), nil); err != nil {
		t.Fatal(err)
	}
	file, err := weights.Decode(&disk, int64(disk.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if err := graph.Assign(target, file.Tensors); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(graph.Tensors(source), graph.Tensors(target)); diff != "" {
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
	p := newParam("w", []int{2}, []float32{1, 2})
	graph.Tensors([]*graph.Param{p})[0].Data.([]float32)[1] = 42
	if p.Value.Float32s()[1] != 42 {
		t.Error("found a copy, expected the memory of the parameter")
	}
}

func TestAssignCopiesNothingAfterAMismatch(t *testing.T) {
	good := newParam("good", []int{1}, []float32{0})
	err := graph.Assign([]*graph.Param{good, newParam("missing", []int{2}, []float64{0, 0})},
		[]weights.Tensor{{Name: "good", Shape: []int{1}, Data: []float32{1}}})
	const text = `weights: tensor "missing" does not fit the model (found nothing, expected F64 [2])`
	if err == nil || err.Error() != text {
		t.Errorf("found error %v, expected %s", err, text)
	}
	if good.Value.Float32s()[0] != 0 {
		t.Error("a tensor was assigned, expected none after a mismatch")
	}
}
