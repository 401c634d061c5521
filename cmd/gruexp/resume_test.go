package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// epochs reads metrics.jsonl, without the times.
func epochs(t *testing.T, dir string) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for line := range strings.Lines(read(t, filepath.Join(dir, "metrics.jsonl"))) {
		var epoch map[string]any
		if err := json.Unmarshal([]byte(line), &epoch); err != nil {
			t.Fatalf("%s: %v in %q", dir, err, line)
		}
		delete(epoch, "seconds")
		lines = append(lines, epoch)
	}
	return lines
}

// sameRun checks that two directories hold the same run, to the bit.
func sameRun(t *testing.T, found, expected string) {
	t.Helper()
	const model = "model.safetensors"
	if read(t, filepath.Join(found, model)) != read(t, filepath.Join(expected, model)) {
		t.Errorf("%s: found another %s than that of %s", found, model, expected)
	}
	encode := func(dir string) string {
		text, err := json.Marshal(epochs(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if f, e := encode(found), encode(expected); f != e {
		t.Errorf("%s: found the epochs\n%s\nexpected\n%s", found, f, e)
	}
	for i, epoch := range epochs(t, found) {
		if epoch["epoch"] != float64(i+1) {
			t.Errorf("%s: found epoch %v on line %d", found, epoch["epoch"], i+1)
		}
	}
	if lines := strings.Count(read(t, filepath.Join(found, "metrics.csv")), "\n"); lines != len(epochs(t, found))+1 {
		t.Errorf("%s/metrics.csv: found %d lines, expected a header and %d", found, lines, len(epochs(t, found)))
	}
}

// snapshot is every file of a folder.
func snapshot(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files[path] = read(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func unchanged(t *testing.T, folder string, before map[string]string) {
	t.Helper()
	after := snapshot(t, folder)
	for path := range before {
		if after[path] != before[path] {
			t.Errorf("%s: found it changed", path)
		}
	}
	for path := range after {
		if _, ok := before[path]; !ok {
			t.Errorf("%s: found a new file", path)
		}
	}
}

func TestThreadsAndSeeds(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	folder := t.TempDir()
	train := func(name string, args ...string) string {
		out := filepath.Join(folder, name)
		mustRun(t, append([]string{"train", file, "--out", out}, args...)...)
		return out
	}
	one := train("one", "--threads", "1")
	sameRun(t, train("two", "--threads", "2"), one)
	sameRun(t, train("same", "--seed", "1"), one)
	model := func(dir string) string { return read(t, filepath.Join(dir, "model.safetensors")) }
	if model(train("other", "--seed", "2")) == model(one) {
		t.Error("seed 2: found the weights of seed 1")
	}
}

// A finished run gives its result again: nothing is trained, measured or written, and no data are needed.
func TestResumeOfAFinishedRun(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := filepath.Join(t.TempDir(), "run")
	first := mustRun(t, "train", file, "--out", out, "--json")
	if first.stdout == "" || strings.TrimSpace(read(t, filepath.Join(out, "result.json"))) == "" {
		t.Fatal("found no result")
	}
	if err := os.Remove(filepath.Join(filepath.Dir(file), "swings.csv")); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, out)
	again := mustRun(t, "resume", out, "--json")
	if again.stdout != first.stdout || again.stderr != "" {
		t.Errorf("found %+v, expected %q", again, first.stdout)
	}
	unchanged(t, out, before)

	var fromFile, printed any
	if err := json.Unmarshal([]byte(read(t, filepath.Join(out, "result.json"))), &fromFile); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(first.stdout), &printed); err != nil {
		t.Fatal(err)
	}
	if a, b := mustJSON(t, fromFile), mustJSON(t, printed); !bytes.Equal(a, b) {
		t.Errorf("result.json: found %s, expected %s", a, b)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEvalAgreesWithTheResult(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := filepath.Join(t.TempDir(), "run")
	r := mustRun(t, "train", file, "--out", out, "--json").result(t)
	for split, expected := range map[string]map[string]float64{"train": r.Train, "valid": r.Valid, "test": r.Test} {
		var found struct {
			Run, Split string
			Metrics    map[string]float64
		}
		mustRun(t, "eval", out, "--split", split, "--json").decode(t, &found)
		if !bytes.Equal(mustJSON(t, found.Metrics), mustJSON(t, expected)) || found.Split != split || found.Run != out {
			t.Errorf("found %+v, expected %v", found, expected)
		}
	}
}

// Nothing that is in use, or holds something, is written into.
func TestOutputDirectories(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := filepath.Join(t.TempDir(), "run")
	mustRun(t, "train", file, "--out", out, "--set", "trainer.max_epochs=1")
	before := snapshot(t, out)
	gruexp(t, "train", file, "--out", out).mustFail(t, 2, out+": holds another run (found its config.yaml, expected a new or empty directory; 'gruexp resume")
	unchanged(t, out, before)

	folder := filepath.Dir(file)
	before = snapshot(t, folder)
	gruexp(t, "train", file, "--out", folder).mustFail(t, 2, folder+": is not empty (found mine.yaml, expected a new or empty directory)")
	gruexp(t, "train", file, "--out", file).mustFail(t, 2, file+": run directory cannot be made (found not a directory, expected a path where a directory can be made)")
	unchanged(t, folder, before)

	// Without --out runs are numbered.
	c := command(t, "train", file, "--set", "trainer.max_epochs=1", "--json")
	for _, name := range []string{"mine-1", "mine-2"} {
		next := command(t, c.Args[1:]...)
		next.Dir = c.Dir
		if r := finish(t, next).result(t); r.Run != filepath.Join("runs", name) {
			t.Errorf("found the run %s, expected runs/%s", r.Run, name)
		}
	}
}

func TestDamagedWeights(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := filepath.Join(t.TempDir(), "run")
	mustRun(t, "train", file, "--out", out, "--set", "trainer.max_epochs=1")
	other := filepath.Join(t.TempDir(), "other")
	mustRun(t, "train", file, "--out", other, "--set", "trainer.max_epochs=1", "--set", "model.layers.0.gru.units=5")
	model := filepath.Join(out, "model.safetensors")
	for content, want := range map[string]string{
		"":                       model + `: damaged file: file (found 0 bytes, expected at least the 8 of the header's length)`,
		"not safetensors at all": model + `: damaged file: header's length (found `,
		read(t, model)[:200]:     model + `: damaged file: header's length (found `,
	} {
		write(t, model, content)
		gruexp(t, "eval", out).mustFail(t, 2, want)
	}
	write(t, model, read(t, filepath.Join(other, "model.safetensors")))
	gruexp(t, "eval", out).mustFail(t, 2,
		`tensor "gru0/kernel" does not fit the model (found F32 [2 15], expected F32 [2 18])`, `tensor "gru0/recurrent_kernel"`,
		`tensor "gru0/bias"`, `tensor "gru0/recurrent_bias"`, `tensor "dense0/kernel"`)
	if err := os.Remove(model); err != nil {
		t.Fatal(err)
	}
	gruexp(t, "eval", out).mustFail(t, 2, out+": has no weights yet (found no model.safetensors, expected a run with at least one finished epoch")
}

// A run whose numbers explode says where and has no result.
func TestDivergedRun(t *testing.T) {
	t.Parallel()
	file := experiment(t, regressSwings)
	out := filepath.Join(t.TempDir(), "run")
	want := out + ": diverged in epoch 1, step 2: cost; the largest numbers are in parameter …(found …Inf, expected a finite number; a lower solver.learning_rate or a solver.clip_norm may help)"
	gruexp(t, "train", file, "--out", out, "--set", "solver={name: sgd, learning_rate: 1.0e+30}").mustFail(t, 1, want)
	if _, err := os.Stat(filepath.Join(out, "result.json")); err == nil {
		t.Error("found a result of a run that diverged")
	}
	gruexp(t, "resume", out).mustFail(t, 1, want) // again from the beginning
}
