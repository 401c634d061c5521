package data

import (
	"math"
	"slices"
	"testing"
)

func TestLanguages(t *testing.T) {
	data := load(t, Config{Name: "languages"}, Classify)
	if n := data.Train.Len() + data.Valid.Len() + data.Test.Len(); n != 12673 || len(data.Spec.Classes) != 36 {
		t.Errorf("found %d names in %d languages, expected 12673 in 36 as the documentation says", n, len(data.Spec.Classes))
	}
	if data.Spec.Vocabulary != len(data.Spec.Alphabet) || data.Spec.Targets != 36 || data.Spec.Features != 0 {
		t.Errorf("contradictory %+v", data.Spec)
	}
	for _, set := range []Dataset{data.Train, data.Valid, data.Test} {
		b := fill(t, set)
		if low, high := slices.Min(b.Labels), slices.Max(b.Labels); low != 0 || high != 35 {
			t.Errorf("found labels %d to %d, expected 0 to 35", low, high)
		}
		if low, high := slices.Min(b.Tokens), slices.Max(b.Tokens); low != 0 || high >= data.Spec.Vocabulary {
			t.Errorf("found tokens %d to %d, expected 0 to at most %d", low, high, data.Spec.Vocabulary-1)
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
	partOf := map[string]part{}
	split := splitNames(0, names, 0.1, 0.1)
	for p, own := range split {
		for _, n := range own {
			if other, seen := partOf[n.code]; seen && other != part(p) {
				t.Fatalf("%s is in the parts %s and %s", n.code, other, part(p))
			}
			partOf[n.code] = part(p)
		}
	}
	counts := [parts]int{}
	for _, p := range partOf {
		counts[p]++
	}
	if n := len(partOf); counts[valid] != (n+5)/10 || counts[test] != (n+5)/10 {
		t.Errorf("found %v of %d codes in the parts, expected a tenth each to validate and to test", counts, n)
	}
}

func TestLanguagesBaselines(t *testing.T) {
	data := load(t, Config{Name: "languages"}, Classify)
	// No number is a property of the data but their order: counting characters beats guessing, and guessing among 36
	// unequal classes beats a uniform guess.
	majority, ngram := baseline(t, data, "majority", "accuracy"), baseline(t, data, "ngram", "accuracy")
	if majority <= 1.0/36 || ngram <= 2*majority || ngram >= 1 {
		t.Errorf("found accuracies %g (majority) and %g (ngram)", majority, ngram)
	}
	if nll := baseline(t, data, "majority", "nll"); nll <= 0 || nll > 4 {
		t.Errorf("found nll %g of the class shares, expected about ln 36 = %g", nll, math.Log(36))
	}
}

func TestNaiveBayesByHand(t *testing.T) {
	// Unigrams with marks: class 0 has {^ a a ^}, class 1 {^ b ^}; V = 3.
	names := []name{{"x", 0, "aa"}, {"y", 1, "b"}}
	m := fitNaiveBayes(names, 2, 1, 1)
	// The text "a": ^ a ^ and the unknown "z" passed over.
	p0 := math.Log(0.5) + 2*math.Log(2.1/4.3) + math.Log(2.1/4.3)
	p1 := math.Log(0.5) + 2*math.Log(2.1/3.3) + math.Log(0.1/3.3)
	want := math.Log(math.Exp(p0)+math.Exp(p1)) - p0
	for _, text := range []string{"a", "az"} {
		got := m.metrics([]name{{"t", 0, text}})
		// Both are a few additions of doubles.
		if math.Abs(got["nll"]-want) > 1e-12 || got["accuracy"] != 1 {
			t.Errorf("%q: found %v, expected nll %g and accuracy 1", text, got, want)
		}
	}
}

func TestEncode(t *testing.T) {
	spec := Spec{Alphabet: []string{"", "a", "é"}}
	if got := spec.Encode("éxa"); !slices.Equal(got, []int{2, 0, 1}) {
		t.Errorf("found %v, expected [2 0 1]", got)
	}
}
