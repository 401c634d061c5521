package data

import (
	"slices"
	"testing"
)

func TestFillPadsTargets(t *testing.T) {
	d := &TokenPairs{
		spec:    Spec{Vocabulary: 5, Task: Translate, Targets: 5, TargetKind: TokenSequence},
		Sources: [][]int{{1, 2, 3}, {}}, Targets: [][]int{{EndToken}, {3, 4, EndToken}},
	}
	var b Batch
	b.TargetSteps = 4
	for range 2 { // a batch is used again
		if err := d.Fill(&b, []int{0, 1}); err != nil {
			t.Fatal(err)
		}
		if want := []int{2, 3, 0, 4, 0, 2, 0, 0}; b.Steps != 3 || b.TargetSteps != 4 || !slices.Equal(b.Labels, want) {
			t.Errorf("found %d steps, %d target steps and labels %v, expected 3, 4 and %v", b.Steps, b.TargetSteps, b.Labels, want)
		}
		if want := []int{1, 1, 0, 3, 0, 4, 0, 0}; !slices.Equal(b.Previous, want) {
			t.Errorf("found previous tokens %v, expected %v", b.Previous, want)
		}
		if want := []float64{1, 1, 0, 1, 0, 1, 0, 0}; !slices.Equal(b.Weights, want) {
			t.Errorf("found weights %v, expected %v", b.Weights, want)
		}
	}
	if found := TargetLengths(d); !slices.Equal(found, []int{1, 3}) || TargetLengths(words("a")) != nil {
		t.Errorf("found target lengths %v", found)
	}
	b.TargetSteps = 9
	if err := words("abc").Fill(&b, []int{0}); err != nil || b.TargetSteps != 0 || len(b.Previous) != 0 {
		t.Errorf("found %v, %d target steps and %d previous tokens of data that have none", err, b.TargetSteps, len(b.Previous))
	}
}
