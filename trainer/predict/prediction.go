package predict

import (
	"math"
	"slices"
	"strconv"

	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/trainer/data"
)

// Prediction is what a model predicts of one sequence.
type Prediction struct {
	Name string // of the sequence; empty where the input has no names

	// Outcome is that of the whole sequence; of a model that predicts at every step it is that of the last step.
	Outcome
	// Steps are the outcomes of all steps of a model that predicts at every step, otherwise nil.
	Steps []Outcome

	// Tokens and Text are what a model with a decoder writes; Text is empty where tokens have no texts.
	Tokens []int
	Text   string

	Unknown int // tokens and categories of the input that the training part did not have
	Short   int // by how many rows the input is shorter than the window that the model was trained on
}

// Outcome is a prediction of a class, of numbers or of events. The fields that do not belong to the model are zero.
type Outcome struct {
	Class         string             // the most probable class; of equal ones the first
	Probability   float64            // of Class
	Probabilities []ClassProbability // of all classes or tokens, in the order of the model's outputs

	Values []Value // the predicted numbers in the units of the data

	Events []float64 // the probability of each independent event, as of each note

	Crossed bool // quantiles of a target were not in order, and were sorted

	Raw []float64 // the output of the last layer

	units []float64 // Raw in the units of the data
}

// ClassProbability is the probability of a class.
type ClassProbability struct {
	Class       string
	Probability float64
}

// Value is a predicted number.
type Value struct {
	Target    string     // its name, with the horizon where there are several, as "load +6"
	Value     float64    // of quantiles the one nearest to the median
	Quantiles []Quantile // in rising order; nil for a model without quantiles
}

// Quantile is a number below which the target is with the probability Level.
type Quantile struct{ Level, Value float64 }

// ProbabilityOf is the probability of a class, 0 for one that the model does not have.
func (o *Outcome) ProbabilityOf(class string) float64 {
	for _, c := range o.Probabilities {
		if c.Class == class {
			return c.Probability
		}
	}
	return 0
}

// ValueOf is the predicted number of a target. It is false for a target that the model does not have.
func (o *Outcome) ValueOf(target string) (float64, bool) {
	for _, v := range o.Values {
		if v.Target == target {
			return v.Value, true
		}
	}
	return 0, false
}

// Kind is the kind of what a model predicts.
type Kind int

// The kinds.
const (
	OfNumbers Kind = iota // Outcome.Values
	OfClasses             // Outcome.Class, Probability and Probabilities
	OfEvents              // Outcome.Events
	OfTexts               // Prediction.Tokens and Text
)

// meaning is what the outputs of a model mean.
type meaning struct {
	kind        Kind
	names       []string // of the classes or targets
	quantiles   []float64
	median      int              // the place of the quantile nearest to 1/2
	preparation data.Preparation // which brings outputs to the units of the data
}

// newMeaning reads it from the head and the preparation. headKnown is false for the model files that do not say what the model
// was trained for; then the preparation decides.
func newMeaning(head spec.Head, headKnown bool, outputs int, p data.Preparation) meaning {
	m := meaning{quantiles: p.Quantiles, preparation: p}
	switch {
	case head.Sequence:
		m.kind = OfTexts
	case headKnown && head.Targets() == spec.ClassTargets, p.Classes != nil, p.Continues == data.ContinuesTokens:
		m.kind = OfClasses
	case headKnown && head.Targets() == spec.EventTargets, p.Continues == data.ContinuesNotes:
		m.kind = OfEvents
	}
	if headKnown && head.Loss == spec.QuantileLoss && m.quantiles == nil {
		m.quantiles = head.Options.Quantiles
	}
	m.preparation.Logarithm = p.Logarithm || headKnown && head.Loss == spec.PoissonLoss
	for i, q := range m.quantiles {
		if math.Abs(q-0.5) < math.Abs(m.quantiles[m.median]-0.5) {
			m.median = i
		}
	}

	candidates := [][]string{p.Classes, head.Classes, p.Alphabet}
	count, prefix := outputs, ""
	if m.kind == OfNumbers {
		candidates, prefix = [][]string{p.TargetNames, head.Classes}, "output_"
		count = outputs / max(1, len(m.quantiles))
	}
	for _, names := range candidates {
		if m.names == nil && len(names) == count {
			m.names = names
		}
	}
	for i := 0; m.names == nil || i > 0 && i < count; i++ {
		m.names = append(m.names, prefix+strconv.Itoa(i))
	}
	return m
}

// interpret writes what raw means into o, whose memory it uses again. base is what numbers are changes from.
func (m *meaning) interpret(raw []float64, base float64, o *Outcome) {
	o.Raw = raw
	switch m.kind {
	case OfClasses:
		m.classes(raw, o)
	case OfEvents:
		o.Events = o.Events[:0]
		for _, v := range raw {
			o.Events = append(o.Events, 1/(1+math.Exp(-v)))
		}
	case OfNumbers:
		m.numbers(raw, base, o)
	}
}

// classes are the probabilities by the softmax of logits.
func (m *meaning) classes(logits []float64, o *Outcome) {
	top := slices.Max(logits)
	total := 0.0
	for _, v := range logits {
		total += math.Exp(v - top)
	}
	o.Probabilities = o.Probabilities[:0]
	best := 0
	for i, v := range logits {
		o.Probabilities = append(o.Probabilities, ClassProbability{m.names[i], math.Exp(v-top) / total})
		if v > logits[best] {
			best = i
		}
	}
	o.Class, o.Probability = m.names[best], o.Probabilities[best].Probability
}

// numbers are the targets in the units of the data. Of each target the quantiles are next to each other; those that cross are
// sorted (Chernozhukov et al. 2010, doi:10.3982/ECTA7880).
func (m *meaning) numbers(raw []float64, base float64, o *Outcome) {
	if len(o.Values) != len(m.names) {
		o.Values = make([]Value, len(m.names))
	}
	o.Crossed = false
	o.units = append(o.units[:0], raw...)
	m.preparation.Original(o.units, base)
	for k, name := range m.names {
		v := &o.Values[k]
		v.Target = name
		if m.quantiles == nil {
			v.Value = o.units[k]
			continue
		}
		v.Quantiles = v.Quantiles[:0]
		for i, level := range m.quantiles {
			v.Quantiles = append(v.Quantiles, Quantile{level, o.units[k*len(m.quantiles)+i]})
		}
		o.Crossed = sortQuantiles(v.Quantiles) || o.Crossed
		v.Value = v.Quantiles[m.median].Value
	}
}

// sortQuantiles sorts the values, not the levels, and tells whether they were out of order.
func sortQuantiles(quantiles []Quantile) (crossed bool) {
	for i := 1; i < len(quantiles); i++ {
		for j := i; j > 0 && quantiles[j].Value < quantiles[j-1].Value; j-- {
			quantiles[j].Value, quantiles[j-1].Value = quantiles[j-1].Value, quantiles[j].Value
			crossed = true
		}
	}
	return crossed
}
