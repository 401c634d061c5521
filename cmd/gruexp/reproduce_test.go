package main_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goalOfSwings = "goal: {metric: test.accuracy, bar: 0.1, published: 0.5, source: a coin}\n"

type reproduced struct {
	Out         string
	Experiments []struct {
		Experiment string
		Metric     string
		Seeds      []uint64
		Values     []float64
		Mean       float64
		Interval   *[2]float64
		Seconds    float64
		Parameters int
		Bar        *float64
		Reached    *bool
		Published  *float64
		Source     string
		PyTorch    []float64
	}
}

// Seeds are run once, whatever is asked for again; what is summed up is what the runs have measured.
func TestReproduce(t *testing.T) {
	t.Parallel()
	config := experiment(t, classifySwings+goalOfSwings)
	out := filepath.Join(t.TempDir(), "out")
	document := write(t, filepath.Join(t.TempDir(), "doc.md"), "# Doc\n\n<!-- reproduced -->\n<!-- end -->\nend\n")
	run := func(seeds string) reproduced {
		var r reproduced
		mustRun(t, "reproduce", config, "--seeds", seeds, "--out", out, "--update", document, "--json").decode(t, &r)
		return r
	}
	first := run("1").Experiments[0]
	if first.Experiment != "mine" || len(first.Values) != 1 || first.Interval != nil || !*first.Reached || *first.Published != 0.5 || first.Source != "a coin" {
		t.Errorf("found %+v", first)
	}
	resultFile := filepath.Join(out, "mine", "seed-1", "result.json")
	before, err := os.Stat(resultFile)
	if err != nil {
		t.Fatal(err)
	}

	// An interrupted run goes on: its result is missing, its checkpoint is there. What the goal says is no part of the run.
	second := run("2").Experiments[0]
	saved := filepath.Join(out, "mine", "seed-2", "config.yaml")
	if text := read(t, saved); !strings.Contains(text, "a coin") {
		t.Errorf("found\n%s\nexpected the goal in it", text)
	} else {
		write(t, saved, strings.Replace(text, "a coin", "two coins", 1))
	}
	if err := os.Remove(filepath.Join(out, "mine", "seed-2", "result.json")); err != nil {
		t.Fatal(err)
	}
	both := run("1, 2").Experiments[0]
	if len(both.Values) != 2 || both.Values[0] != first.Values[0] || both.Values[1] != second.Values[0] || both.Interval == nil {
		t.Fatalf("found %+v, expected the values of %+v and %+v", both, first, second)
	}
	if mean := (both.Values[0] + both.Values[1]) / 2; math.Abs(both.Mean-mean) > 1e-12 || both.Interval[0] > mean || both.Interval[1] < mean {
		t.Errorf("found %+v, expected a mean of %v within the interval", both, mean)
	}
	if after, err := os.Stat(resultFile); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("found that seed 1 was run again (%v)", err)
	}
	alone := mustRun(t, "train", config, "--seed", "2", "--out", filepath.Join(t.TempDir(), "alone"), "--json").result(t)
	if alone.Test["accuracy"] != second.Values[0] {
		t.Errorf("found %v, expected %v as 'gruexp train --seed 2' has", second.Values[0], alone.Test["accuracy"])
	}
	for _, file := range []string{document, filepath.Join(out, "results.md")} {
		if text := read(t, file); !strings.Contains(text, "| `mine` | test.accuracy | ") || !strings.Contains(text, "| 1, 2 |") ||
			!strings.Contains(text, "| ≥ 0.1, reached | 0.5: a coin | – |") || !strings.Contains(text, "`gruexp reproduce jsb`") {
			t.Errorf("%s: found\n%s", file, text)
		}
	}
	if text := read(t, document); !strings.HasPrefix(text, "# Doc\n\n<!-- reproduced -->\n| experiment |") || !strings.HasSuffix(text, "<!-- end -->\nend\n") {
		t.Errorf("found\n%s\nexpected what stood around the table", text)
	}
	if shown := mustRun(t, "reproduce", config, "--seeds", "1", "--out", out).stdout; !strings.Contains(shown, "(one seed)") {
		t.Errorf("found %q, expected one seed in words", shown)
	}

	write(t, config, strings.Replace(classifySwings, "units: 6", "units: 5", 1)+goalOfSwings)
	gruexp(t, "reproduce", config, "--out", out).mustFail(t, 2, "mine: holds runs of another configuration (found another experiment.yaml, expected that of mine as it is now")
}

func TestWrongReproductions(t *testing.T) {
	t.Parallel()
	config := experiment(t, classifySwings)
	folder := t.TempDir()
	withGoal := func(goal string) string {
		return write(t, filepath.Join(filepath.Dir(config), "goal.yaml"), classifySwings+"goal: "+goal+"\n")
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{config}, []string{"mine.yaml: nothing to measure (found no goal, expected goal: {metric: test.accuracy}"}},
		{[]string{"langages"}, []string{`unknown experiment (found "langages"`}},
		{[]string{"languages", "languages"}, []string{"gruexp: reproduce: named twice (found languages, expected each once)"}},
		{[]string{"languages", "--seeds", "1,2,1"}, []string{"gruexp: --seeds: named twice (found 1, expected each once)"}},
		{[]string{"languages", "--seeds", "1;2"}, []string{`gruexp: reproduce: wrong value of --seeds (found "1;2", expected whole numbers`}},
		{[]string{"languages", "--update", filepath.Join(folder, "none.md")}, []string{"none.md: cannot be read (found no such file or directory"}},
		{[]string{"languages", "--update", write(t, filepath.Join(folder, "empty.md"), "# Empty\n")}, []string{"empty.md: has no table of results (found no such lines"}},
		{[]string{"jsb"}, []string{"gruexp: data set jsb: no file"}},
	} {
		gruexp(t, append([]string{"reproduce", "--out", filepath.Join(folder, "out")}, c.args...)...).mustFail(t, 2, c.want...)
	}
	for goal, want := range map[string]string{
		"{metric: accuracy}":                            `goal.yaml:11: wrong value of goal.metric (found "accuracy", expected train.METRIC, valid.METRIC or test.METRIC)`,
		"{metric: test.mae}":                            `goal.yaml:11: wrong value of goal.metric (found "test.mae", expected one of loss, nll, accuracy of test)`,
		"{metric: test.accuracy, published: 0.5}":       `goal.yaml:11: wrong value of goal.source (found "", expected who has published 0.5)`,
		"{metric: test.accuracy, bar: .inf}":            `goal.yaml:11: wrong value of goal.bar (found +Inf, expected a finite number)`,
		"{metric: test.accuracy, pytorch: [0.9, 0.8]}":  `goal.yaml:11: wrong value of goal.pytorch (found "[0.9 0.8]", expected a number, or the least and the greatest)`,
		"{metric: test.accuracy, pytorch: [.nan, 0.8]}": `goal.yaml:11: wrong value of goal.pytorch.0 (found NaN, expected a finite number)`,
	} {
		gruexp(t, "config", "check", withGoal(goal)).mustFail(t, 2, want)
	}
	if _, err := os.Stat(filepath.Join(folder, "out")); err == nil {
		t.Error("found a directory of requests that were refused")
	}
}
