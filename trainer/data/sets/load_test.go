package sets

import (
	"context"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
)

func load(t *testing.T, config data.Config, task data.Task) *data.Data {
	t.Helper()
	loaded, err := Load(context.Background(), config, task, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}
