package data

import "math"

// tokenBaselines returns what counting tokens reaches, by task:
//
//   - classify: "majority", the most frequent class, and "bayes", naive Bayes on single tokens, each count plus 0.1;
//   - label: see labelBaselines;
//   - regress: "mean", that of the training part's targets;
//   - next: "unigram", "bigram" (a Markov chain) and "trigram", as of a text.
func tokenBaselines(fitted, tested *rowSet) []Baseline {
	switch fitted.spec.TargetKind {
	case ClassPerSequence:
		majority := majorityBaseline(fitted.targetClasses(), tested.targetClasses(), fitted.spec.Targets)
		return []Baseline{majority, bayesBaseline(fitted, tested)}
	case ClassPerStep:
		return labelBaselines(fitted, tested)
	case TokenPerStep:
		return seriesBaselines(fitted.texts(), tested.texts(), fitted.spec.Vocabulary)
	default:
		mean := summarize(fitted.targetValues()).mean
		return []Baseline{tested.valueBaseline("mean", func(sample, int) float64 { return mean })}
	}
}

// texts is the tokens of the samples; with the task next those of the last targets, too.
func (d *rowSet) texts() [][]int {
	texts := make([][]int, len(d.samples))
	for i, s := range d.samples {
		end := s.hi
		if d.spec.TargetKind == TokenPerStep {
			end++
		}
		for row := s.lo; row < end; row++ {
			texts[i] = append(texts[i], int(d.panel.row(int(row))[0]))
		}
	}
	return texts
}

// bayesBaseline is log P(class) + Σ log (count(token, class) + 0.1)/(count(class) + 0.1·V) over the tokens of a sequence.
func bayesBaseline(fitted, tested *rowSet) Baseline {
	classes, vocabulary := fitted.spec.Targets, fitted.spec.Vocabulary
	prior, totals := make([]float64, classes), make([]float64, classes)
	counts := make([]float64, vocabulary*classes)
	for i, text := range fitted.texts() {
		class := int(fitted.samples[i].target)
		prior[class]++
		for _, token := range text {
			counts[token*classes+class]++
			totals[class]++
		}
	}
	var right float64
	scores := make([]float64, classes)
	for i, text := range tested.texts() {
		for class := range scores {
			scores[class] = math.Log(prior[class])
			for _, token := range text {
				scores[class] += math.Log((counts[token*classes+class] + ngramSmoothing) / (totals[class] + ngramSmoothing*float64(vocabulary)))
			}
		}
		right += float64(index(argmax(scores) == int(tested.samples[i].target)))
	}
	return Baseline{Name: "bayes", Metrics: map[string]float64{"accuracy": right / float64(len(tested.samples))}}
}
