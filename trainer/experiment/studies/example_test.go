package studies_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
)

// Two update rules on the names of languages, each with two seeds and the first epoch alone.
func Example() {
	ctx := context.Background()
	c, err := studies.NewComparison(ctx, studies.ComparisonConfig{
		Question: studies.Question{
			Name: "rules", Base: "languages", Metric: "valid.accuracy",
			Set: map[string]any{
				"trainer.max_epochs": 1, "data.batch_size": 128, "model.layers.0.embedding.units": 4, "model.layers.2.gru": map[string]any{"units": 4, "bidirectional": false},
			},
		},
		Seeds:     []uint64{1, 2},
		Split:     studies.SplitFixed,
		Reference: "adam",
		Arms: map[string]map[string]any{
			"adam": {},
			"sgd":  {"solver": map[string]any{"name": "sgd", "learning_rate": 1e-6}},
		},
	}, studies.Options{})
	if err != nil {
		log.Fatal(err)
	}
	result, err := c.Run(ctx, study.NewMemory(), studies.Execution{})
	if err != nil {
		log.Fatal(err)
	}
	d := result.Differences["sgd"]
	fmt.Println("best:", result.Better()[0])
	fmt.Printf("sgd beats adam with probability %.0f, in %d pairs\n", float64(d.Probability), d.Pairs)
	// Output:
	// best: adam
	// sgd beats adam with probability 0, in 2 pairs
}
