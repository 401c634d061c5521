package baseline

import (
	"math"
	"testing"
)

func TestNaiveBayesByHand(t *testing.T) {
	// Unigrams with marks: class 0 has {^ a a ^}, class 1 {^ b ^}; V = 3.
	names := []LabeledText{{"aa", 0}, {"b", 1}}
	m := FitNaiveBayes(names, 2, 1, 1)
	// The text "a": ^ a ^ and the unknown "z" passed over.
	p0 := math.Log(0.5) + 2*math.Log(2.1/4.3) + math.Log(2.1/4.3)
	p1 := math.Log(0.5) + 2*math.Log(2.1/3.3) + math.Log(0.1/3.3)
	want := math.Log(math.Exp(p0)+math.Exp(p1)) - p0
	for _, text := range []string{"a", "az"} {
		got := m.baseline([]LabeledText{{text, 0}}).Metrics
		// Both are a few additions of doubles.
		if math.Abs(got["nll"]-want) > 1e-12 || got["accuracy"] != 1 {
			t.Errorf("%q: found %v, expected nll %g and accuracy 1", text, got, want)
		}
	}
}
