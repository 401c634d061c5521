package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// What a person sees: a table with units, the baselines, a verdict, and where the run is.
func TestShownResult(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := filepath.Join(t.TempDir(), "run")
	o := mustRun(t, "train", file, "--out", out, "--set", "trainer.max_epochs=25")
	shape := regexp.MustCompile(`^
mine, seed 1: 25 epochs in \S+, ended by max_epochs, the best was \d+; 194 parameters

 +train +valid +test +centroid\* +majority\*
accuracy +\d\.\d{4} +\d\.\d{4} +\d\.\d{4} +\d\.\d{4} +\d\.\d{4}
nll +nats +\S+ +\S+ +\S+ +- +\d\.\d{4}
loss +nats +\S+ +\S+ +\S+ +- +-

\* a baseline, on the test part
On the test part the GRU beats the best baseline, centroid: accuracy \d\.\d{4} against \d\.\d{4}\. These are 8 sequences; on new ones the difference is from \S+ to \S+, with 95 % confidence, so that it may be chance\.

The run is in (\S+)
$`)
	if m := shape.FindStringSubmatch(o.stdout); m == nil || m[1] != out {
		t.Errorf("found\n%s\nexpected\n%s", o.stdout, shape)
	}
	for i, line := range strings.Split(strings.TrimSpace(o.stderr), "\n") {
		if !regexp.MustCompile(`^epoch +\d+ of 25 +\S+ +rate 0.02 +train loss \S+ accuracy \S+ +valid loss \S+ accuracy \S+( +\*)?$`).MatchString(line) {
			t.Errorf("line %d: found %q", i+1, line)
		}
	}
	r := mustRun(t, "resume", out, "--json").result(t)
	if !strings.Contains(o.stdout, "25 epochs") || r.Epochs != 25 {
		t.Errorf("found %+v", r)
	}

	o = mustRun(t, "train", experiment(t, forecastTemperature), "--out", filepath.Join(t.TempDir(), "run"))
	for _, want := range []string{`\nmae +units +\d`, `\nmse +units² +\d`, `\nloss +scaled +\d`, `the best baseline, ridge: mae \d`} {
		if !regexp.MustCompile(want).MatchString(o.stdout) {
			t.Errorf("found no %q in\n%s", want, o.stdout)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	whole := mustRun(t).stdout
	for _, args := range [][]string{{"help"}, {"--help"}, {"-h"}} {
		if o := mustRun(t, args...); o.stdout != whole {
			t.Errorf("%v: found\n%s\nexpected\n%s", args, o.stdout, whole)
		}
	}
	for _, verb := range []string{"train", "resume", "eval", "list", "config", "data", "doctor", "version"} {
		if !regexp.MustCompile(`(?m)^  ` + verb + ` `).MatchString(whole) {
			t.Errorf("found no verb %s in\n%s", verb, whole)
		}
	}
	for _, verb := range []string{"train", "resume", "eval", "list", "config show", "config check", "data list", "data get", "data add", "doctor", "version"} {
		args := strings.Fields(verb)
		help := mustRun(t, append(args, "--help")...).stdout
		if !strings.Contains(help, "Examples:\n  gruexp "+verb) || strings.Contains(help, "(default )") {
			t.Errorf("%s: found no example, or an empty default, in\n%s", verb, help)
		}
		if o := mustRun(t, append([]string{"help"}, args...)...); o.stdout != help {
			t.Errorf("help %s: found other text than with --help", verb)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	var experiments struct {
		Experiments []struct{ Name, Task, Data, Description string }
		Studies     []any
	}
	o := mustRun(t, "list", "--json")
	o.decode(t, &experiments)
	text := mustRun(t, "list").stdout
	if len(experiments.Experiments) < 2 {
		t.Errorf("found %q", o.stdout)
	}
	for _, e := range experiments.Experiments {
		if e.Name == "" || e.Task == "" || e.Data == "" || e.Description == "" || !strings.Contains(text, "\n"+e.Name+" ") {
			t.Errorf("found %+v and\n%s", e, text)
		}
		mustRun(t, "config", "check", e.Name)
	}

	var sets struct {
		Data []struct {
			Name, Task, State, Where, License, Source, Description string
			Bytes                                                  int64
		}
	}
	mustRun(t, "data", "list", "--json").decode(t, &sets)
	text = mustRun(t, "data", "list").stdout
	state := map[string]string{}
	for _, s := range sets.Data {
		state[s.Name] = s.State
		if (s.Bytes > 0) != (s.State == "missing") || (s.State == "missing") != strings.Contains(s.Where, "gruexp data get "+s.Name) {
			t.Errorf("found %+v", s)
		}
		if s.Task == "" || s.License == "" || s.Source == "" || s.Description == "" || !strings.Contains(text, "\n"+s.Name+" ") {
			t.Errorf("found %+v and\n%s", s, text)
		}
	}
	if state["languages"] != "built in" || state["adding"] != "built in" || state["dates"] != "built in" || state["jsb"] != "missing" || state["names"] != "missing" {
		t.Errorf("found %v", state)
	}
}

// A registered file that has changed since is neither used nor called missing.
func TestRegisteredFile(t *testing.T) {
	t.Parallel()
	song := strings.Repeat("[60,64],[62],[],", 5) + "[67]"
	file := write(t, filepath.Join(t.TempDir(), "my songs.json"), `{"train":[[`+song+`]],"valid":[[`+song+`]],"test":[[`+song+`]]}`)
	add := command(t, "data", "add", "jsb", "--from", file)
	if o := finish(t, add); o.code != 0 || !strings.Contains(o.stdout, "jsb: "+file+", ") || !strings.Contains(o.stdout, "none of the published files") {
		t.Fatalf("found %+v", o)
	}
	here := func(args ...string) outcome {
		c := command(t, args...)
		c.Env, c.Dir = add.Env, add.Dir
		return finish(t, c)
	}
	train := []string{"train", "jsb", "--set", "trainer.max_epochs=1", "--set", "model.layers.0.gru.units=3", "--json"}
	if r := here(train...).result(t); r.Test["nll"] <= 0 {
		t.Errorf("found %+v", r)
	}
	write(t, file, strings.Replace(read(t, file), "60", "61", 1))
	here(train...).mustFail(t, 2, file+": registered data set jsb (found …bytes with sha256 …, expected …if the file is right, register it again)")
	if o := here("data", "list"); !strings.Contains(o.stdout, file+": registered data set jsb (found ") {
		t.Errorf("found\n%s", o.stdout)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	here(train...).mustFail(t, 2, file+": open (found no such file, ")

	write(t, filepath.Join(add.Dir, "gruexp", "registry.json"), "{")
	here(train...).mustFail(t, 2, "registry.json: registry of data sets (found ")
}

// A service has no home; only what is kept there needs one.
func TestNoHome(t *testing.T) {
	t.Parallel()
	without := func(args ...string) outcome {
		c := command(t, args...)
		c.Env = slices.DeleteFunc(c.Env, func(v string) bool {
			return strings.HasPrefix(v, "HOME=") || strings.HasPrefix(v, "XDG_CONFIG_HOME=") || strings.HasPrefix(v, "AppData=")
		})
		return finish(t, c)
	}
	if o := without("train", experiment(t, classifySwings), "--set", "trainer.max_epochs=1"); o.code != 0 {
		t.Errorf("found %+v", o)
	}
	if o := without("data", "list"); o.code != 0 || !strings.Contains(o.stdout, "missing") {
		t.Errorf("found %+v", o)
	}
	without("data", "get", "jsb").mustFail(t, 2, `data get: no folder for the user's configuration (found neither `)
	without("data", "add", "jsb", "--from", "x").mustFail(t, 2, `data add: no folder for the user's configuration (found neither `)
}

func TestDoctorAndVersion(t *testing.T) {
	t.Parallel()
	var build struct{ Version, Go, OS, Arch string }
	mustRun(t, "version", "--json").decode(t, &build)
	if build.Version == "" || build.Go != runtime.Version() || build.OS != runtime.GOOS || build.Arch != runtime.GOARCH {
		t.Errorf("found %+v", build)
	}
	if o := mustRun(t, "version"); !strings.HasPrefix(o.stdout, "gruexp "+build.Version+", go") {
		t.Errorf("found %q", o.stdout)
	}
	o := mustRun(t, "doctor")
	for _, row := range []string{"program", "cpu", "kernels", "processor", "products", "threads", "memory", "disk", "data languages", "data jsb"} {
		if !regexp.MustCompile(`(?m)^` + row + ` +\S`).MatchString(o.stdout) {
			t.Errorf("found no row %s in\n%s", row, o.stdout)
		}
	}
}

// Kernels may be chosen, for comparisons; a run says which it had and that others may give other last bits.
func TestKernels(t *testing.T) {
	t.Parallel()
	with := func(kernels string, args ...string) outcome {
		c := command(t, args...)
		c.Env = append(c.Env, "GRUEXP_KERNELS="+kernels)
		return finish(t, c)
	}
	file := experiment(t, classifySwings)
	with("sse9", "train", file).mustFail(t, 2, `GRUEXP_KERNELS: no such kernels on this processor (found "sse9", expected nothing, or one of `)
	if o := with("go", "doctor"); !regexp.MustCompile(`(?m)^kernels +go, of `).MatchString(o.stdout) {
		t.Errorf("found\n%s", o.stdout)
	}
	out := filepath.Join(t.TempDir(), "run")
	if o := with("go", "train", file, "--out", out); o.code != 0 || !strings.Contains(read(t, filepath.Join(out, "environment.json")), `"kernels": "go"`) {
		t.Errorf("found %+v", o)
	}
	var doctor struct{ Kernels string }
	if err := json.Unmarshal([]byte(mustRun(t, "doctor", "--json").stdout), &doctor); err != nil {
		t.Fatal(err)
	}
	o := mustRun(t, "eval", out)
	if warned := strings.Contains(o.stderr, "gruexp: warning: "); warned != (doctor.Kernels != "go") {
		t.Errorf("found %q, expected a warning only where the kernels, now %s, differ", o.stderr, doctor.Kernels)
	}
}

// environment.json says what decides about the bits.
func TestEnvironmentOfARun(t *testing.T) {
	t.Parallel()
	file := experiment(t, regressSwings)
	out := filepath.Join(t.TempDir(), "run")
	mustRun(t, "train", file, "--out", out, "--threads", "1", "--set", "trainer.max_epochs=1")
	text := read(t, filepath.Join(out, "environment.json"))
	for _, want := range []string{`"version": `, `"cpu": [`, `"kernels": "`, `"threads": 1,`, `"path": "` + filepath.Join(filepath.Dir(file), "swings.csv"), `"path": "` + filepath.Join(filepath.Dir(file), "more.csv"), `"sha256": "`} {
		if !strings.Contains(text, want) {
			t.Errorf("found no %s in\n%s", want, text)
		}
	}
}
