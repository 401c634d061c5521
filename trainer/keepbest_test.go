package trainer_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer"
)

// The best epochs' weights are those that the run had then; a run that was interrupted leaves the same files.
func TestKeepBest(t *testing.T) {
	t.Parallel()
	e := noisy()
	e.trainer.MaxEpochs, e.trainer.KeepBest, e.trainer.EarlyStopping, e.trainer.CheckpointEvery = 8, 3, nil, 3
	e.solver.LearningRate = 0.2 // rough enough to get worse
	files := func(dir string) map[string]string {
		found, err := filepath.Glob(filepath.Join(dir, "best-*"))
		if err != nil {
			t.Fatal(err)
		}
		contents := map[string]string{}
		for _, path := range found {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			contents[filepath.Base(path)] = string(text)
		}
		return contents
	}

	seen := map[int][][]float64{}
	var m made
	whole := e
	whole.options.Checkpoints = t.TempDir()
	whole.options.Callbacks = []trainer.Callback{on(trainer.EpochEnd, func(event *trainer.Event) error {
		seen[event.Epoch] = values(m.model.Params())
		return nil
	})}
	m = whole.make(t)
	h, err := m.fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	epochs := slices.Clone(h.Epochs)
	slices.SortFunc(epochs, func(a, b trainer.Epoch) int {
		if a.Valid["loss"] < b.Valid["loss"] {
			return -1
		}
		return 1
	})
	expected := files(whole.options.Checkpoints)
	if len(expected) != 3 {
		t.Fatalf("found %d files, expected 3", len(expected))
	}
	params := e.make(t).model.Params()
	for _, epoch := range epochs[:3] {
		path := filepath.Join(whole.options.Checkpoints, trainer.BestWeightsName(epoch.Epoch))
		file, err := weights.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := graph.Assign(params, file.Tensors); err != nil || !reflect.DeepEqual(values(params), seen[epoch.Epoch]) {
			t.Errorf("epoch %d: found other weights than those of the epoch (%v)", epoch.Epoch, err)
		}
	}

	interrupted := e
	interrupted.options.Checkpoints = t.TempDir()
	interrupted.options.Resume = true
	for _, steps := range []int{6, 17, 3} {
		if _, _, err := interrupted.interruptAfter(t, steps); !isInterrupted(err) {
			t.Fatal(err)
		}
	}
	interrupted.mustFit(t)
	if found := files(interrupted.options.Checkpoints); !reflect.DeepEqual(found, expected) {
		t.Errorf("found other files than those of the uninterrupted run")
	}
}

// A directory whose name is a pattern means itself: files of other runs stay, and so does what only looks like weights of an epoch.
func TestKeepBestInADirectoryNamedLikeAPattern(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	others := []string{filepath.Join(root, "x1", "best-000009.safetensors"), filepath.Join(root, "x*", "best-9.safetensors"), filepath.Join(root, "x*", "best-of.safetensors")}
	for _, path := range others {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"x*", "a[b", `c\d`} {
		e := noisy()
		e.trainer.MaxEpochs, e.trainer.KeepBest, e.trainer.EarlyStopping = 3, 2, nil
		e.options.Checkpoints = filepath.Join(root, name)
		if _, err := e.make(t).fit(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		kept := 0
		for epoch := range 4 {
			if _, err := os.Stat(filepath.Join(root, name, trainer.BestWeightsName(epoch))); err == nil {
				kept++
			}
		}
		if kept != 2 {
			t.Errorf("%s: found the weights of %d epochs, expected 2", name, kept)
		}
	}
	for _, path := range others {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("found that a foreign file is gone: %v", err)
		}
	}
}
