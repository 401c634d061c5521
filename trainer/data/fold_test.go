package data

import (
	"slices"
	"strings"
	"testing"
)

// Of k folds each sequence is validation once; a rolling origin only knows what came before.
func TestFolds(t *testing.T) {
	for _, n := range []int{5, 23, 100} {
		var validated []int
		for number := 1; number <= 5; number++ {
			training, validation, err := FoldConfig{Kind: KFold, Of: 5, Number: number}.Divide(n)
			if err != nil {
				t.Fatal(err)
			}
			all := slices.Concat(training, validation)
			slices.Sort(all)
			if len(slices.Compact(all)) != n {
				t.Errorf("fold %d of %d: found %v and %v, expected each sequence once", number, n, training, validation)
			}
			if len(validation) < n/5 || len(validation) > n/5+1 {
				t.Errorf("fold %d of %d: found %d for validation", number, n, len(validation))
			}
			validated = append(validated, validation...)
		}
		slices.Sort(validated)
		if len(validated) != n || len(slices.Compact(validated)) != n {
			t.Errorf("found %v in the five validation parts, expected each sequence once", validated)
		}
	}
	for number := 1; number <= 3; number++ {
		training, validation, err := FoldConfig{Kind: RollingOrigin, Of: 3, Number: number, Gap: 2}.Divide(40)
		if err != nil {
			t.Fatal(err)
		}
		if len(training) != 10*number-2 || len(validation) != 10 || validation[0] != 10*number || training[len(training)-1] != 10*number-3 {
			t.Errorf("fold %d: found %v and %v", number, training, validation)
		}
	}
	for _, c := range []FoldConfig{{Kind: KFold, Of: 5, Number: 1}, {Kind: RollingOrigin, Of: 2, Number: 1, Gap: 9}} {
		if _, _, err := c.Divide(3); err == nil || !strings.Contains(err.Error(), "expected at least one of each") {
			t.Errorf("%+v: found %v, expected that an empty part is refused", c, err)
		}
	}
	var paths []string
	for _, f := range (FoldConfig{Kind: "leave_one_out", Of: 1, Number: 7, Gap: 1}).Validate() {
		paths = append(paths, f.Path)
	}
	if found := strings.Join(paths, " "); found != "kind of number gap" {
		t.Errorf("found faults of %s", found)
	}
}

func TestSubset(t *testing.T) {
	whole := words("a", "bcd", "ef", "ghij")
	s := Subset(whole, []int{3, 1})
	var found, want Batch
	if err := s.Fill(&found, []int{1, 0}); err != nil {
		t.Fatal(err)
	}
	if err := whole.Fill(&want, []int{1, 3}); err != nil {
		t.Fatal(err)
	}
	if s.Len() != 2 || s.Steps(0) != 4 || !slices.Equal(found.Tokens, want.Tokens) || !slices.Equal(found.Labels, want.Labels) {
		t.Errorf("found %+v, expected %+v", found, want)
	}
	for _, index := range []int{-1, 2} {
		if err := s.Fill(&found, []int{index}); err == nil {
			t.Errorf("found index %d in a subset of 2", index)
		}
	}
	for batches, want := range map[int]int{1: 3, 2: 4, 9: 4} {
		if found := FirstBatches(whole, batches, 3).Len(); found != want {
			t.Errorf("first %d batches of 3: found %d sequences, expected %d", batches, found, want)
		}
	}
	if found := FirstBatches(whole, 1, -1).Len(); found != 4 {
		t.Errorf("found %d sequences of the one batch of all", found)
	}
}
