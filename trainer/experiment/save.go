package experiment

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/data"
)

// Keys of the metadata of a model file in addition to those of package interchange.
const (
	ConfigKey      = "gruexp.config"    // the configuration, as YAML; data files by their names, without their folders
	PreparationKey = "gruexp.signature" // a data.Preparation as JSON
)

// Save writes a model file: the weights, and all that is needed to predict with them. A file that is there is replaced as a whole.
func (e *Experiment) Save(path string) error {
	if e.model == nil {
		return errNotTrained
	}
	return atomicfile.Write(path, 0o644, e.WriteModel)
}

// WriteModel writes what [Experiment.Save] does.
func (e *Experiment) WriteModel(w io.Writer) error {
	metadata, err := e.metadata()
	if err != nil {
		return err
	}
	return interchange.Write(w, e.model, metadata)
}

func (e *Experiment) metadata() (map[string]string, error) {
	portable := e.cfg
	portable.Data = e.cfg.Data.WithPaths(filepath.Base)
	if e.cfg.Init != nil {
		portable.Init = new(*e.cfg.Init)
		portable.Init.Run = filepath.Base(e.cfg.Init.Run)
	}
	text, err := Marshal(&portable)
	if err != nil {
		return nil, err
	}
	return Metadata(text, e.Preparation())
}

// Metadata is that of a model file: the text of a configuration and how data become inputs and outputs become numbers of the data.
func Metadata(configuration []byte, signature data.Preparation) (map[string]string, error) {
	text, err := json.Marshal(signature)
	if err != nil {
		return nil, errors.Wrap(err, "signature of the data")
	}
	return map[string]string{ConfigKey: string(configuration), PreparationKey: string(text)}, nil
}

// Preparation is how data become the inputs of the model, and what its outputs mean under its loss.
func (e *Experiment) Preparation() data.Preparation {
	signature := e.data.Preparation()
	switch head := e.model.Head(); head.Loss {
	case layers.QuantileLoss:
		signature.Quantiles = head.Options.Quantiles
	case layers.PoissonLoss:
		signature.Logarithm = true
	default:
		return signature
	}
	if signature.Continues == data.ContinuesValues {
		signature.Continues = "" // an output is no next row
	}
	return signature
}

// ModelFile is what a model file has.
type ModelFile struct {
	Model       *layers.Model
	Preparation data.Preparation
	Metadata    map[string]string
}

// OpenModel reads a model file, which may have layers and losses of the extensions; nil: none. A missing file is an [fs.ErrNotExist]; what is wrong with its content is a [fault.Error].
func OpenModel(path string, extensions *Extensions) (*ModelFile, error) {
	m, metadata, err := interchange.ReadWith(path, extensions.Kinds())
	if err != nil {
		return nil, err
	}
	f := &ModelFile{Model: m, Metadata: metadata}
	text, ok := metadata[PreparationKey]
	if !ok {
		return f, nil
	}
	where := "damaged file: metadata " + PreparationKey
	if err := json.Unmarshal([]byte(text), &f.Preparation); err != nil {
		return nil, fault.Fault{Kind: fault.Damaged, Where: path, What: where, Found: err.Error(), Expected: "what 'gruexp train' writes there"}.Err()
	}
	cfg := m.Config()
	faults := f.Preparation.ValidateFor(cfg.Input.Vocabulary, cfg.Input.Size, m.Head().Width())
	if table := f.Preparation.Table; table != nil && cfg.Input.Categories != nil {
		same := slices.Equal(cfg.Input.Categories, CategoriesOf(table.Categories()))
		faults.Check(same, "table", table.Categories(), "%v as the model has categories", cfg.Input.Categories)
	}
	for i, one := range faults {
		faults[i] = fault.Fault{Kind: fault.Damaged, Where: path, What: fmt.Sprintf("%s, %s", where, one.Path), Found: one.Found, Expected: one.Expected}
	}
	return f, faults.Err()
}
