package trainer

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph/weights"
)

func smallCheckpoint() checkpoint {
	return checkpoint{
		state: state{
			Fingerprint: "a", Epoch: 2, Batch: 3, Step: 13, Seconds: 1.5, LearningRate: 0.1 + 0.2,
			Sums:     sums{Weight: 3, Loss: math.Pi * 1e-300, Correct: 2},
			Streams:  map[string][]byte{"order": {0, 1, 255}},
			Stopping: stopping{Best: math.SmallestNonzeroFloat64, BestEpoch: 1, Waited: 1},
			Epochs:   []Epoch{{Epoch: 1, Train: map[string]float64{"loss": 1.0 / 3}}, {Epoch: 2, Train: map[string]float64{"loss": 1.0 / 7}}},
		},
		tensors: []weights.Tensor{
			{Name: "param/a", Shape: []int{2}, Data: []float32{1.5, math.MaxFloat32}},
			{Name: "solver/step", Shape: []int{1}, Data: []float64{13}},
		},
	}
}

func TestCheckpointRoundTrip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := smallCheckpoint()
	if err := saveCheckpoint(dir, c); err != nil {
		t.Fatal(err)
	}
	found, faults, err := loadCheckpoint(dir, "a")
	if err != nil || faults != nil {
		t.Fatal(err, faults)
	}
	if !reflect.DeepEqual(found.state, c.state) {
		t.Errorf("found state %+v, expected %+v", found.state, c.state)
	}
	for _, room := range []string{"param/", "solver/"} {
		found, expected := found.section(room), c.section(room)
		if !reflect.DeepEqual(found, expected) || len(found) != 1 {
			t.Errorf("found tensors %v, expected %v", found, expected)
		}
	}
}

// Whatever byte of the file is another, it is noticed; so is every end that comes too early.
func TestEveryDamageIsNoticed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := saveCheckpoint(dir, smallCheckpoint()); err != nil {
		t.Fatal(err)
	}
	existing, err := listCheckpoints(dir)
	if err != nil || len(existing) != 1 {
		t.Fatal(err, existing)
	}
	raw, err := os.ReadFile(existing[0].path)
	if err != nil {
		t.Fatal(err)
	}
	read := func(raw []byte) error {
		file, err := weights.Decode(bytes.NewReader(raw), int64(len(raw)))
		if err == nil {
			_, err = parseCheckpoint(file)
		}
		return err
	}
	for i := range raw {
		raw[i] ^= 1
		if read(raw) == nil {
			t.Errorf("byte %d of %d changed: found no error", i, len(raw))
		}
		raw[i] ^= 1
		if read(raw[:i]) == nil {
			t.Errorf("cut after %d of %d bytes: found no error", i, len(raw))
		}
	}
}

// A checkpoint whose checksum is right and whose state cannot be that of a run is damaged, too.
func TestImpossibleStates(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(s *state){
		"batch: -1": func(s *state) { s.Batch = -1 }, "epoch: -2": func(s *state) { s.Epoch = -2 }, "step: -1": func(s *state) { s.Step = -1 },
		"2 finished epochs of which 0": func(s *state) { s.Epochs = nil }, "the best epoch 3 of 2": func(s *state) { s.Stopping.BestEpoch = 3 },
		"waited: -1": func(s *state) { s.Stopping.Waited = -1 }, "epoch 5 as number 2": func(s *state) { s.Epochs[1].Epoch = 5 },
	} {
		c := smallCheckpoint()
		change(&c.state)
		metadata, err := c.metadata()
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := weights.Encode(&file, c.tensors, metadata); err != nil {
			t.Fatal(err)
		}
		decoded, err := weights.Decode(&file, int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseCheckpoint(decoded); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("found %v, expected it to say %q", err, name)
		}
	}
}

func TestOtherFilesAreNoCheckpoints(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"checkpoint-1.safetensors", "checkpoint-000001.safetensors.bak", "x-000001.safetensors", ".gruexp-1-0.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if c, faults, err := loadCheckpoint(dir, "a"); c != nil || faults != nil || err != nil {
		t.Errorf("found %v, %v, %v, expected nothing", c, faults, err)
	}
	for range 3 {
		if err := saveCheckpoint(dir, smallCheckpoint()); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4+checkpointsKept {
		t.Errorf("found %d files (%v), expected the other ones and %d checkpoints", len(entries), err, checkpointsKept)
	}
}
