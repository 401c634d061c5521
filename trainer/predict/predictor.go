package predict

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/trainer/data"
)

// PreparationKey is the key of the preparation, as JSON, in the metadata of a model file.
const PreparationKey = "gruexp.signature"

// modelFile is the name of the model file in the directory of a run.
const modelFile = "model.safetensors"

// Predictor predicts with a trained model. It may be used by several goroutines at the same time.
type Predictor struct {
	model       *runtime.Model
	preparation data.Preparation
	meaning     meaning
	engine      engine

	size  int // numbers of a step, 0 for tokens
	words int // the vocabulary, 0 for numbers
}

// Option changes how a model is read or run.
type Option func(*options)

type options struct {
	threads int
	steps   bool
	kinds   []spec.Kinds
	format  runtime.Format
}

// Threads is how many threads a prediction may use; 0, the default, is as many as the machine has cores. The number changes no
// bit of a prediction.
func Threads(n int) Option { return func(o *options) { o.threads = n } }

// StepByStep runs whole sequences one step after the other, as a [Stream] does. The predictions are the same; a model that reads
// later steps cannot.
func StepByStep() Option { return func(o *options) { o.steps = true } }

// Weights quantizes the weights of the model as it is read, with [runtime.Int8] or [runtime.BFloat16]: they take a quarter or half
// of the memory, a step of a wide model is faster, and predictions differ a little, as [runtime.Model.Quantized] says. A model
// that cannot be quantized is an error.
func Weights(f runtime.Format) Option { return func(o *options) { o.format = f } }

// Extensions are the layers, cells and losses of the program that are not built in and that the model may have.
func Extensions(k spec.Kinds) Option { return func(o *options) { o.kinds = []spec.Kinds{k} } }

func optionsOf(list []Option) options {
	var o options
	for _, set := range list {
		set(&o)
	}
	return o
}

// Open reads a model file, or the model file in the directory of a run. What is wrong with it is an error of type
// [*fault.Error].
func Open(path string, opts ...Option) (*Predictor, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, modelFile)
	}
	o := optionsOf(opts)
	m, err := runtime.Open(path, o.kinds...)
	if err != nil {
		return nil, err
	}
	p, err := fromModel(m, o)
	return p, fault.In(path, err)
}

// Read reads a model file from r to its end, as one that is embedded in the program.
func Read(r io.Reader, opts ...Option) (*Predictor, error) {
	file, err := io.ReadAll(r)
	if err != nil {
		return nil, errors.Wrap(err, "model file")
	}
	o := optionsOf(opts)
	m, err := runtime.Decode(bytes.NewReader(file), int64(len(file)), o.kinds...)
	if err != nil {
		return nil, err
	}
	return fromModel(m, o)
}

// fromModel makes a predictor of a model that was read from a file.
func fromModel(m *runtime.Model, o options) (*Predictor, error) {
	var p data.Preparation
	if text, ok := m.Metadata()[PreparationKey]; ok {
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return nil, fault.Fault{
				Kind: fault.Damaged, Path: "metadata " + PreparationKey, What: "damaged file: metadata " + PreparationKey,
				Found: err.Error(), Expected: "what 'gruexp train' writes there", Cause: err,
			}.Err()
		}
	}
	return newPredictor(m, p, o)
}

// New makes a predictor of a model and the preparation of its data.
func New(m *runtime.Model, p data.Preparation, opts ...Option) (*Predictor, error) {
	return newPredictor(m, p, optionsOf(opts))
}

func newPredictor(m *runtime.Model, p data.Preparation, o options) (*Predictor, error) {
	if o.format != runtime.Float32 {
		var err error
		if m, err = m.Quantized(o.format); err != nil {
			return nil, err
		}
	}
	cfg := m.Config()
	if err := check(p, cfg, m.Outputs()); err != nil {
		return nil, err
	}
	_, headKnown := m.Metadata()[spec.HeadKey]
	headKnown = headKnown || m.Metadata() == nil // of a model that was made in memory
	made := &Predictor{model: m, preparation: p, size: cfg.Input.Size, words: cfg.Input.Vocabulary, meaning: newMeaning(m.Head(), headKnown, m.Outputs(), p)}
	var err error
	if m.Double() {
		made.engine, err = newEngine[float64](m, o)
	} else {
		made.engine, err = newEngine[float32](m, o)
	}
	return made, err
}

// check lists what of the preparation does not fit the model.
func check(p data.Preparation, cfg spec.ModelConfig, outputs int) error {
	faults := p.ValidateFor(cfg.Input.Vocabulary, cfg.Input.Size, outputs)
	if p.Table != nil && cfg.Input.Categories != nil {
		var blocks []spec.CategoryBlock
		for _, b := range p.Table.Categories() {
			blocks = append(blocks, spec.CategoryBlock(b))
		}
		faults.Check((spec.Input{Categories: blocks}).Equal(spec.Input{Categories: cfg.Input.Categories}), "table", blocks,
			"%v as the model has categories", cfg.Input.Categories)
	}
	var l fault.List
	for _, f := range faults {
		f.Kind, f.What, f.Path = fault.Damaged, "damaged file: metadata "+PreparationKey+", "+f.Path, ""
		l = append(l, f)
	}
	return l.Err()
}

// Kind is the kind of what the model predicts.
func (p *Predictor) Kind() Kind { return p.meaning.kind }

// Names are the names of the classes or of the targets, in the order of the model's outputs.
func (p *Predictor) Names() []string { return p.meaning.names }

// Quantiles are the levels of the quantiles that the model predicts of each target; nil: it predicts numbers alone.
func (p *Predictor) Quantiles() []float64 { return p.meaning.quantiles }

// PerStep tells whether the model predicts at every step.
func (p *Predictor) PerStep() bool { return p.model.Head().PerStep }

// Outputs is the number of outputs of the last layer.
func (p *Predictor) Outputs() int { return p.model.Outputs() }

// Model is the model without the preparation of its data.
func (p *Predictor) Model() *runtime.Model { return p.model }

// Preparation is how the inputs are made of the data, and what the outputs mean.
func (p *Predictor) Preparation() data.Preparation { return p.preparation }
