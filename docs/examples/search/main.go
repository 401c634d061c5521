// A search for hyperparameters from Go: twelve trainings in this process, hopeless ones ended early.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

const trials = 12

// reporter reports the validation loss of every epoch; the error of a hopeless trial ends its training.
type reporter func(epoch int, loss float64) error

func (r reporter) On(_ context.Context, e *trainer.Event) error {
	if e.Kind != trainer.EpochEnd {
		return nil
	}
	last := e.History.Epochs[len(e.History.Epochs)-1]
	return r(last.Epoch, last.Valid["loss"])
}

// train is one training with the settings of a trial.
func train(ctx context.Context, t study.Trial, seed uint64, report func(int, float64) error) (float64, error) {
	sets := []string{fmt.Sprintf("seed=%d", seed)}
	for path, value := range t.Settings {
		sets = append(sets, fmt.Sprintf("%s=%v", path, value))
	}
	e, err := experiment.ReadFile("docs/examples/callback/mine.yaml", experiment.Set(sets...), experiment.Threads(1), experiment.Callbacks(reporter(report)))
	if err != nil {
		return 0, err
	}
	defer e.Close()
	result, err := e.Fit(ctx)
	if err != nil {
		return 0, err
	}
	return result.Valid["loss"], nil
}

func main() {
	ctx, store := context.Background(), study.NewMemory() // or sqlite.Open(ctx, "study.db"), to continue later
	sampler := search.Sampler{Name: search.TPE, Seed: 1, Space: search.Space{
		"solver.learning_rate":     {Log: []float64{0.001, 0.1}},
		"model.layers.0.gru.units": {LogInt: []int64{4, 32}},
	}}
	pruner := search.Pruner{Name: search.Median, MinEpochs: 3}
	worker := study.Worker{Store: store, Slots: 2, Prune: pruner.Hopeless, Execute: study.EachSeed(train),
		Propose: func(before []study.Trial) *study.Trial {
			if len(before) == trials {
				return nil
			}
			return &study.Trial{Name: fmt.Sprintf("trial-%d", len(before)), Seeds: []uint64{1}, Settings: sampler.Next(before)}
		}}
	if err := worker.Work(ctx); err != nil {
		log.Fatal(err)
	}
	all, err := store.Trials(ctx)
	if err != nil {
		log.Fatal(err)
	}
	var best *study.Trial
	for i, t := range all {
		if t.State == study.Done && (best == nil || t.Value < best.Value) {
			best = &all[i]
		}
	}
	fmt.Printf("best of %d trials: validation loss %.3f with %v\n", len(all), float64(best.Value), best.Settings)
}
