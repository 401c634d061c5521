// Fine-tuning: a model that was trained on much data learns another task from little, with its recurrent layer frozen.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gruexp/gruexp/trainer/experiment"
)

func main() {
	folder, err := os.MkdirTemp("", "fine-tuning")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	model := filepath.Join(folder, "model.safetensors")

	first, err := experiment.ReadFile("docs/examples/fine-tuning/mine.yaml")
	if err != nil {
		log.Fatal(err)
	}
	result, err := first.Fit(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("trained: accuracy %.2f\n", result.Test["accuracy"])
	if err := first.Save(model); err != nil {
		log.Fatal(err)
	}

	// The same layers with another head, from the weights of gru0, which stay as they are.
	second, err := experiment.ReadFile("docs/examples/fine-tuning/mine.yaml",
		experiment.Set("seed=2", "model.layers.1={layer_norm: {}}", "init={layers: [gru0], freeze: [gru0]}", "init.run="+model))
	if err != nil {
		log.Fatal(err)
	}
	if result, err = second.Fit(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("fine-tuned: accuracy %.2f\n", result.Test["accuracy"])
}
