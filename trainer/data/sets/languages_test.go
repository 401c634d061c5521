package sets

import (
	"math"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

func TestLanguages(t *testing.T) {
	loaded := load(t, data.Config{Name: "languages"}, data.Classify)
	if n := loaded.Train.Len() + loaded.Valid.Len() + loaded.Test.Len(); n != 12673 || len(loaded.Spec.Classes) != 36 {
		t.Errorf("found %d names in %d languages, expected 12673 in 36 as the documentation says", n, len(loaded.Spec.Classes))
	}
	if loaded.Spec.Vocabulary != len(loaded.Spec.Alphabet) || loaded.Spec.Targets != 36 || loaded.Spec.Features != 0 {
		t.Errorf("contradictory %+v", loaded.Spec)
	}
	for _, set := range []data.Dataset{loaded.Train, loaded.Valid, loaded.Test} {
		b := datatest.FillAll(t, set)
		if low, high := slices.Min(b.Labels), slices.Max(b.Labels); low != 0 || high != 35 {
			t.Errorf("found labels %d to %d, expected 0 to 35", low, high)
		}
		if low, high := slices.Min(b.Tokens), slices.Max(b.Tokens); low != 0 || high >= loaded.Spec.Vocabulary {
			t.Errorf("found tokens %d to %d, expected 0 to at most %d", low, high, loaded.Spec.Vocabulary-1)
		}
	}
}

func TestLanguagesPartsShareNoCodeAndNoName(t *testing.T) {
	names, classes := ownNames()
	owner := map[string]int{}
	for _, n := range names {
		if class, seen := owner[n.text]; seen && class != n.class {
			t.Errorf("%q is in %s and %s", n.text, classes[class], classes[n.class])
		}
		owner[n.text] = n.class
	}
	partOf := map[string]data.Part{}
	split := splitNames(0, names, 0.1, 0.1)
	for p, own := range split {
		for _, n := range own {
			if other, seen := partOf[n.code]; seen && other != data.Part(p) {
				t.Fatalf("%s is in the parts %s and %s", n.code, other, data.Part(p))
			}
			partOf[n.code] = data.Part(p)
		}
	}
	counts := [data.Parts]int{}
	for _, p := range partOf {
		counts[p]++
	}
	if n := len(partOf); counts[data.ValidPart] != (n+5)/10 || counts[data.TestPart] != (n+5)/10 {
		t.Errorf("found %v of %d codes in the parts, expected a tenth each to validate and to test", counts, n)
	}
}

func TestLanguagesBaselines(t *testing.T) {
	loaded := load(t, data.Config{Name: "languages"}, data.Classify)
	// No number is a property of the data but their order: counting characters beats guessing, and guessing among 36
	// unequal classes beats a uniform guess.
	majority, ngram := datatest.BaselineOf(t, loaded, "majority", "accuracy"), datatest.BaselineOf(t, loaded, "ngram", "accuracy")
	if majority <= 1.0/36 || ngram <= 2*majority || ngram >= 1 {
		t.Errorf("found accuracies %g (majority) and %g (ngram)", majority, ngram)
	}
	if nll := datatest.BaselineOf(t, loaded, "majority", "nll"); nll <= 0 || nll > 4 {
		t.Errorf("found nll %g of the class shares, expected about ln 36 = %g", nll, math.Log(36))
	}
}

func TestEncode(t *testing.T) {
	spec := data.Spec{Alphabet: []string{"", "a", "é"}}
	if got := spec.Encode("éxa"); !slices.Equal(got, []int{2, 0, 1}) {
		t.Errorf("found %v, expected [2 0 1]", got)
	}
}
