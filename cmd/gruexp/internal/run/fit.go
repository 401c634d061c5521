package run

import (
	"context"
	"encoding/json"
	"io"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/modelfile"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// fit trains, from the beginning or from the directory's checkpoint, and measures the weights.
func (s *session) fit(d *diary, dir *rundir.Dir) (*Result, error) {
	ctx := d.ctx
	fingerprint, err := s.cfg.Fingerprint(s.checksums())
	if err != nil {
		return nil, err
	}
	metadata, err := modelfile.Metadata(s.cfg, s.signature())
	if err != nil {
		return nil, err
	}
	keeper := &keeper{dir: dir, model: s.model, metadata: metadata}
	if stopping := s.cfg.Trainer.EarlyStopping; stopping != nil {
		keeper.last = !*stopping.RestoreBest
	}
	t, err := trainer.New(s.cfg.Trainer, s.cfg.Solver, s.streams, trainer.Options{
		Pool:        s.pool,
		Callbacks:   append([]trainer.Callback{keeper}, d.options.Callbacks...),
		Checkpoints: dir.Path(rundir.CheckpointsDir),
		Resume:      true,
		Fingerprint: fingerprint,
	})
	if err != nil {
		return nil, err
	}
	history, err := t.Fit(ctx, s.model, s.data.Train, s.data.Valid)
	if err != nil {
		return nil, refuseCheckpoints(dir, unfinished(dir, history, err))
	}
	result, err := s.finish(ctx, t, keeper, history)
	if err != nil {
		return nil, unfinished(dir, history, err)
	}
	return result, nil
}

// signature is what stands around the model: what the data say, and what the loss makes of the outputs.
func (s *session) signature() data.Signature {
	signature := s.data.Signature()
	switch head := s.model.Head(); head.Loss {
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

// finish measures the weights that the run ends with and writes them and the result down.
func (s *session) finish(ctx context.Context, t *trainer.Trainer, keeper *keeper, history *trainer.History) (*Result, error) {
	if !keeper.last && history.BestEpoch > 0 {
		if err := t.RestoreBest(s.model); err != nil {
			return nil, err
		}
	}
	if err := keeper.saveModel(); err != nil {
		return nil, err
	}
	result := &Result{
		Run:        keeper.dir.Root(),
		Experiment: s.cfg.Name,
		Seed:       s.cfg.Seed,
		Epochs:     len(history.Epochs),
		BestEpoch:  history.BestEpoch,
		StopReason: string(history.StopReason),
		Train:      map[string]float64{},
		Valid:      map[string]float64{},
		Test:       map[string]float64{},
		Baselines:  map[string]map[string]float64{},
		Seconds:    history.Seconds,
		Parameters: graph.CountElements(s.model.Params()),
	}
	for name, metrics := range map[string]*map[string]float64{"train": &result.Train, "valid": &result.Valid, "test": &result.Test} {
		if s.split(name) == nil {
			continue
		}
		measured, err := s.measure(ctx, t, name)
		if err != nil {
			return nil, err
		}
		*metrics = measured
	}
	if slices.Contains(s.cfg.Trainer.Metrics, trainer.MetricConfusion) {
		counts, err := t.Confusion(ctx, s.model, s.data.Test)
		if err != nil {
			return nil, err
		}
		result.Confusion = &Confusion{s.data.Spec.ClassNames(), counts}
	}
	for _, b := range s.data.Baselines() {
		result.Baselines[b.Name] = b.Metrics
	}
	inside, err := s.lookInside(ctx, t)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(inside) // many numbers, so without lines
	if err != nil {
		return nil, errors.Wrap(err, rundir.InsideFile)
	}
	if err := keeper.dir.Write(rundir.InsideFile, text); err != nil {
		return nil, err
	}
	return result, keeper.dir.WriteJSON(rundir.ResultFile, result) // the last one: with it a run has ended
}

// keeper keeps the files of a run directory at the state of the run.
type keeper struct {
	dir      *rundir.Dir
	model    *layers.Model
	metadata map[string]string // of the model file
	last     bool              // the weights of the last epoch are wanted, not the best ones
}

// On writes the metrics of each epoch, and the weights of each that is the best so far.
func (k *keeper) On(_ context.Context, e *trainer.Event) error {
	switch e.Kind {
	case trainer.RunStart:
		return k.dir.RewriteMetrics(e.History.Epochs)
	case trainer.EpochEnd:
		epochs := e.History.Epochs
		if k.last || e.History.BestEpoch == e.Epoch {
			if err := k.saveModel(); err != nil {
				return err
			}
		}
		return k.dir.AppendMetrics(epochs[len(epochs)-1])
	default:
		return nil
	}
}

func (k *keeper) saveModel() error {
	return k.dir.WriteTo(rundir.ModelFile, func(w io.Writer) error {
		return interchange.Write(w, k.model, k.metadata)
	})
}
