package trainer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer/atomicfile"
)

const (
	checkpointFormat = "gruexp checkpoint 1"
	checkpointPrefix = "checkpoint-"
	checkpointSuffix = ".safetensors"
	checkpointsKept  = 2

	// Keys of the metadata.
	formatKey = "format"
	stateKey  = "state"
	sumKey    = "sha256"
)

// checkpoint is what a run needs in order to continue. Its file holds the tensors and, as metadata, the state as JSON and
// a SHA-256 over both.
type checkpoint struct {
	state   state
	tensors []weights.Tensor
}

// state is the part of a checkpoint that is not tensors.
type state struct {
	Fingerprint  string            `json:"fingerprint"` // of the configuration of the run
	Epoch        int               `json:"epoch"`       // finished epochs
	Batch        int               `json:"batch"`       // finished batches, or windows of them, of the epoch under way
	Step         int               `json:"step"`        // solver steps
	Seconds      float64           `json:"seconds"`
	LearningRate float64           `json:"learning_rate"` // of the last step
	Sums         sums              `json:"sums"`          // over what is finished of the epoch under way
	Streams      map[string][]byte `json:"streams"`       // that of the order as it was when the epoch under way began
	Stopping     stopping          `json:"stopping"`
	Plateau      plateau           `json:"plateau"`
	Accumulated  accumulated       `json:"accumulated"` // of the next step
	Callbacks    map[string][]byte `json:"callbacks,omitempty"`
	Epochs       []Epoch           `json:"epochs"`
}

// CheckpointError says that a directory has checkpoints and none of them can be used.
type CheckpointError struct{ Faults []FileFault }

// FileFault is what is wrong with one file.
type FileFault struct {
	Path string
	Err  error // names the path; a [fault.Fault] where the content is damaged
}

func (e *CheckpointError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.Err.Error()
	}
	return "no usable checkpoint: " + strings.Join(lines, "; ")
}

// OtherRunError says that a checkpoint was written under another configuration.
type OtherRunError struct{ Path, Found, Expected string }

func (e *OtherRunError) Error() string {
	return fmt.Sprintf("%s: found a checkpoint of the configuration %s, expected %s", e.Path, e.Found, e.Expected)
}

// saveCheckpoint adds a file to dir. The older ones are only given up once the new one was read back and found whole;
// then the newest two stay.
func saveCheckpoint(dir string, c checkpoint) error {
	existing, err := listCheckpoints(dir)
	if err != nil {
		return err
	}
	serial := 1
	if len(existing) > 0 {
		serial = existing[0].serial + 1
	}
	path := filepath.Join(dir, checkpointName(serial))
	metadata, err := c.metadata()
	if err != nil {
		return err
	}
	err = atomicfile.Write(path, 0o666, func(w io.Writer) error { return weights.Encode(w, c.tensors, metadata) })
	if err != nil {
		return err
	}
	if _, err := readCheckpoint(path); err != nil {
		return errors.WithMessage(err, "checkpoint just written")
	}
	for _, old := range existing[min(checkpointsKept-1, len(existing)):] {
		if err := os.Remove(old.path); err != nil {
			return errors.Wrap(err, "remove an old checkpoint")
		}
	}
	return nil
}

// loadCheckpoint reads the newest whole checkpoint of dir; nil where dir has none at all. The faults are those of
// newer files, which were skipped. It is an [*OtherRunError] if the fingerprint differs and a [*CheckpointError]
// if no file is whole.
func loadCheckpoint(dir, fingerprint string) (*checkpoint, []FileFault, error) {
	existing, err := listCheckpoints(dir)
	if err != nil || len(existing) == 0 {
		return nil, nil, err
	}
	var faults []FileFault
	for _, file := range existing {
		c, err := readCheckpoint(file.path)
		if err != nil {
			faults = append(faults, FileFault{file.path, err})
			continue
		}
		if c.state.Fingerprint != fingerprint {
			return nil, nil, errors.WithStack(&OtherRunError{file.path, c.state.Fingerprint, fingerprint})
		}
		return c, faults, nil
	}
	return nil, nil, errors.WithStack(&CheckpointError{faults})
}

type checkpointFile struct {
	path   string
	serial int
}

// listCheckpoints is newest first. A directory that does not exist has none.
func listCheckpoints(dir string) ([]checkpointFile, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errors.Wrap(err, "list checkpoints")
	}
	var files []checkpointFile
	for _, e := range entries {
		digits := strings.TrimSuffix(strings.TrimPrefix(e.Name(), checkpointPrefix), checkpointSuffix)
		serial, err := strconv.Atoi(digits)
		if err == nil && e.Name() == checkpointName(serial) {
			files = append(files, checkpointFile{filepath.Join(dir, e.Name()), serial})
		}
	}
	slices.SortFunc(files, func(a, b checkpointFile) int { return b.serial - a.serial })
	return files, nil
}

func checkpointName(serial int) string {
	return fmt.Sprintf("%s%06d%s", checkpointPrefix, serial, checkpointSuffix)
}

func (c checkpoint) metadata() (map[string]string, error) {
	raw, err := json.Marshal(c.state)
	if err != nil {
		return nil, errors.Wrap(err, "state of the checkpoint")
	}
	metadata := map[string]string{formatKey: checkpointFormat, stateKey: string(raw)}
	sum, err := checksum(c.tensors, metadata)
	if err != nil {
		return nil, err
	}
	metadata[sumKey] = sum
	return metadata, nil
}

func readCheckpoint(path string) (*checkpoint, error) {
	file, err := weights.Read(path)
	if err != nil {
		return nil, err
	}
	c, err := parseCheckpoint(file)
	return c, errors.WithMessage(err, path)
}

func parseCheckpoint(file *weights.File) (*checkpoint, error) {
	if found := file.Metadata[formatKey]; found != checkpointFormat {
		return nil, damaged(formatKey, strconv.Quote(found), strconv.Quote(checkpointFormat))
	}
	found := file.Metadata[sumKey]
	delete(file.Metadata, sumKey)
	expected, err := checksum(file.Tensors, file.Metadata)
	if err != nil {
		return nil, err
	}
	if found != expected {
		return nil, damaged("checksum", strconv.Quote(found), strconv.Quote(expected)+" as the content has")
	}
	c := &checkpoint{tensors: file.Tensors}
	if err := json.Unmarshal([]byte(file.Metadata[stateKey]), &c.state); err != nil {
		return nil, damaged(stateKey, err.Error(), "the state of a run as JSON")
	}
	if what := c.state.impossible(); what != "" {
		return nil, damaged(stateKey, what, "the state of a run")
	}
	return c, nil
}

// impossible says what cannot be true of a run; empty: nothing. The checksum holds against accidents, not against other programs.
func (s *state) impossible() string {
	for name, n := range map[string]int{
		"epoch": s.Epoch, "batch": s.Batch, "step": s.Step, "best_epoch": s.Stopping.BestEpoch, "waited": s.Stopping.Waited,
		"plateau.waited": s.Plateau.Waited, "cooldown": s.Plateau.Cooldown, "accumulated batches": s.Accumulated.Batches,
	} {
		if n < 0 {
			return fmt.Sprintf("%s: %d", name, n)
		}
	}
	switch {
	case len(s.Epochs) != s.Epoch:
		return fmt.Sprintf("%d finished epochs of which %d are recorded", s.Epoch, len(s.Epochs))
	case s.Stopping.BestEpoch > s.Epoch:
		return fmt.Sprintf("the best epoch %d of %d", s.Stopping.BestEpoch, s.Epoch)
	}
	for i, e := range s.Epochs {
		if e.Epoch != i+1 {
			return fmt.Sprintf("epoch %d as number %d", e.Epoch, i+1)
		}
	}
	return ""
}

func damaged(where, found, expected string) error {
	return weights.Damaged("checkpoint", where, found, expected)
}

// checksum is the SHA-256 of the safetensors file without its checksum: the encoding of a content is unique.
func checksum(tensors []weights.Tensor, metadata map[string]string) (string, error) {
	hash := sha256.New()
	if err := weights.Encode(hash, tensors, metadata); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// prefixed renames tensors into a room of a checkpoint; section takes them out again.
func prefixed(prefix string, tensors []weights.Tensor) []weights.Tensor {
	renamed := slices.Clone(tensors)
	for i := range renamed {
		renamed[i].Name = prefix + renamed[i].Name
	}
	return renamed
}

func (c *checkpoint) section(prefix string) []weights.Tensor {
	var found []weights.Tensor
	for _, t := range c.tensors {
		if name, ok := strings.CutPrefix(t.Name, prefix); ok {
			t.Name = name
			found = append(found, t)
		}
	}
	return found
}
