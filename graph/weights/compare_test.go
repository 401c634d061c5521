package weights_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
)

func TestCompareListsEveryMismatch(t *testing.T) {
	t.Parallel()
	found := []weights.Tensor{
		{Name: "good", Shape: []int{1}, Data: []float32{1}},
		{Name: "transposed", Shape: []int{1, 2}, Data: []float32{1, 2}},
		{Name: "flat", Shape: []int{2}, Data: []float32{1, 2}},
		{Name: "wide", Shape: []int{1}, Data: []float64{1}},
		{Name: "counter", Shape: []int{1}, Data: []int64{1}},
		{Name: "stranger", Shape: []int{3}, Data: []byte{1, 2, 3}},
	}
	expected := []weights.Tensor{
		{Name: "good", Shape: []int{1}, Data: []float32{0}},
		{Name: "missing", Shape: []int{2}, Data: []float64{0, 0}},
		{Name: "transposed", Shape: []int{2, 1}, Data: []float32{0, 0}},
		{Name: "flat", Shape: []int{1, 2}, Data: []float32{0, 0}},
		{Name: "wide", Shape: []int{1}, Data: []float32{0}},
		{Name: "counter", Shape: []int{1}, Data: []float64{0}},
		{Name: "good", Shape: []int{1}, Data: []float32{0}},
	}
	mismatch := func(name, found, expected string) fault.Fault {
		return fault.Fault{Where: "weights", What: `tensor "` + name + `" does not fit the model`, Found: found, Expected: expected}
	}
	want := fault.List{
		mismatch("missing", "nothing", "F64 [2]"),
		mismatch("transposed", "F32 [1 2]", "F32 [2 1]"),
		mismatch("flat", "F32 [2]", "F32 [1 2]"),
		mismatch("wide", "F64 [1]", "F32 [1]"),
		mismatch("counter", "I64 [1]", "F64 [1]"),
		mismatch("good", "two parameters of this name", "one"),
		mismatch("stranger", "U8 [3]", "no such tensor"),
	}
	if diff := cmp.Diff(want, weights.Compare(found, expected)); diff != "" {
		t.Errorf("mismatches (-expected +found):\n%s", diff)
	}
	if faults := weights.Compare(found, found); faults != nil {
		t.Errorf("found %v between equal tensors, expected none", faults)
	}
}
