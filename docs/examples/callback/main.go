// A callback sees every event of a training, and an error that it returns ends it.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// slope says how the validation loss has changed over the last five epochs.
type slope struct{}

func (slope) On(_ context.Context, e *trainer.Event) error {
	epochs := e.History.Epochs
	if e.Kind != trainer.EpochEnd || len(epochs)%5 != 0 {
		return nil
	}
	first, last := epochs[len(epochs)-5].Valid["loss"], epochs[len(epochs)-1].Valid["loss"]
	fmt.Printf("epoch %d: validation loss %+.3f in 5 epochs\n", len(epochs), last-first)
	return nil
}

func main() {
	e, err := experiment.ReadFile("docs/examples/callback/mine.yaml", experiment.Callbacks(slope{}))
	if err != nil {
		log.Fatal(err)
	}
	result, err := e.Fit(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("accuracy on the test part: %.2f\n", result.Test["accuracy"])
}
