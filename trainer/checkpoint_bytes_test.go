package trainer

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
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
		whole, err := c.encode()
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := weights.Encode(&file, whole.Tensors, whole.Metadata); err != nil {
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

// Checkpoints of the older format, which have the epochs in their state, are read; those of the newer have them in one place only, each
// as its number says.
func TestHistoryOfCheckpoints(t *testing.T) {
	t.Parallel()
	c := smallCheckpoint()
	whole, err := json.Marshal(c.state)
	if err != nil {
		t.Fatal(err)
	}
	short := c.state
	short.Epochs = nil
	text, err := json.Marshal(short)
	if err != nil {
		t.Fatal(err)
	}
	const lines = `{"epoch":1,"train":{"loss":0.5}}` + "\n" + `{"epoch":2,"train":{"loss":null}}` + "\n"
	history := func(text string) []weights.Tensor {
		return append(slices.Clip(c.tensors), weights.Tensor{Name: historyTensor, Shape: []int{len(text)}, Data: []uint8(text)})
	}
	for name, one := range map[string]struct {
		format, state string
		tensors       []weights.Tensor
		epochs        int
		fault         string
	}{
		"older":             {olderFormat, string(whole), c.tensors, 2, ""},
		"newer":             {checkpointFormat, string(text), history(lines), 2, ""},
		"older with both":   {olderFormat, string(whole), history(lines), 0, "history"},
		"no history":        {checkpointFormat, string(text), c.tensors, 0, "no such tensor"},
		"two histories":     {checkpointFormat, string(whole), history(lines), 0, "2 epochs"},
		"too short":         {checkpointFormat, string(text), history(lines[:strings.Index(lines, "\n")+1]), 0, "2 finished epochs of which 1"},
		"another number":    {checkpointFormat, string(text), history(strings.ReplaceAll(lines, ":2,", ":3,")), 0, "epoch 3 as number 2"},
		"numbers":           {checkpointFormat, string(text), append(slices.Clip(c.tensors), weights.Tensor{Name: historyTensor, Shape: []int{1}, Data: []float64{1}}), 0, "U8"},
		"an unknown format": {"gruexp checkpoint 3", string(text), history(lines), 0, "format"},
	} {
		file := &weights.File{Tensors: one.tensors, Metadata: map[string]string{formatKey: one.format, stateKey: one.state}}
		if file.Metadata[sumKey], err = checksum(file.Tensors, file.Metadata); err != nil {
			t.Fatal(err)
		}
		found, err := parseCheckpoint(file)
		switch {
		case one.fault != "":
			if err == nil || !strings.Contains(err.Error(), one.fault) {
				t.Errorf("%s: found %v, expected it to say %q", name, err, one.fault)
			}
		case err != nil || len(found.state.Epochs) != one.epochs || len(found.tensors) != len(c.tensors):
			t.Errorf("%s: found %+v, %v", name, found, err)
		}
	}
}

// The text of the history grows by the new epochs alone, and is the same as if it were made at once.
func TestHistoryGrows(t *testing.T) {
	t.Parallel()
	var epochs []Epoch
	var grown historyText
	for i := 1; i <= 5; i++ {
		epochs = append(epochs, Epoch{Epoch: i, Train: Values{"loss": 1 / float64(i)}, Valid: Values{"auc": math.NaN()}})
		text, err := grown.upTo(epochs)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := (&historyText{}).upTo(epochs)
		if err != nil || !bytes.Equal(text, whole) {
			t.Fatalf("found %q, %v, expected %q", text, err, whole)
		}
		if parsed, err := parseHistory(text); err != nil || len(parsed) != i || parsed[i-1].Train["loss"] != 1/float64(i) {
			t.Errorf("found %+v, %v", parsed, err)
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
