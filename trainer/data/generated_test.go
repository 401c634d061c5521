package data

import (
	"math"
	"slices"
	"testing"
)

// A generated sequence depends on nothing but its set, part and number.
func TestGeneratedSequencesAreTheSameAgain(t *testing.T) {
	for _, c := range []struct {
		name string
		task Task
	}{{"adding", Regress}, {"adding-600", Regress}, {"copy", Next}} {
		data, again := load(t, Config{Name: c.name}, c.task), load(t, Config{Name: c.name}, c.task)
		var one, several, other, otherPart Batch
		for _, f := range []error{
			data.Train.Fill(&one, []int{7}), again.Train.Fill(&several, []int{3, 7, 0}), data.Train.Fill(&other, []int{8}), data.Valid.Fill(&otherPart, []int{7}),
		} {
			if f != nil {
				t.Fatal(f)
			}
		}
		width := max(1, data.Spec.Features)
		at := func(b *Batch, step, column int) []float64 {
			if len(b.Tokens) > 0 {
				return []float64{float64(b.Tokens[step*b.Size+column])}
			}
			return b.Inputs[(step*b.Size+column)*width:][:width]
		}
		differs, differsInPart := false, false
		for step := range one.Steps {
			if !slices.Equal(at(&one, step, 0), at(&several, step, 1)) {
				t.Fatalf("%s: step %d: found %v beside others, expected %v", c.name, step, at(&several, step, 1), at(&one, step, 0))
			}
			differs = differs || !slices.Equal(at(&one, step, 0), at(&other, step, 0))
			differsInPart = differsInPart || !slices.Equal(at(&one, step, 0), at(&otherPart, step, 0))
		}
		if !differs || !differsInPart {
			t.Errorf("%s: found equal sequences of different numbers or parts", c.name)
		}
		if data.Train.Fill(&one, []int{data.Train.Len()}) == nil {
			t.Errorf("%s: found no error for a sequence that is not there", c.name)
		}
	}
}

func TestAdding(t *testing.T) {
	for name, steps := range map[string]int{"adding": 200, "adding-600": 600} {
		data := load(t, Config{Name: name}, Regress)
		b := fill(t, data.Test)
		if b.Steps != steps || b.Size != 1000 {
			t.Fatalf("%s: found %d steps of %d", name, b.Steps, b.Size)
		}
		for column := range b.Size {
			var sum float64
			halves := [2]float64{}
			for step := range steps {
				x := b.Inputs[(step*b.Size+column)*2:][:2]
				if x[0] < 0 || x[0] >= 1 || x[1] != 0 && x[1] != 1 {
					t.Fatalf("%s: found the step %v", name, x)
				}
				sum += x[0] * x[1]
				halves[step*2/steps] += x[1]
			}
			if halves != [2]float64{1, 1} || sum != b.Targets[column] || b.Weights[column] != 1 {
				t.Fatalf("%s: found %v marks in the halves and target %g, expected one each and %g", name, halves, b.Targets[column], sum)
			}
		}
		// 1000 squares of mean 1/6 and variance 7/180: four standard errors are 0.025.
		if mse := baseline(t, data, "mean", "mse"); math.Abs(mse-1.0/6) > 0.025 {
			t.Errorf("%s: found a mean squared error of %g, expected about 1/6", name, mse)
		}
	}
}

func TestCopy(t *testing.T) {
	data := load(t, Config{Name: "copy"}, Next)
	b := fill(t, data.Test)
	spell := func(tokens []int, column int) (text string) {
		for step := range b.Steps {
			text += data.Spec.Alphabet[tokens[step*b.Size+column]]
		}
		return text
	}
	for column := range b.Size {
		in, out := spell(b.Tokens, column), spell(b.Labels, column)
		if len(in) != 70 || in[10:59] != blanks(49) || in[59:] != ">>>>>>>>>>>" || out[:60] != blanks(60) || out[60:] != in[:10] {
			t.Fatalf("found %q and %q", in, out)
		}
	}
	if nll := baseline(t, data, "memoryless", "nll"); !near(nll, 10*math.Log(8)/70) {
		t.Errorf("found nll %g, expected 10·ln 8/(T+20)", nll)
	}
}

func blanks(n int) string { return string(slices.Repeat([]byte{' '}, n)) }
