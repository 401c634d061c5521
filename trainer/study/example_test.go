package study_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/gruexp/gruexp/trainer/study"
)

// Two strategies, five seeds each, compared in this process. What stands in for a training is a random number.
func Example() {
	ctx := context.Background()
	c := study.Comparison{Arms: []string{"plain", "new"}, Reference: "plain", Seeds: []uint64{1, 2, 3, 4, 5}, Least: new(0.0)}
	store := study.NewMemory()
	for _, arm := range c.Arms {
		for _, seed := range c.Seeds {
			trial := study.Trial{Name: fmt.Sprintf("%s-%d", arm, seed), Arm: arm, Seeds: []uint64{seed}}
			if err := store.Add(ctx, []study.Trial{trial}); err != nil {
				log.Fatal(err)
			}
		}
	}
	worker := study.Worker{Store: store, Slots: 2, Execute: study.EachSeed(
		func(_ context.Context, t study.Trial, seed uint64, _ func(int, float64) error) (float64, error) {
			loss := 0.5 + 0.1*rand.New(rand.NewPCG(seed, 0)).Float64()
			if t.Arm == "new" {
				loss -= 0.2 + 0.01*rand.New(rand.NewPCG(seed, 1)).Float64()
			}
			return loss, nil
		},
	)}
	if err := worker.Work(ctx); err != nil {
		log.Fatal(err)
	}
	trials, err := store.Trials(ctx)
	if err != nil {
		log.Fatal(err)
	}
	d := c.Table(trials).Differences["new"]
	fmt.Printf("new is %s: %.2f [%.2f, %.2f]\n", d.Sentence, float64(d.Mean), float64(d.Low), float64(d.High))
	// Output: new is better than plain: -0.20 [-0.21, -0.20]
}
