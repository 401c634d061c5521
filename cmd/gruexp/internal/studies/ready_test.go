package studies

import (
	"slices"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
)

// Every built-in study is one: all of its arms are configurations without a fault, and no two are the same.
func TestReadyStudies(t *testing.T) {
	names, err := Ready()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"solvers", "schedules", "clipping", "penalties", "dropout", "batch-sizes", "initializers", "gru-forms", "cells"} {
		if !slices.Contains(names, want) {
			t.Errorf("found no study %s among %v", want, names)
		}
	}
	for _, name := range names {
		f, err := open(name)
		if err != nil {
			t.Fatal(err)
		}
		c := &Comparison{config: defaultCompare()}
		if err := f.decode(&c.config, &c.config.Question, func() fault.List { return c.config.validate() }); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.config.Description == "" {
			t.Errorf("%s: found no description", name)
		}
		if err := c.resolve(f, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		seen := map[string]string{}
		for arm, a := range c.arms {
			fingerprint, err := a.config.Fingerprint(nil)
			if err != nil {
				t.Fatal(err)
			}
			if other, ok := seen[fingerprint]; ok {
				t.Errorf("%s: found the arms %s and %s to be the same", name, arm, other)
			}
			seen[fingerprint] = arm
		}
	}
}
