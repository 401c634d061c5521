package baseline

import (
	"math"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
)

// maxNgramCounts bounds the table of the longest n-gram: 128 MiB.
const maxNgramCounts = 1 << 24

// seriesBaselines predicts the next token from how often it follows none, one or two others in the training part:
// P(next | before) = (count(before, next) + 0.1) / (count(before) + 0.1·V).
//
// "unigram", "bigram" and "trigram" have nll and accuracy, of every token but the first, and perplexity. An order whose
// table would be too large is left out.
func Tokens(fitted, tested [][]int, vocabulary int) []data.Baseline {
	var baselines []data.Baseline
	read := vocabulary
	for order, name := range []string{"unigram", "bigram", "trigram"} {
		if read > maxNgramCounts {
			break
		}
		counts := newNgramCounts(fitted, order, vocabulary)
		if metrics, each := counts.metrics(tested); metrics != nil {
			baselines = append(baselines, each.baseline(data.Baseline{Name: name, Metrics: metrics}, "accuracy"))
		}
		read *= vocabulary
	}
	return baselines
}

// ngramCounts counts which token follows each sequence of that many tokens.
type ngramCounts struct {
	before, vocabulary int
	tokens             int       // with a chance: 0, the unknown, has none unless it occurs
	counts             []float64 // [vocabulary^before, vocabulary]
}

func newNgramCounts(texts [][]int, before, vocabulary int) *ngramCounts {
	size := vocabulary
	for range before {
		size *= vocabulary
	}
	c := &ngramCounts{before: before, vocabulary: vocabulary, tokens: vocabulary - 1, counts: make([]float64, size)}
	for _, tokens := range texts {
		for at := max(before, 1); at < len(tokens); at++ {
			if c.following(tokens, at)[tokens[at]]++; tokens[at] == data.UnknownToken {
				c.tokens = vocabulary
			}
		}
	}
	return c
}

// following is the counts of what follows the tokens in front of that place.
func (c *ngramCounts) following(tokens []int, at int) []float64 {
	row := 0
	for _, token := range tokens[at-c.before : at] {
		row = row*c.vocabulary + token
	}
	return c.counts[row*c.vocabulary : (row+1)*c.vocabulary]
}

func (c *ngramCounts) metrics(texts [][]int) (map[string]float64, *perSequence) {
	var nll, right, count float64
	each := newPerSequence(len(texts))
	for i, tokens := range texts {
		for at := max(c.before, 1); at < len(tokens); at++ {
			counts := c.following(tokens, at)
			var sum float64
			for _, n := range counts {
				sum += n
			}
			nll -= math.Log((counts[tokens[at]] + ngramSmoothing) / (sum + ngramSmoothing*float64(c.tokens)))
			one := float64(calc.One(calc.Argmax(counts) == tokens[at]))
			right += one
			each.add(i, one)
			count++
		}
	}
	if count == 0 {
		return nil, nil // every text is shorter
	}
	nll /= count
	return map[string]float64{"nll": nll, "accuracy": right / count, "perplexity": math.Exp(nll)}, each
}
