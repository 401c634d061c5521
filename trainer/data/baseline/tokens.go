package baseline

import (
	"math"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
)

// tokenBaselines returns what counting tokens reaches, by task:
//
//   - classify: "majority", the most frequent class, and "bayes", naive Bayes on single tokens, each count plus 0.1;
//   - label: see labelBaselines;
//   - regress: "mean", that of the training part's targets;
//   - next: "unigram", "bigram" (a Markov chain) and "trigram", as of a text.
func tokenBaselines(fitted, tested *data.RowSet) []data.Baseline {
	switch fitted.Spec().TargetKind {
	case data.ClassPerSequence:
		majority := majorityBaseline(targetClasses(fitted), targetClasses(tested), fitted.Spec().Targets)
		return []data.Baseline{majority, bayesBaseline(fitted, tested)}
	case data.ClassPerStep:
		return labelBaselines(fitted, tested)
	case data.TokenPerStep:
		return Tokens(texts(fitted), texts(tested), fitted.Spec().Vocabulary)
	default:
		mean := data.Summarize(fitted.TargetValues(0)).Mean
		return []data.Baseline{valueBaseline(tested, "mean", func(data.Sample, int) float64 { return mean })}
	}
}

// texts is the tokens of the samples; with the task next those of the last targets, too.
func texts(d *data.RowSet) [][]int {
	texts := make([][]int, len(d.Samples))
	for i, s := range d.Samples {
		end := s.Hi
		if d.Spec().TargetKind == data.TokenPerStep {
			end++
		}
		for row := s.Lo; row < end; row++ {
			texts[i] = append(texts[i], int(d.Panel.Row(int(row))[0]))
		}
	}
	return texts
}

// bayesBaseline is log P(class) + Σ log (count(token, class) + 0.1)/(count(class) + 0.1·V) over the tokens of a sequence.
func bayesBaseline(fitted, tested *data.RowSet) data.Baseline {
	classes, vocabulary := fitted.Spec().Targets, fitted.Spec().Vocabulary
	prior, totals := make([]float64, classes), make([]float64, classes)
	counts := make([]float64, vocabulary*classes)
	for i, text := range texts(fitted) {
		class := int(fitted.Samples[i].Target)
		prior[class]++
		for _, token := range text {
			counts[token*classes+class]++
			totals[class]++
		}
	}
	right := make([]float64, len(tested.Samples))
	scores := make([]float64, classes)
	for i, text := range texts(tested) {
		for class := range scores {
			scores[class] = math.Log(prior[class])
			for _, token := range text {
				scores[class] += math.Log((counts[token*classes+class] + ngramSmoothing) / (totals[class] + ngramSmoothing*float64(vocabulary)))
			}
		}
		right[i] = float64(calc.One(calc.Argmax(scores) == int(tested.Samples[i].Target)))
	}
	return accuracyOf("bayes", right)
}
