// Package rundir owns everything that a run has on disk.
//
//	config.yaml        the resolved configuration
//	environment.json   program, machine and threads
//	metrics.jsonl      a line per epoch; metrics.csv holds the same
//	checkpoints/       what resume goes on from
//	model.safetensors  the best weights so far
//	result.json        what train printed, once the run has ended
//
// A directory belongs to one process at a time: whoever creates or opens it holds its lock until Close.
package rundir

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// File names within a run directory.
const (
	ConfigFile      = "config.yaml"
	EnvironmentFile = "environment.json"
	MetricsFile     = "metrics.jsonl"
	MetricsCSVFile  = "metrics.csv"
	ModelFile       = "model.safetensors"
	ResultFile      = "result.json"
	CheckpointsDir  = "checkpoints"
	lockFile        = ".lock"
)

// UseError says why a directory cannot be used for what was asked.
type UseError struct{ Path, Problem, Found, Expected string }

func (e *UseError) Error() string {
	return fmt.Sprintf("%s: %s (found %s, expected %s)", e.Path, e.Problem, e.Found, e.Expected)
}

// Dir is a locked run directory.
type Dir struct {
	path string
	lock *flock.Flock
}

// Create makes a directory for a new run and locks it. A directory that holds anything is refused.
func Create(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, &UseError{path, "cannot be made", err.Error(), "a path where a directory can be made"}
	}
	d, err := locked(path)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		d.Close()
		return nil, errors.Wrap(err, "run directory")
	}
	for _, entry := range entries {
		switch entry.Name() {
		case lockFile:
		case ConfigFile:
			d.Close()
			return nil, &UseError{path, "holds another run", ConfigFile, "a new or empty directory; 'gruexp resume' goes on with a run"}
		default:
			d.Close()
			return nil, &UseError{path, "is not empty", entry.Name(), "a new or empty directory"}
		}
	}
	if err := os.MkdirAll(d.Path(CheckpointsDir), 0o755); err != nil {
		d.Close()
		return nil, errors.Wrap(err, "run directory")
	}
	return d, nil
}

// CreateNext makes and locks the directory PARENT/NAME-N with the first N, from 1, that does not exist.
func CreateNext(parent, name string) (*Dir, error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, &UseError{parent, "cannot be made", err.Error(), "a path where a directory can be made"}
	}
	for n := 1; ; n++ {
		path := filepath.Join(parent, name+"-"+strconv.Itoa(n))
		switch err := os.Mkdir(path, 0o755); {
		case err == nil:
			return Create(path)
		case !errors.Is(err, os.ErrExist):
			return nil, &UseError{path, "cannot be made", err.Error(), "a path where a directory can be made"}
		}
	}
}

// Open locks the directory of a run that exists.
func Open(path string) (*Dir, error) {
	if err := Exists(path); err != nil {
		return nil, err
	}
	return locked(path)
}

// Exists says whether path is the directory of a run.
func Exists(path string) error {
	if _, err := os.Stat(filepath.Join(path, ConfigFile)); err != nil {
		found := "no " + ConfigFile
		if _, err := os.Stat(path); err != nil {
			found = "nothing there"
		}
		return &UseError{path, "is not a run", found, "a directory that 'gruexp train' has made"}
	}
	return nil
}

func locked(path string) (*Dir, error) {
	lock := flock.New(filepath.Join(path, lockFile))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, &UseError{path, "cannot be locked", err.Error(), "a directory that can be written"}
	}
	if !ok {
		return nil, &UseError{path, "is in use", "another process at work on it", "a directory of one process at a time"}
	}
	return &Dir{path, lock}, nil
}

// Close gives the lock back.
func (d *Dir) Close() error { return errors.Wrap(d.lock.Unlock(), "run directory") }

// Root is the directory's path.
func (d *Dir) Root() string { return d.path }

// Path is the path of a file in the directory.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// Write writes a whole file: complete or not at all.
func (d *Dir) Write(name string, content []byte) error {
	return d.WriteTo(name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// WriteTo writes a whole file through write: complete or not at all.
func (d *Dir) WriteTo(name string, write func(io.Writer) error) error {
	return atomicfile.Write(d.Path(name), 0o644, write)
}

// WriteJSON writes v indented.
func (d *Dir) WriteJSON(name string, v any) error {
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return errors.Wrap(err, name)
	}
	return d.Write(name, append(content, '\n'))
}

// RewriteMetrics writes the metrics of all epochs anew: before a run goes on, whatever an interruption has left of
// later epochs must go.
func (d *Dir) RewriteMetrics(epochs []trainer.Epoch) error {
	err := d.WriteTo(MetricsFile, func(w io.Writer) error { return appendJSONL(w, epochs) })
	if err != nil {
		return err
	}
	return d.WriteTo(MetricsCSVFile, func(w io.Writer) error { return appendCSV(w, epochs, true) })
}

// AppendMetrics adds the metrics of one epoch.
func (d *Dir) AppendMetrics(epoch trainer.Epoch) error {
	one := []trainer.Epoch{epoch}
	if err := d.append(MetricsFile, func(w io.Writer, _ bool) error { return appendJSONL(w, one) }); err != nil {
		return err
	}
	return d.append(MetricsCSVFile, func(w io.Writer, empty bool) error { return appendCSV(w, one, empty) })
}

func (d *Dir) append(name string, write func(w io.Writer, empty bool) error) (err error) {
	f, err := os.OpenFile(d.Path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return errors.Wrap(err, name)
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = errors.Wrap(e, name)
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return errors.Wrap(err, name)
	}
	return write(f, info.Size() == 0)
}

func appendJSONL(w io.Writer, epochs []trainer.Epoch) error {
	for _, e := range epochs {
		line, err := json.Marshal(e)
		if err != nil {
			return errors.Wrap(err, MetricsFile)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return errors.Wrap(err, MetricsFile)
		}
	}
	return nil
}

// appendCSV writes the columns of metrics.jsonl, metrics by "train.NAME" and "valid.NAME" in the order of their names.
func appendCSV(w io.Writer, epochs []trainer.Epoch, header bool) error {
	out := csv.NewWriter(w)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for i, e := range epochs {
		train, valid := slices.Sorted(maps.Keys(e.Train)), slices.Sorted(maps.Keys(e.Valid))
		if header && i == 0 {
			columns := []string{"epoch", "step", "seconds", "learning_rate"}
			for _, name := range train {
				columns = append(columns, "train."+name)
			}
			for _, name := range valid {
				columns = append(columns, "valid."+name)
			}
			if err := out.Write(columns); err != nil {
				return errors.Wrap(err, MetricsCSVFile)
			}
		}
		row := []string{strconv.Itoa(e.Epoch), strconv.Itoa(e.Step), number(e.Seconds), number(e.LearningRate)}
		for _, name := range train {
			row = append(row, number(e.Train[name]))
		}
		for _, name := range valid {
			row = append(row, number(e.Valid[name]))
		}
		if err := out.Write(row); err != nil {
			return errors.Wrap(err, MetricsCSVFile)
		}
	}
	out.Flush()
	return errors.Wrap(out.Error(), MetricsCSVFile)
}
