package docs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/predict"
)

// In which of 36 languages is a name written? README.md shows the body of classify.
func Example() {
	folder, err := os.MkdirTemp("", "languages")
	if err == nil {
		defer os.RemoveAll(folder)
		err = classify(context.Background(), filepath.Join(folder, "languages.safetensors"))
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// right for more than half of the unseen names: true
	// Magyarország: hu
}

func classify(ctx context.Context, file string) error {
	e, err := experiment.ReadFile("languages", experiment.Set("trainer.max_epochs=2")) // or "my.yaml"
	if err != nil {
		return err
	}
	result, err := e.Fit(ctx) // with early stopping, and the weights of the best epoch at the end
	if err != nil {
		return err
	}
	if err := e.Save(file); err != nil {
		return err
	}

	p, err := predict.Open(file)
	if err != nil {
		return err
	}
	found, err := p.Predict(ctx, predict.Text("Magyarország"))
	if err != nil {
		return err
	}
	fmt.Println("right for more than half of the unseen names:", result.Test["accuracy"] > 0.5)
	fmt.Println("Magyarország:", found[0].Class)
	return nil
}
