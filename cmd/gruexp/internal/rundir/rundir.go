// Package rundir owns everything that a run has on disk.
//
//	config.yaml        the resolved configuration
//	environment.json   program, machine, threads and the checksums of the data
//	metrics.jsonl      a line per epoch; metrics.csv and events.out.tfevents, which is for TensorBoard, hold the same
//	checkpoints/       what resume goes on from
//	model.safetensors  the best weights so far
//	inside.json        what is inside the model: gates and gradients over time, predictions beside what was right
//	result.json        what train printed, once the run has ended
//	train.log          what train and resume said while the run was under way, line by line
//	progress.json      how far the run has come, some times a second; once it has failed, how
//	stop               asks the run to stop: it obeys within about a second, as it does Ctrl-C, and removes the file
//	.alive-N.lock      locked by the processes at work, for others to see: see [Announce]
//	report.html        all of it for people, in one file
//
// A directory belongs to one process at a time: whoever creates or opens it holds its lock until Close.
package rundir

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// File names within a run directory.
const (
	ConfigFile      = "config.yaml"
	EnvironmentFile = "environment.json"
	MetricsFile     = "metrics.jsonl"
	MetricsCSVFile  = "metrics.csv"
	EventsFile      = "events.out.tfevents.gruexp"
	ModelFile       = "model.safetensors"
	ResultFile      = "result.json"
	LogFile         = "train.log"
	ProgressFile    = "progress.json"
	StopFile        = "stop"
	InsideFile      = "inside.json"
	ReportFile      = "report.html"
	CheckpointsDir  = "checkpoints"
	lockFile        = ".lock"
)

// Dir is a locked run directory.
type Dir struct {
	path    string
	lock    *flock.Flock
	columns []string // of metrics.csv
}

// Create makes a directory for a new run and locks it. A directory that holds anything is refused and left as it is.
func Create(path string) (*Dir, error) {
	if err := makeDirectory(path); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(path, lockFile)); err != nil {
		// Never locked: whatever is in there is somebody else's, and no lock file is added to it.
		if err := checkEmpty(path); err != nil {
			return nil, err
		}
	}
	d, err := locked(path)
	if err != nil {
		return nil, err
	}
	err = atomicfile.RemoveLeftovers(path) // of a run that was killed before it had a configuration
	if err == nil {
		err = checkEmpty(path)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func checkEmpty(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return errors.Wrap(err, "run directory")
	}
	if _, err := os.Stat(filepath.Join(path, ConfigFile)); err == nil {
		return fault.Fault{
			Where: path, What: "holds another run", Found: "its " + ConfigFile,
			Expected: "a new or empty directory; 'gruexp resume " + path + "' continues that run",
		}.Err()
	}
	for _, entry := range entries {
		if entry.Name() != lockFile {
			return fault.Fault{Where: path, What: "is not empty", Found: entry.Name(), Expected: "a new or empty directory"}.Err()
		}
	}
	return nil
}

// CreateNext makes and locks the directory PARENT/NAME-N with the first N, from 1, that does not exist.
func CreateNext(parent, name string) (*Dir, error) {
	if err := makeDirectory(parent); err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		path := filepath.Join(parent, name+"-"+strconv.Itoa(n))
		switch err := os.Mkdir(path, 0o755); {
		case err == nil:
			if err := atomicfile.SyncDirectory(parent); err != nil {
				return nil, cannotBeMade(path, err)
			}
			return Create(path)
		case !errors.Is(err, fs.ErrExist):
			return nil, cannotBeMade(path, err)
		}
	}
}

func makeDirectory(path string) error {
	if err := atomicfile.MkdirAll(path, 0o755); err != nil {
		return cannotBeMade(path, err)
	}
	return nil
}

// cannotBeMade is a failure, not a wrong request, where the disk is full or broken.
func cannotBeMade(path string, err error) error {
	if usererr.DiskFailed(err) {
		return errors.Wrap(err, "run directory")
	}
	return fault.Fault{Where: path, What: "run directory cannot be made", Found: usererr.Reason(err), Expected: "a path where a directory can be made"}.Err()
}

// Open locks the directory of a run that exists.
func Open(path string) (*Dir, error) {
	if err := Exists(path); err != nil {
		return nil, err
	}
	d, err := locked(path)
	if err != nil {
		return nil, err
	}
	if err := atomicfile.RemoveLeftovers(path); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// HasLeftovers says whether a killed process has left a temporary file in a directory.
func HasLeftovers(path string) bool {
	entries, _ := os.ReadDir(path)
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return strings.HasPrefix(e.Name(), ".gruexp-") && strings.HasSuffix(e.Name(), ".tmp")
	})
}

// Exists says whether path is the directory of a run.
func Exists(path string) error {
	_, err := os.Stat(filepath.Join(path, ConfigFile))
	if err == nil {
		return nil
	}
	found := "no " + ConfigFile
	if _, err := os.Stat(path); err != nil {
		found = usererr.Reason(err)
	}
	return fault.Fault{Where: path, What: "is not a run", Found: found, Expected: "a directory that 'gruexp train' has made"}.Err()
}

func locked(path string) (*Dir, error) {
	lock := flock.New(filepath.Join(path, lockFile), flock.SetPermissions(0o644))
	ok, err := false, checkOwn(path)
	if err == nil {
		ok, err = lock.TryLock()
	}
	if err == nil && !ok {
		return nil, fault.Fault{Where: path, What: "is in use", Found: "another process at work on it", Expected: "one process at a time"}.Err()
	}
	d := &Dir{path: path, lock: lock}
	if err == nil {
		if err = checkWritable(path); err != nil {
			d.Close()
		}
	}
	switch {
	case usererr.DiskFailed(err):
		return nil, errors.Wrap(err, "run directory")
	case err != nil:
		return nil, fault.Fault{Where: path, What: "run directory cannot be written", Found: usererr.Reason(err), Expected: "a directory that can be"}.Err()
	}
	return d, nil
}

// checkWritable finds out before hours of training that their results could not be written.
func checkWritable(path string) error {
	f, err := os.CreateTemp(path, ".gruexp-*-0.tmp") // a leftover like others, if the process is killed here
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Remove(f.Name())
}

// Close gives the lock back.
func (d *Dir) Close() error { return errors.Wrap(d.lock.Unlock(), "run directory") }

// Root is the directory's path.
func (d *Dir) Root() string { return d.path }

// Path is the path of a file in the directory.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// Write writes a whole file: complete or not at all.
func (d *Dir) Write(name string, content []byte) error {
	return atomicfile.WriteBytes(d.Path(name), 0o644, content)
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

// ReadJSON reads a file that WriteJSON has written into the directory path; found is false where there is none.
func ReadJSON(path, name string, into any) (found bool, err error) {
	file := filepath.Join(path, name)
	content, err := Read(path, name, MostJSON)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(content, into)
	}
	if err != nil {
		return false, fault.Fault{Where: file, What: "damaged file", Found: usererr.Reason(err), Expected: fmt.Sprintf("%s as gruexp has written it", name)}.Err()
	}
	return true, nil
}
