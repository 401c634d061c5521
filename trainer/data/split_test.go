package data

import (
	"slices"
	"testing"
)

// Whatever the seed, the test part is the same and every part as large; validation parts differ, and together are about all
// that is not tested.
func TestDraw(t *testing.T) {
	first := DrawParts(0, 100, 0.2, 0.3)
	validated := map[int]bool{}
	for seed := range uint64(30) {
		drawn := DrawParts(seed, 100, 0.2, 0.3)
		var counts [Parts]int
		for i, p := range drawn {
			counts[p]++
			if (p == TestPart) != (first[i] == TestPart) {
				t.Fatalf("seed %d: found %d in the part %s, expected the test part of seed 0", seed, i, p)
			}
			if p == ValidPart {
				validated[i] = true
			}
		}
		if counts != [Parts]int{50, 20, 30} {
			t.Errorf("seed %d: found parts of %v", seed, counts)
		}
		if seed > 0 && slices.Equal(drawn, first) {
			t.Errorf("seed %d: found the validation part of seed 0", seed)
		}
		if !slices.Equal(drawn, DrawParts(seed, 100, 0.2, 0.3)) {
			t.Errorf("seed %d: found two draws that differ", seed)
		}
	}
	if len(validated) < 68 { // of 70, each is left out by 30 draws with a probability of 0.7^30
		t.Errorf("found %d that were ever for validation, expected about all 70", len(validated))
	}
}
