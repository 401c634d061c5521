package experiment

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// The scores of sequences are means over their targets, with the weights of those; steps without a weight never come.
func TestScores(t *testing.T) {
	t.Parallel()
	log2 := math.Log(2)
	for name, c := range map[string]struct {
		kind          data.TargetKind
		rows          []trainer.Row
		metric        string
		sums, weights []float64
	}{
		"labels": {data.ClassPerStep, []trainer.Row{
			{Sequence: 0, Weight: 1, Label: 1, Scores: []float64{0, 1}}, {Sequence: 0, Weight: 1, Label: 0, Scores: []float64{0, 1}},
			{Sequence: 1, Weight: 0.5, Label: 0, Scores: []float64{2, 1}},
		}, "accuracy", []float64{1, 0.5, 0}, []float64{2, 0.5, 0}},
		"translations": {data.TokenSequence, []trainer.Row{
			{Sequence: 0, Weight: 1, Label: 1, Scores: []float64{0, 1}}, {Sequence: 0, Weight: 1, Label: 0, Scores: []float64{1, 0}},
			{Sequence: 1, Weight: 1, Label: 0, Scores: []float64{0, 1}}, {Sequence: 1, Weight: 1, Label: 1, Scores: []float64{0, 1}},
			{Sequence: 2, Weight: 1, Label: 1, Scores: []float64{0, 1}}, {Sequence: 2, Weight: 1, Label: 0, Scores: []float64{0, 1}},
		}, "exact_match", []float64{1, 0, 0}, []float64{1, 1, 1}},
		"notes": {data.BinaryPerStep, []trainer.Row{
			{Sequence: 0, Weight: 1, Scores: []float64{0, 1000}, Targets: []float64{1, 1}}, {Sequence: 0, Weight: 1, Scores: []float64{0, -1000}, Targets: []float64{0, 1}},
		}, "nll", []float64{2*log2 + 1000, 0, 0}, []float64{2, 0, 0}},
		"numbers": {data.ValuesPerStep, []trainer.Row{
			{Sequence: 1, Weight: 1, Values: []float64{1, 2}, Targets: []float64{0, 5}}, {Sequence: 1, Weight: 1, Values: []float64{1, 1}, Targets: []float64{1, 1}},
		}, "mae", []float64{0, 2, 0}, []float64{0, 2, 0}},
	} {
		s := newScores(&data.Spec{TargetKind: c.kind}, 3)
		for _, r := range c.rows {
			s.Add(&r)
		}
		for i := range 3 {
			if s.metric != c.metric || math.Abs(s.sums[i]-c.sums[i]) > 1e-12 || s.weights[i] != c.weights[i] {
				t.Errorf("%s: found %s %v with the weights %v, expected %s %v with %v", name, s.metric, s.sums, s.weights, c.metric, c.sums, c.weights)
				break
			}
		}
	}
}

// A comparison is of the very metric of the verdict, or there is none.
func TestScoresThatDoNotMakeUpTheMetric(t *testing.T) {
	t.Parallel()
	s := &scores{metric: "accuracy", sums: []float64{3, 0, 1}, weights: []float64{4, 2, 1}}
	b := data.Baseline{Scores: map[string][]float64{"accuracy": {0.5, 0.5, 0}}, Weights: []float64{4, 2, 1}}
	v := Verdict{Metric: "accuracy", Own: 4.0 / 7, Bar: 3.0 / 7}
	if p := s.compare(v, b); p == nil || p.Count != 3 || math.Abs(p.Difference-1.0/7) > 1e-12 || p.Low > p.Difference || p.High < p.Difference {
		t.Errorf("found %+v, expected a difference of 1/7", p)
	}
	for _, other := range []Verdict{{Metric: "nll", Own: v.Own, Bar: v.Bar}, {Metric: "accuracy", Own: 0.5, Bar: v.Bar}, {Metric: "accuracy", Own: v.Own, Bar: 0.5}} {
		if p := s.compare(other, b); p != nil {
			t.Errorf("found %+v for %+v, expected nothing", p, other)
		}
	}
	if p := (*scores)(nil).compare(v, b); p != nil {
		t.Errorf("found %+v without scores", p)
	}
}

// With equal weights sequences are compared as without; with others the interval covers the true difference of ratios of sums, also where
// long sequences are harder. Of few sequences and of many.
func TestCompareWeighted(t *testing.T) {
	t.Parallel()
	x, y, ones := []float64{1, 0.5, 0.25, 0.75}, []float64{0.5, 0.5, 0, 0.25}, []float64{2, 2, 2, 2}
	plain, _ := Compare(x, y)
	if same, ok := CompareWeighted(x, y, ones, ones); !ok || same != plain {
		t.Errorf("found %+v with equal weights, expected %+v", same, plain)
	}
	if _, ok := CompareWeighted(x, y, []float64{1, 0, 0, 0}, ones); ok {
		t.Error("found a comparison of one sequence")
	}
	const truth = -0.1 * (1 + 2.0/3) // E[w·(−0.1·w)]/E[w] of w of 1 and 2
	for n, studies := range map[int]int{40: 40, 300: 400} {
		r, covered := rand.New(rand.NewPCG(uint64(n), 0)), 0
		for range studies {
			first, second, weights := make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range n {
				weights[i] = float64(1 + r.IntN(2))
				second[i] = r.NormFloat64()
				first[i] = second[i] - 0.1*weights[i] + 0.2*r.NormFloat64()
			}
			p, ok := CompareWeighted(first, second, weights, weights)
			if !ok || p.Count != n || p.Low > p.Difference || p.Difference > p.High {
				t.Fatalf("found %+v", p)
			}
			if p.Low <= truth && truth <= p.High {
				covered++
			}
		}
		if share := float64(covered) / float64(studies); share < 0.9 || share > 0.99 && n == 300 {
			t.Errorf("%d sequences: found that %g of the intervals cover the true difference, expected about 0.95", n, share)
		}
	}
}
