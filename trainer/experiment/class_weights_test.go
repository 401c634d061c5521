package experiment_test

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment"
)

// skewed is an experiment whose training part has 6 sequences of "10" and 2 of "2", of two steps each; with label, every step has a class:
// "10" but for the last step of the two.
func skewed(t *testing.T, task, more string) string {
	t.Helper()
	folder := t.TempDir()
	var rows, test strings.Builder
	rows.WriteString("seq,t,x,y\n")
	test.WriteString("seq,t,x,y\n")
	for s := range 8 {
		for step := range 2 {
			class := "10"
			if s >= 6 && (task == "classify" || step == 1) {
				class = "2"
			}
			fmt.Fprintf(&rows, "s%d,%d,%d,%s\n", s, step, s, class)
			fmt.Fprintf(&test, "s%d,%d,%d,%s\n", s, step, s, class)
		}
	}
	write(t, filepath.Join(folder, "train.csv"), rows.String())
	write(t, filepath.Join(folder, "test.csv"), test.String())
	return write(t, filepath.Join(folder, "skewed.yaml"), "task: "+task+`
data: {table: {train: train.csv, test: test.csv, sequence: seq, time: t, target: y}, split: {valid: 0}, batch_size: 4}
model: {layers: [gru: {units: 2, return_sequences: `+fmt.Sprint(task == "label")+`}, dense]}
trainer: {max_epochs: 1}
`+more)
}

func TestClassWeights(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		task, weights string
		want          []float64 // of "10", then of "2"
	}{
		{"classify", "{2: 5, 10: 0.5}", []float64{0.5, 5}},
		{"classify", "balanced", []float64{8. / (2 * 6), 8. / (2 * 2)}},
		{"label", "{2: 5, 10: 0.5}", []float64{0.5, 5}},
		{"label", "balanced", []float64{16. / (2 * 14), 16. / (2 * 2)}},
	} {
		e, err := experiment.ReadFile(skewed(t, test.task, "class_weights: "+test.weights+"\n"))
		if err == nil {
			err = e.Prepare(context.Background())
		}
		if err != nil {
			t.Errorf("%s, %s: %v", test.task, test.weights, err)
			continue
		}
		numbers := e.Config().LossOptions.ClassWeights
		if head := e.Model().Head().Options.ClassWeights; !reflect.DeepEqual(numbers, test.want) || !reflect.DeepEqual(head, test.want) {
			t.Errorf("%s, %s: found weights %v and %v in the model, expected %v", test.task, test.weights, numbers, head, test.want)
		}
		text, err := experiment.Marshal(e.Config())
		if err != nil {
			t.Fatal(err)
		}
		again, err := experiment.ParseConfig("again.yaml", text, nil, nil)
		if err != nil || !slices.Equal(again.LossOptions.ClassWeights, test.want) {
			t.Errorf("%s, %s: found error %v after writing, expected the numbers:\n%s", test.task, test.weights, err, text)
		}
	}
}

// A configuration that has not met its data keeps what was written.
func TestClassWeightsAreWrittenAsTheyWereRead(t *testing.T) {
	t.Parallel()
	for weights, expected := range map[string]experiment.ClassWeights{
		"balanced": experiment.BalancedClasses(), "{b: 2, a: 1}": {"a": 1, "b": 2}, "null": nil,
	} {
		c, err := experiment.ReadConfig(mine(t, "class_weights: "+weights+"\n"), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := experiment.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := experiment.ParseConfig("again.yaml", text, nil, nil)
		if err != nil || fmt.Sprint(again.ClassWeights) != fmt.Sprint(expected) { // "balanced" has a NaN
			t.Errorf("%s: found %v and error %v, expected %v:\n%s", weights, again.ClassWeights, err, expected, text)
		}
	}
}

func TestWrongClassWeights(t *testing.T) {
	t.Parallel()
	for weights, want := range map[string]string{
		"{a: 1, b: 2}":             `mine.yaml:6: wrong value of class_weights (found no weight for "c", expected one for each class: a, b, c)`,
		"{a: 1, b: 2, c: 3, d: 4}": `mine.yaml:6: wrong value of class_weights.d (found "d"; did you mean "a"? expected a class of the data: a, b, c)`,
		"{a: 1, b: -2, c: 3}":      `mine.yaml:6: wrong value of class_weights.b (found -2, expected a finite number of at least 0)`,
		"{a: 0, b: 0, c: 0}":       `expected a weight above 0 for one class at least)`,
		"balance":                  `expected balanced, or a mapping of the name of each class to its weight, as {a: 1, b: 2.5})`,
		"balanced\nloss_options: {class_weights: [1, 2, 3]}": `expected either class_weights or loss_options.class_weights)`,
	} {
		e, err := experiment.ReadFile(mine(t, "class_weights: "+weights+"\n"))
		if err == nil {
			err = e.Prepare(context.Background())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: found error %v, expected %q", weights, err, want)
		}
	}
}
