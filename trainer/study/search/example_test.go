package search_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// A search for hyperparameters in this process: 30 trials, of which hopeless ones are ended early. What stands in for a training is
// a function with its minimum at a learning rate of 0.01 and 64 units.
func Example() {
	space := search.Space{
		"learning_rate": {Log: []float64{1e-4, 1}},
		"units":         {LogInt: []int64{8, 256}},
	}
	sampler := search.Sampler{Name: search.TPE, Space: space, Seed: 1}
	pruner := search.Pruner{Name: search.Median, MinEpochs: 2}
	if err := append(sampler.Validate(), pruner.Validate()...).Err(); err != nil {
		log.Fatal(err)
	}
	store := study.NewMemory()
	worker := study.Worker{
		Store: store,
		Propose: func(trials []study.Trial) *study.Trial {
			if len(trials) == 30 {
				return nil
			}
			return &study.Trial{Name: fmt.Sprintf("trial-%d", len(trials)), Seeds: []uint64{1}, Settings: sampler.Next(trials)}
		},
		Prune: pruner.Hopeless,
		Execute: study.EachSeed(func(_ context.Context, t study.Trial, _ uint64, report func(int, float64) error) (float64, error) {
			rate, units := t.Settings["learning_rate"].(float64), float64(t.Settings["units"].(int64))
			loss := 0.0
			for epoch := 1; epoch <= 5; epoch++ {
				loss = math.Abs(math.Log10(rate/0.01)) + math.Abs(math.Log2(units/64)) + 1/float64(epoch)
				if err := report(epoch, loss); err != nil {
					return 0, err
				}
			}
			return loss, nil
		}),
	}
	if err := worker.Work(context.Background()); err != nil {
		log.Fatal(err)
	}
	trials, err := store.Trials(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	best, pruned := trials[0], 0
	for _, t := range trials {
		if t.State == study.Pruned {
			pruned++
		} else if t.Value < best.Value {
			best = t
		}
	}
	fmt.Printf("%d trials, some ended early: %v, best loss below 0.5: %v\n", len(trials), pruned > 0, best.Value < 0.5)
	// Output: 30 trials, some ended early: true, best loss below 0.5: true
}
