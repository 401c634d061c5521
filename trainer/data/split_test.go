package data

import (
	"slices"
	"strings"
	"testing"
)

// Whatever the seed, the test part is the same and every part as large; validation parts differ, and together are about all
// that is not tested.
func TestDraw(t *testing.T) {
	first := draw(0, 100, 0.2, 0.3)
	validated := map[int]bool{}
	for seed := range uint64(30) {
		drawn := draw(seed, 100, 0.2, 0.3)
		var counts [parts]int
		for i, p := range drawn {
			counts[p]++
			if (p == test) != (first[i] == test) {
				t.Fatalf("seed %d: found %d in the part %s, expected the test part of seed 0", seed, i, p)
			}
			if p == valid {
				validated[i] = true
			}
		}
		if counts != [parts]int{50, 20, 30} {
			t.Errorf("seed %d: found parts of %v", seed, counts)
		}
		if seed > 0 && slices.Equal(drawn, first) {
			t.Errorf("seed %d: found the validation part of seed 0", seed)
		}
		if !slices.Equal(drawn, draw(seed, 100, 0.2, 0.3)) {
			t.Errorf("seed %d: found two draws that differ", seed)
		}
	}
	if len(validated) < 68 { // of 70, each is left out by 30 draws with a probability of 0.7^30
		t.Errorf("found %d that were ever for validation, expected about all 70", len(validated))
	}
}

// Data whose validation part is drawn have another one with another seed; others refuse it.
func TestValidSeed(t *testing.T) {
	texts := func(d Dataset) string {
		var all []string
		names := d.(*labeledTexts)
		for i := range names.Len() {
			all = append(all, string(rune(names.labels[i]))+d.Spec().Decode(names.tokens[i]))
		}
		return strings.Join(all, " ")
	}
	parts := map[uint64]*Data{}
	for _, seed := range []uint64{0, 1, 2} {
		d, err := Load(t.Context(), Config{Name: "languages", ValidSeed: seed}, Classify, LoadOptions{})
		if err != nil || !d.DrawsValid {
			t.Fatalf("found %v, expected data whose validation part is drawn", err)
		}
		parts[seed] = d
	}
	for _, seed := range []uint64{1, 2} {
		if parts[seed].Test.Len() != parts[0].Test.Len() {
			t.Errorf("seed %d: found a test part of %d, expected %d", seed, parts[seed].Test.Len(), parts[0].Test.Len())
		}
		if texts(parts[seed].Valid) == texts(parts[seed-1].Valid) {
			t.Errorf("seed %d: found the validation part of seed %d", seed, seed-1)
		}
	}
	for _, c := range []Config{{Name: "adding", ValidSeed: 1}, {Name: "languages", ValidSeed: 1, Fold: &FoldConfig{}}} {
		task := Classify
		if c.Name == "adding" {
			task = Regress
		}
		if _, err := Load(t.Context(), c, task, LoadOptions{}); err == nil || !strings.Contains(err.Error(), "valid_seed: found 1, expected 0") {
			t.Errorf("%+v: found %v, expected that the seed is refused", c, err)
		}
	}
}
