package trainer_test

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

func isInterrupted(err error) bool { return errors.Is(err, trainer.ErrInterrupted) }

// interruptAfter cancels the run after so many steps of this process.
func (e experiment) interruptAfter(t *testing.T, steps int) (made, *trainer.History, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := 0
	if steps == 0 {
		cancel()
	}
	e.options.Callbacks = append(slices.Clone(e.options.Callbacks), on(trainer.StepEnd, func(*trainer.Event) error {
		if done++; done == steps {
			cancel()
		}
		return nil
	}))
	m := e.make(t)
	h, err := m.fit(ctx)
	return m, h, err
}

func (e experiment) mustResume(t *testing.T) outcome {
	t.Helper()
	e.options.Resume = true
	return e.mustFit(t)
}

// An interruption after any step, the first, the last of an epoch and the last of all among them, leaves no trace.
func TestResumeAfterEveryStep(t *testing.T) {
	t.Parallel()
	e := noisy()
	expected := e.mustFit(t)
	steps := expected.history.Steps
	if steps < 10 {
		t.Fatalf("found a run of %d steps, expected one worth interrupting", steps)
	}
	e.trainer.CheckpointEvery = math.MaxInt // so that nothing but the interruption writes one
	for at := range steps {
		e.options.Checkpoints = t.TempDir()
		_, h, err := e.interruptAfter(t, at)
		if !isInterrupted(err) || h.StopReason != trainer.StopInterrupted || h.Steps != at {
			t.Fatalf("found %v, %+v, expected an interruption after step %d", err, h, at)
		}
		if found := e.mustResume(t); !reflect.DeepEqual(found, expected) {
			t.Errorf("interrupted after step %d: found another run than the uninterrupted one:\n%+v\n%+v", at, found.history, expected.history)
		}
	}
	if found := e.mustResume(t); !reflect.DeepEqual(found, expected) {
		t.Errorf("resumed after its end: found another run:\n%+v\n%+v", found.history, expected.history)
	}
}

// The same with a solver that averages weights, skips spikes, draws noise and follows slow weights.
func TestResumeOfASolverWithMemory(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.solver = solvers.Config{
		Name: solvers.NameASGD, LearningRate: 0.05, AverageAfter: new(1.0),
		Spikes:        new(solvers.SpikeConfig{Threshold: 1.1, WarmUpSteps: 1}),
		GradientNoise: new(solvers.GradientNoiseConfig{}), Lookahead: new(solvers.LookaheadConfig{Steps: 3}),
	}
	expected := e.mustFit(t)
	if expected.history.Epochs[2].Train[trainer.MetricSpikes] == 0 {
		t.Error("found no spikes, expected some to skip")
	}
	e.trainer.CheckpointEvery = math.MaxInt
	for at := range expected.history.Steps {
		e.options.Checkpoints = t.TempDir()
		if _, h, err := e.interruptAfter(t, at); !isInterrupted(err) {
			t.Fatalf("found %v, %+v, expected an interruption after step %d", err, h, at)
		}
		if found := e.mustResume(t); !reflect.DeepEqual(found, expected) {
			t.Errorf("interrupted after step %d: found another run than the uninterrupted one:\n%+v\n%+v", at, found.history, expected.history)
		}
	}
}

// The same with an interruption after each step of the run, a process for each.
func TestResumeAgainAndAgain(t *testing.T) {
	t.Parallel()
	e := noisy()
	expected := e.mustFit(t)
	e.options.Checkpoints = t.TempDir()
	e.options.Resume = true // from nothing at first
	var seconds float64
	e.options.Callbacks = []trainer.Callback{
		on(trainer.RunStart, func(event *trainer.Event) error {
			if event.History.Seconds < seconds {
				t.Errorf("found %v s at the start, expected at least the %v s of the run before", event.History.Seconds, seconds)
			}
			return nil
		}),
		on(trainer.StepEnd, func(event *trainer.Event) error { seconds = event.History.Seconds; return nil }),
	}
	for range expected.history.Steps + 1 {
		m, h, err := e.interruptAfter(t, 1)
		if err == nil {
			if found := m.outcome(h); !reflect.DeepEqual(found, expected) {
				t.Errorf("found another run than the uninterrupted one:\n%+v\n%+v", found.history, expected.history)
			}
			return
		}
		if !isInterrupted(err) {
			t.Fatal(err)
		}
	}
	t.Error("found no end of the run")
}

// cancelingFill is a data set that cancels the run when it is asked for its batch number at.
type cancelingFill struct {
	data.Dataset
	cancel context.CancelFunc
	at     int
	filled int
}

func (c *cancelingFill) Fill(b *data.Batch, indices []int) error {
	if c.filled++; c.filled == c.at {
		c.cancel()
	}
	return c.Dataset.Fill(b, indices)
}

func TestResumeAfterInterruptedEvaluation(t *testing.T) {
	t.Parallel()
	e := noisy()
	expected := e.mustFit(t)
	for at := range 6 { // of three batches in an evaluation
		ctx, cancel := context.WithCancel(t.Context())
		e.options.Checkpoints = t.TempDir()
		m := e.make(t)
		_, err := m.Fit(ctx, m.model, m.train, &cancelingFill{e.valid, cancel, at + 1, 0})
		cancel()
		if !isInterrupted(err) {
			t.Fatalf("found %v, expected an interruption", err)
		}
		if found := e.mustResume(t); !reflect.DeepEqual(found, expected) {
			t.Errorf("interrupted in batch %d of the evaluations: found another run", at)
		}
	}
}

// A run that a callback stopped, or one that returns the context's error, can be gone on with like an interrupted one.
func TestResumeAfterCallback(t *testing.T) {
	t.Parallel()
	e := noisy()
	expected := e.mustFit(t)
	for _, kind := range []trainer.EventKind{trainer.EpochStart, trainer.StepEnd, trainer.EpochEnd} {
		for _, returned := range []error{trainer.ErrStop, context.Canceled} {
			e := e
			e.options.Checkpoints = t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			e.options.Callbacks = []trainer.Callback{on(kind, func(event *trainer.Event) error {
				if event.Epoch < 2 {
					return nil
				}
				if returned == context.Canceled {
					cancel()
				}
				return returned
			})}
			h, err := e.make(t).fit(ctx)
			cancel()
			if stopped := err == nil && h.StopReason == trainer.StopCallback; !stopped && !isInterrupted(err) {
				t.Fatalf("event %d, %v: found %v, %+v", kind, returned, err, h)
			}
			e.options.Callbacks = nil
			if found := e.mustResume(t); !reflect.DeepEqual(found, expected) {
				t.Errorf("event %d, %v: found another run than the uninterrupted one", kind, returned)
			}
		}
	}
}

const killedRunVariable = "TRAINER_TEST_CHECKPOINTS"

// TestMain makes the test binary, on demand, a process that trains with checkpoints.
func TestMain(m *testing.M) {
	dir := os.Getenv(killedRunVariable)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := trainAloud(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// trainAloud says after each step how far it is and waits for a byte to go on, and says the outcome in the end.
func trainAloud(dir string) error {
	e := noisy()
	e.options.Checkpoints, e.options.Resume = dir, true
	e.options.Callbacks = []trainer.Callback{on(trainer.StepEnd, func(event *trainer.Event) error {
		if _, err := fmt.Println("step", event.Epoch, event.Step); err != nil {
			return err
		}
		_, err := os.Stdin.Read(make([]byte, 1))
		return err
	})}
	m, err := e.build()
	if err != nil {
		return err
	}
	h, err := m.fit(context.Background())
	if err != nil {
		return err
	}
	_, err = fmt.Println("done", digest(m.outcome(h)))
	return err
}

// digest is an outcome in a line.
func digest(o outcome) string {
	return fmt.Sprintf("%v %x", o.history, o.weights)
}

// A process is killed again and again until one comes to the end, always at another moment.
func TestKilledProcess(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows lets nobody replace a file that a killed process may still hold open")
	}
	expected := digest(noisy().mustFit(t))
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(1, 1))
	kills := 0
	for {
		lines := 3 + random.IntN(5)
		if kills == 6 {
			lines = math.MaxInt
		}
		last := runAndKill(t, dir, lines)
		if found, done := strings.CutPrefix(last, "done "); done {
			if found != expected {
				t.Errorf("after %d kills found\n%s\nexpected\n%s", kills, found, expected)
			}
			break
		}
		if kills++; kills > 7 {
			t.Fatalf("found the last words %q, expected an end", last)
		}
	}
	if kills < 2 {
		t.Errorf("found %d kills before the end, expected some", kills)
	}
}

// runAndKill runs the process until it has said so many lines and returns the last of all that it said. It is told to go
// on before it is killed, so that the end comes in the middle of a step or of a checkpoint.
func runAndKill(t *testing.T, dir string, lines int) string {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killedRunVariable+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	goOn, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var last string
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 1<<20)
	for said := 1; scanner.Scan(); said++ {
		last = scanner.Text()
		_, _ = goOn.Write([]byte{0}) // fails once the process has ended, which the next line shows
		if said == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // says that it was killed
	return last
}

func checkpointFiles(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		files = append(files, filepath.Join(dir, e.Name()))
	}
	return files
}

func damage(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-5] ^= 0x10 // in the last tensor
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedCheckpoints(t *testing.T) {
	t.Parallel()
	e := noisy()
	expected := e.mustFit(t)
	e.options.Checkpoints, e.options.Fingerprint = t.TempDir(), "config 1"
	if _, _, err := e.interruptAfter(t, 13); !isInterrupted(err) { // after epochs 1 and 2, and in the third
		t.Fatal(err)
	}
	files := checkpointFiles(t, e.options.Checkpoints)
	if len(files) != 2 {
		t.Fatalf("found the files %q, expected the newest two checkpoints alone", files)
	}

	fresh := e.make(t)
	if _, err := fresh.fit(t.Context()); err == nil || !strings.Contains(err.Error(), files[1]) {
		t.Errorf("not resumed: found %v, expected that a used directory is refused", err)
	}
	var other *trainer.OtherRunError
	wrong := e
	wrong.options.Fingerprint, wrong.options.Resume = "config 2", true
	if _, err := wrong.make(t).fit(t.Context()); !errors.As(err, &other) || other.Found != "config 1" || other.Path != files[1] {
		t.Errorf("another configuration: found %v", err)
	}

	damage(t, files[1])
	leftover := filepath.Join(e.options.Checkpoints, ".gruexp-1-0.tmp") // of a process killed while it wrote
	if err := os.WriteFile(leftover, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var warnings []string
	e.options.Callbacks = []trainer.Callback{on(trainer.Warning, func(event *trainer.Event) error {
		warnings = append(warnings, event.Message)
		return nil
	})}
	if found := e.mustResume(t); !reflect.DeepEqual(found, expected) {
		t.Error("resumed from the checkpoint before: found another run than the uninterrupted one")
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], files[1]) || !strings.Contains(warnings[0], "checksum") {
		t.Errorf("found warnings %q, expected one that names %s", warnings, files[1])
	}

	if files = checkpointFiles(t, e.options.Checkpoints); len(files) != 2 || slices.Contains(files, leftover) {
		t.Fatalf("found the files %q, expected two checkpoints", files)
	}
	damage(t, files[1])
	if err := os.Truncate(files[0], 100); err != nil {
		t.Fatal(err)
	}
	var unusable *trainer.CheckpointError
	e.options.Resume = true
	_, err := e.make(t).fit(t.Context())
	if !errors.As(err, &unusable) || len(unusable.Faults) != 2 {
		t.Fatalf("found %v, expected that no checkpoint can be used", err)
	}
	for _, file := range files {
		if strings.Count(err.Error(), file) != 1 {
			t.Errorf("found %q, expected %s once", err, file)
		}
	}
}

// A checkpoint of a model of another shape is refused although the fingerprint says nothing.
func TestCheckpointOfAnotherModel(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.options.Checkpoints = t.TempDir()
	e.mustFit(t)
	e.layers = gru(5, false)
	e.options.Resume = true
	m := e.make(t)
	before := values(m.model.Params())
	if _, err := m.fit(t.Context()); err == nil || !strings.Contains(err.Error(), "gru0/kernel") {
		t.Errorf("found %v, expected the parameters that do not fit", err)
	}
	if !reflect.DeepEqual(values(m.model.Params()), before) {
		t.Error("found changed weights after a refused checkpoint")
	}
}

func TestCheckpointEvery(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer.MaxEpochs, e.trainer.CheckpointEvery, e.trainer.EarlyStopping = 7, 3, nil
	e.options.Checkpoints = filepath.Join(t.TempDir(), "made", "here")
	e.mustFit(t)
	var names []string
	for _, file := range checkpointFiles(t, e.options.Checkpoints) {
		names = append(names, filepath.Base(file))
	}
	// Of epochs 3, 6 and 7, the last one, the newest two are left.
	if !slices.Equal(names, []string{"checkpoint-000002.safetensors", "checkpoint-000003.safetensors"}) {
		t.Errorf("found %q", names)
	}
}

// A diverged run leaves the checkpoint of the last good epoch.
func TestDivergedKeepsCheckpoint(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.options.Checkpoints = t.TempDir()
	e.train = &brokenFill{e.train, 12}
	_, err := e.make(t).fit(t.Context())
	var broken *trainer.DivergedError
	if !errors.As(err, &broken) || broken.Epoch != 3 || broken.Step != 12 {
		t.Fatalf("found %v, expected that step 12 diverged", err)
	}
	dir := e.options.Checkpoints
	e = noisy()
	expected := e.mustFit(t)
	e.options.Checkpoints = dir
	if found := e.mustResume(t); !reflect.DeepEqual(found, expected) {
		t.Error("resumed with mended data: found another run than one with whole data")
	}
}

// brokenFill is a data set whose batch number at has an infinite input.
type brokenFill struct {
	data.Dataset
	left int
}

func (b *brokenFill) Fill(batch *data.Batch, indices []int) error {
	err := b.Dataset.Fill(batch, indices)
	if b.left--; b.left == 0 {
		batch.Inputs[0] = math.NaN()
	}
	return err
}

func TestDirectoryThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	e := noisy()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e.options.Checkpoints = file
	if _, err := e.make(t).fit(t.Context()); err == nil {
		t.Error("found no error, expected that a file is no directory")
	}

	// Gone in the middle of the run: the error of writing wins over the interruption.
	dir := filepath.Join(t.TempDir(), "checkpoints")
	e.options.Checkpoints = dir
	e.options.Callbacks = []trainer.Callback{on(trainer.StepEnd, func(*trainer.Event) error { return os.RemoveAll(dir) })}
	_, h, err := e.interruptAfter(t, 3)
	if !errors.Is(err, os.ErrNotExist) || h.StopReason != trainer.StopFailed {
		t.Errorf("found %v, %+v, expected that nothing can be written", err, h)
	}
}
