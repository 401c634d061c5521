package studies

import (
	"slices"
	"testing"
)

// Every built-in study is one: all of its arms are configurations without a fault, and no two are the same.
func TestBuiltinStudies(t *testing.T) {
	names, err := Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"solvers", "schedules", "clipping", "penalties", "dropout", "batch-sizes", "initializers", "gru-forms", "cells"} {
		if !slices.Contains(names, want) {
			t.Errorf("found no study %s among %v", want, names)
		}
	}
	for _, name := range names {
		f, err := open(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := f.comparison()
		c := &Comparison{config: cfg, file: f}
		if err == nil {
			err = c.resolve(nil)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.config.Description == "" {
			t.Errorf("%s: found no description", name)
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
