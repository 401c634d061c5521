package yamlconf_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := yamlconf.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMarshalWritesEverything(t *testing.T) {
	c := defaults()
	c.Model.Layers = []layer{
		{GRU: &gruConfig{Units: 64, Directions: []int{1, -1}, Regularizer: &l2{1e-5}}},
		{Last: &struct{}{}},
	}
	c.Search = map[string]any{"b": []any{[]any{1, 2.0}, map[string]any{"x": nil, "y": "z"}}, "a": map[string]any{}}
	want := `task: classify
seed: 1
data:
  name: jsb
  markers: ["", NA]
  columns: null
model:
  layers:
    - gru:
        units: 64
        dropout: 0.0
        recurrent_dropout: 0.0
        form: reset-after
        directions: [1, -1]
        regularizer:
          rate: 1e-05
    - last: {}
solver:
  name: adam
  learning_rate: 0.001
  clip_norm: 1.0
  schedule: null
trainer:
  max_epochs: 100
  early_stopping:
    monitor: valid.loss
    patience: 10
    min_delta: 0.0
labels:
  a: first
search:
  a: {}
  b:
    - [1, 2.0]
    - x: null
      "y": z
verbose: false
small: 0
`
	if diff := cmp.Diff(want, marshal(t, &c)); diff != "" {
		t.Errorf("marshalled (-expected +found):\n%s", diff)
	}
}

// config show, saved and read again, is the same configuration.
func TestMarshalRoundTrip(t *testing.T) {
	awkward := []string{
		"", " ", "a ", " a", "-", "- a", "?", ":", "a:", "a: b", "a #b", "#", "~", "null", "True", "no", "Off", "y", "1", "0x1", "1e5",
		".5", ".inf", "-.INF", ".nan", "=", "<<", "*a", "&a", "!a", "%a", "@a", "`a", "[", "]", "{}", ",", "|", ">", "'", "\"", "\\",
		"a'b", "a\"b", "a\\b", "a\nb", "\n", "a\tb", "\r\n", "\x00", "\x7f", "\u0085", "\u00a0", "\u2028", "\ufeff", "ü", "日本", "😀",
		strings.Repeat("long", 300), "2024-01-02", "12:30", "1_000", "010", "---", "...", "a---", "C:\\x", "/tmp/a b", "$x", "a, b", "{a: b}", "reset-after",
	}
	numbers := []float64{
		0, math.Copysign(0, -1), 1, -1, 0.001, 1e-4, 1e-5, 1e14, 1e15, 1e16, 123456.789, 1.0 / 3, math.MaxFloat64,
		math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1), math.NaN(),
	}
	for i, number := range numbers {
		c := defaults()
		c.Solver.LearningRate = number
		if math.Abs(number) <= math.MaxFloat32 {
			c.Model.Layers = []layer{{GRU: &gruConfig{dropouts: dropouts{RecurrentDropout: float32(number)}}}, {Last: &struct{}{}}}
		}
		c.Seed, c.Small, c.Trainer.MaxEpochs = math.MaxUint64, math.MinInt8, math.MinInt64
		c.Data.Markers = awkward[i:]
		c.Labels = map[string]string{}
		for _, s := range awkward {
			c.Labels[s] = s
		}
		c.Search = map[string]any{"n": number, "s": []any{"1", true, nil, int64(3)}, "deep": []any{[]any{[]any{}, map[string]any{}}, map[string]any{"a": []any{"b"}}}}

		text := marshal(t, c)
		found := config{Skipped: c.Skipped, hidden: c.hidden}
		doc, err := yamlconf.Parse("exp.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if problems := doc.Decode(&found); len(problems) > 0 {
			t.Fatalf("found problems\n%s\n%s", lines(problems), text)
		}
		if diff := cmp.Diff(c, found, exact, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("read back (-written +read):\n%s\n%s", diff, text)
		}
		if math.Signbit(c.Solver.LearningRate) != math.Signbit(found.Solver.LearningRate) {
			t.Errorf("%v: the sign is lost", number)
		}
	}
}

func TestMarshalRefuses(t *testing.T) {
	cases := []struct {
		value any
		want  string
	}{
		{struct{ A []string }{[]string{"x", "\xff"}}, "a.1: found \"\\xff\", expected UTF-8"},
		{struct{ A map[string]int }{map[string]int{"\xff": 1}}, "expected UTF-8"},
		{struct{ A map[int]int }{map[int]int{1: 1}}, "a: found keys of type int"},
		{struct{ A chan int }{make(chan int)}, "a: found chan int, expected a type that YAML can hold"},
	}
	for _, c := range cases {
		if _, err := yamlconf.Marshal(c.value); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: found error %v, expected %q", c.value, err, c.want)
		}
	}
}
