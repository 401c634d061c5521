package data

import (
	"slices"
	"strings"
	"testing"
)

func words(texts ...string) *LabeledTokens {
	d := &LabeledTokens{spec: Spec{Vocabulary: 27, Task: Classify, Targets: 2, TargetKind: ClassPerSequence}}
	for i, text := range texts {
		var tokens []int
		for _, r := range text {
			tokens = append(tokens, int(r-'a')+1)
		}
		d.Tokens, d.Labels = append(d.Tokens, tokens), append(d.Labels, i%2)
	}
	return d
}

func TestFillPadsAtTheEnd(t *testing.T) {
	var b Batch
	if err := words("abc", "d", "").Fill(&b, []int{1, 0, 2}); err != nil {
		t.Fatal(err)
	}
	if b.Steps != 3 || b.Size != 3 {
		t.Fatalf("found %d steps of %d, expected 3 of 3", b.Steps, b.Size)
	}
	if want := []int{4, 1, 0, 0, 2, 0, 0, 3, 0}; !slices.Equal(b.Tokens, want) {
		t.Errorf("found tokens %v, expected %v", b.Tokens, want)
	}
	if want := []float64{1, 1, 0, 0, 1, 0, 0, 1, 0}; !slices.Equal(b.Mask, want) {
		t.Errorf("found mask %v, expected %v", b.Mask, want)
	}
	if !slices.Equal(b.Labels, []int{1, 0, 0}) || !slices.Equal(b.Weights, []float64{1, 1, 1}) || len(b.Targets) != 0 {
		t.Errorf("found labels %v, weights %v, targets %v", b.Labels, b.Weights, b.Targets)
	}
}

func TestFillReusesTheBatch(t *testing.T) {
	d := words("abc", "d", "")
	var b Batch
	for _, c := range []struct {
		before, steps int
		indices       []int
	}{{5, 5, []int{0, 1}}, {0, 1, []int{1}}, {0, 1, []int{2}}, {2, 3, []int{0}}} {
		b.Steps = c.before
		if err := d.Fill(&b, c.indices); err != nil {
			t.Fatal(err)
		}
		var fresh Batch
		fresh.Steps = c.steps
		if err := d.Fill(&fresh, c.indices); err != nil {
			t.Fatal(err)
		}
		if b.Steps != c.steps || !slices.Equal(b.Tokens, fresh.Tokens) || !slices.Equal(b.Mask, fresh.Mask) {
			t.Errorf("%+v: found %d steps, tokens %v, mask %v; a new batch has %v and %v",
				c, b.Steps, b.Tokens, b.Mask, fresh.Tokens, fresh.Mask)
		}
	}
	allocations := testing.AllocsPerRun(10, func() {
		b.Steps = 0
		if d.Fill(&b, []int{0, 1}) != nil {
			t.Error("fill failed")
		}
	})
	// The spec goes through an interface and may be copied; nothing may grow with the batch.
	if allocations > 1 {
		t.Errorf("found %g allocations in a batch used again, expected none", allocations)
	}
}

func TestFillRefusesIndices(t *testing.T) {
	var b Batch
	for _, indices := range [][]int{nil, {-1}, {0, 3}} {
		if err := words("abc", "d", "").Fill(&b, indices); err == nil || !strings.Contains(err.Error(), "index") && !strings.Contains(err.Error(), "indices") {
			t.Errorf("%v: found error %v", indices, err)
		}
	}
}

func TestResizeByKind(t *testing.T) {
	for _, c := range []struct {
		kind                     TargetKind
		labels, targets, weights int
	}{
		{ClassPerSequence, 3, 0, 3}, {ValuesPerSequence, 0, 15, 3}, {BinaryPerStep, 0, 30, 6}, {ValuesPerStep, 0, 30, 6},
		{TokenPerStep, 6, 0, 6}, {TokenSequence, 15, 0, 15},
	} {
		b := Batch{TargetSteps: 5}
		b.Resize(Spec{Features: 4, Targets: 5, TargetKind: c.kind}, 2, 3)
		if len(b.Inputs) != 24 || len(b.Tokens) != 0 || len(b.Mask) != 6 || len(b.Labels) != c.labels ||
			len(b.Targets) != c.targets || len(b.Weights) != c.weights {
			t.Errorf("%s: found %d labels, %d targets, %d weights, expected %+v", c.kind, len(b.Labels), len(b.Targets), len(b.Weights), c)
		}
	}
}
