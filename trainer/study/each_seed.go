package study

import (
	"context"
	"time"
)

// EachSeed makes a [Worker.Execute] of a function that trains with the settings of a trial and one of its seeds and returns the value
// of the study's metric. The function may report the value after each epoch; the reports of the first seed are what a search prunes by.
// When a report returns an error the function should return it: the trial is not worth continuing, or the study is stopped.
func EachSeed(run func(ctx context.Context, t Trial, seed uint64, report func(epoch int, value float64) error) (float64, error)) func(context.Context, Trial, func(Point) error) ([]Run, error) {
	return func(ctx context.Context, t Trial, note func(Point) error) ([]Run, error) {
		var runs []Run
		for i, seed := range t.Seeds {
			begun, epochs := time.Now(), 0
			value, err := run(ctx, t, seed, func(epoch int, value float64) error {
				epochs = epoch
				if i == 0 {
					if err := note(Point{Epoch: epoch, Value: value, Seconds: time.Since(begun).Seconds()}); err != nil {
						return err
					}
				}
				return context.Cause(ctx)
			})
			if err != nil {
				return nil, err
			}
			runs = append(runs, Run{Seed: seed, Value: value, Seconds: time.Since(begun).Seconds(), Epochs: epochs})
		}
		return runs, nil
	}
}
