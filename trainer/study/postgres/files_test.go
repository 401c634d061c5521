package postgres_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/postgres"
)

// Files of several chunks come back whole; those of a trial are written by its worker alone, and old ones go with the new ones.
func TestFiles(t *testing.T) {
	t.Parallel()
	a := address(t, "postgres")
	s, other := begin(t, a, "a"), open(t, a, postgres.Options{})
	big := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	must(t, s.WriteFiles(t.Context(), 0, map[string][]byte{"base.yaml": []byte("x"), "empty": {}}, nil))
	trial, _, err := s.Claim(t.Context(), nil)
	must(t, err)
	must(t, s.WriteFiles(t.Context(), trial.ID, map[string][]byte{"trials/a/1": big}, nil))
	if err := other.WriteFiles(t.Context(), trial.ID, map[string][]byte{"trials/a/2": {}}, nil); !errors.Is(err, study.ErrNotMine) {
		t.Errorf("found %v, expected %v", err, study.ErrNotMine)
	}
	read := func(prefix string) (names []string, size int) {
		must(t, other.ReadFiles(t.Context(), prefix, func(name string, content []byte) error {
			names = append(names, name)
			if bytes.Equal(content, big) {
				size = len(content)
			}
			return nil
		}))
		return names, size
	}
	if names, size := read("trials/a/"); !slices.Equal(names, []string{"trials/a/1"}) || size != len(big) {
		t.Errorf("found %v with %d bytes, expected the file as it was written", names, size)
	}
	must(t, s.WriteFiles(t.Context(), trial.ID, map[string][]byte{"trials/a/3": []byte("y")}, []string{"trials/a/1"}))
	if names, _ := read(""); !slices.Equal(names, []string{"base.yaml", "empty", "trials/a/3"}) {
		t.Errorf("found %v, expected that the old one is gone", names)
	}
	for _, own := range []string{"avx2", "avx512"} {
		if found, err := s.Kernels(t.Context(), own); err != nil || found != "avx2" {
			t.Errorf("found %q, %v, expected that of the first who asked", found, err)
		}
	}
}
