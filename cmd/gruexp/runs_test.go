package main_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type listedRun struct {
	Run, State, Experiment, Task, Data, Fault string
	Seed                                      uint64
	Epochs                                    int
	Result                                    *result
}

func TestListAndDiffRuns(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	config := experiment(t, classifySwings)
	a, b, unfinished := filepath.Join(folder, "a"), filepath.Join(folder, "sub", "b"), filepath.Join(folder, "c")
	ra := mustRun(t, "train", config, "--out", a, "--json").result(t)
	rb := mustRun(t, "train", config, "--out", b, "--seed", "2", "--set", "model.layers.0.gru.units=5", "--set", "solver.clip_norm=1", "--json").result(t)
	mustRun(t, "train", config, "--out", unfinished)
	if err := os.Remove(filepath.Join(unfinished, "result.json")); err != nil {
		t.Fatal(err)
	}
	imported := filepath.Join(folder, "d")
	if err := os.Rename(importNumbers(t), imported); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(folder, "e")
	if err := os.Mkdir(damaged, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(damaged, "config.yaml"), "task: [\n")

	var list struct{ Runs []listedRun }
	mustRun(t, "list", "runs", folder, "--json").decode(t, &list)
	states := ""
	for _, r := range list.Runs {
		states += strings.TrimPrefix(r.Run, folder) + " " + r.State + "\n"
	}
	if expected := filepath.FromSlash("/a finished\n/c interrupted\n/d imported\n/e unreadable\n/sub/b finished\n"); states != expected {
		t.Fatalf("found\n%sexpected\n%s", states, expected)
	}
	if r := list.Runs[4]; r.Experiment != "mine" || r.Task != "classify" || r.Data != "table" || r.Seed != 2 || r.Epochs != rb.Epochs ||
		r.Result.Run != b || r.Result.Test["accuracy"] != rb.Test["accuracy"] || r.Result.Parameters != rb.Parameters {
		t.Errorf("found %+v, expected %+v", r, rb)
	}
	if r := list.Runs[1]; r.Epochs != 5 || r.Result != nil {
		t.Errorf("found %+v, expected 5 epochs and no result", r)
	}
	if r := list.Runs[3]; !strings.Contains(r.Fault, "config.yaml:") {
		t.Errorf("found %+v, expected the fault of its configuration", r)
	}
	if shown := mustRun(t, "list", "runs", folder).stdout; strings.Count(shown, "\n") != 6 || !strings.Contains(shown, "accuracy") {
		t.Errorf("found %q, expected a line per run below a head", shown)
	}

	var d struct {
		Runs   []listedRun
		Config []struct {
			Path   string
			Values []any
		}
	}
	mustRun(t, "diff", a, b, "--json").decode(t, &d)
	var paths []string
	for _, c := range d.Config {
		paths = append(paths, c.Path)
	}
	if expected := "model.layers.0.gru.units seed solver.clip_norm"; strings.Join(paths, " ") != expected {
		t.Fatalf("found differences of %v, expected %s", paths, expected)
	}
	if units := d.Config[0].Values; units[0] != 6.0 || units[1] != 5.0 || d.Runs[0].Result.Test["nll"] != ra.Test["nll"] || d.Runs[1].Result.Test["nll"] != rb.Test["nll"] {
		t.Errorf("found %+v", d)
	}
	shown := mustRun(t, "diff", a, imported).stdout
	for _, want := range []string{"model.input.size", "task", "test.accuracy", "imported"} {
		if !strings.Contains(shown, want) {
			t.Errorf("found\n%s\nexpected %s in it", shown, want)
		}
	}

	table := csvOf(t, mustRun(t, "list", "runs", folder, "--csv").stdout)
	accuracy := slices.Index(table[0], "test.accuracy")
	if len(table) != 6 || accuracy < 0 || table[5][0] != b || parse(t, table[5][accuracy]) != rb.Test["accuracy"] || table[2][accuracy] != "" || table[4][1] != "unreadable" {
		t.Errorf("found %v, expected a row per run with its metrics in full", table)
	}
	table = csvOf(t, mustRun(t, "diff", a, b, "--csv").stdout)
	if !slices.Equal(table[1], []string{"config", "model.layers.0.gru.units", "6", "5"}) || len(table[0]) != 4 {
		t.Errorf("found %v, expected the units and results of both runs", table)
	}
	gruexp(t, "diff", a, b, "--csv", "--json").mustFail(t, 2, "gruexp: diff: two forms of output (found --json and --csv, expected one of them)")

	gruexp(t, "list", "runs", filepath.Join(folder, "none")).mustFail(t, 2, "none: cannot be listed (found no such file or directory, expected a directory with runs in it)")
	gruexp(t, "list", "runs", config).mustFail(t, 2, "mine.yaml: cannot be listed (found a file, expected")
	gruexp(t, "diff", a, folder).mustFail(t, 2, ": is not a run (found no config.yaml, expected")
	gruexp(t, "diff", a, damaged).mustFail(t, 2, "config.yaml:1: not YAML: ")
	gruexp(t, "diff", a).mustFail(t, 2, "gruexp: diff: wrong arguments (found …, expected the directories of two runs)")
	if empty := mustRun(t, "list", "runs", t.TempDir(), "--json").stdout; empty != "{\"runs\":[]}\n" {
		t.Errorf("found %q, expected an empty list", empty)
	}
}

func csvOf(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
