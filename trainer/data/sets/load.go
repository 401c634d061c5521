package sets

import (
	"context"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/baseline"
	"github.com/gruexp/gruexp/trainer/data/internal/input"
	"github.com/gruexp/gruexp/trainer/data/table"
)

// Options says where files are, and which sets there are in addition to the built-in ones.
type Options struct {
	Dir      string        // the data directory; empty: none
	Registry *Registry     // nil: none
	Sources  []data.Source // sets of the program's own
}

// All returns the built-in sets and then others.
func All(others ...data.Source) []data.Source { return append(Builtin(), others...) }

// Load loads the data that a configuration describes, for a task, and divides them again where a fold is asked for. Where the
// configuration or a file is wrong, the error is a *fault.Error with all faults; where a set's file is missing, it is a
// [*NotFoundError].
func Load(ctx context.Context, config data.Config, task data.Task, options Options) (*data.Data, error) {
	known := All(options.Sources...)
	config = config.WithDefaults(known...)
	if err := config.ValidateFor(task, known...).Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	ctx, contents := input.WithContents(ctx)
	loaded, err := loadSet(ctx, config, task, options, known, contents)
	if err != nil {
		return nil, err
	}
	if loaded.Read, err = entriesOf(loaded.Files, contents); err != nil {
		loaded.Close()
		return nil, err
	}
	if loaded.Baselines == nil && loaded.Basis != nil {
		loaded.Baselines = func() []data.Baseline { return baseline.OfBasis(loaded.Basis) }
	}
	if err := config.Divide(loaded); err != nil {
		loaded.Close()
		return nil, err
	}
	return loaded, nil
}

// loadSet loads the parts of the data as they are.
func loadSet(ctx context.Context, config data.Config, task data.Task, options Options, known []data.Source, contents *input.Contents) (*data.Data, error) {
	if err := ctx.Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	if config.Table != nil || config.Text != nil {
		return table.LoadOwn(ctx, config, task, options.Dir)
	}
	set, _ := data.FindSource(known, config.Name)
	var files []string
	var registered []Entry
	if set.NeedsFile() {
		var err error
		if files, registered, err = locate(set, options.Dir, options.Registry); err != nil {
			return nil, err
		}
	}
	loaded, err := set.Load(ctx, config, files)
	if changed := checkRegistered(set, registered, contents); changed != nil { // which says more than what is wrong in such a file
		if loaded != nil {
			loaded.Close()
		}
		return nil, changed
	}
	if err != nil {
		return nil, err
	}
	loaded.Name = set.Name
	loaded.Files = files
	return loaded, nil
}
