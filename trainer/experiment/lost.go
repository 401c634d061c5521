package experiment

import (
	"slices"
	"strings"
)

// LostSolverOptions lists the options of the solver that base sets and other leaves at their defaults although they do not depend on the
// solver's name, as clip_norm: a section solver with a name replaces the whole section of the base, so that a comparison of the two
// would be one of clipping, too.
func LostSolverOptions(base, other *Config) ([]string, error) {
	set, err := solverOptions(base)
	if err != nil {
		return nil, err
	}
	kept, err := solverOptions(other)
	if err != nil {
		return nil, err
	}
	var lost []string
	for _, path := range set {
		if !slices.Contains(kept, path) {
			lost = append(lost, path)
		}
	}
	return lost, nil
}

// solverOptions lists the options of any solver that differ from their defaults.
func solverOptions(c *Config) ([]string, error) {
	values, err := Values(c)
	if err != nil {
		return nil, err
	}
	general := []string{
		"schedule.name", "spikes", "centralize", "clip_value", "clip_param_norm", "clip_adaptive", "clip_norm", "gradient_noise", "l1", "l2",
		"penalties", "groups", "average", "lookahead",
	}
	var set []string
	for _, v := range values {
		path, ofSolver := strings.CutPrefix(v.Path, "solver.")
		if !ofSolver || !v.Differs {
			continue
		}
		for _, key := range general {
			if path == key || strings.HasPrefix(path, key+".") {
				set = append(set, v.Path)
			}
		}
	}
	return set, nil
}
