package studies

import (
	"github.com/gruexp/gruexp/trainer/experiment"
)

// recipe is what the configurations of trials are made of: a base and the changes to it that they share.
type recipe struct {
	Base []byte // as it was written: a default that a change goes against must not be in it
	Sets []string
}

// newRecipe is that of a configuration which these changes have made of the base.
func newRecipe(base string, cfg *experiment.Config, list []change) (r recipe, err error) {
	if r.Base, err = experiment.Text(base); err != nil {
		return recipe{}, err
	}
	r.Sets, err = lasting(cfg, list)
	return r, err
}

// lasting are assignments that make of the base's text, in whichever folder it is, what it was where it was written.
func lasting(cfg *experiment.Config, list []change) ([]string, error) {
	values := map[string]any{"name": cfg.Name}
	keep := func(section string, files map[string]string) {
		for key, file := range files {
			if file != "" {
				values[section+"."+key] = file
			}
		}
	}
	if table := cfg.Data.Table; table != nil {
		keep("data.table", map[string]string{"path": table.Path, "train": table.Train, "valid": table.Valid, "test": table.Test})
	}
	if text := cfg.Data.Text; text != nil {
		keep("data.text", map[string]string{"path": text.Path, "train": text.Train, "valid": text.Valid, "test": text.Test})
	}
	if cfg.Init != nil {
		keep("init", map[string]string{"run": cfg.Init.Run})
	}
	more, err := changes("", values)
	return append(assignments(list), assignments(more)...), err
}
