package trainer

import (
	"bytes"
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
	checkpointFormat = "gruexp checkpoint 2"
	olderFormat      = "gruexp checkpoint 1" // the epochs are in the state
	checkpointPrefix = "checkpoint-"
	checkpointSuffix = ".safetensors"
	checkpointsKept  = 2

	// Keys of the metadata.
	formatKey = "format"
	stateKey  = "state"
	sumKey    = "sha256"

	// historyTensor holds the finished epochs, a line of JSON each. It grows with the run: the header of the file, which has a limit and is
	// written from one piece of memory, must not.
	historyTensor = "history"
)

// checkpoint is what a run needs in order to continue. Its file holds the tensors, the history as one more of them and, as metadata, the
// rest of the state as JSON and a SHA-256 over all.
type checkpoint struct {
	state   state
	tensors []weights.Tensor
	history *historyText // of state.Epochs, where it is kept from one checkpoint to the next; may be nil
}

// historyText is the text of the first epochs of a run.
type historyText struct {
	lines  []byte
	epochs int
}

// upTo is the text of all the epochs, of which the first are those of before.
func (h *historyText) upTo(epochs []Epoch) ([]byte, error) {
	for _, e := range epochs[h.epochs:] {
		line, err := json.Marshal(e)
		if err != nil {
			return nil, errors.Wrap(err, "history of the checkpoint")
		}
		h.lines = append(append(h.lines, line...), '\n')
		h.epochs++
	}
	return h.lines, nil
}

// parseHistory reads what upTo gives.
func parseHistory(text []byte) (epochs []Epoch, err error) {
	for line := range bytes.Lines(text) {
		var e Epoch
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, damaged(historyTensor, err.Error(), "an epoch in each line, as JSON")
		}
		if epochs = append(epochs, e); e.Epoch != len(epochs) {
			return nil, damaged(historyTensor, fmt.Sprintf("epoch %d as number %d", e.Epoch, len(epochs)), "the epochs of a run")
		}
	}
	return epochs, nil
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
	Epochs       []Epoch           `json:"epochs,omitempty"` // in the history of the file; here in files of the older format
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
	file, err := c.encode()
	if err != nil {
		return err
	}
	written := sha256.New()
	err = atomicfile.Write(path, 0o666, func(w io.Writer) error {
		return weights.Encode(io.MultiWriter(w, written), file.Tensors, file.Metadata)
	})
	if err != nil {
		return err
	}
	if err := expectContent(path, written.Sum(nil)); err != nil {
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

// encode gives what a file of the checkpoint has.
func (c checkpoint) encode() (*weights.File, error) {
	history := c.history
	if history == nil {
		history = &historyText{}
	}
	text, err := history.upTo(c.state.Epochs)
	if err != nil {
		return nil, err
	}
	short := c.state
	short.Epochs = nil
	raw, err := json.Marshal(short)
	if err != nil {
		return nil, errors.Wrap(err, "state of the checkpoint")
	}
	file := &weights.File{
		Tensors:  append(slices.Clip(c.tensors), weights.Tensor{Name: historyTensor, Shape: []int{len(text)}, Data: text}),
		Metadata: map[string]string{formatKey: checkpointFormat, stateKey: string(raw)},
	}
	file.Metadata[sumKey], err = checksum(file.Tensors, file.Metadata)
	return file, err
}

// expectContent reads a file again, which must have the SHA-256 of what was written.
func expectContent(path string, sum []byte) error {
	f, err := os.Open(path)
	if err != nil {
		return errors.WithStack(err)
	}
	defer f.Close()
	found := sha256.New()
	if _, err := io.Copy(found, f); err != nil {
		return errors.Wrap(err, path)
	}
	if !bytes.Equal(found.Sum(nil), sum) {
		return errors.WithMessage(damaged("content", "SHA-256 "+hex.EncodeToString(found.Sum(nil)), hex.EncodeToString(sum)+" as it was written"), path)
	}
	return nil
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
	format := file.Metadata[formatKey]
	if found := format; found != checkpointFormat && found != olderFormat {
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
	if format == olderFormat && slices.ContainsFunc(file.Tensors, isHistory) {
		return nil, damaged(historyTensor, "a tensor of that name", "none in "+strconv.Quote(olderFormat))
	}
	if format == checkpointFormat {
		text, rest, err := cutHistory(file.Tensors)
		if err != nil {
			return nil, err
		}
		if c.tensors = rest; len(c.state.Epochs) > 0 {
			return nil, damaged(stateKey, fmt.Sprintf("%d epochs", len(c.state.Epochs)), "none, as they are in the tensor "+historyTensor)
		}
		if c.state.Epochs, err = parseHistory(text); err != nil {
			return nil, err
		}
	}
	if what := c.state.impossible(); what != "" {
		return nil, damaged(stateKey, what, "the state of a run")
	}
	return c, nil
}

func isHistory(t weights.Tensor) bool { return t.Name == historyTensor }

// cutHistory takes the history out of the tensors of a file.
func cutHistory(tensors []weights.Tensor) (text []byte, rest []weights.Tensor, err error) {
	i := slices.IndexFunc(tensors, isHistory)
	if i < 0 {
		return nil, nil, damaged(historyTensor, "no such tensor", "the finished epochs")
	}
	text, ok := tensors[i].Data.([]uint8)
	if !ok {
		return nil, nil, damaged(historyTensor, string(tensors[i].DType()), "U8")
	}
	return text, slices.Concat(tensors[:i], tensors[i+1:]), nil
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
