package data

import (
	"context"
	"fmt"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// LoadOptions says where files are.
type LoadOptions struct {
	Dir      string    // the data directory; empty: none
	Registry *Registry // nil: none
}

// Load loads the data that a configuration describes, for a task, and divides them anew where that is asked for. Where the
// configuration is at fault the error is a *fault.Error with all faults; where a file is, a [*FileError]; where a set's file is
// missing, a [*NotFoundError].
func Load(ctx context.Context, config Config, task Task, options LoadOptions) (*Data, error) {
	config = config.WithDefaults()
	loaded, err := loadWhole(ctx, config, task, options)
	if err != nil {
		return nil, err
	}
	err = config.divide(loaded)
	if config.ValidSeed != 0 && !loaded.DrawsValid {
		err = errors.WithStack(&fault.Error{Faults: fault.List{{
			Path: "valid_seed", Found: fmt.Sprint(config.ValidSeed), Expected: "0: the validation part of these data is not drawn at random",
		}}})
	}
	if err != nil {
		loaded.Close()
		return nil, err
	}
	return loaded, nil
}

// loadWhole loads the parts of the data as they are.
func loadWhole(ctx context.Context, config Config, task Task, options LoadOptions) (*Data, error) {
	if err := config.ValidateFor(task).Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	if err := ctx.Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	if config.CSV != nil && task == Translate {
		return loadPairs(ctx, config, options.Dir)
	}
	if config.CSV != nil {
		return loadCSV(ctx, config, task, options.Dir)
	}
	if config.Text != nil {
		return loadOwnText(ctx, config, options.Dir)
	}
	set, _ := Known(config.Name)
	var files []string
	if set.NeedsFile() {
		var err error
		if files, err = Locate(set.Name, options.Dir, options.Registry); err != nil {
			return nil, err
		}
	}
	data, err := set.load(ctx, config, files)
	if err != nil {
		return nil, err
	}
	data.Name = set.Name
	data.Files = files
	return data, nil
}
