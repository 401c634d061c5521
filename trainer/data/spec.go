package data

import (
	"strconv"
	"strings"
)

// Task is what is predicted from a sequence.
type Task string

// The tasks.
const (
	Classify  Task = "classify"  // the class of the sequence
	Regress   Task = "regress"   // a number that belongs to the sequence
	Forecast  Task = "forecast"  // a number, or several, some steps after the end of a window
	Next      Task = "next"      // the next step of the same sequence, at every step
	Label     Task = "label"     // the class of every step
	Translate Task = "translate" // another sequence of tokens, of a length of its own
)

// Tasks returns every task.
func Tasks() []Task { return []Task{Classify, Regress, Forecast, Next, Label, Translate} }

// TargetKind is the form of what is predicted; it decides which fields of a [Batch] hold the targets.
type TargetKind int

// The kinds of targets.
const (
	ClassPerSequence  TargetKind = iota + 1 // Batch.Labels [B]
	ValuesPerSequence                       // Batch.Targets [B,K], real numbers
	BinaryPerStep                           // Batch.Targets [T,B,K], each 0 or 1
	ValuesPerStep                           // Batch.Targets [T,B,K], real numbers
	TokenPerStep                            // Batch.Labels [T,B]
	TokenSequence                           // Batch.Labels [U,B], with Batch.Previous
	ClassPerStep                            // Batch.Labels [T,B]
)

// Tokens of a [TokenSequence] that stand for no text.
const (
	UnknownToken  = iota // a text that the vocabulary does not have; of inputs too
	StartToken           // before the first label
	EndToken             // the last label of every sequence
	SpecialTokens        // how many there are
)

// String names the kind.
func (k TargetKind) String() string {
	names := []string{"class per sequence", "values per sequence", "binary values per step", "values per step", "token per step", "token sequence", "class per step"}
	if k < 1 || int(k) > len(names) {
		return "unknown kind of target"
	}
	return names[k-1]
}

// PerStep says whether there is a target at every step, as opposed to one for the whole sequence, or a
// sequence of its own.
func (k TargetKind) PerStep() bool {
	return k == BinaryPerStep || k == ValuesPerStep || k == TokenPerStep || k == ClassPerStep
}

// Labels says whether the targets are class or token numbers, in Batch.Labels, as opposed to Batch.Targets.
func (k TargetKind) Labels() bool {
	return k == ClassPerSequence || k == TokenPerStep || k == TokenSequence || k == ClassPerStep
}

// Continuation says how the targets of a sequence are its next inputs, so that a model can go on with what it has
// written itself. It is empty where they are something else.
type Continuation string

// The continuations.
const (
	ContinuesTokens Continuation = "tokens" // a target is the next token
	ContinuesNotes  Continuation = "notes"  // the targets are the next inputs, notes from LowestNote on
	ContinuesValues Continuation = "values" // the targets are the numbers of the next row, see [TableInputs.Follow]
)

// CategoryBlock is the inputs that are made of one column of texts, side by side: 1 where the column has the input's text,
// else 0.
type CategoryBlock struct {
	First int // where they begin among the D inputs
	Count int
}

// Spec is what a model must know of the data.
type Spec struct {
	Vocabulary int        // number of token ids where the inputs are tokens (id 0 is the unknown token), else 0
	Features   int        // D where the inputs are numbers, else 0
	Task       Task       //
	Targets    int        // classes, tokens, or K: values per target
	TargetKind TargetKind //
	Continues  Continuation

	Classes        []string // names of the classes, where there are
	Alphabet       []string // the text of each token id, where tokens have one; Alphabet[0] is empty
	Unit           Unit     // what of a text is a token of Alphabet; empty: a character
	FeatureNames   []string // names of the D inputs, where there are
	Categories     []CategoryBlock
	TargetNames    []string // names of the K targets, where there are
	TargetColumns  []string // of values per sequence, the columns that the targets are of: K/len of each, one after the other
	TargetAlphabet []string // the text of each token of a [TokenSequence], empty for the special ones

	// TargetScale and TargetOffset, [K], give a target or a prediction in its original units; nil where targets are
	// not scaled. See [Spec.Original].
	TargetScale, TargetOffset []float64
	// TargetNaive, [K], is the mean absolute error in original units, on the training part, of taking each target to be the one
	// a step before; nil where targets are no series.
	TargetNaive []float64
}

// Original returns value, a target or a prediction of output k, in the units of the data:
// value·TargetScale[k] + TargetOffset[k].
func (s Spec) Original(k int, value float64) float64 {
	if s.TargetScale == nil {
		return value
	}
	return value*s.TargetScale[k] + s.TargetOffset[k]
}

// Encode returns the token ids of text, which is cut by Unit; what is outside the alphabet becomes 0.
func (s Spec) Encode(text string) []int {
	ids := TokenIDs(s.Alphabet)
	tokens := make([]int, 0, len(text))
	for token := range s.Unit.Split(text) {
		tokens = append(tokens, ids[token])
	}
	return tokens
}

// Decode returns the text of target tokens, the inverse of Encode for those of a [TokenSequence].
func (s Spec) Decode(tokens []int) string {
	var text strings.Builder
	for _, token := range tokens {
		if token >= 0 && token < len(s.TargetAlphabet) {
			if text.Len() > 0 && s.TargetAlphabet[token] != "" {
				text.WriteString(s.Unit.Separator())
			}
			text.WriteString(s.TargetAlphabet[token])
		}
	}
	return text.String()
}

// ClassNames are the names of the classes or tokens that are predicted, numbers where they have no names.
func (s Spec) ClassNames() []string {
	names := s.Classes
	if names == nil {
		names = s.TargetAlphabet
	}
	if len(names) == s.Targets {
		return names
	}
	names = make([]string, s.Targets)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

// The notes of a piano, as MIDI numbers.
const (
	LowestNote  = 21
	HighestNote = 108
	PianoKeys   = HighestNote - LowestNote + 1 // how many there are
)
