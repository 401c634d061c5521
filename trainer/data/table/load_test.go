package table

import (
	"context"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/baseline"
)

// loadIn loads tables or texts, with baselines, as package sets does.
func loadIn(ctx context.Context, config data.Config, task data.Task, dir string) (*data.Data, error) {
	config = config.WithDefaults()
	if err := config.ValidateFor(task).Err(); err != nil {
		return nil, err
	}
	loaded, err := LoadOwn(ctx, config, task, dir)
	if err != nil {
		return nil, err
	}
	loaded.Baselines = func() []data.Baseline { return baseline.OfBasis(loaded.Basis) }
	return loaded, config.Divide(loaded)
}

func loadTable(t *testing.T, config data.Config, task data.Task) *data.Data {
	t.Helper()
	loaded, err := loadIn(t.Context(), config, task, "")
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}
