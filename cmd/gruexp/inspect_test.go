package main_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph/weights"
)

// inspection is the JSON of inspect.
type inspection struct {
	Run, Split, Missing, Out string
	Parameters               []struct {
		Name, Role                 string
		Shape                      []int
		Elements                   int
		Norm, RMS, Min, Max, Zeros float64

		Singular []float64 `json:"largest_singular_values"`
		Radii    []float64 `json:"spectral_radii"`
	}
	Sequences []struct {
		Sequence, Steps int
		Loss            float64
	}
	Recurrences []struct {
		Name  string
		Gates []struct {
			Name            string
			Mean, Low, High float64
		}
		First float64 `json:"gradient_first"`
		Last  float64 `json:"gradient_last"`
		Back  int     `json:"steps_back"`
	}
	Files []string
}

func inspect(t *testing.T, args ...string) inspection {
	t.Helper()
	var found inspection
	mustRun(t, append([]string{"inspect", "--json"}, args...)...).decode(t, &found)
	return found
}

func TestInspect(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	trained := mustRun(t, "train", experiment(t, classifySwings), "--out", dir, "--json").result(t)
	before := snapshot(t, dir)
	found := inspect(t, dir, "--sequences", "1000")

	elements := 0
	for _, p := range found.Parameters {
		elements += p.Elements
		if strings.HasSuffix(p.Name, "/recurrent_kernel") && (len(p.Singular) != 3 || len(p.Radii) != 3 || slices.Min(p.Singular) < slices.Min(p.Radii)) {
			t.Errorf("%s: found singular values %v and radii %v, expected three of each", p.Name, p.Singular, p.Radii)
		}
	}
	if elements != trained.Parameters {
		t.Errorf("found %d elements, expected %d as trained", elements, trained.Parameters)
	}

	loss := 0.0
	for _, s := range found.Sequences {
		loss += s.Loss / float64(len(found.Sequences))
	}
	var evaluated struct {
		Run, Split string
		Metrics    map[string]float64
	}
	mustRun(t, "eval", dir, "--json").decode(t, &evaluated)
	if want := evaluated.Metrics["loss"]; math.Abs(loss-want) > 1e-5*want { // of float32
		t.Errorf("found the mean loss %v over all of test, expected %v as eval finds", loss, want)
	}
	if found.Split != "test" || len(found.Recurrences) != 1 || found.Recurrences[0].Name != "gru0" || found.Recurrences[0].Last <= 0 {
		t.Errorf("found %+v", found)
	}

	if found.Out != filepath.Join(dir, "inspect") {
		t.Errorf("found the folder %s, expected inspect in the run's", found.Out)
	}
	checkInspected(t, found)
	if err := os.RemoveAll(found.Out); err != nil {
		t.Fatal(err)
	}
	unchanged(t, dir, before)
}

// checkInspected holds the files to what the inspection says.
func checkInspected(t *testing.T, found inspection) {
	t.Helper()
	entries, err := os.ReadDir(found.Out)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if listed := slices.Sorted(slices.Values(found.Files)); !slices.Equal(names, listed) {
		t.Errorf("found the files %v, expected %v as listed", names, listed)
	}
	for _, name := range names {
		if filepath.Ext(name) == ".svg" {
			f, err := os.Open(filepath.Join(found.Out, name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			marks := 0
			for d := xml.NewDecoder(f); ; marks++ {
				if _, err = d.Token(); err != nil {
					break
				}
			}
			if !errors.Is(err, io.EOF) || marks < 50 {
				t.Errorf("%s: found %d marks and error %v, expected a picture", name, marks, err)
			}
		}
	}
	if rows := records(t, filepath.Join(found.Out, "parameters.csv")); len(rows) != len(found.Parameters) || rows[0]["name"] != found.Parameters[0].Name {
		t.Errorf("parameters.csv: found %v, expected a row for each parameter", rows)
	}

	// The numbers for people are those of the arrays.
	flow := records(t, filepath.Join(found.Out, "gradient-flow.csv"))
	sequence := found.Sequences[0]
	tensors, err := weights.ReadNPZ(filepath.Join(found.Out, found.Split+"-0.npz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range tensors {
		if x.Shape[0] != sequence.Steps {
			t.Errorf("%s: found %v, expected %d steps", x.Name, x.Shape, sequence.Steps)
		}
		values := x.Data.([]float64)
		switch x.Name {
		case "gru0/update":
			if slices.Min(values) <= 0 || slices.Max(values) >= 1 {
				t.Errorf("found gates from %v to %v, expected them between 0 and 1", slices.Min(values), slices.Max(values))
			}
		case "gru0/gradient":
			for step := range sequence.Steps {
				norm := 0.0
				for _, v := range values[step*x.Shape[1] : (step+1)*x.Shape[1]] {
					norm = math.Hypot(norm, v)
				}
				if row := flow[step]; row["layer"] != "gru0" || math.Abs(parse(t, row["gradient_norm"])-norm) > 1e-12*norm {
					t.Errorf("gradient-flow.csv: found %v at step %d, expected %v", row, step, norm)
				}
			}
		}
	}
	if len(tensors) != 6 { // r, z, n, h and two gradients
		t.Errorf("found %d arrays, expected 6", len(tensors))
	}
}

func TestInspectOneLayerOfOneSequence(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	mustRun(t, "train", "--out", dir, "--set", "trainer.max_epochs=1", "--set", "data.batch_size=512",
		"--set", "model.layers=[embedding: {units: 2}, gru: {units: 2, bidirectional: true}, dense]")
	out := filepath.Join(t.TempDir(), "a", "b")
	found := inspect(t, dir, "--split", "valid", "--sequence", "5", "--layer", "gru0", "--out", out)
	want := []string{"parameters.csv", "gradient-flow.csv", "gradient-flow.svg", "valid-5.npz", "valid-5-gru0.svg", "valid-5-gru0-backward.svg"}
	if !slices.Equal(found.Files, want) {
		t.Errorf("found %v, expected %v", found.Files, want)
	}
	for _, p := range found.Parameters {
		if !strings.HasPrefix(p.Name, "gru0/") {
			t.Errorf("found the parameter %s, expected those of gru0", p.Name)
		}
	}
	picture := read(t, filepath.Join(out, "valid-5-gru0-backward.svg"))
	if !strings.Contains(picture, "gru0/backward: sequence 5 of valid") {
		t.Error("found a picture that does not say what it is of")
	}

	text := mustRun(t, "inspect", dir, "--out", out, "--layer", "dense0", "--sequences", "1").stdout
	if !strings.Contains(text, "dense0/kernel") || strings.Contains(text, "gradient") || !strings.Contains(text, "1 file in "+out) {
		t.Errorf("found\n%s\nexpected the parameters of the dense layer alone", text)
	}
	text = mustRun(t, "inspect", dir, "--out", out, "--sequences", "1").stdout
	for _, part := range []string{"embedding0/embeddings", "spectral radius", "Over 1 sequence of the part test", "gru0/backward: the mean norm of ∂loss/∂state is"} {
		if !strings.Contains(text, part) {
			t.Errorf("found\n%s\nexpected it to say %q", text, part)
		}
	}

	file := write(t, filepath.Join(t.TempDir(), "file"), "")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--layer", "gru1"}, `gruexp: --layer gru1: no such layer with parameters (found "gru1"; did you mean "gru0"? expected …)`},
		{[]string{"--sequence", "100000"}, `gruexp: --sequence: no such sequence in the part test (found 100000, expected 0 to`},
		{[]string{"--out", file}, `gruexp: ` + file + `: folder cannot be made (found not a directory, expected a path where a folder can be made)`},
	} {
		gruexp(t, append([]string{"inspect", dir}, c.args...)...).mustFail(t, 2, c.want)
	}
	if err := os.Remove(filepath.Join(dir, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	gruexp(t, "inspect", dir).mustFail(t, 2, "gruexp: "+dir+": has no weights yet (found no model.safetensors, expected a run with at least one finished epoch")
}

func TestInspectAnImportedRun(t *testing.T) {
	t.Parallel()
	dir := importNumbers(t)
	found := inspect(t, dir)
	if len(found.Parameters) == 0 || found.Sequences != nil || !slices.Equal(found.Files, []string{"parameters.csv"}) || !strings.Contains(found.Missing, "imported") {
		t.Errorf("found %+v, expected parameters alone, and why", found)
	}
	if text := mustRun(t, "inspect", dir).stdout; !strings.Contains(text, "There are no gates and no gradients: the weights were imported") {
		t.Errorf("found\n%s\nexpected it to say what is missing", text)
	}
}
