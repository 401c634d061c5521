package table

import (
	"context"

	"github.com/gruexp/gruexp/trainer/data"
)

// LoadOwn reads the tables or texts of a valid configuration, with its defaults filled in. A relative path that does not exist is
// looked for in dir. The parts are not divided by a fold, and there are no baselines yet.
func LoadOwn(ctx context.Context, config data.Config, task data.Task, dir string) (*data.Data, error) {
	switch {
	case config.Table == nil:
		return LoadText(ctx, config, dir)
	case task == data.Translate:
		return loadPairs(ctx, config, dir)
	default:
		return loadCSV(ctx, config, task, dir)
	}
}
