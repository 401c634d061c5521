package trainer

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// Rooms of the tensors of a checkpoint.
const (
	paramRoom       = "param/"
	bestRoom        = "best/"
	solverRoom      = "solver/"
	carriedRoom     = "carried/"
	accumulatedRoom = "accumulated/"
)

// openCheckpoints makes the directory ready and resumes from it if that is wanted.
func (f *fit) openCheckpoints() error {
	dir := f.options.Checkpoints
	f.state.Fingerprint = f.options.Fingerprint
	if dir == "" {
		return nil
	}
	if err := atomicfile.MkdirAll(dir, 0o777); err != nil {
		return errors.Wrap(err, "checkpoints")
	}
	if !f.options.Resume {
		existing, err := listCheckpoints(dir)
		if err == nil && len(existing) > 0 {
			err = errors.Errorf("%s: found a checkpoint of an earlier run, expected none without resuming", existing[0].path)
		}
		return err
	}
	if err := atomicfile.RemoveLeftovers(dir); err != nil {
		return err
	}
	c, faults, err := loadCheckpoint(dir, f.options.Fingerprint)
	if err != nil {
		return err
	}
	f.skipped = faults
	if c == nil {
		return nil
	}
	return errors.WithMessage(f.restore(c), "resume")
}

func (f *fit) restore(c *checkpoint) error {
	if err := graph.Assign(f.params, c.section(paramRoom)); err != nil {
		return err
	}
	if c.state.Stopping.BestEpoch > 0 {
		f.best = cloneParams(f.params)
		if err := graph.Assign(f.best, c.section(bestRoom)); err != nil {
			return errors.WithMessage(err, "best weights")
		}
	}
	if err := f.solver.Restore(c.named(solverRoom)); err != nil {
		return err
	}
	if err := f.carried[graph.Train].Restore(c.named(carriedRoom)); err != nil {
		return err
	}
	if f.cfg.Accumulate > 1 {
		if err := restoreDense(c.named(accumulatedRoom), f.accumulator.sums); err != nil {
			return errors.WithMessage(err, "accumulated gradients")
		}
	}
	f.accumulator.counts = c.state.Accumulated
	if err := f.restoreCallbacks(c.state.Callbacks); err != nil {
		return err
	}
	f.state = c.state
	return f.streams.Restore(c.state.Streams)
}

// restoreDense copies saved tensors over those of the same names.
func restoreDense(saved, into map[string]*tensor.Dense) error {
	if len(saved) != len(into) {
		return errors.Errorf("found %d tensors, expected %d", len(saved), len(into))
	}
	for name, t := range into {
		s := saved[name]
		if s == nil || s.Dtype() != t.Dtype() || !s.Shape().Eq(t.Shape()) {
			return errors.Errorf("%s: found %v, expected a tensor like %v", name, s, t.Shape())
		}
		copyDense(t, s)
	}
	return nil
}

// named are the tensors of a room by name.
func (c *checkpoint) named(room string) map[string]*tensor.Dense {
	values := map[string]*tensor.Dense{}
	for _, t := range c.section(room) {
		values[t.Name] = tensor.New(tensor.WithShape(t.Shape...), tensor.WithBacking(t.Data))
	}
	return values
}

// markOrder remembers the state of the stream that the plan of the next epoch is drawn from. A checkpoint has this one
// instead of the plan.
func (f *fit) markOrder() error {
	streams, err := f.streams.State()
	f.order = streams[orderStream]
	return err
}

// save writes a checkpoint of the place that the run has come to.
func (f *fit) save() error {
	if f.options.Checkpoints == "" {
		return nil
	}
	if err := checkFinite(f.params); err != nil {
		return err
	}
	var err error
	if f.state.Streams, err = f.streams.State(); err != nil {
		return err
	}
	delete(f.state.Streams, orderStream)
	if f.order != nil {
		f.state.Streams[orderStream] = f.order
	}
	f.state.Seconds = f.clock.seconds()
	f.state.Accumulated = f.accumulator.counts
	if err := f.saveCallbacks(); err != nil {
		return err
	}
	tensors := prefixed(paramRoom, graph.Tensors(f.params))
	tensors = append(tensors, prefixed(bestRoom, graph.Tensors(f.best))...)
	for room, values := range map[string]map[string]*tensor.Dense{solverRoom: f.solver.State(), carriedRoom: f.carried[graph.Train].State(), accumulatedRoom: f.accumulator.sums} {
		for name, value := range values {
			tensors = append(tensors, graph.Tensors([]*graph.Param{{Name: room + name, Value: value}})...)
		}
	}
	return saveCheckpoint(f.options.Checkpoints, checkpoint{f.state, tensors, &f.historyText})
}
