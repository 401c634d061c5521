package yamlconf_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

var exact = cmp.AllowUnexported(config{}, gruConfig{}, dropouts{})

func TestDecode(t *testing.T) {
	dense := &struct {
		Units int `yaml:"units"`
	}{88}
	gru := func(units int) *gruConfig {
		return &gruConfig{Units: units}
	}
	cases := []struct {
		name, src string
		change    func(*config) // from the defaults
	}{
		{"empty", "", func(*config) {}},
		{"comments alone", "# nothing\n\n# at all\n", func(*config) {}},
		{"an empty document", "---\n...\n", func(*config) {}},
		{"null", "null", func(*config) {}},
		{"an empty mapping", "{}", func(*config) {}},
		{"byte order mark and carriage returns", "\xef\xbb\xbfseed: 2\r\ntask: next\r\n", func(c *config) { c.Seed, c.Task = 2, "next" }},
		{"the rest of a struct stays", "solver: {name: sgd}", func(c *config) { c.Solver.Name = "sgd" }},
		{"null leaves a struct at its defaults", "solver:\ntask: next", func(c *config) { c.Task = "next" }},
		{"a pointer of the defaults is decoded into", "trainer: {early_stopping: {patience: 3}}", func(c *config) { c.Trainer.EarlyStopping.Patience = 3 }},
		{"null makes a pointer nil", "trainer: {early_stopping: null}", func(c *config) { c.Trainer.EarlyStopping = nil }},
		{"a new pointer holds what was written", "solver: {schedule: {factor: 0.1}}", func(c *config) { c.Solver.Schedule = &schedule{Factor: 0.1} }},
		{"a new pointer with nothing said", "solver: {schedule: {}}", func(c *config) { c.Solver.Schedule = &schedule{} }},
		{"a list replaces that of the defaults", "data: {markers: [x]}", func(c *config) { c.Data.Markers = []string{"x"} }},
		{"an empty list", "data: {markers: []}", func(c *config) { c.Data.Markers = []string{} }},
		{"null makes a list nil", "data: {markers: ~}", func(c *config) { c.Data.Markers = nil }},
		{"a mapping adds to a map", "labels: {b: second}", func(c *config) { c.Labels = map[string]string{"a": "first", "b": "second"} }},
		{"null makes a map nil", "labels: ", func(c *config) { c.Labels = nil }},
		{"strings", "data: {name: no, markers: [\"1\", 'true', \"a\\tb\", 'it''s', \"\", x y, 1.2.3, 2024-01-02, 1_000]}", func(c *config) {
			c.Data.Name = "no"
			c.Data.Markers = []string{"1", "true", "a\tb", "it's", "", "x y", "1.2.3", "2024-01-02", "1_000"}
		}},
		{"a time of day", "data:\n  name: 12:30", func(c *config) { c.Data.Name = "12:30" }},
		{"blocks of text", "data:\n  name: |\n    two\n    lines\n  markers:\n  - >-\n    one\n    line\n  - |-\n    12\n", func(c *config) {
			c.Data.Name = "two\nlines\n"
			c.Data.Markers = []string{"one line", "12"}
		}},
		{"whole numbers", "seed: 18446744073709551615\nsmall: -128\ntrainer: {max_epochs: -9223372036854775808}", func(c *config) {
			c.Seed, c.Small, c.Trainer.MaxEpochs = math.MaxUint64, -128, math.MinInt64
		}},
		{"other spellings of whole numbers", "seed: 0x1f\nsmall: 0o17\ntrainer: {max_epochs: 1e3, early_stopping: {patience: 010}}", func(c *config) {
			c.Seed, c.Small, c.Trainer.MaxEpochs, c.Trainer.EarlyStopping.Patience = 31, 15, 1000, 10
		}},
		{"signs and zero", "seed: -0\nsmall: +7\ntrainer: {max_epochs: 4.0}", func(c *config) { c.Seed, c.Small, c.Trainer.MaxEpochs = 0, 7, 4 }},
		{"floats", "solver: {learning_rate: 1e-5, clip_norm: .5}", func(c *config) { c.Solver.LearningRate, c.Solver.ClipNorm = 1e-5, 0.5 }},
		{"other spellings of floats", "solver: {learning_rate: -1.E+2, clip_norm: 3}", func(c *config) { c.Solver.LearningRate, c.Solver.ClipNorm = -100, 3 }},
		{"values for Validate to refuse", "solver: {learning_rate: .nan, clip_norm: -.Inf}", func(c *config) { c.Solver.LearningRate, c.Solver.ClipNorm = math.NaN(), math.Inf(-1) }},
		{"a choice", "model:\n  layers:\n    - gru: {units: 64, dropout: 0.2}\n    - dense: {units: 88}\n", func(c *config) {
			first := gru(64)
			first.Dropout = 0.2
			c.Model.Layers = []layer{{GRU: first}, {Dense: dense}}
		}},
		{"a choice by its bare name", "model:\n  layers:\n  - gru\n  - last\n  - gru:\n  - last: {}\n", func(c *config) {
			c.Model.Layers = []layer{{GRU: gru(0)}, {Last: &struct{}{}}, {GRU: gru(0)}, {Last: &struct{}{}}}
		}},
		{"inlined, self-reading and nested fields", "model: {layers: [gru: {recurrent_dropout: 0.5, form: reset-before, directions: [1, -1], regularizer: {rate: 0.001}}]}", func(c *config) {
			first := gru(0)
			first.RecurrentDropout, first.Form, first.Directions, first.Regularizer = 0.5, 1, []int{1, -1}, &l2{0.001}
			c.Model.Layers = []layer{{GRU: first}}
		}},
		{"any", "search: {rate: [0.1, 1, true, x, null, 18446744073709551615, -5], nested: {a: {b: \"1\"}}}", func(c *config) {
			c.Search = map[string]any{
				"rate":   []any{0.1, int64(1), true, "x", nil, uint64(math.MaxUint64), int64(-5)},
				"nested": map[string]any{"a": map[string]any{"b": "1"}},
			}
		}},
		{"aliases and merges", "solver: &s {name: sgd, clip_norm: 5}\nsearch: {a: *s, b: {<<: *s, name: adam}, c: {<<: [{x: 1}, {x: 2, y: 3}]}}", func(c *config) {
			c.Solver.Name, c.Solver.ClipNorm = "sgd", 5
			c.Search = map[string]any{
				"a": map[string]any{"name": "sgd", "clip_norm": int64(5)},
				"b": map[string]any{"name": "adam", "clip_norm": int64(5)},
				"c": map[string]any{"x": int64(1), "y": int64(3)},
			}
		}},
		{"keys of every spelling", "labels: {1: a, true: b, ~: c, \"x y\": d, 1.5: e}", func(c *config) {
			c.Labels = map[string]string{"a": "first", "1": "a", "true": "b", "~": "c", "x y": "d", "1.5": "e"}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			expected := defaults()
			c.change(&expected)
			found, problems := load(t, c.src)
			if len(problems) > 0 {
				t.Fatalf("found problems\n%s", lines(problems))
			}
			if diff := cmp.Diff(expected, found, exact, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("decoded (-expected +found):\n%s", diff)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	const kinds = "one of gru, dense, last"
	cases := []struct{ name, src, want string }{
		{"unknown key", "solver:\n  learning_rat: 1\n", `exp.yaml:2: unknown key in solver (found "learning_rat"; did you mean "learning_rate"? expected one of name, learning_rate, clip_norm, schedule)`},
		{"unknown key like no other", "solver: {momentum: 1}", `exp.yaml:1: unknown key in solver (found "momentum", expected one of name, learning_rate, clip_norm, schedule)`},
		{"unknown key of the document", "sed: 1", `exp.yaml:1: unknown key (found "sed"; did you mean "seed"? expected one of seed, task, data, model and 7 more: see 'gruexp config reference')`},
		{"fields that are no keys", "skipped: 1\nhidden: 2\n-: 3\n", `exp.yaml:1: unknown key (found "skipped", expected one of seed, solver, model, trainer and 7 more: see 'gruexp config reference')
exp.yaml:2: unknown key (found "hidden", expected one of model, seed, data, solver and 7 more: see 'gruexp config reference')
exp.yaml:3: unknown key (found "-", expected one of task, seed, data, note and 7 more: see 'gruexp config reference')`},
		{"unknown key of a type without keys", "model: {layers: [last: {x: 1}]}", `exp.yaml:1: unknown key in model.layers.0.last (found "x", expected no key)`},
		{"keys twice", "seed: 1\nsolver:\n  name: a\n  name: b\nseed: 2\n", `exp.yaml:4: key twice in solver (found "name" again, expected every key once)
exp.yaml:5: key twice (found "seed" again, expected every key once)`},
		{"a string for a number", "solver: {learning_rate: fast}", `exp.yaml:1: wrong value of solver.learning_rate (found the string "fast", expected a number)`},
		{"a quoted number", "solver: {learning_rate: \"0.1\"}", `exp.yaml:1: wrong value of solver.learning_rate (found the string "0.1", expected a number)`},
		{"a number for a string", "data: {name: 12, markers: [NA, -999]}", `exp.yaml:1: wrong value of data.name (found the number 12, expected a string (in quotes))
exp.yaml:1: wrong value of data.markers.1 (found the number -999, expected a string (in quotes))`},
		{"a boolean for a named string", "task: true", `exp.yaml:1: wrong value of task (found the boolean true, expected a string (in quotes))`},
		{"null for a string", "task:", `exp.yaml:1: wrong value of task (found null, expected a string)`},
		{"null for a number", "seed: ~", `exp.yaml:1: wrong value of seed (found null, expected a whole number)`},
		{"a word for a boolean", "verbose: yes", `exp.yaml:1: wrong value of verbose (found the string "yes", expected true or false)`},
		{"a list for a mapping", "solver: [1]", `exp.yaml:1: wrong value of solver (found a list, expected a mapping)`},
		{"a mapping for a list", "data: {markers: {a: b}}", `exp.yaml:1: wrong value of data.markers (found a mapping, expected a list)`},
		{"a scalar for a list", "data: {markers: NA}", `exp.yaml:1: wrong value of data.markers (found the string "NA", expected a list)`},
		{"a list for a map", "labels: []", `exp.yaml:1: wrong value of labels (found a list, expected a mapping)`},
		{"a mapping for a number", "seed: {a: 1}", `exp.yaml:1: wrong value of seed (found a mapping, expected a whole number)`},
		{"a list as the document", "- 1\n", `exp.yaml:1: wrong configuration (found a list, expected a mapping)`},
		{"a fraction", "trainer:\n  max_epochs: 0.5", `exp.yaml:2: wrong value of trainer.max_epochs (found the number 0.5, expected a whole number)`},
		{"infinitely many", "trainer: {max_epochs: .inf}", `exp.yaml:1: wrong value of trainer.max_epochs (found the number .inf, expected a whole number)`},
		{"not a number", "trainer: {max_epochs: .nan}", `exp.yaml:1: wrong value of trainer.max_epochs (found the number .nan, expected a whole number)`},
		{"whole numbers too large", "small: 128\nseed: 18446744073709551616\ntrainer: {max_epochs: 9223372036854775808}", `exp.yaml:1: wrong value of small (found the number 128, expected a whole number from -128 to 127)
exp.yaml:2: wrong value of seed (found the number 18446744073709551616, expected a whole number from 0 to 18446744073709551615)
exp.yaml:3: wrong value of trainer.max_epochs (found the number 9223372036854775808, expected a whole number from -9223372036854775808 to 9223372036854775807)`},
		{"whole numbers too small", "small: -129\nseed: -1\ntrainer: {max_epochs: -9223372036854775809}", `exp.yaml:1: wrong value of small (found the number -129, expected a whole number from -128 to 127)
exp.yaml:2: wrong value of seed (found the number -1, expected a whole number from 0 to 18446744073709551615)
exp.yaml:3: wrong value of trainer.max_epochs (found the number -9223372036854775809, expected a whole number from -9223372036854775808 to 9223372036854775807)`},
		{"a float too large", "solver: {learning_rate: 1e400}\nmodel: {layers: [gru: {recurrent_dropout: 1e39}]}", `exp.yaml:1: wrong value of solver.learning_rate (found the number 1e400, expected a number that float64 can hold)
exp.yaml:2: wrong value of model.layers.0.gru.recurrent_dropout (found the number 1e39, expected a number that float32 can hold)`},
		{"numbers too large for any", "search: {a: 18446744073709551616, b: [1e999]}", `exp.yaml:1: wrong value of search.a (found the number 18446744073709551616, expected a whole number of at most 64 bits)
exp.yaml:1: wrong value of search.b.0 (found the number 1e999, expected a number that float64 can hold)`},
		{"a type that reads itself", "model:\n  layers:\n  - gru:\n      form: sideways\n  - gru: {form: [1]}", `exp.yaml:4: wrong value of model.layers.0.gru.form (found the string "sideways", expected one of reset-after, reset-before)
exp.yaml:5: wrong value of model.layers.1.gru.form (found a list, expected a string or a number)`},
		{"an unknown kind", "model:\n  layers:\n  - gruu: {units: 1}\n  - lst\n", `exp.yaml:3: unknown key in model.layers.0 (found "gruu"; did you mean "gru"? expected ` + kinds + `)
exp.yaml:4: wrong value of model.layers.1 (found the string "lst"; did you mean "last"? expected ` + kinds + `)`},
		{"two kinds at once", "model:\n  layers:\n  - gru: {units: 1}\n    dense: {units: 2}\n", `exp.yaml:3: wrong value of model.layers.0 (found 2 keys ("gru", "dense"), expected exactly one of gru, dense, last)`},
		{"no kind", "model:\n  layers:\n  - {}\n  -\n  - [gru]\n  - 3\n", `exp.yaml:3: wrong value of model.layers.0 (found no key, expected exactly one of gru, dense, last)
exp.yaml:4: wrong value of model.layers.1 (found null, expected ` + kinds + `)
exp.yaml:5: wrong value of model.layers.2 (found a list, expected ` + kinds + `)
exp.yaml:6: wrong value of model.layers.3 (found the number 3, expected ` + kinds + `)`},
		{"within a choice", "model:\n  layers:\n  - gru:\n      unit: 64\n      units: many\n", `exp.yaml:4: unknown key in model.layers.0.gru (found "unit"; did you mean "units"? expected one of units, dropout, recurrent_dropout, form, directions, regularizer)
exp.yaml:5: wrong value of model.layers.0.gru.units (found the string "many", expected a whole number)`},
		{"a merge of no mapping", "solver: {<<: 3}\ndata: {<<: [{name: x}, y]}", `exp.yaml:1: wrong value of solver (found the number 3 to merge, expected a mapping or a list of mappings)
exp.yaml:2: wrong value of data (found the string "y" to merge, expected a mapping or a list of mappings)`},
		{"everything at once", "task: 3\nsolver:\n  nam: sgd\n  learning_rate: fast\ntrainer: []\nseed: -1\n", `exp.yaml:1: wrong value of task (found the number 3, expected a string (in quotes))
exp.yaml:3: unknown key in solver (found "nam"; did you mean "name"? expected one of name, learning_rate, clip_norm, schedule)
exp.yaml:4: wrong value of solver.learning_rate (found the string "fast", expected a number)
exp.yaml:5: wrong value of trainer (found a list, expected a mapping)
exp.yaml:6: wrong value of seed (found the number -1, expected a whole number from 0 to 18446744073709551615)`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, problems := load(t, c.src)
			if diff := cmp.Diff(c.want+"\n", lines(problems)); diff != "" {
				t.Errorf("problems (-expected +found):\n%s", diff)
			}
		})
	}
}

func TestProblemsKeepWhatIsRight(t *testing.T) {
	found, problems := load(t, "seed: many\ntask: next\nsolver: {nam: x, clip_norm: 7}\n")
	if len(problems) != 2 {
		t.Errorf("found problems\n%sexpected 2", lines(problems))
	}
	if found.Seed != 1 || found.Task != "next" || found.Solver.ClipNorm != 7 {
		t.Errorf("found %+v, expected the good values and the defaults", found)
	}
}

func TestProblemHasColumn(t *testing.T) {
	_, problems := load(t, "solver: {name: sgd, learning_rate: fast}")
	expected := fault.Fault{
		Where: "exp.yaml", Line: 1, Column: 21, Path: "solver.learning_rate", What: "wrong value of solver.learning_rate",
		Found: `the string "fast"`, Expected: "a number",
	}
	if diff := cmp.Diff(fault.List{expected}, problems); diff != "" {
		t.Errorf("problems (-expected +found):\n%s", diff)
	}
}

func TestProblemsRepeatLittleOfTheFile(t *testing.T) {
	long := strings.Repeat("x", 500_000)
	_, problems := load(t, long[:1000]+": 1\nseed: "+long)
	for _, p := range problems {
		if len(p.Error()) > 500 {
			t.Errorf("found a message of %d bytes, expected at most 500", len(p.Error()))
		}
	}
	if len(problems) != 2 {
		t.Errorf("found %d problems, expected 2", len(problems))
	}
}

func TestDecodeDoesNotChangeSharedDefaults(t *testing.T) {
	doc, err := yamlconf.Parse("exp.yaml", []byte("labels: {a: other}\ndata: {markers: [x, y]}"))
	if err != nil {
		t.Fatal(err)
	}
	original := defaults()
	c := original // shares the map and the list
	if problems := doc.Decode(&c); len(problems) > 0 {
		t.Fatal(lines(problems))
	}
	if diff := cmp.Diff(defaults(), original, exact); diff != "" {
		t.Errorf("the defaults changed (-expected +found):\n%s", diff)
	}
}

// What was written down stays, zeros too; what was not keeps the default that was set after Decode.
func TestRestoreZeros(t *testing.T) {
	cases := []struct {
		name, src     string
		given, expect func(*config)
	}{
		{"zeros", "seed: 0\nverbose: false\nsolver: {name: \"\", learning_rate: 0}", nil, func(c *config) {
			c.Seed, c.Solver.Name, c.Solver.LearningRate, c.Verbose = 0, "", 0, false
		}},
		{"behind a pointer", "trainer: {early_stopping: {patience: 0}}", nil, func(c *config) { c.Trainer.EarlyStopping.Patience = 0 }},
		{"in a list", "model: {layers: [gru: {units: 0}, gru, last]}", func(c *config) {
			for i := range 2 {
				c.Model.Layers[i].GRU.Units = 99
				c.Model.Layers[i].GRU.Dropout = 0.75
			}
		}, func(c *config) {
			c.Model.Layers = []layer{
				{GRU: &gruConfig{dropouts: dropouts{Dropout: 0.75}}},
				{GRU: &gruConfig{Units: 99, dropouts: dropouts{Dropout: 0.75}}},
				{Last: &struct{}{}},
			}
		}},
		{"null asks for the default", "data: {markers: null}\ntrainer: {early_stopping: null}\nsolver:\n", nil, func(*config) {}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			doc, err := yamlconf.Parse("exp.yaml", []byte(c.src))
			if err != nil {
				t.Fatal(err)
			}
			var given config
			if problems := doc.Decode(&given); len(problems) > 0 {
				t.Fatal(lines(problems))
			}
			found, expected := defaults(), defaults()
			found.Verbose, expected.Verbose = true, true
			found.Model.Layers = given.Model.Layers
			if c.given != nil {
				c.given(&found)
			}
			c.expect(&expected)
			doc.RestoreZeros(&found)
			if diff := cmp.Diff(expected, found, exact); diff != "" {
				t.Errorf("found (-expected +found):\n%s", diff)
			}
		})
	}
}

func TestDecodePanicsOnTypesThatAreNoConfiguration(t *testing.T) {
	doc, err := yamlconf.Parse("exp.yaml", []byte("a: 1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, into := range []any{
		nil, config{}, new(int), (*config)(nil),
		&struct{ A chan int }{}, &struct{ A complex128 }{}, &struct{ A error }{}, &struct{ A map[int]string }{},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T: found no panic, expected one", into)
				}
			}()
			doc.Decode(into)
		}()
	}
}
