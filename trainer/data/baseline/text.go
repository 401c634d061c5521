package baseline

import (
	"math"
	"strconv"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
)

// labeledText is a text and its class.
type LabeledText struct {
	Text  string
	Class int
}

// textBaselines returns what counting classes and counting characters reach on the test part. "ngram" is the one of
// five naive Bayes classifiers (n-grams of one order 1 … 4, and of all four together) that is best on the validation
// part.
func Texts(split [data.Parts][]LabeledText, classes int) []data.Baseline {
	majority := majorityBaseline(classesOf(split[data.TrainPart]), classesOf(split[data.TestPart]), classes)
	best, bestAccuracy := data.Baseline{}, -1.0
	for _, orders := range [][2]int{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {1, 4}} {
		bayes := FitNaiveBayes(split[data.TrainPart], classes, orders[0], orders[1])
		if valid := bayes.baseline(split[data.ValidPart]).Metrics["accuracy"]; valid > bestAccuracy {
			best, bestAccuracy = bayes.baseline(split[data.TestPart]), valid
		}
	}
	return []data.Baseline{majority, best}
}

func classesOf(names []LabeledText) []int {
	classes := make([]int, len(names))
	for i, n := range names {
		classes[i] = n.Class
	}
	return classes
}

// majorityBaseline always answers the most frequent class of the training part; its probabilities are the classes'
// shares there.
func majorityBaseline(trainLabels, testLabels []int, classes int) data.Baseline {
	counts := make([]float64, classes)
	for _, label := range trainLabels {
		counts[label]++
	}
	best := calc.Argmax(counts)
	var nll float64
	right := make([]float64, len(testLabels))
	for i, label := range testLabels {
		right[i] = float64(calc.One(label == best))
		nll -= math.Log(counts[label] / float64(len(trainLabels)))
	}
	b := accuracyOf("majority", right)
	b.Metrics["nll"] = nll / float64(len(testLabels))
	return b
}

// Added to every count of an n-gram.
const ngramSmoothing = 0.1

// boundary marks where a text begins and ends: no name holds it.
const boundary = "\x00"

// naiveBayes is multinomial naive Bayes over the character n-grams of a text with boundary marks:
// log P(class) + Σ log (count(ngram, class) + 0.1) / (count(class) + 0.1·V), V the number of different n-grams in the
// training part. An n-gram that is not among them says nothing and is passed over.
type NaiveBayes struct {
	lo, hi  int
	classes int
	prior   []float64      // [classes], log
	row     map[string]int // of an n-gram in logs
	logs    []float64      // [V, classes]
}

func FitNaiveBayes(names []LabeledText, classes, lo, hi int) *NaiveBayes {
	m := &NaiveBayes{lo: lo, hi: hi, classes: classes, prior: make([]float64, classes), row: map[string]int{}}
	totals := make([]float64, classes)
	for _, n := range names {
		m.prior[n.Class]++
		m.each(n.Text, func(ngram string) {
			row, seen := m.row[ngram]
			if !seen {
				row = len(m.row)
				m.row[ngram] = row
				m.logs = append(m.logs, make([]float64, classes)...)
			}
			m.logs[row*classes+n.Class]++
			totals[n.Class]++
		})
	}
	for class := range m.prior {
		m.prior[class] = math.Log(m.prior[class] / float64(len(names)))
	}
	for i, count := range m.logs {
		m.logs[i] = math.Log((count + ngramSmoothing) / (totals[i%classes] + ngramSmoothing*float64(len(m.row))))
	}
	return m
}

// each calls f with every n-gram of a text. The order stands in front: it keeps a text from being counted as another
// order's.
func (m *NaiveBayes) each(text string, f func(ngram string)) {
	runes := []rune(boundary + text + boundary)
	for order := m.lo; order <= m.hi; order++ {
		for i := 0; i+order <= len(runes); i++ {
			f(strconv.Itoa(order) + string(runes[i:i+order]))
		}
	}
}

// score sets scores [classes] to the logarithms of what the probabilities of the classes are proportional to.
func (m *NaiveBayes) Score(text string, scores []float64) {
	copy(scores, m.prior)
	m.each(text, func(ngram string) {
		if row, seen := m.row[ngram]; seen {
			for class, log := range m.logs[row*m.classes : (row+1)*m.classes] {
				scores[class] += log
			}
		}
	})
}

// baseline is how the classifier does on names.
func (m *NaiveBayes) baseline(names []LabeledText) data.Baseline {
	var nll float64
	right := make([]float64, len(names))
	scores := make([]float64, m.classes)
	for i, n := range names {
		m.Score(n.Text, scores)
		best := calc.Argmax(scores)
		right[i] = float64(calc.One(best == n.Class))
		var sum float64
		for _, s := range scores {
			sum += math.Exp(s - scores[best])
		}
		nll += scores[best] + math.Log(sum) - scores[n.Class]
	}
	b := accuracyOf("ngram", right)
	b.Metrics["nll"] = nll / float64(len(names))
	return b
}
