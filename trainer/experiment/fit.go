package experiment

import (
	"context"
	"maps"
	"slices"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/baseline"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

// Fit trains the model and measures it on all parts of the data: [Experiment.Train], then [Experiment.Measure]. The model ends with the
// weights of its best epoch, unless early_stopping.restore_best is false. A training is done once.
func (e *Experiment) Fit(ctx context.Context) (*Result, error) {
	if _, err := e.Train(ctx); err != nil {
		return nil, err
	}
	return e.Measure(ctx)
}

// Train trains the model, from the beginning or from the newest checkpoint, and gives it the weights of its best epoch. The history is
// returned with an error too, as far as it got; the errors are those of [trainer.Trainer.Fit].
func (e *Experiment) Train(ctx context.Context) (*trainer.History, error) {
	if err := e.Prepare(ctx); err != nil {
		return nil, err
	}
	e.Warn(ctx)
	t, err := e.newTrainer()
	if err != nil {
		return nil, err
	}
	history, err := t.Fit(ctx, e.model, e.data.Train, e.data.Valid)
	if err != nil {
		return history, err
	}
	e.trainer, e.history = t, history
	if e.RestoresBest() && history.BestEpoch > 0 {
		if err := t.RestoreBest(e.model); err != nil {
			return history, err
		}
	}
	return history, e.calibrate(ctx, t)
}

// RestoresBest says whether the model ends with the weights of its best epoch and not of the last one.
func (e *Experiment) RestoresBest() bool {
	stopping := e.cfg.Trainer.EarlyStopping
	return stopping == nil || *stopping.RestoreBest
}

// Measure measures the trained model on all parts of the data, and the baselines on the test part.
func (e *Experiment) Measure(ctx context.Context) (*Result, error) {
	if e.history == nil {
		return nil, errNotTrained
	}
	result := &Result{
		Experiment: e.cfg.Name,
		Model:      ModelName(e.cfg.Model),
		Seed:       e.cfg.Seed,
		Epochs:     len(e.history.Epochs),
		BestEpoch:  e.history.BestEpoch,
		StopReason: string(e.history.StopReason),
		Train:      Metrics{},
		Valid:      Metrics{},
		Test:       Metrics{},
		Baselines:  map[string]Metrics{},
		Parts:      map[string]Part{},
		Seconds:    e.history.Seconds,
		Parameters: graph.CountElements(e.model.Params()),
	}
	var each *scores // of the test part
	for _, part := range []struct {
		name    string
		metrics *Metrics
	}{{"train", &result.Train}, {"valid", &result.Valid}, {"test", &result.Test}} {
		if e.Part(part.name) == nil {
			continue
		}
		measured, scored, err := e.evaluate(ctx, part.name)
		if err != nil {
			return nil, err
		}
		each = scored // of the last part, the test part
		*part.metrics = measured
		if result.Parts[part.name], err = partOf(e.Part(part.name)); err != nil {
			return nil, err
		}
	}
	result.Targets, result.Outputs = each.targets(e.data.Spec.TargetColumns)
	if slices.Contains(e.cfg.Trainer.Metrics, trainer.MetricConfusion) {
		counts, err := e.trainer.Confusion(ctx, e.model, e.data.Test)
		if err != nil {
			return nil, err
		}
		result.Confusion = &Confusion{e.data.Spec.ClassNames(), counts}
	}
	if e.options.plain {
		return result, nil
	}
	baselines, err := baseline.Of(e.data)
	if err != nil {
		return nil, err
	}
	for _, b := range baselines {
		result.Baselines[b.Name] = b.Metrics
	}
	if v, ok := result.AgainstBaseline(); ok {
		for _, b := range baselines {
			if b.Name == v.Baseline {
				v.Pairs = each.compare(v, b)
			}
		}
		result.Verdict = &v
	}
	return result, nil
}

// Evaluate measures the model as it is on one of [Splits]; on a test part that overlaps with the training, also on the rest of it. A part
// that the data do not have is an error.
func (e *Experiment) Evaluate(ctx context.Context, split string) (Metrics, error) {
	if err := e.Prepare(ctx); err != nil {
		return nil, err
	}
	if err := e.checkPart(split); err != nil {
		return nil, err
	}
	metrics, _, err := e.evaluate(ctx, split)
	return metrics, err
}

// evaluate gives the scores of the sequences of the test part, too; of other parts nil.
func (e *Experiment) evaluate(ctx context.Context, split string) (Metrics, *scores, error) {
	const key = "score-of-each-sequence"
	cfg, each := e.cfg.Trainer, (*scores)(nil)
	if split == "test" {
		each = newScores(&e.data.Spec, e.Part(split).Len())
		cfg.OwnMetrics = maps.Clone(cfg.OwnMetrics)
		if cfg.OwnMetrics == nil {
			cfg.OwnMetrics = trainer.MetricFactories{}
		}
		cfg.OwnMetrics[key] = trainer.MetricFactory{New: func(data.Spec) (trainer.Metric, error) { return each, nil }}
		cfg.Metrics = append(slices.Clone(cfg.Metrics), key)
	}
	t, err := trainer.New(cfg, nil, e.streams, trainer.Options{Pool: e.pool, Callbacks: e.options.callbacks})
	if err != nil {
		return nil, nil, err
	}
	metrics, err := t.EvaluatePart(ctx, e.model, e.Part(split), split)
	if err != nil {
		return nil, nil, err
	}
	delete(metrics, key)
	if split != "test" || e.data.Unseen == nil || e.data.Unseen.Len() == 0 {
		return metrics, each, nil
	}
	t, err = trainer.New(e.cfg.Trainer, nil, e.streams, trainer.Options{Pool: e.pool})
	if err != nil {
		return nil, nil, err
	}
	unseen, err := t.Evaluate(ctx, e.model, e.data.Unseen)
	if err != nil {
		return nil, nil, err
	}
	metrics[sets.AccuracyUnseen] = unseen[trainer.MetricAccuracy]
	return metrics, each, nil
}

// FindLearningRate tries learning rates on the training part: see [trainer.Trainer.FindLearningRate]. The experiment cannot be trained after it.
func (e *Experiment) FindLearningRate(ctx context.Context, finder trainer.FinderConfig) (*trainer.Finding, error) {
	if err := e.Prepare(ctx); err != nil {
		return nil, err
	}
	t, err := trainer.New(e.cfg.Trainer, e.cfg.solver(), e.streams, trainer.Options{Pool: e.pool})
	if err != nil {
		return nil, err
	}
	return t.FindLearningRate(ctx, e.model, e.data.Train, finder)
}

// Trainer is the trainer of an experiment that has been trained, to measure more with it; nil before.
func (e *Experiment) Trainer() *trainer.Trainer { return e.trainer }

// partOf counts the sequences of a part, and those of each class where a sequence has one.
func partOf(ds data.Dataset) (Part, error) {
	part, spec := Part{Sequences: ds.Len()}, ds.Spec()
	if spec.TargetKind != data.ClassPerSequence {
		return part, nil
	}
	var err error
	part.Classes, err = countClasses(ds, spec.Targets)
	return part, err
}

// ModelName is what people call a model: by its recurrent layers, as "GRU", or "LSTM and GRU"; "model" without one.
func ModelName(model layers.ModelConfig) string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var visit func(layers []layers.LayerConfig)
	visit = func(list []layers.LayerConfig) {
		for _, l := range list {
			switch {
			case l.GRU != nil:
				add("GRU")
			case l.GRUD != nil:
				add("GRU-D")
			case l.LSTM != nil:
				add("LSTM")
			case l.RNN != nil:
				add("RNN")
			case l.MinGRU != nil:
				add("minGRU")
			case l.Residual != nil:
				visit(l.Residual.Layers)
			}
		}
	}
	visit(model.Layers)
	switch len(names) {
	case 0:
		return "model"
	case 1:
		return names[0]
	default:
		text := names[0]
		for _, name := range names[1 : len(names)-1] {
			text += ", " + name
		}
		return text + " and " + names[len(names)-1]
	}
}
