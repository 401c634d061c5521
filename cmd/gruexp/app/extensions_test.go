package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/cmd/gruexp/app"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// TestMain is the program with extensions where a study has started it for a trial.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "trial" {
		app.Main(own())
	}
	os.Exit(m.Run())
}

// own are extensions of every kind.
func own() app.Extensions {
	return app.Extensions{
		Cells:  map[string]spec.Cell{"mgu": minimalGatedUnit{}},
		Layers: map[string]func() spec.Layer{"shift": func() spec.Layer { return &shift{} }},
		Losses: map[string]layers.LossFunction{"half_entropy": halfEntropy{}, "quartic": quartic{}},
		Solvers: map[string]solvers.Factory{"plain": {
			Defaults: solvers.Config{LearningRate: 0.05},
			New:      func(solvers.Config, solvers.Plan) ([]solvers.Transform, error) { return nil, nil },
		}},
		Schedules: map[string]solvers.ScheduleFactory{"halving": {
			Defaults: solvers.ScheduleConfig{Options: map[string]float64{"stairs": 2}},
			New: func(c solvers.ScheduleConfig, rate, _, steps float64) solvers.Schedule {
				return func(step int) float64 {
					return rate * math.Pow(0.5, math.Floor(c.Options["stairs"]*float64(step)/steps))
				}
			},
		}},
		Metrics: map[string]trainer.MetricFactory{"right": {
			Higher: true, Targets: []data.TargetKind{data.ClassPerSequence}, New: func(data.Spec) (trainer.Metric, error) { return &right{}, nil },
		}},
		Sets: map[string]data.Source{"bursts": {Description: "noise with and without a burst", Task: data.Classify, Load: bursts}},
	}
}

// minimalGatedUnit is h' = f⊙n + (1−f)⊙h with one gate f (Zhou et al. 2016, arXiv:1603.09420).
type minimalGatedUnit struct{}

func (minimalGatedUnit) Gates() []string { return []string{"forget", "candidate"} }

func (minimalGatedUnit) Step(e spec.Equations, h spec.Value) spec.Value {
	f := e.Gate("forget", e.Sum(e.Input("forget"), e.Recurrent("forget", h)))
	return e.Between(f, e.Candidate(e.Sum(e.Input("candidate"), e.Recurrent("candidate", e.Product(f, h)))), h)
}

// shift adds a parameter to every number. It has no form for predictions without a graph.
type shift struct {
	Begin float64 `yaml:"begin"` // the value of the parameter at first
}

func (s *shift) Validate() (faults fault.List) {
	faults.Check(s.Begin >= -1 && s.Begin <= 1, "begin", s.Begin, "-1 to 1")
	return faults
}

func (s *shift) OutputShape(in spec.Shape) (spec.Shape, fault.List) { return in, nil }

func (s *shift) NewLayer(name string, in spec.Shape, dtype tensor.Dtype, streams *graph.Streams) (layers.Layer, error) {
	p, err := graph.NewParam(name+"/shift", graph.RoleBias, dtype, graph.Uniform(0.1), streams, in.Width)
	return &shiftLayer{p}, err
}

type shiftLayer struct{ by *graph.Param }

func (s *shiftLayer) Params() []*graph.Param { return []*graph.Param{s.by} }

func (s *shiftLayer) Apply(b *graph.Builder, in layers.Seq) (layers.Seq, error) {
	by, err := b.Param(s.by)
	if err != nil {
		return layers.Seq{}, err
	}
	y, err := op.Add(b.Ops(), in.X, by)
	return layers.Seq{X: y, Mask: in.Mask}, err
}

// halfEntropy is half of the cross-entropy.
type halfEntropy struct{}

func (halfEntropy) Targets() spec.Targets { return spec.ClassTargets }

func (halfEntropy) Rows(s *op.Scope, predictions, labels *gorgonia.Node) (*gorgonia.Node, error) {
	rows, err := op.SoftmaxCrossEntropy(s, predictions, labels, 0)
	if err != nil {
		return nil, err
	}
	return op.ScaleShift(s, rows, 0.5, 0)
}

// quartic is the fourth power of errors.
type quartic struct{}

func (quartic) Targets() spec.Targets { return spec.NumberTargets }

func (quartic) Rows(s *op.Scope, predictions, targets *gorgonia.Node) (*gorgonia.Node, error) {
	e, err := op.SquaredError(s, predictions, targets)
	if err != nil {
		return nil, err
	}
	return op.Multiply(s, e, e)
}

// right counts the sequences whose class is right.
type right struct{ n float64 }

func (r *right) Add(row *trainer.Row) {
	for _, score := range row.Scores {
		if score > row.Scores[row.Label] {
			return
		}
	}
	r.n++
}

func (r *right) Value() (float64, error) { return r.n, nil }

func bursts(context.Context, data.Config, []string) (*data.Data, error) {
	random := rand.New(rand.NewPCG(1, 2))
	x, labels := make([][][]float64, 60), make([]string, 60)
	for i := range x {
		labels[i] = []string{"quiet", "burst"}[i%2]
		for t := range 5 {
			v := random.NormFloat64()
			if i%2 == 1 && t == i%5 {
				v += 4
			}
			x[i] = append(x[i], []float64{v})
		}
	}
	return data.FromSequences(x, labels, data.InMemory{})
}

const experimentFile = `task: classify
data: {name: bursts, batch_size: 8}
model: {layers: [mgu: {units: 4}, shift: {begin: 0.5}, dense]}
loss: half_entropy
solver: {name: plain, schedule: {name: halving, options: {stairs: 3}}}
trainer: {max_epochs: 2, metrics: [right], early_stopping: {monitor: valid.right, patience: 5}}
`

// gruexp runs the program with the extensions and returns what it printed.
func gruexp(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errors bytes.Buffer
	if found := app.Run(t.Context(), args, strings.NewReader(""), &out, &errors, own()); found != code {
		t.Errorf("gruexp %v: found exit code %d and\n%s%s\nexpected %d", args, found, out.String(), errors.String(), code)
	}
	return out.String(), errors.String()
}

func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s: found\n%s\nexpected %q in it", what, text, part)
		}
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A loss that is added is selected by its name, for classes and for numbers; without its extension it is an error.
func TestOwnLosses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	losses := map[string]float64{}
	file := write(t, filepath.Join(folder, "own.yaml"), strings.Replace(experimentFile, "metrics: [right], ", "", 1))
	for _, loss := range []string{"half_entropy", "cross_entropy"} {
		out := filepath.Join(folder, loss)
		text, _ := gruexp(t, 0, "train", file, "--out", out, "--quiet", "--json", "--set", "loss="+loss, "--set", "trainer={max_epochs: 1}", "--set", "solver.learning_rate=1e-30")
		losses[loss] = resultOf(t, text).Test["loss"]
	}
	if ratio := losses["half_entropy"] / losses["cross_entropy"]; math.Abs(ratio-0.5) > 1e-6 {
		t.Errorf("found losses %v of the same weights, expected one half of the other", losses)
	}
	var table strings.Builder
	table.WriteString("seq,x,y\n")
	for i := range 60 {
		x := math.Sin(float64(i))
		table.WriteString(strings.Join([]string{string(rune('a'+i%26)) + string(rune('a'+i/26)), number(x), number(x * 2)}, ",") + "\n")
	}
	write(t, filepath.Join(folder, "numbers.csv"), table.String())
	numbers := write(t, filepath.Join(folder, "numbers.yaml"), `task: regress
data: {table: {path: numbers.csv, sequence: seq, target: y}, batch_size: 8}
model: {layers: [gru: {units: 4}, dense]}
loss: quartic
trainer: {max_epochs: 1}
`)
	text, _ := gruexp(t, 0, "train", numbers, "--out", filepath.Join(folder, "numbers"), "--quiet", "--json")
	if r := resultOf(t, text); !(r.Test["loss"] > 0) || !(r.Test["mae"] > 0) {
		t.Errorf("found metrics %v, expected loss and mae", r.Test)
	}
	_, stderr := gruexp(t, 2, "config", "check", write(t, filepath.Join(folder, "wrong.yaml"), strings.Replace(experimentFile, "half_entropy", "quartic", 1)))
	contains(t, "a loss of numbers for classes", stderr, `wrong.yaml:4: wrong value of loss (found "quartic"`, "half_entropy")
	_, stderr = gruexp(t, 2, "config", "check", write(t, filepath.Join(folder, "wrong.yaml"), strings.Replace(experimentFile, "half_entropy", "halfentropy", 1)))
	contains(t, "a misspelled loss", stderr, `did you mean "half_entropy"?`)
}

func number(v float64) string {
	text, _ := json.Marshal(v)
	return string(text)
}

type result struct {
	Run         string
	Epochs      int
	Valid, Test map[string]float64
}

func resultOf(t *testing.T, stdout string) (r result) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
		t.Errorf("found %v in\n%s", err, stdout)
	}
	return r
}

// Every verb knows what the program adds.
func TestOwnPartsInEveryVerb(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := write(t, filepath.Join(folder, "own.yaml"), experimentFile)
	in := func(name string) string { return filepath.Join(folder, name) }
	names := []string{"mgu", "shift", "half_entropy", "plain", "halving", "right", "bursts"}

	gruexp(t, 0, "config", "check", file)
	text, _ := gruexp(t, 0, "config", "show", file)
	contains(t, "config show", text, "    - mgu:\n        units: 4\n", "    - shift:\n        begin: 0.5\n", "name: plain", "stairs: 3.0", "metrics: [right]")
	gruexp(t, 0, "config", "check", write(t, in("shown.yaml"), text))
	for _, verb := range [][]string{{"--help"}, {"list"}, {"config", "reference"}} {
		text, _ = gruexp(t, 0, verb...)
		contains(t, strings.Join(verb, " "), text, names...)
	}
	text, _ = gruexp(t, 0, "data", "list")
	contains(t, "data list", text, "bursts")
	text, _ = gruexp(t, 0, "list", "--json")
	contains(t, "list --json", text, `"mgu"`, `"bursts"`)

	run := in("run")
	text, _ = gruexp(t, 0, "train", file, "--out", run, "--quiet", "--json")
	if r := resultOf(t, text); r.Epochs != 2 || !(r.Test["right"] >= 1) {
		t.Errorf("found %+v, expected two epochs and the added metric", r)
	}
	text, _ = gruexp(t, 0, "eval", run, "--json")
	contains(t, "eval", text, `"right":`)
	gruexp(t, 0, "inspect", run, "--json")
	gruexp(t, 0, "report", run, "--output", in("report.html"))
	contains(t, "report", read(t, in("report.html")), "right", "mgu")
	gruexp(t, 0, "config", "plot", file, "--output", in("rates.svg"))
	text, _ = gruexp(t, 0, "list", "runs", folder)
	contains(t, "list runs", text, "own", "finished")
	text, _ = gruexp(t, 0, "diff", run, run)
	contains(t, "diff", text, "test.right")

	// An interrupted run ends with the same weights.
	half := in("half")
	gruexp(t, 0, "train", file, "--out", half, "--quiet", "--set", "trainer.max_steps=3")
	for range 4 {
		gruexp(t, 0, "resume", half, "--quiet")
	}

	// The layer has no form for other programs, nor for predictions without a graph; the cell has the latter.
	for _, format := range []string{"torch", "keras", "onnx"} {
		_, stderr := gruexp(t, 2, "export", run, "--format", format, "--output", in("model."+format))
		contains(t, "export "+format, stderr, `model.layers.0 (found "mgu"`, `model.layers.1 (found "shift"`)
	}
	gruexp(t, 0, "export", run, "--format", "npz", "--output", in("model.npz"))
	gruexp(t, 0, "export", run, "--format", "safetensors", "--output", in("model.safetensors"))
	input := write(t, in("input.jsonl"), "{\"inputs\": [[0.1], [5.0]]}\n")
	_, stderr := gruexp(t, 2, "predict", run, "--input", input, "--output", in("output.jsonl"))
	contains(t, "predict", stderr, "shift")
	plain := in("plain")
	gruexp(t, 0, "train", file, "--out", plain, "--quiet", "--set", "model.layers=[mgu: {units: 4}, dense]")
	gruexp(t, 0, "predict", plain, "--input", input, "--output", in("output.jsonl"))
	contains(t, "predictions", read(t, in("output.jsonl")), `"class"`)

	// A program without the extensions says what it lacks.
	var out, errors bytes.Buffer
	if code := app.Run(t.Context(), []string{"predict", plain, "--input", input, "--output", in("x.jsonl")}, strings.NewReader(""), &out, &errors, app.Extensions{}); code != 2 {
		t.Errorf("found exit code %d and %s, expected 2", code, errors.String())
	}
	contains(t, "a program without extensions", errors.String(), "mgu")
}

// Studies start the program again, with its extensions.
func TestOwnPartsInStudies(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes")
	}
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	write(t, in("own.yaml"), experimentFile)
	comparison := write(t, in("compare.yaml"), `base: own.yaml
metric: valid.right
seeds: [1, 2]
reference: plain
arms:
  plain: {}
  adam: {solver: {name: adam}}
  gru: {"model.layers.0": {gru: {units: 4}}}
`)
	text, _ := gruexp(t, 0, "compare", comparison, "--out", in("comparison"), "--json")
	contains(t, "compare", text, `"plain"`, `"gru"`)
	gruexp(t, 0, "report", in("comparison"), "--output", in("comparison.html"))
	search := write(t, in("tune.yaml"), `base: own.yaml
metric: valid.right
trials: 2
sampler: random
space:
  solver.learning_rate: {log: [0.01, 0.1]}
  model.layers.0.mgu.units: {int: [2, 4]}
  solver.schedule.options.stairs: {choice: [1, 2]}
`)
	text, _ = gruexp(t, 0, "tune", search, "--out", in("search"), "--json")
	contains(t, "tune", text, `model.layers.0.mgu.units`)
	gruexp(t, 0, "report", in("search"), "--output", in("search.html"))
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
