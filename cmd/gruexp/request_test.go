package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrongCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"trian", `gruexp: command line: unknown verb (found "trian"; did you mean "train"? expected one of train, …more: see 'gruexp help')`},
		{"--verbose", `gruexp: command line: unknown flag (found --verbose, expected one of --`},
		{"train --sed 2", `gruexp: train: unknown flag (found --sed; did you mean "--seed"? expected …)`},
		{"train -x", `gruexp: train: unknown flag (found -x, expected one of --out, --set, --data, --help and 6 more: see --help)`},
		{"train --seed -1", `gruexp: train: wrong value of --seed (found "-1", expected a whole number from 0 to 18446744073709551615)`},
		{"train --seed 1.5", `gruexp: train: wrong value of --seed (found "1.5", expected a whole number from 0`},
		{"train --seed", `gruexp: train: flag without a value (found --seed alone, expected a whole number`},
		{"train --threads -1", `gruexp: train: wrong value of --threads (found -1, expected 1 to 32767 threads, or 0 for all cores)`},
		{"train --threads many", `gruexp: train: wrong value of --threads (found "many", expected a whole number)`},
		{"train --json=perhaps", `gruexp: train: wrong value of --json (found "perhaps", expected true or false)`},
		{"train a b", `gruexp: train: wrong arguments (found a b, expected at most one experiment or FILE.yaml)`},
		{"train langages", `gruexp: command line: unknown experiment (found "langages"; did you mean "languages"? expected …)`},
		{"train nothing.yaml", `gruexp: nothing.yaml: configuration cannot be read (found no such file, expected a YAML file`},
		{"train --data nowhere", `gruexp: --data nowhere: cannot be read (found no such file or directory, expected a folder)`},
		{"train jsb", `gruexp: data set jsb: no file (found no data directory, and nothing registered, expected GRUEXP_DATA`},
		{"train jsb --data .", `gruexp: data set jsb: no file (found nothing at jsb_chorales/jsb_chorales.json, …, expected GRUEXP_DATA`},
		{"resume", `gruexp: resume: wrong arguments (found nothing, expected the directory of a run)`},
		{"resume nowhere", `gruexp: nowhere: is not a run (found no such file or directory, expected a directory that 'gruexp train' has made)`},
		{"resume .", `gruexp: .: is not a run (found no config.yaml, expected a directory`},
		{"eval .", `gruexp: .: is not a run (found no config.yaml, expected a directory`},
		{"eval . --split dev", `gruexp: eval: wrong value of --split (found "dev", expected one of train, valid, test)`},
		{"inspect", `gruexp: inspect: wrong arguments (found nothing, expected the directory of a run)`},
		{"inspect .", `gruexp: .: is not a run (found no config.yaml, expected a directory`},
		{"inspect . --split dev", `gruexp: inspect: wrong value of --split (found "dev", expected one of train, valid, test)`},
		{"inspect . --sequences 0", `gruexp: inspect: wrong value of --sequences (found 0, expected at least 1)`},
		{"inspect . --sequence -1", `gruexp: inspect: wrong value of --sequence (found -1, expected 0 or more)`},
		{"inspect . --sequence 1 --sequences 2", `gruexp: inspect: two flags that say which sequences (found --sequence and --sequences, expected one of them)`},
		{"config", `gruexp: config: wrong arguments (found nothing, expected show EXPERIMENT, check FILE, reference or plot EXPERIMENT)`},
		{"config chek x", `gruexp: config: unknown verb (found "chek"; did you mean "check"? expected one of check, plot, reference, show)`},
		{"config show", `gruexp: config show: wrong arguments (found nothing, expected an experiment or a FILE.yaml)`},
		{"data", `gruexp: data: wrong arguments (found nothing, expected list, get NAME, or add NAME --from PATH)`},
		{"data get", `gruexp: data get: wrong arguments (found nothing, expected the NAME of a known data set)`},
		{"data get notingham", `gruexp: data get: unknown data set (found "notingham"; did you mean "nottingham"? expected …)`},
		{"data get adding", `gruexp: data get: this data set needs no file (found "adding", expected one of names`},
		{"data add", `gruexp: data add: wrong arguments (found nothing, expected the NAME of a known data set)`},
		{"data add jsb", `gruexp: data add: missing flag (found no --from, expected --from PATH`},
		{"data add languages --from x", `gruexp: data add: this data set needs no file (found "languages", expected one of names`},
		{"data add chorales --from x", `gruexp: data add: unknown data set (found "chorales", expected one of names`},
		{"data add jsb --from nowhere", `gruexp: nowhere: data set jsb (found no such file, expected the file or a directory with jsb_chorales.json)`},
		{"list me", `gruexp: list: wrong arguments (found me, expected no arguments, or experiments, studies, or runs DIR)`},
		{"help trian", `gruexp: command line: unknown verb (found "trian"; did you mean "train"? expected …)`},
		{"help data lst", `gruexp: data: unknown verb (found "lst"; did you mean "list"? expected one of add, get, list)`},
	} {
		gruexp(t, strings.Fields(c.args)...).mustFail(t, 2, c.want)
	}
}

// A fault of the configuration is one line that names file and line; all of them come at once.
func TestWrongConfigurations(t *testing.T) {
	t.Parallel()
	const start = "task: classify\ndata:\n  name: languages\n"
	const model = "model: {layers: [embedding, gru, dense]}\n"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"empty": {"", []string{
			`mine.yaml:1: wrong value of task (found "", expected one of [classify regress forecast next label translate])`,
			`mine.yaml:1: wrong value of data.name (found "nothing", expected one of the sets languages, dates, …or the section table or text)`,
			`mine.yaml:1: wrong value of model.layers (found "none", expected at least one layer)`,
		}},
		"not YAML":        {"task: [classify\n", []string{`mine.yaml:1: not YAML: …(found `}},
		"not UTF-8":       {"task: \xff\n", []string{`mine.yaml: not YAML (found bytes that are not UTF-8, expected YAML in UTF-8)`}},
		"binary":          {"\x00\x01\x02PK\x03\x04", []string{`mine.yaml:1: …(found `}},
		"a list":          {"- task\n", []string{`mine.yaml:1: wrong configuration (found a list, expected a mapping)`}},
		"an unknown key":  {start + "model: {layers: [embedding, gru: {unit: 8}, dense]}\n", []string{`mine.yaml:4: unknown key in model.layers.1.gru (found "unit"; did you mean "units"? expected …)`}},
		"an unknown root": {start + model + "solvr: {name: adam}\n", []string{`mine.yaml:5: unknown key (found "solvr"; did you mean "solver"? expected …)`}},
		"twice":           {start + model + "seed: 1\nseed: 2\n", []string{`mine.yaml:6: key twice (found "seed" again, expected every key once)`}},
		"wrong types": {start + "model: {layers: {gru: 3}}\nsolver: {learning_rate: fast}\nseed: [1]\n", []string{
			`mine.yaml:4: wrong value of model.layers (found a mapping, expected a list)`,
			`mine.yaml:5: wrong value of solver.learning_rate (found the string "fast", expected a number)`,
			`mine.yaml:6: wrong value of seed (found a list, expected a whole number)`,
		}},
		"gru_d without gaps": {
			"task: forecast\ndata:\n  table: {path: a.csv}\n  forecast: {target: y}\n  missing: {fill: mean}\n  scale: minmax\nmodel: {layers: [gru_d, dense]}\n", []string{
				`mine.yaml:5: wrong value of data.missing.mask (found false, expected true: a layer gru_d reads it)`,
				`mine.yaml:5: wrong value of data.missing.gap (found false, expected true: a layer gru_d reads it)`,
				`mine.yaml:5: wrong value of data.missing.fill (found "mean", expected forward: `,
				`mine.yaml:6: wrong value of data.scale (found "minmax", expected standard: `,
			},
		},
		"category_embedding without categories": {
			"task: forecast\ndata:\n  table: {path: a.csv}\n  forecast: {target: y}\nmodel: {layers: [category_embedding, gru, dense]}\n", []string{
				`mine.yaml:3: wrong value of data.table.categories (found "none", expected columns of texts: a layer category_embedding`,
			},
		},
		"category_embedding of scaled categories": {
			"task: forecast\ndata:\n  table: {path: a.csv, categories: [c], scale_categories: true}\n  forecast: {target: y}\nmodel: {layers: [category_embedding, gru, dense]}\n", []string{
				`mine.yaml:3: wrong value of data.table.scale_categories (found true, expected false: a layer category_embedding reads 0 and 1)`,
			},
		},
		"category_embedding of a known set": {
			"task: forecast\ndata:\n  name: beijing-pm25\nmodel: {layers: [category_embedding, gru, dense]}\n", []string{
				`mine.yaml:2: wrong value of data (found "no table", expected table with categories, columns of texts: `,
			},
		},
		"category_embedding behind a layer": {
			"task: forecast\ndata:\n  table: {path: a.csv, categories: [c]}\n  forecast: {target: y}\nmodel: {layers: [dropout: {rate: 0.1}, category_embedding, gru, dense]}\n", []string{
				`mine.yaml:5: wrong value of model.layers.1.category_embedding (found "the output of layers.0.dropout", expected the input of the model`,
			},
		},
		"scale_categories without categories": {
			"task: forecast\ndata:\n  table: {path: a.csv, scale_categories: false}\n  forecast: {target: y}\nmodel: {layers: [gru, dense]}\n", []string{
				`mine.yaml:3: wrong value of data.table.scale_categories (found "a choice", expected none without categories)`,
			},
		},
		"gru_d of complete data": {"task: next\ndata:\n  name: jsb\nmodel: {layers: [gru_d: {return_sequences: true}, dense]}\n", []string{
			`mine.yaml:3: wrong value of data.name (found "jsb", expected data that tell what is missing: `,
		}},
		"sizes": {start + "  batch_size: -7\nmodel:\n  layers:\n  - embedding: {units: 99999}\n  - gru:\n      units: -64\n      dropout: 1.5\n  - dense\n", []string{
			`mine.yaml:4: wrong value of data.batch_size (found -7, expected 1 to 1048576, or -1 for the whole training part)`,
			`mine.yaml:7: wrong value of model.layers.0.embedding.units (found 99999, expected 1 to 65536)`,
			`mine.yaml:9: wrong value of model.layers.1.gru.units (found -64, expected 1 to 65536)`,
			`mine.yaml:10: wrong value of model.layers.1.gru.dropout (found 1.5, expected 0 or more and less than 1)`,
		}},
		"zeros": {start + "  batch_size: 0\nmodel: {layers: [embedding: {units: 0}, gru: {units: 0}, dense]}\nsolver: {learning_rate: 0}\n" +
			"trainer:\n  max_epochs: 0\n  checkpoint_every: 0\n  early_stopping: {patience: -1}\n  reduce_on_plateau: {factor: 0}\n", []string{
			`mine.yaml:4: wrong value of data.batch_size (found 0, expected 1 to 1048576`,
			`mine.yaml:5: wrong value of model.layers.0.embedding.units (found 0, expected 1 to 65536)`,
			`mine.yaml:5: wrong value of model.layers.1.gru.units (found 0, expected 1 to 65536)`,
			`mine.yaml:6: wrong value of solver.learning_rate (found 0, expected a finite number above 0)`,
			`mine.yaml:8: wrong value of trainer.max_epochs (found 0, expected at least 1)`,
			`mine.yaml:9: wrong value of trainer.checkpoint_every (found 0, expected at least 1)`,
			`mine.yaml:10: wrong value of trainer.early_stopping.patience (found -1, expected at least 0)`,
			`mine.yaml:11: wrong value of trainer.reduce_on_plateau.factor (found 0, expected a number between 0 and 1)`,
		}},
		"not numbers": {start + model + "label_smoothing: .nan\nsolver: {learning_rate: .nan, clip_norm: .inf, l2: .nan}\ntrainer: {weight_noise: .nan}\n", []string{
			`mine.yaml:5: wrong value of label_smoothing (found NaN, expected 0 or more and less than 1)`,
			`mine.yaml:6: wrong value of solver.learning_rate (found NaN, expected a finite number above 0)`,
			`mine.yaml:6: wrong value of solver.clip_norm (found +Inf, expected a finite number of at least 0)`,
			`mine.yaml:6: wrong value of solver.l2 (found NaN, expected a number from 0 to 100)`,
			`mine.yaml:7: wrong value of trainer.weight_noise (found NaN, expected a finite number of at least 0)`,
		}},
		"the task":         {"task: next\ndata: {name: languages}\n" + model, []string{`mine.yaml:1: wrong value of task (found "next", expected classify for the set languages)`}},
		"the loss":         {start + model + "loss: mean_squared_error\n", []string{`mine.yaml:5: wrong value of loss (found "mean_squared_error", expected auto or one of [cross_entropy focal]: the targets are class per sequence)`}},
		"the monitor":      {start + model + "trainer: {early_stopping: {monitor: valid.acc}}\n", []string{`mine.yaml:5: wrong value of trainer.early_stopping.monitor (found "valid.acc", expected a metric among [loss nll accuracy])`}},
		"the name":         {"name: ../mine\n" + start + model, []string{`mine.yaml:1: wrong value of name (found "../mine", expected a name without slashes`}},
		"table and a name": {"task: classify\ndata: {name: languages, table: {path: a.csv}}\n" + model, []string{`mine.yaml:2: wrong value of data.table (found "more than one of them", expected one of name, table and text, not both)`}},
		"a zero horizon":   {"task: forecast\ndata:\n  table: {path: a.csv}\n  forecast: {target: x, window: 0, horizon: 0}\nmodel: {layers: [gru, dense]}\n", []string{`mine.yaml:4: wrong value of data.forecast.window (found 0, `, `mine.yaml:4: wrong value of data.forecast.horizon (found 0, `}},
		"a zero test part": {"task: regress\ndata:\n  table: {path: a.csv, sequence: s, target: y}\n  split: {test: 0}\nmodel: {layers: [gru, dense]}\n", []string{`mine.yaml:4: wrong value of data.split.test (found 0, expected a fraction above 0 and below 1: a run is measured on its test part, which may be small, as 0.01)`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, filepath.Join(t.TempDir(), "mine.yaml"), c.text)
			for _, args := range [][]string{{"config", "check", file}, {"train", file}} {
				gruexp(t, args...).mustFail(t, 2, c.want...)
			}
		})
	}
}

// What only comes to light together with the data has its place in the file, too, and nothing is written before.
func TestConfigurationsThatDoNotFitTheData(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ set, want string }{
		"the end of the model": {"model.layers.4.dense.units=7", `--set model.layers.4.dense.units: wrong value (found "7 units", expected 36, as the task wants)`},
		"logits":               {"model.layers.4.dense.activation=relu", `--set model.layers.4.dense.activation: wrong value (found "relu", expected linear: the loss cross_entropy takes logits)`},
		"steps":                {"model.layers.2.gru.return_sequences=true", `built-in languages.yaml:…wrong value of model.layers.4.dense (found "a vector at every step", expected one vector a sequence`},
		"the input":            {"model.input={vocabulary: 3}", `--set model.input: wrong value (found "vocabulary 3", expected vocabulary …, as the data has)`},
		"the warm-up":          {"solver.schedule.warmup_epochs=1000", `--set solver.schedule.warmup_epochs: wrong value (found 1000, expected less than the`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c2 := command(t, "train", "--set", c.set)
			finish(t, c2).mustFail(t, 2, c.want)
			if entries, err := os.ReadDir(c2.Dir); err != nil || len(entries) != 0 {
				t.Errorf("found %v on disk, expected nothing (%v)", entries, err)
			}
		})
	}
}

func TestWrongAssignments(t *testing.T) {
	t.Parallel()
	gruexp(t, "train",
		"--set", "seed", "--set", "solver.name.x=1", "--set", "model.layers.9=gru", "--set", "loss=[", "--set", "solver.learning_rat=1",
	).mustFail(t, 2,
		`gruexp: --set: not an assignment (found "seed", expected path=value)`,
		`gruexp: --set solver.name.x: wrong path (found the string …before "x", expected a mapping or a list)`,
		`gruexp: --set model.layers.9: wrong path (found index "9" of a list of 5 items, expected 0 to 4)`,
		`gruexp: --set loss: not YAML: `,
		`gruexp: --set solver.learning_rat: unknown key in solver (found "learning_rat"; did you mean "learning_rate"? expected …)`,
	)
}

func TestDamagedTables(t *testing.T) {
	t.Parallel()
	good := swings(80, 1)
	header, rows, _ := strings.Cut(good, "\n")
	first, rest, _ := strings.Cut(rows, "\n")
	for name, c := range map[string]struct{ table, want string }{
		"empty":            {"", `swings.csv: file (found nothing, expected a header line and rows)`},
		"no rows":          {header + "\n", `swings.csv:1: after the header (found no rows, expected at least one)`},
		"another header":   {strings.Replace(good, "kind", "sort", 1), `swings.csv:1: header (found the columns run, second, angle, speed, sort, period, expected a column "kind")`},
		"a word":           {header + "\n" + first + "\nr0,1,high,0.5,fast,9\n" + rest, `swings.csv:3: column "angle" (found "high", expected a finite number`},
		"a short row":      {header + "\n" + first + "\nr0,1\n" + rest, `swings.csv:3: line (found 2 cells, expected 6 as in the header)`},
		"an open quote":    {header + "\n" + first + "\n\"r0,1,0.1\n" + rest, `swings.csv:3: line (found `},
		"a time twice":     {header + "\n" + first + "\n" + rows, `swings.csv:3: sequence "r0" (found the time of line 2 again`},
		"two labels":       {strings.Replace(good, "fast", "slow", 1), `target of sequence "r0" (found "fast", expected "slow" as on line 2`},
		"a single class":   {strings.ReplaceAll(good, "fast", "slow"), `swings.csv: column "kind" (found 1 labels in the training part, expected at least 2)`},
		"bytes of no text": {"\x00\x01\x02", `swings.csv:1: column 1 (found "\x00\x01\x02", expected text in UTF-8`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := experiment(t, classifySwings)
			write(t, filepath.Join(filepath.Dir(file), "swings.csv"), c.table)
			gruexp(t, "train", file).mustFail(t, 2, c.want)
		})
	}
}

func TestDamagedMusic(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":      {"", `jsb_chorales.json: byte 0 (found the end of the file, expected an object`},
		"cut off":    {`{"train":[[[60,64],[62`, `jsb_chorales.json: train sequence 0, step 1, byte 22 (found the end of the file, expected the end of the list of notes)`},
		"a note":     {`{"train":[[[60],[999]]]}`, `jsb_chorales.json: train sequence 0, step 1, byte 20 (found 999, expected a whole MIDI note number from 21 to 108)`},
		"other JSON": {`[1,2]`, `jsb_chorales.json: byte 1 (found [, expected an object`},
		"gzip":       {"\x1f\x8bxxxx", `jsb_chorales.json: unpack (found `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			file := write(t, filepath.Join(folder, "jsb_chorales.json"), c.text)
			gruexp(t, "train", "jsb", "--data", folder).mustFail(t, 2, c.want)
			gruexp(t, "data", "add", "jsb", "--from", file).mustFail(t, 2, c.want)
		})
	}
}
