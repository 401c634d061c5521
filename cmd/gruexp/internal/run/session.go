package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"
	"github.com/shirou/gopsutil/v4/mem"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/environment"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// session is an experiment put together: everything but the directory.
type session struct {
	cfg         *config.Config // with every size that follows from the data
	options     Options
	environment environment.Environment
	data        *data.Data
	streams     *graph.Streams
	model       *layers.Model
	pool        *kernel.Pool
}

// newSession loads the data and builds what the configuration says on them. The files must be those of before, unless
// that is nil.
func newSession(ctx context.Context, cfg *config.Config, options Options, before []data.Entry) (opened *session, err error) {
	d, err := data.Load(ctx, cfg.Data, cfg.Task, options.Data)
	if err != nil {
		return nil, cfg.Place("data", err)
	}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	if options.DryRun {
		d.Unseen = nil
		for _, part := range []*data.Dataset{&d.Train, &d.Valid, &d.Test} {
			if *part != nil {
				*part = data.FirstBatches(*part, 1, cfg.Data.BatchSize)
			}
		}
	}
	files, err := fingerprint(d.Files)
	if err != nil {
		return nil, err
	}
	if before != nil {
		if err := sameData(before, files); err != nil {
			return nil, err
		}
	}
	s := &session{
		options: options, data: d, streams: graph.NewStreams(cfg.Seed), pool: kernel.NewPool(options.Threads),
	}
	for _, note := range d.Notes {
		if before == nil {
			s.warn(ctx, note)
		}
	}
	s.environment = environment.Read(s.pool.Threads())
	s.environment.Data = files
	return s, s.build(cfg)
}

// build makes model and solver. All faults of the configuration with these data are one error.
func (s *session) build(cfg *config.Config) error {
	spec := s.data.Spec
	faults := cfg.ValidateFor(spec, s.data.Valid != nil)

	sized := *cfg
	sized.Model.Input = cfg.InputOf(spec)
	if err := checkMemory(layers.CountElements(sized.Model, cfg.Head(spec)), cfg.Dtype()); err != nil {
		return cfg.Place("model", err)
	}
	var err error
	if s.model, err = layers.NewModel(sized.Model, cfg.Head(spec), cfg.Dtype(), s.streams); !collect(&faults, "model", err) {
		return err
	}
	_, unplanned := cfg.Solver.New(s.plan(cfg))
	if !collect(&faults, "solver", unplanned) {
		return unplanned
	}
	if s.model != nil && unplanned == nil {
		faults.Under("solver", cfg.Solver.ValidateFor(s.model.Params()))
	}
	if err := faults.Err(); err != nil {
		return cfg.Place("", err)
	}
	sized.Model = s.model.Config()
	s.cfg = &sized
	return nil
}

// copies is how often training has every parameter in memory, at the least: values, gradients, two moments of the
// solver, and the best ones so far.
const copies = 5

// checkMemory refuses a model that this machine cannot train: without it the system would end the program in the middle.
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
	faults.Under(prefix, found)
	return err == nil || found != nil
}

// plan is what the solver is told of the training.
func (s *session) plan(cfg *config.Config) solvers.Plan {
	return trainer.Plan(cfg.Trainer, s.data.Train, s.streams)
}

func (s *session) split(name string) data.Dataset {
	switch name {
	case "train":
		return s.data.Train
	case "valid":
		return s.data.Valid
	default:
		return s.data.Test
	}
}

// warn tells the callbacks, as the trainer does. A warning that cannot be shown ends nothing.
func (s *session) warn(ctx context.Context, message string) {
	for _, c := range s.options.Callbacks {
		_ = c.On(ctx, &trainer.Event{Kind: trainer.Warning, Message: message, History: &trainer.History{}})
	}
}

func fingerprint(files []string) ([]data.Entry, error) {
	entries := make([]data.Entry, len(files))
	for i, file := range files {
		var err error
		if entries[i], err = data.Fingerprint(file); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// sameData compares contents: files may have moved.
func sameData(before, now []data.Entry) error {
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

// checksums are those of the data files.
func (s *session) checksums() []string {
	sums := make([]string, 0, len(s.environment.Data))
	for _, e := range s.environment.Data {
		sums = append(sums, e.SHA256)
	}
	return slices.Clip(sums)
}
