package studies

import (
	"context"
	"runtime"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
)

// Execution says how the trials of a study are carried out in this process. It changes no number of a result, but that what a sampler or a
// pruner does follows from the trials that have ended by then.
type Execution struct {
	Slots int                 // trials at a time; 0: one
	Retry bool                // repeat the trials that have failed
	OnEnd func(t study.Trial) // is called after each trial that has ended, by one goroutine at a time; nil: nothing is called
}

// Run carries the comparison out, or continues it: what the store has is not repeated. Trials are trained in this process, with the cores
// divided among the slots. A trial that fails is one of [study.Table.Failed]; the error is a [FailedError] where all of them have failed,
// [study.ErrOtherStudy] where the store has another study, and that of the context where it has ended.
func (c *Comparison) Run(ctx context.Context, store study.Store, e Execution) (*ComparisonResult, error) {
	trials, err := c.plan.run(ctx, store, e)
	if err != nil {
		return nil, err
	}
	return c.plan.Comparison(trials), nil
}

// Run carries the search out, or continues it, as [Comparison.Run] does a comparison. Its budget may have grown.
func (s *Search) Run(ctx context.Context, store study.Store, e Execution) (*SearchResult, error) {
	trials, err := s.plan.run(ctx, store, e)
	if err != nil {
		return nil, err
	}
	return s.plan.Search(trials), nil
}

func (p *Plan) run(ctx context.Context, store study.Store, e Execution) ([]study.Trial, error) {
	if err := p.Begin(ctx, store); err != nil {
		return nil, err
	}
	if err := p.AddTrials(ctx, store, e.Retry); err != nil {
		return nil, err
	}
	w := p.Worker(store)
	w.Slots, w.OnEnd = max(1, e.Slots), e.OnEnd
	threads := max(1, runtime.GOMAXPROCS(0)/w.Slots)
	w.Execute = func(ctx context.Context, t study.Trial, report func(study.Point) error) ([]study.Run, error) {
		return p.execute(ctx, t, threads, report)
	}
	if err := w.Work(ctx); err != nil {
		return nil, err
	}
	trials, err := store.Trials(ctx)
	if err != nil {
		return nil, err
	}
	return trials, AnyDone(trials)
}

// Begin makes a store that of the study; one that has it already stays as it is. The error is [study.ErrOtherStudy] for a store with
// another study.
func (p *Plan) Begin(ctx context.Context, store study.Store) error {
	d, err := p.Definition()
	if err != nil {
		return err
	}
	return store.Begin(ctx, d)
}

// AddTrials adds the trials that are known from the beginning to the store of the study, unless it has them, and makes those wait again that
// have failed, where retry says so.
func (p *Plan) AddTrials(ctx context.Context, store study.Store, retry bool) error {
	err := store.Add(ctx, p.trials)
	if err == nil && retry {
		_, err = store.Retry(ctx)
	}
	return err
}

// execute trains a trial with each of its seeds.
func (p *Plan) execute(ctx context.Context, t study.Trial, threads int, report func(study.Point) error) ([]study.Run, error) {
	var runs []study.Run
	for i, seed := range t.Seeds {
		cfg, err := p.RunConfig(t, seed)
		if err != nil {
			return nil, err
		}
		epoch := report
		if i > 0 { // a trial is judged early by its first run
			epoch = func(study.Point) error { return nil }
		}
		run, err := p.train(ctx, cfg, threads, epoch)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

func (p *Plan) train(ctx context.Context, cfg *experiment.Config, threads int, report func(study.Point) error) (study.Run, error) {
	options := slices.Concat([]experiment.Option{experiment.Threads(threads), experiment.WithoutBaselines()}, p.options.Run, []experiment.Option{experiment.Callbacks(reporter{p.Metric(), report})})
	e, err := experiment.New(ctx, *cfg, options...)
	if err != nil {
		return study.Run{}, err
	}
	defer e.Close()
	result, err := e.Fit(ctx)
	if err != nil {
		return study.Run{}, err
	}
	return RunOf(result, p.Metric())
}

// RunOf is the result of an experiment as a run of a trial. An error is a result without the metric.
func RunOf(r *experiment.Result, metric string) (study.Run, error) {
	value, ok := r.Valid[metric[len(validPrefix):]]
	if !ok {
		return study.Run{}, errors.Errorf("found no %s in the result of a run", metric)
	}
	return study.Run{Seed: r.Seed, Value: value, Seconds: r.Seconds, Epochs: r.Epochs, StopReason: r.StopReason, Test: r.Test}, nil
}

// reporter reports the metric after each epoch.
type reporter struct {
	metric string
	report func(study.Point) error
}

// On implements [trainer.Callback].
func (r reporter) On(_ context.Context, e *trainer.Event) error {
	if e.Kind != trainer.EpochEnd {
		return nil
	}
	epoch := e.History.Epochs[len(e.History.Epochs)-1]
	v, ok := epoch.Valid[r.metric[len(validPrefix):]]
	if !ok {
		return nil
	}
	return r.report(study.Point{Epoch: epoch.Epoch, Value: v, Seconds: epoch.Seconds, Last: epoch.Epoch >= e.Config.MaxEpochs})
}
