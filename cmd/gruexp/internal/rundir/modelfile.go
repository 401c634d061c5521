package rundir

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// OpenModel reads the model file of the run in a directory. Errors are faults of the file.
func OpenModel(dir string, extensions *experiment.Extensions) (*experiment.ModelFile, error) {
	if err := Exists(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, ModelFile)
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, Refuse(path, &fs.PathError{Op: "read", Path: path, Err: atomicfile.ErrNotRegular})
	}
	f, err := experiment.OpenModel(path, extensions)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Missing(dir)
	}
	if err != nil {
		return nil, Refuse(path, err)
	}
	return f, nil
}

// Missing is the error of a run without a model file.
func Missing(dir string) error {
	return fault.Fault{
		Where: dir, What: "has no weights yet", Found: "no " + ModelFile,
		Expected: "a run with at least one finished epoch; 'gruexp resume " + dir + "' continues it",
	}.Err()
}

// Refuse makes requests of what is wrong with a file of weights, each tensor or fault one.
func Refuse(path string, err error) error {
	var faults *fault.Error
	if errors.As(err, &faults) {
		return requests(path, "damaged file: configuration of the model, ", faults.Faults).Err()
	}
	return Damaged(path, "a file of weights", err).Err()
}

// Damaged says what is wrong with the bytes of a file, or that it cannot be read.
func Damaged(path, expected string, err error) fault.Fault {
	var f fault.Fault
	if errors.As(err, &f) {
		f.Where = path
		return f
	}
	return fault.Fault{Where: path, What: "cannot be read", Found: usererr.Reason(err), Expected: expected, Cause: err}
}

func requests(where, what string, faults fault.List) fault.List {
	all := make(fault.List, len(faults))
	for i, f := range faults {
		all[i] = fault.Fault{Kind: f.Kind, Where: where, What: cmp.Or(f.What, what+f.Path), Found: f.Found, Expected: f.Expected}
	}
	return all
}
