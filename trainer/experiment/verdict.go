package experiment

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/dustin/go-humanize"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/study"
)

// Verdict compares a model with the best of its baselines on the test part.
type Verdict struct {
	Model    string  `json:"model"`    // what kind of model it is, as "GRU"
	Metric   string  `json:"metric"`   // the first of those that matter most and that both have
	Own      float64 `json:"own"`      // of the model
	Baseline string  `json:"baseline"` // the best one
	Bar      float64 `json:"bar"`      // of the baseline
	Better   bool    `json:"better"`   // the model, on these sequences
	Pairs    *Paired `json:"pairs"`    // sequence by sequence; null where one of the two has no scores for single sequences
	Count    int     `json:"count"`    // sequences of the test part; 0: not known
}

// Paired is what the scores of two methods on the same sequences say about their difference.
type Paired struct {
	Count      int     `json:"count"`      // sequences that both have a score for
	Difference float64 `json:"difference"` // mean of the first method's score less the second's
	Low        float64 `json:"low"`        // of the 95 % interval of the difference on new sequences of the same kind
	High       float64 `json:"high"`
	P          float64 `json:"p"` // two-sided, of the hypothesis that there is no difference
}

// Clear says whether the interval excludes no difference.
func (p Paired) Clear() bool { return p.Low > 0 || p.High < 0 }

// Compare compares two methods by their scores on the same sequences, taken to be independent of each other. A pair with a score that is
// not a number is left out. It is false for fewer than two pairs.
//
// Scores that are all 0 or 1, as those of accuracy, are compared by the exact test of McNemar (1947, doi:10.1007/BF02295996): of the
// sequences that only one of the two gets right, each is as likely to get right half of them. The interval is that of Bonett and Price
// (2012, doi:10.3102/1076998611411915), which keeps its level for small numbers of sequences:
//
//	d ± z·√((p₁+p₂−d²)/(n+2)),  d = p₁−p₂,  p₁ = (b+1)/(n+2),  p₂ = (c+1)/(n+2)
//
// where b and c are the numbers of sequences that only the first or only the second method gets right. Of other scores, as errors, the
// differences are looked at: of up to 200 of them by the bootstrap of [study.Interval], of more by the normal distribution.
func Compare(first, second []float64) (Paired, bool) {
	var differences []float64
	binary, b, c := true, 0, 0
	for i := range min(len(first), len(second)) {
		x, y := first[i], second[i]
		if math.IsNaN(x) || math.IsNaN(y) {
			continue
		}
		differences = append(differences, x-y)
		binary = binary && (x == 0 || x == 1) && (y == 0 || y == 1)
		switch {
		case x > y:
			b++
		case x < y:
			c++
		}
	}
	if n := len(differences); binary && n >= 2 {
		return mcNemar(n, b, c), true
	}
	return compareDifferences(differences)
}

// CompareWeighted is [Compare] of scores that are means over the targets of a sequence, as over its steps: the weights are how many targets
// that are. What is compared is the mean over all targets, a ratio of sums. The targets of one sequence depend on each other, so the
// sequences are what is drawn: of the jackknife's pseudo-values of the difference,
//
//	n·R − (n−1)·R₋ᵢ
//
// where R₋ᵢ is the difference without sequence i, the interval and P are those of Compare. A sequence without a weight or a score in one of
// the two is left out. With equal weights it is Compare.
func CompareWeighted(first, second, firstWeights, secondWeights []float64) (Paired, bool) {
	var x, y, u, v []float64 // scores and weights of both
	equal := true
	for i := range min(len(first), len(second), len(firstWeights), len(secondWeights)) {
		if math.IsNaN(first[i]) || math.IsNaN(second[i]) || !(firstWeights[i] > 0) || !(secondWeights[i] > 0) {
			continue
		}
		x, y, u, v = append(x, first[i]), append(y, second[i]), append(u, firstWeights[i]), append(v, secondWeights[i])
		equal = equal && u[0] == firstWeights[i] && v[0] == secondWeights[i]
	}
	n := len(x)
	if n < 2 || equal {
		return Compare(x, y)
	}
	sumX, sumU, sumY, sumV := 0.0, 0.0, 0.0, 0.0
	for i := range x {
		sumX, sumU, sumY, sumV = sumX+u[i]*x[i], sumU+u[i], sumY+v[i]*y[i], sumV+v[i]
	}
	whole, pseudo := sumX/sumU-sumY/sumV, make([]float64, n)
	for i := range pseudo {
		without := (sumX-u[i]*x[i])/(sumU-u[i]) - (sumY-v[i]*y[i])/(sumV-v[i])
		pseudo[i] = float64(n)*whole - float64(n-1)*without
	}
	p, ok := compareDifferences(pseudo)
	shift := whole - p.Difference // of the jackknife
	p.Difference, p.Low, p.High = whole, p.Low+shift, p.High+shift
	return p, ok
}

// compareDifferences looks at differences that are not all of answers right or wrong.
func compareDifferences(differences []float64) (Paired, bool) {
	n := len(differences)
	if n < 2 {
		return Paired{}, false
	}
	p := Paired{Count: n}
	const few = 200
	if n <= few {
		e := study.Interval(differences, 1)
		p.Difference, p.Low, p.High = float64(e.Mean), float64(e.Low), float64(e.High)
	}
	mean, deviation := meanAndDeviation(differences)
	spread := deviation / math.Sqrt(float64(n))
	if n > few {
		p.Difference, p.Low, p.High = mean, mean-z*spread, mean+z*spread
	}
	switch {
	case spread > 0:
		t := distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}
		p.P = 2 * t.CDF(-math.Abs(mean/spread))
	case mean == 0:
		p.P = 1
	default:
		p.P = math.Ldexp(1, 1-n) // the sign test: there is no spread to compare with
	}
	return p, true
}

var z = distuv.UnitNormal.Quantile(0.975)

func mcNemar(n, b, c int) Paired {
	size := float64(n + 2)
	p1, p2 := float64(b+1)/size, float64(c+1)/size
	d := p1 - p2
	half := z * math.Sqrt((p1+p2-d*d)/size)
	p := Paired{Count: n, Difference: float64(b-c) / float64(n), Low: max(-1, d-half), High: min(1, d+half), P: 1}
	if b+c > 0 {
		p.P = min(1, 2*distuv.Binomial{N: float64(b + c), P: 0.5}.CDF(float64(min(b, c))))
	}
	return p
}

func meanAndDeviation(values []float64) (mean, deviation float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean) / (n - 1)
	}
	return mean, math.Sqrt(deviation)
}

// decisive are the metrics that a model is judged by, the first one that it and its baselines have.
func decisive() []string {
	return []string{trainer.MetricExactMatch, trainer.MetricAccuracy, trainer.MetricNLL, trainer.MetricMAE, trainer.MetricRMSE}
}

// AgainstBaseline compares the model with the best baseline of the test part; it is false where there is nothing to compare.
func (r *Result) AgainstBaseline() (v Verdict, ok bool) {
	if r.Verdict != nil {
		return *r.Verdict, true
	}
	for _, metric := range decisive() {
		own, has := r.Test[metric]
		higher, err := trainer.MetricFactories(nil).HigherIsBetter(metric) // all are built in
		if !has || math.IsNaN(own) || err != nil {
			continue
		}
		better := func(a, b float64) bool { return a != b && a > b == higher }
		best := ""
		for _, name := range slices.Sorted(maps.Keys(r.Baselines)) {
			v, has := r.Baselines[name][metric]
			if has && !math.IsNaN(v) && !math.IsInf(v, 0) && (best == "" || better(v, r.Baselines[best][metric])) {
				best = name
			}
		}
		if best != "" {
			bar := r.Baselines[best][metric]
			model := r.Model
			if model == "" { // a result of an older version
				model = "model"
			}
			return Verdict{Model: model, Metric: metric, Own: own, Baseline: best, Bar: bar, Better: better(own, bar), Count: r.Parts["test"].Sequences}, true
		}
	}
	return Verdict{}, false
}

// String is the verdict as a sentence, and another one with the number of sequences and what they say about new ones.
func (v Verdict) String() string { return v.WithUnit("") }

// WithUnit is [Verdict.String] with the unit of the metric after its numbers.
func (v Verdict) WithUnit(unit string) string {
	if unit != "" {
		unit = " " + unit
	}
	word := "does not beat"
	if v.Better {
		word = "beats"
	}
	text := fmt.Sprintf("On the test part the %s %s the best baseline, %s: %s %s against %s%s.", v.Model, word, v.Baseline, v.Metric, number(v.Own), number(v.Bar), unit)
	switch {
	case v.Pairs != nil && v.Pairs.Clear():
		text += fmt.Sprintf(" These are %s sequences; on new ones the difference is from %s to %s, with 95 %% confidence.", humanize.Comma(int64(v.Pairs.Count)), signed(v.Pairs.Low), signed(v.Pairs.High))
	case v.Pairs != nil:
		text += fmt.Sprintf(" These are %s sequences; on new ones the difference is from %s to %s, with 95 %% confidence, so that it may be chance.", humanize.Comma(int64(v.Pairs.Count)), signed(v.Pairs.Low), signed(v.Pairs.High))
	case v.Count > 0:
		text += fmt.Sprintf(" The test part has %s.", counted(v.Count))
	}
	return text
}

func counted(n int) string {
	if n == 1 {
		return "1 sequence"
	}
	return humanize.Comma(int64(n)) + " sequences"
}

// number has four digits after the point, or after the first one where it is very small or large.
func number(v float64) string {
	if a := math.Abs(v); a > 0 && (a < 1e-3 || a >= 1e6) {
		return fmt.Sprintf("%.4e", v)
	}
	return fmt.Sprintf("%.4f", v)
}

func signed(v float64) string {
	if v > 0 {
		return "+" + number(v)
	}
	return number(v)
}
