package experiment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/pkg/errors"
	"github.com/shirou/gopsutil/v4/mem"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

// Experiment is a configuration together with its data: a model, the solver that trains it and the trainer. It is used by one goroutine
// at a time.
type Experiment struct {
	cfg     Config // with every size that follows from the data, once there are data
	options options

	data    *data.Data // nil: not yet loaded
	files   []sets.Entry
	notes   []string // about the data, which nobody has been told yet
	notices []string // likewise of what is right
	streams *graph.Streams
	model   *layers.Model
	pool    *kernel.Pool
	trainer *trainer.Trainer
	history *trainer.History // nil: not trained
}

// ReadFile reads an experiment from a YAML file, the same that the verb train takes, or by the name of a built-in one. The data are
// loaded when they are needed, by [Experiment.Fit] or [Experiment.Prepare]. An error is a [fault.Error] with every fault and its line.
func ReadFile(path string, list ...Option) (*Experiment, error) {
	o := collectOptions(list)
	cfg, err := ReadConfig(path, o.sets, o.extensions)
	if err != nil {
		return nil, err
	}
	return &Experiment{cfg: *cfg, options: o}, nil
}

// Parse is [ReadFile] of a text. Name is that of its file in messages; relative paths of data begin at its folder.
func Parse(name string, text []byte, list ...Option) (*Experiment, error) {
	o := collectOptions(list)
	cfg, err := ParseConfig(name, text, o.sets, o.extensions)
	if err != nil {
		return nil, err
	}
	return &Experiment{cfg: *cfg, options: o}, nil
}

// New makes an experiment of a configuration, whose defaults need not be filled in: it loads the data, unless [With] gives them, and
// builds the model and the solver. An error of the configuration is a [fault.Error] with all faults.
func New(ctx context.Context, cfg Config, list ...Option) (*Experiment, error) {
	e := &Experiment{cfg: cfg, options: collectOptions(list)}
	return e, e.Prepare(ctx)
}

// Prepare loads the data and builds the model and the solver, if that has not been done.
func (e *Experiment) Prepare(ctx context.Context) error {
	if e.model != nil {
		return nil
	}
	if err := e.complete(); err != nil {
		return err
	}
	if !e.options.begun {
		if err := e.cfg.ValidateTraining().Err(); err != nil {
			return err
		}
	}
	if err := e.load(ctx); err != nil {
		return err
	}
	if err := e.build(); err != nil {
		e.Warn(ctx) // what was noted about the data may explain it
		e.Close()
		return err
	}
	return nil
}

// complete fills in defaults and validates, once.
func (e *Experiment) complete() error {
	c := &e.cfg
	if e.options.extensions != nil && c.extensions == nil {
		c.Extend(e.options.extensions)
	}
	if e.options.data != nil && c.Task == "" {
		c.Task = e.options.data.Spec.Task
	}
	if c.complete {
		return nil
	}
	*c = c.WithDefaults()
	faults := c.Validate()
	if e.options.data != nil { // the data are there, whatever the configuration says of them
		faults = slices.DeleteFunc(faults, func(f fault.Fault) bool { return within("data", f.Path) && f.Path != "data.batch_size" })
	}
	c.complete = len(faults) == 0
	return faults.Err()
}

// load gets the data.
func (e *Experiment) load(ctx context.Context) (err error) {
	d := e.options.data
	if d == nil {
		if d, err = sets.Load(ctx, e.cfg.Data, e.cfg.Task, e.loading()); err != nil {
			return e.cfg.Place("data", err)
		}
	}
	if err := e.weighClasses(d); err != nil {
		if e.options.data == nil {
			_ = d.Close() // the fault of the weights is the one to tell
		}
		return e.cfg.Place("", err)
	}
	e.data = d
	if n := e.options.batches; n > 0 {
		first := *d
		first.Unseen = nil
		for _, part := range []*data.Dataset{&first.Train, &first.Valid, &first.Test} {
			if *part != nil {
				*part = data.FirstBatches(*part, n, e.cfg.Data.BatchSize)
			}
		}
		e.data = &first
	}
	if e.files, err = fingerprint(d); err == nil && e.options.before != nil {
		err = sameFiles(e.options.before, e.files)
	}
	if err != nil {
		e.Close()
		return err
	}
	if !e.options.quiet {
		e.notes = slices.Clone(d.Notes)
	}
	return nil
}

// loading is where the data sets are.
func (e *Experiment) loading() sets.Options {
	load := e.options.load
	load.Sources = append(slices.Clone(load.Sources), e.cfg.extensions.Sources()...)
	return load
}

// build makes model, solver and trainer. All faults of the configuration with these data are one error.
func (e *Experiment) build() error {
	cfg, found := e.cfg, e.data.Spec
	faults := cfg.ValidateFor(found, e.data.Valid != nil)
	cfg.Model.Input = cfg.InputOf(found)
	cfg.Trainer.BatchSize = cfg.Data.BatchSize
	if err := checkMemory(layers.CountElements(cfg.Model, cfg.Head(found)), cfg.Dtype()); err != nil {
		return cfg.Place("model", err)
	}
	e.streams, e.pool = graph.NewStreams(cfg.Seed), kernel.NewPool(e.options.threads)
	e.cfg = cfg
	var err error
	if e.model, err = e.newModel(); !collect(&faults, "model", err) {
		return err
	}
	_, unplanned := cfg.solver().New(e.Plan())
	if !collect(&faults, "solver", unplanned) {
		return unplanned
	}
	if e.model != nil && unplanned == nil {
		faults.Under("solver", cfg.checkSolver(e.model.Params()))
	}
	if e.model != nil {
		collect(&faults, "", e.enoughToCalibrate())
	}
	if e.model != nil && cfg.Init != nil && !e.options.begun {
		if err := e.initialize(); !collect(&faults, "", err) {
			return err
		}
	}
	if err := faults.Err(); err != nil {
		return cfg.Place("", err)
	}
	e.cfg.Model = e.model.Config()
	if weights := cfg.LossOptions.ClassWeights; weights != nil && !e.options.quiet {
		e.notices = append(e.notices, "loss_options.class_weights: "+weightsText(found.ClassNames(), weights))
	}
	return nil
}

// newModel makes the model. One that was trained before may have layers that would learn nothing.
func (e *Experiment) newModel() (*layers.Model, error) {
	head := e.cfg.Head(e.data.Spec)
	if !e.options.begun {
		return layers.NewModel(e.cfg.Model, head, e.cfg.Dtype(), e.streams)
	}
	plan, err := spec.NewPlan(e.cfg.Model, head)
	if err != nil {
		return nil, err
	}
	return layers.NewTrainedModel(plan, e.cfg.Dtype(), e.streams)
}

// weightsText says which class has which weight: classes are in the order of their texts, so that 10 comes before 2.
func weightsText(classes []string, weights []float64) string {
	pairs := make([]string, min(len(classes), len(weights)))
	for i := range pairs {
		pairs[i] = fmt.Sprintf("%s: %.6g", classes[i], weights[i])
	}
	return strings.Join(pairs, ", ")
}

// newTrainer makes the trainer with the callbacks and the checkpoints that the options have by now.
func (e *Experiment) newTrainer() (*trainer.Trainer, error) {
	fingerprint, err := e.Fingerprint()
	if err != nil {
		return nil, err
	}
	return trainer.New(e.cfg.Trainer, e.cfg.solver(), e.streams, trainer.Options{
		Pool:        e.pool,
		Callbacks:   e.options.callbacks,
		Checkpoints: e.options.checkpoints,
		Resume:      true,
		Fingerprint: fingerprint,
	})
}

// Close releases the files that hold rows of the data, where a configuration streams them. Data that [With] gave stay open.
func (e *Experiment) Close() error {
	if e.data == nil || e.options.data != nil {
		return nil
	}
	return e.data.Close()
}

// Config is the configuration, its defaults filled in; once the experiment is prepared, with the sizes that follow from the data.
func (e *Experiment) Config() *Config { return &e.cfg }

// Data are the data of a prepared experiment, Model its model and Pool its threads; nil before.
func (e *Experiment) Data() *data.Data { return e.data }

// Model is the model: see [Experiment.Data].
func (e *Experiment) Model() *layers.Model { return e.model }

// Pool is the threads that compute: see [Experiment.Data].
func (e *Experiment) Pool() *kernel.Pool { return e.pool }

// Plan is what the solver knows of the training: how long it is.
func (e *Experiment) Plan() solvers.Plan {
	return trainer.Plan(e.cfg.Trainer, e.data.Train, e.streams)
}

// Files are the data files with their checksums, in the order of reading.
func (e *Experiment) Files() []sets.Entry { return e.files }

// Part is the data of one of [Splits]; nil where there is no such part.
func (e *Experiment) Part(split string) data.Dataset {
	switch split {
	case "train":
		return e.data.Train
	case "valid":
		return e.data.Valid
	default:
		return e.data.Test
	}
}

// checkPart rejects a part that there is not.
func (e *Experiment) checkPart(split string) error {
	if !slices.Contains(Splits(), split) {
		return fault.Fault{What: "unknown part of the data", Found: fmt.Sprintf("%q", split), Expected: fmt.Sprintf("one of %v", Splits())}.Err()
	}
	if e.Part(split) == nil {
		return fault.Fault{What: "cannot be measured on the part " + split, Found: "no such part", Expected: "a part that the data have; see data.split"}.Err()
	}
	return nil
}

// Fingerprint stands for the configuration and the data: see [Config.Fingerprint].
func (e *Experiment) Fingerprint() (string, error) {
	var sums []string
	for _, f := range e.files {
		sums = append(sums, f.SHA256)
	}
	return e.cfg.Fingerprint(sums)
}

// Apply adds options that are known only after the data were loaded, as a directory for checkpoints, or callbacks. It has an effect before
// the training.
func (e *Experiment) Apply(list ...Option) {
	for _, option := range list {
		option(&e.options)
	}
}

// Note adds a warning to those that [Experiment.Warn] gives to the callbacks.
func (e *Experiment) Note(message string) { e.notes = append(e.notes, message) }

// Warn gives the callbacks the messages as warnings, after those that were noted when the data were loaded, once. [Experiment.Fit] does the
// latter by itself.
func (e *Experiment) Warn(ctx context.Context, messages ...string) {
	warnings, notices := append(e.notes, messages...), e.notices
	e.notes, e.notices = nil, nil
	tell := func(kind trainer.EventKind, messages []string) {
		for _, message := range messages {
			for _, c := range e.options.callbacks {
				_ = c.On(ctx, &trainer.Event{Kind: kind, Message: message, History: &trainer.History{}}) // which ends nothing
			}
		}
	}
	tell(trainer.Warning, warnings)
	tell(trainer.Notice, notices)
}

// copies is how often training has every parameter in memory, at the least: values, gradients, two moments of the
// solver, and the best ones so far.
const copies = 5

// checkMemory rejects a model that this machine cannot train: without it the system would end the program in the middle.
func checkMemory(elements int64, dtype tensor.Dtype) error {
	memory, err := mem.VirtualMemory()
	if err != nil {
		return nil // not known here
	}
	var faults fault.List
	needed := uint64(elements) * uint64(dtype.Size()) * copies
	faults.Check(needed <= memory.Total, "", fmt.Sprintf("%d parameters, which take %s or more to train", elements, humanize.IBytes(needed)),
		"no more than the memory of this machine, %s", humanize.IBytes(memory.Total))
	return faults.Err()
}

// collect adds faults to a list; it is false for an error that is none of them.
func collect(faults *fault.List, prefix string, err error) bool {
	found := fault.Of(err)
	if err != nil && found == nil {
		return false
	}
	faults.Under(prefix, found)
	return true
}

// fingerprint is what the files of the data had when they were read. Those of a set that does not say so are read again.
func fingerprint(d *data.Data) ([]sets.Entry, error) {
	if len(d.Read) == len(d.Files) {
		return slices.Clone(d.Read), nil
	}
	entries := make([]sets.Entry, len(d.Files))
	for i, file := range d.Files {
		var err error
		if entries[i], err = sets.Fingerprint(file); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// sameFiles compares contents: files may have moved.
func sameFiles(before, now []sets.Entry) error {
	if len(before) != len(now) {
		return fault.Fault{
			Where: "data", What: "other files than those that the run began with",
			Found: fmt.Sprintf("%d files", len(now)), Expected: fmt.Sprint(len(before)),
		}.Err()
	}
	var changed fault.List
	for i := range now {
		if now[i].SHA256 != before[i].SHA256 {
			changed = append(changed, fault.Fault{
				Where: now[i].Path, What: "data changed since the run began",
				Found:    fmt.Sprintf("%d bytes with SHA-256 %s", now[i].Size, now[i].SHA256),
				Expected: fmt.Sprintf("%d bytes with SHA-256 %s", before[i].Size, before[i].SHA256),
			})
		}
	}
	return changed.Err()
}

var errNotTrained = errors.New("experiment: found no trained model, expected a call of Fit or Train before")
