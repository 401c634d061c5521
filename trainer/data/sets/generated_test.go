package sets

import (
	"math"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// A generated sequence depends on nothing but its set, part and number.
func TestGeneratedSequencesAreTheSameAgain(t *testing.T) {
	for _, c := range []struct {
		name string
		task data.Task
	}{{"adding", data.Regress}, {"adding-600", data.Regress}, {"copy", data.Next}} {
		loaded, again := load(t, data.Config{Name: c.name}, c.task), load(t, data.Config{Name: c.name}, c.task)
		var one, several, other, otherPart data.Batch
		for _, f := range []error{
			loaded.Train.Fill(&one, []int{7}), again.Train.Fill(&several, []int{3, 7, 0}), loaded.Train.Fill(&other, []int{8}), loaded.Valid.Fill(&otherPart, []int{7}),
		} {
			if f != nil {
				t.Fatal(f)
			}
		}
		width := max(1, loaded.Spec.Features)
		at := func(b *data.Batch, step, column int) []float64 {
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
		if loaded.Train.Fill(&one, []int{loaded.Train.Len()}) == nil {
			t.Errorf("%s: found no error for a sequence that is not there", c.name)
		}
	}
}

func TestAdding(t *testing.T) {
	for name, steps := range map[string]int{"adding": 200, "adding-600": 600} {
		loaded := load(t, data.Config{Name: name}, data.Regress)
		b := datatest.FillAll(t, loaded.Test)
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
		if mse := datatest.BaselineOf(t, loaded, "mean", "mse"); math.Abs(mse-1.0/6) > 0.025 {
			t.Errorf("%s: found a mean squared error of %g, expected about 1/6", name, mse)
		}
	}
}

func TestCopy(t *testing.T) {
	loaded := load(t, data.Config{Name: "copy"}, data.Next)
	b := datatest.FillAll(t, loaded.Test)
	spell := func(tokens []int, column int) (text string) {
		for step := range b.Steps {
			text += loaded.Spec.Alphabet[tokens[step*b.Size+column]]
		}
		return text
	}
	for column := range b.Size {
		in, out := spell(b.Tokens, column), spell(b.Labels, column)
		if len(in) != 70 || in[10:59] != blanks(49) || in[59:] != ">>>>>>>>>>>" || out[:60] != blanks(60) || out[60:] != in[:10] {
			t.Fatalf("found %q and %q", in, out)
		}
	}
	if nll := datatest.BaselineOf(t, loaded, "memoryless", "nll"); !datatest.Near(nll, 10*math.Log(8)/70) {
		t.Errorf("found nll %g, expected 10·ln 8/(T+20)", nll)
	}
}

// The scores of single sequences, which a verdict has its interval from, make up the metric.
func TestScoresOfGeneratedSets(t *testing.T) {
	t.Parallel()
	for name, metric := range map[string]string{"adding": "mae", "copy": "accuracy"} {
		task := map[string]data.Task{"mae": data.Regress, "accuracy": data.Next}[metric]
		loaded := load(t, data.Config{Name: name}, task)
		for _, b := range loaded.Baselines() {
			sum := 0.0
			for _, score := range b.Scores[metric] {
				sum += score
			}
			if n := len(b.Scores[metric]); n != loaded.Test.Len() || !datatest.Near(sum/float64(n), b.Metrics[metric]) {
				t.Errorf("%s: found %d scores of the mean %g, expected %d of %g", name, n, sum/float64(n), loaded.Test.Len(), b.Metrics[metric])
			}
		}
	}
}

func blanks(n int) string { return string(slices.Repeat([]byte{' '}, n)) }
