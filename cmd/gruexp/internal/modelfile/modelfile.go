// Package modelfile is the file model.safetensors of a run: the model itself, what it was trained from, and how the data
// of a user become its inputs. Nothing else is needed to predict with it or to export it.
package modelfile

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
	"github.com/gruexp/gruexp/trainer/data"
)

// Keys of the metadata beside those of package interchange.
const (
	configKey    = "gruexp.config"    // the configuration, as YAML; data files by their names, wherever they were
	signatureKey = "gruexp.signature" // a data.Signature as JSON
)

// Metadata is what a model file of the program has beside the model.
func Metadata(cfg *config.Config, signature data.Signature) (map[string]string, error) {
	portable := *cfg
	portable.Data = cfg.Data.WithPaths(filepath.Base)
	text, err := config.Marshal(&portable)
	if err != nil {
		return nil, err
	}
	return metadataOf(text, signature)
}

func metadataOf(configuration []byte, signature data.Signature) (map[string]string, error) {
	around, err := json.Marshal(signature)
	if err != nil {
		return nil, errors.Wrap(err, "signature of the data")
	}
	return map[string]string{configKey: string(configuration), signatureKey: string(around)}, nil
}

// File is a model with what stands around it.
type File struct {
	Model     *layers.Model
	Signature data.Signature
	Metadata  map[string]string
}

// Open reads the model file of the run in a directory. Errors are requests.
func Open(dir string) (*File, error) {
	if err := rundir.Exists(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, rundir.ModelFile)
	m, metadata, err := interchange.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Missing(dir)
	}
	if err != nil {
		return nil, Refuse(path, err)
	}
	f := &File{Model: m, Metadata: metadata}
	text, ok := metadata[signatureKey]
	if !ok {
		return f, nil
	}
	where := "damaged file: metadata " + signatureKey
	if err := json.Unmarshal([]byte(text), &f.Signature); err != nil {
		return nil, fault.Fault{Where: path, What: where, Found: err.Error(), Expected: "what 'gruexp train' writes there"}.Err()
	}
	cfg := m.Config()
	faults := f.Signature.ValidateFor(cfg.Input.Vocabulary, cfg.Input.Size, m.Head().Units)
	if table := f.Signature.Table; table != nil && cfg.Input.Categories != nil {
		same := slices.Equal(cfg.Input.Categories, config.CategoriesOf(table.Categories()))
		faults.Check(same, "table", table.Categories(), "%v as the model has categories", cfg.Input.Categories)
	}
	if len(faults) > 0 {
		return nil, requests(path, where+", ", faults).Err()
	}
	return f, nil
}

// Missing is the error of a run without a model file.
func Missing(dir string) error {
	return fault.Fault{
		Where: dir, What: "has no weights yet", Found: "no " + rundir.ModelFile,
		Expected: "a run with at least one finished epoch; 'gruexp resume " + dir + "' goes on with it",
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
