package data

import (
	"reflect"
	"testing"
)

func TestWindowIsTheStepsBetween(t *testing.T) {
	tokens := Spec{Vocabulary: 9, TargetKind: TokenPerStep, Targets: 9}
	numbers := Spec{Features: 2, TargetKind: ValuesPerStep, Targets: 3}
	for _, spec := range []Spec{tokens, numbers} {
		var b Batch
		b.Resize(spec, 5, 2)
		count := 0
		for _, field := range [][]int{b.Tokens, b.Labels} {
			for i := range field {
				count++
				field[i] = count
			}
		}
		for _, field := range [][]float64{b.Inputs, b.Mask, b.Targets, b.Weights} {
			for i := range field {
				count++
				field[i] = float64(count)
			}
		}
		w := b.Window(1, 4)
		expected := b
		expected.Steps, expected.Mask, expected.Weights = 3, b.Mask[2:8], b.Weights[2:8]
		if spec.Features == 0 {
			expected.Tokens, expected.Labels = b.Tokens[2:8], b.Labels[2:8]
		} else {
			expected.Inputs, expected.Targets = b.Inputs[4:16], b.Targets[6:24]
		}
		if !reflect.DeepEqual(w, expected) {
			t.Errorf("found %+v, expected %+v", w, expected)
		}
	}
}
