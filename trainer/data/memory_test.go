package data_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/baseline"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
	"github.com/gruexp/gruexp/trainer/data/table"
)

// rising are sequences of 3 to 7 steps of two numbers, of which class 1 rises and class 0 does not.
func rising(n int) (x [][][]float64, labels []int) {
	for i := range n {
		var sequence [][]float64
		for t := range 3 + i%5 {
			sequence = append(sequence, []float64{float64(i%2*t) + float64(i%7)/10, float64(i)})
		}
		x, labels = append(x, sequence), append(labels, i%2)
	}
	return x, labels
}

func ExampleFromSequences() {
	x := [][][]float64{{{1}, {2}}, {{3}}, {{4}, {5}, {6}}, {{7}}, {{8}, {9}}, {{1}, {3}}, {{2}}, {{5}, {7}}, {{8}}, {{9}}}
	labels := []int{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}
	set, err := data.FromSequences(x, labels, data.InMemory{ClassNames: []string{"even", "odd"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Train.Len(), set.Valid.Len(), set.Test.Len(), set.Spec.Classes, set.Spec.Features)
	// Output: 8 1 1 [even odd] 1
}

// Sequences in memory become what the same numbers in a file are: parts, inputs, targets and baselines.
func TestMemoryIsAsAFile(t *testing.T) {
	t.Parallel()
	x, labels := rising(40)
	lines := []string{"sequence,inputs_0,inputs_1,target"}
	for i, sequence := range x {
		for _, step := range sequence {
			lines = append(lines, fmt.Sprintf("%d,%g,%g,%d", i, step[0], step[1], labels[i]))
		}
	}
	config := data.Config{Table: &data.TableConfig{Path: datatest.Write(t, "a.csv", lines...), Sequence: "sequence", Target: "target"}}
	for _, task := range []data.Task{data.Classify, data.Regress} {
		want, err := table.LoadOwn(t.Context(), config.WithDefaults(), task, "")
		if err != nil {
			t.Fatal(err)
		}
		found, err := data.FromSequences(x, labels, data.InMemory{Task: task})
		if err != nil {
			t.Fatal(err)
		}
		for p := range data.Parts {
			a, b := datatest.FillAll(t, *want.Part(p)), datatest.FillAll(t, *found.Part(p))
			if !slices.Equal(a.Inputs, b.Inputs) || !slices.Equal(a.Labels, b.Labels) || !slices.Equal(a.Targets, b.Targets) || !slices.Equal(a.Mask, b.Mask) {
				t.Errorf("%s, %s: found another batch than that of the file", task, p)
			}
		}
		if a, b := fmt.Sprint(baseline.Of(want)), fmt.Sprint(baseline.Of(found)); a != b || len(a) < 30 {
			t.Errorf("%s: found baselines %s, expected %s", task, b, a)
		}
	}
}

func TestTargetsInMemory(t *testing.T) {
	t.Parallel()
	x, labels := rising(30)
	perStep, names, values := make([][]int, len(x)), make([]string, len(x)), make([]float64, len(x))
	words := make([]string, len(x))
	tokens := make([][]int, len(x))
	for i := range x {
		names[i], values[i], words[i] = fmt.Sprint("class ", labels[i]), float64(i), strings.Repeat("ab ", i%4+1)
		for step := range x[i] {
			perStep[i] = append(perStep[i], (labels[i]+step)%3)
			tokens[i] = append(tokens[i], i%5+step)
		}
	}
	split := &data.SplitConfig{Valid: new(0.2), Test: 0.2}
	for name, load := range map[string]func() (*data.Data, error){
		"class per sequence 2":  func() (*data.Data, error) { return data.FromSequences(x, names, data.InMemory{Split: split}) },
		"values per sequence 1": func() (*data.Data, error) { return data.FromSequences(x, values, data.InMemory{Split: split}) },
		"class per step 3":      func() (*data.Data, error) { return data.FromSequences(x, perStep, data.InMemory{Split: split}) },
		"values per step 2":     func() (*data.Data, error) { return data.FromSequences(x, nil, data.InMemory{Split: split}) },
		"token per step 12":     func() (*data.Data, error) { return data.FromTokens(tokens, nil, data.InMemory{Split: split}) },
		"class per sequence 2 ": func() (*data.Data, error) { return data.FromTokens(tokens, labels, data.InMemory{Split: split}) },
		"class per sequence 2  ": func() (*data.Data, error) {
			return data.FromTexts(words, labels, data.InMemory{Unit: data.UnitWord, Split: split})
		},
		"token sequence 5": func() (*data.Data, error) {
			return data.FromTexts(words, words, data.InMemory{Task: data.Translate, Unit: data.UnitWord, Split: &data.SplitConfig{Valid: new(0.0), Test: 0.3}})
		},
		"values per sequence 2  ": func() (*data.Data, error) {
			return data.FromSequences(x, nil, data.InMemory{Split: split, InputNames: []string{"a", "b"}, Forecast: &data.ForecastConfig{Target: "a", Window: 2, Horizons: []int{1, 2}}})
		},
	} {
		loaded, err := load()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if found := fmt.Sprint(loaded.Spec.TargetKind, " ", loaded.Spec.Targets); found != strings.TrimSpace(name) && !strings.HasPrefix(name, "token") {
			t.Errorf("found %s, expected %s", found, name)
		}
		if !strings.HasPrefix(name, loaded.Spec.TargetKind.String()) {
			t.Errorf("found %s, expected %s", loaded.Spec.TargetKind, name)
		}
		if baselines, err := baseline.Of(loaded); err != nil || len(baselines) == 0 {
			t.Errorf("%s: found no baselines", name)
		}
		if b := datatest.FillAll(t, loaded.Train); b.Steps < 1 || slices.Max(b.Mask) != 1 {
			t.Errorf("%s: found a batch without data", name)
		}
	}
}

func TestFaultsInMemory(t *testing.T) {
	t.Parallel()
	good, labels := rising(20)
	with := func(change func(x [][][]float64)) [][][]float64 {
		x, _ := rising(20)
		change(x)
		return x
	}
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		x       [][][]float64
		targets any
		options data.InMemory
		words   []string
	}{
		"nothing":         {nil, nil, data.InMemory{}, []string{"found none"}},
		"no step":         {with(func(x [][][]float64) { x[3] = nil }), labels, data.InMemory{}, []string{"sequence 3"}},
		"ragged":          {with(func(x [][][]float64) { x[1][2] = []float64{1} }), labels, data.InMemory{}, []string{"sequence 1, step 2 (found 1 numbers, expected 2"}},
		"two faults":      {with(func(x [][][]float64) { x[1][2][0], x[4][0][1] = nan, inf }), labels, data.InMemory{}, []string{"sequence 1, step 2, input 0", "NaN", "sequence 4, step 0, input 1", "+Inf"}},
		"infinite":        {with(func(x [][][]float64) { x[1][2][0] = inf }), labels, data.InMemory{Missing: &data.MissingConfig{}}, []string{"+Inf"}},
		"lengths":         {good, labels[:19], data.InMemory{}, []string{"targets (found 19, expected 20"}},
		"below 0":         {good, append(slices.Clone(labels[:19]), -1), data.InMemory{}, []string{"target 19", "class -1"}},
		"out of range":    {good, append(slices.Clone(labels[:19]), 7), data.InMemory{ClassNames: []string{"a", "b"}}, []string{"target 19", "class 7", "0 to 1"}},
		"steps of labels": {good, [][]int{{0}}, data.InMemory{}, []string{"target 0 (found 1 steps, expected 3"}},
		"another type":    {good, "x", data.InMemory{}, []string{"string", "[]int"}},
		"not a number":    {good, []float64{nan, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, data.InMemory{}, []string{"target 0", "NaN"}},
		"too few":         {good[:3], labels[:3], data.InMemory{}, []string{"the part", "split"}},
		"names":           {good, labels, data.InMemory{InputNames: []string{"a"}}, []string{"1 names", "expected 2"}},
		"split":           {good, labels, data.InMemory{Split: &data.SplitConfig{Test: 2}}, []string{"split.test"}},
		"parts":           {good, labels, data.InMemory{Parts: []data.Part{0, 1, 7}}, []string{"Parts", "Parts[2]"}},
	} {
		_, err := data.FromSequences(c.x, c.targets, c.options)
		if err == nil {
			t.Errorf("%s: found no error", name)
			continue
		}
		for _, word := range c.words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %v: does not say %q", name, err, word)
			}
		}
	}
	many := with(func(x [][][]float64) {
		for i := range x {
			for step := range x[i] {
				x[i][step][0] = nan
			}
		}
	})
	if _, err := data.FromSequences(many, labels, data.InMemory{}); err == nil || !strings.Contains(err.Error(), "more") || len(err.Error()) > 4000 {
		t.Errorf("found error %v, expected a bounded list", err)
	}
}

// Missing numbers are filled and masked, times make gaps, and parts may be given.
func TestMissingInMemory(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	x := [][][]float64{{{1}, {nan}, {3}}, {{5}, {7}}, {{2}, {4}}}
	times := [][]float64{{0, 10, 20}, {0, 5}, {1, 2}}
	loaded, err := data.FromSequences(x, []int{0, 1, 0}, data.InMemory{
		Scale: data.ScaleNone, Missing: &data.MissingConfig{Mask: true, Gap: true}, Times: times,
		Parts: []data.Part{data.TrainPart, data.TrainPart, data.TestPart},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := datatest.FillAll(t, loaded.Train)
	if want := []float64{1, 1, 0, 5, 1, 0, 1, 0, 10, 7, 1, 5, 3, 1, 20, 0, 0, 0}; !slices.Equal(b.Inputs, want) {
		t.Errorf("found %v, expected %v", b.Inputs, want)
	}
	if loaded.Valid != nil || loaded.Test.Len() != 1 {
		t.Errorf("found other parts than the given ones")
	}
}

func TestClassOrderInMemory(t *testing.T) {
	t.Parallel()
	var x [][][]float64
	var labels []int
	for i := range 60 {
		x, labels = append(x, [][]float64{{float64(i)}}), append(labels, i%12)
	}
	loaded, err := data.FromSequences(x, labels, data.InMemory{})
	if err != nil {
		t.Fatal(err)
	}
	for i, class := range loaded.Spec.Classes {
		if class != fmt.Sprint(i) {
			t.Fatalf("found classes %v, expected the order of the numbers", loaded.Spec.Classes)
		}
	}
	b := datatest.FillAll(t, loaded.Train)
	for i := range b.Labels {
		if value := loaded.Inputs.Columns[0].Scale*b.Inputs[i] + loaded.Inputs.Columns[0].Offset; int(math.Round(value))%12 != b.Labels[i] {
			t.Fatalf("found label %d of %g", b.Labels[i], value)
		}
	}
}
