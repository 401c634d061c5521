package yamlconf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

func TestParseRefuses(t *testing.T) {
	repeat := strings.Repeat
	cases := []struct{ name, src, want string }{
		{"a bracket that is not closed", "seed: 1\ndata: {name: [a, b}\n", "exp.yaml:2:"},
		{"a quote that is not closed", "seed: 1\ntask: \"next\n", "exp.yaml:2: not YAML: "},
		{"a tab as indentation", "data:\n\tname: x\n", "exp.yaml:2:"},
		{"two values on a line", "seed: 1: 2\n", "exp.yaml:1:"},
		{"wrong indentation", "data:\n  name: x\n markers: []\n", "exp.yaml:3:"},
		{"a second document", "seed: 1\n---\nseed: 2\n", "exp.yaml:3:"},
		{"a tag", "seed: !!int 1\n", `exp.yaml:1: YAML that is not supported here (found the tag "!!int", expected plain mappings, lists and scalars)`},
		{"a directive", "%YAML 1.2\n---\nseed: 1\n", "exp.yaml:1: YAML that is not supported here (found a directive, "},
		{"a complex key", "? [a, b]\n: 1\n", `exp.yaml:1: YAML that is not supported here (found a key that is not a single word or string, `},
		{"an alias as a key", "a: &x b\n*x : 1\n", "exp.yaml:2: YAML that is not supported here (found a key that is not a single word"},
		{"an unknown alias", "seed: *s\n", `exp.yaml:1: unknown alias (found "s", expected the name of an anchor before it)`},
		{"an alias within its anchor", "data: &d\n  name: *d\n", `exp.yaml:2: unknown alias (found "d", expected the name of an anchor before it)`},
		{"not UTF-8", "task: \xff\n", "exp.yaml: not YAML (found bytes that are not UTF-8, expected YAML in UTF-8)"},
		{"too many bytes", "# " + repeat("x", 1<<20), "exp.yaml: too large (found 1048578 bytes, expected at most 1048576)"},
		{"too many values", repeat("- 1\n", 120_000), "exp.yaml:100000: too large (found more than 100000 values, aliases expanded, expected fewer)"},
		{"deep brackets", "a: " + repeat("[", 20_000), "exp.yaml:1: too deep (found values nested deeper than 50, expected fewer levels)"},
		{"deep braces", repeat("{a: ", 7_000) + "1" + repeat("}", 7_000), "exp.yaml:1: too deep (found values nested deeper than 50, expected fewer levels)"},
		{"deep lists", repeat("- ", 1_000) + "x", "exp.yaml:1: too deep (found values nested deeper than 50, expected fewer levels)"},
		{"deep mappings", deepMappings(60), "exp.yaml:52: too deep (found values nested deeper than 50, expected fewer levels)"},
		{"a billion laughs", billionLaughs, "found more than 100000 values, aliases expanded"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := yamlconf.Parse("exp.yaml", []byte(c.src))
			if !errors.As(err, new(*fault.Error)) {
				t.Errorf("found error %#v, expected a fault", err)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("found error %v, expected one line that says %q", err, c.want)
			}
		})
	}
}

func deepMappings(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

// Nine lists of nine aliases each: 9^9 strings.
var billionLaughs = func() string {
	text := "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
	for c := 'b'; c <= 'i'; c++ {
		alias := "*" + string(c-1)
		text += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(alias+", ", 9), ", "))
	}
	return text
}()

const example = `# an experiment
task: next
solver:
  name: sgd
model:
  layers:
    - gru:
        units: 64
    - gru: {units: 32,
        dropout: 0.5}
    - last
`

func TestSet(t *testing.T) {
	cases := []struct {
		name   string
		sets   []string
		change func(*config)
	}{
		{"a value that is there", []string{"solver.name=adam"}, func(c *config) { c.Solver.Name = "adam" }},
		{"a value that is not", []string{"solver.learning_rate=1e-2"}, func(c *config) { c.Solver.LearningRate = 0.01 }},
		{"through missing mappings", []string{"trainer.early_stopping.patience=3"}, func(c *config) { c.Trainer.EarlyStopping.Patience = 3 }},
		{"the last one wins", []string{"seed=2", "seed=3"}, func(c *config) { c.Seed = 3 }},
		{"one after the other", []string{"solver.schedule={every: 5}", "solver.schedule.factor=0.1"}, func(c *config) { c.Solver.Schedule = &schedule{5, 0.1} }},
		{"an item of a list", []string{"model.layers.0.gru.units=32"}, func(c *config) { c.Model.Layers[0].GRU.Units = 32 }},
		{"a whole item of a list", []string{"model.layers.1=last"}, func(c *config) { c.Model.Layers[1] = layer{Last: &struct{}{}} }},
		{"a whole list", []string{"model.layers=[last]"}, func(c *config) { c.Model.Layers = []layer{{Last: &struct{}{}}} }},
		{"options of a bare name", []string{"model.layers.2=gru", "model.layers.2.gru.units=7"}, func(c *config) {
			c.Model.Layers[2] = layer{GRU: &gruConfig{Units: 7}}
		}},
		{"through null", []string{"solver=null", "solver.clip_norm=2"}, func(c *config) { c.Solver.Name, c.Solver.ClipNorm = "adam", 2 }},
		{"null", []string{"trainer.early_stopping=null"}, func(c *config) { c.Trainer.EarlyStopping = nil }},
		{"nothing is null", []string{"trainer.early_stopping="}, func(c *config) { c.Trainer.EarlyStopping = nil }},
		{"an equal sign in the value", []string{"data.name=a=b"}, func(c *config) { c.Data.Name = "a=b" }},
		{"a quoted value", []string{"data.name=\"12\""}, func(c *config) { c.Data.Name = "12" }},
		{"a list of strings", []string{`data.markers=["", NA]`}, func(c *config) { c.Data.Markers = []string{"", "NA"} }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			expected, problems := load(t, example)
			if len(problems) > 0 {
				t.Fatal(lines(problems))
			}
			c.change(&expected)
			found, problems := load(t, example, c.sets...)
			if len(problems) > 0 {
				t.Fatalf("found problems\n%s", lines(problems))
			}
			if diff := cmp.Diff(expected, found, exact); diff != "" {
				t.Errorf("decoded (-expected +found):\n%s", diff)
			}
		})
	}
}

func TestSetOnEmptyDocument(t *testing.T) {
	expected := defaults()
	expected.Solver.Name = "sgd"
	found, problems := load(t, "", "solver.name=sgd")
	if len(problems) > 0 {
		t.Fatal(lines(problems))
	}
	if diff := cmp.Diff(expected, found, exact); diff != "" {
		t.Errorf("decoded (-expected +found):\n%s", diff)
	}
}

func TestSetChangesOneAliasOnly(t *testing.T) {
	found, problems := load(t, "solver: &s {name: sgd, schedule: &t {every: 3}}\nsearch: {a: *s, b: *t}\n", "solver.schedule.every=4")
	if len(problems) > 0 {
		t.Fatal(lines(problems))
	}
	expected := map[string]any{
		"a": map[string]any{"name": "sgd", "schedule": map[string]any{"every": int64(3)}},
		"b": map[string]any{"every": int64(3)},
	}
	if diff := cmp.Diff(expected, found.Search); diff != "" || found.Solver.Schedule.Every != 4 {
		t.Errorf("found schedule %+v, search (-expected +found):\n%s", found.Solver.Schedule, diff)
	}
}

func TestSetRefuses(t *testing.T) {
	cases := []struct{ set, want string }{
		{"seed", `--set: not an assignment (found "seed", expected path=value)`},
		{"=1", `--set: not an assignment (found "=1", expected path=value)`},
		{"solver..name=x", "--set solver..name: wrong path (found an empty name, expected names and indices between dots)"},
		{".seed=1", "--set .seed: wrong path (found an empty name, "},
		{"seed.=1", "--set seed.: wrong path (found an empty name, "},
		{"task.name=x", `--set task.name: wrong path (found the string "next" before "name", expected a mapping or a list)`},
		{"model.layers.3.gru.units=1", `--set model.layers.3.gru.units: wrong path (found index "3" of a list of 3 items, expected 0 to 2)`},
		{"model.layers.-1=last", `found index "-1" of a list of 3 items, expected 0 to 2`},
		{"model.layers.first=last", `found index "first" of a list of 3 items`},
		{"model.layers.2.gru.units=1", `found the string "last" before "gru"`},
		{"seed=[1", "--set seed: not YAML: "},
		{"seed=!!int 1", `--set seed: YAML that is not supported here (found the tag "!!int", expected plain mappings, lists and scalars)`},
		{"seed=\xff", "--set seed: not YAML (found bytes that are not UTF-8, expected YAML in UTF-8)"},
	}
	for _, c := range cases {
		t.Run(c.set, func(t *testing.T) {
			doc, err := yamlconf.Parse("exp.yaml", []byte(example))
			if err != nil {
				t.Fatal(err)
			}
			if err := doc.Set(c.set); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("found error %v, expected %q", err, c.want)
			}
		})
	}
}

func TestProblemsOfSet(t *testing.T) {
	_, problems := load(t, "seed: many\n", "solver.learning_rate=fast", "solver.nam=x", "trainer={max_epochs: 1.5, max_epochs: 2}")
	want := `exp.yaml:1: wrong value of seed (found the string "many", expected a whole number)
--set solver.learning_rate: wrong value (found the string "fast", expected a number)
--set solver.nam: unknown key in solver (found "nam"; did you mean "name"? expected one of name, learning_rate, clip_norm, schedule)
--set trainer: wrong value of trainer.max_epochs (found the number 1.5, expected a whole number)
--set trainer: key twice in trainer (found "max_epochs" again, expected every key once)
`
	if diff := cmp.Diff(want, lines(problems)); diff != "" {
		t.Errorf("problems (-expected +found):\n%s", diff)
	}
}

func TestLocate(t *testing.T) {
	doc, err := yamlconf.Parse("exp.yaml", []byte(example+"search:\n  a.b: 1\n  a: {c: 2}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"trainer.max_epochs=-1", "model.layers.1.gru.units=-1"} {
		if err := doc.Set(s); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		path, file string
		line       int
	}{
		{"", "exp.yaml", 1},
		{"task", "exp.yaml", 2},
		{"missing", "exp.yaml", 1},
		{"solver", "exp.yaml", 3},
		{"solver.name", "exp.yaml", 4},
		{"solver.learning_rate", "exp.yaml", 3},
		{"solver.name.deeper", "exp.yaml", 4},
		{"model.layers", "exp.yaml", 6},
		{"model.layers.0", "exp.yaml", 7},
		{"model.layers.0.gru.units", "exp.yaml", 8},
		{"model.layers.1.gru", "exp.yaml", 9},
		{"model.layers.1.gru.dropout", "exp.yaml", 10},
		{"model.layers.2.last", "exp.yaml", 11},
		{"model.layers.3", "exp.yaml", 6},
		{"model.layers.x", "exp.yaml", 6},
		{"search.a.b", "exp.yaml", 13},
		{"search.a.c", "exp.yaml", 14},
		{"trainer.max_epochs", "--set trainer.max_epochs", 0},
		{"model.layers.1.gru.units", "--set model.layers.1.gru.units", 0},
	}
	for _, c := range cases {
		if file, line := doc.Locate(c.path); file != c.file || line != c.line {
			t.Errorf("%q: found %s:%d, expected %s:%d", c.path, file, line, c.file, c.line)
		}
	}
}

func TestProblemsOfFaults(t *testing.T) {
	doc, err := yamlconf.Parse("exp.yaml", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Set("seed=0"); err != nil {
		t.Fatal(err)
	}
	var faults fault.List
	faults.Add("seed", 0, "a seed above 0")
	faults.Add("model.layers.0.gru.units", 64, "an even number of threes")
	faults.Add("", "x", "something else")
	want := `exp.yaml:1: wrong configuration (found "x", expected something else)
exp.yaml:8: wrong value of model.layers.0.gru.units (found 64, expected an even number of threes)
--set seed: wrong value (found 0, expected a seed above 0)
`
	if diff := cmp.Diff(want, lines(doc.Place(faults))); diff != "" {
		t.Errorf("problems (-expected +found):\n%s", diff)
	}
}
