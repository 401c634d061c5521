package spec

import "github.com/gruexp/gruexp/graph/fault"

// Shape is the output of one layer and the input of the next, as far as it is known before there are data.
type Shape struct {
	Tokens     bool            // ids, and Width is the size of the vocabulary; otherwise numbers
	Steps      bool            // [T,B,Width]; otherwise [B,Width]
	Width      int             // 0: not known
	Strided    bool            // there are fewer steps than in the input of the model
	Categories []CategoryBlock // of the input of the model

	// The plan sets these after a layer has returned its shape.
	madeBy    string // path of the layer whose output this is; empty: the input of the model
	pooledBy  string // path of the layer that made one vector of the steps
	droppedBy string // path of the layer whose output this is, if dropout was applied to it
	head      *Head  // what the task wants; nil: not known
}

func (s Shape) String() string {
	switch {
	case s.Tokens:
		return "token ids"
	case s.Steps:
		return "a vector at every step"
	case s.pooledBy != "":
		return "one vector a sequence from " + s.pooledBy
	default:
		return "one vector a sequence"
	}
}

// Causal tells whether a layer must not read later steps, because the targets of the task are later inputs.
func (s Shape) Causal() bool { return s.head != nil && s.head.Causal }

// Truncated tells whether batches are windows of sequences, so that a layer with memory must carry its state.
func (s Shape) Truncated() bool { return s.head != nil && s.head.Truncated }

// keepSteps says how to get steps where there are none.
const keepSteps = "leave pools out and set return_sequences: true in every gru before"

// targetsAreLater is the reason why a layer must not read later steps.
const targetsAreLater = "the task asks for later steps"

// ExpectNumbers adds a fault if the shape is of tokens.
func (s Shape) ExpectNumbers(l *fault.List) {
	l.Check(!s.Tokens, "", s, "numbers: tokens need an embedding as the first layer")
}

// ExpectSteps adds a fault if the shape is one vector a sequence.
func (s Shape) ExpectSteps(l *fault.List) {
	if !s.Steps {
		l.Add("", s.String(), "a vector at every step: %s", keepSteps)
	}
}

// expectUndropped adds a fault if dropout was already applied to the numbers.
func (s Shape) expectUndropped(l *fault.List, path string, rate float64) {
	l.Check(s.droppedBy == "", path, rate, "none: %s applies dropout to the same numbers, and one rate is enough", s.droppedBy)
}

// checkStateful adds a fault unless a layer carries its state from batch to batch exactly where batches are windows of the
// same sequences.
func (s Shape) checkStateful(l *fault.List, stateful bool) {
	if s.head == nil {
		return
	}
	if s.head.Truncated {
		l.Check(stateful, "stateful", false, "true: batches are windows of sequences, and without it every window would start from the first state")
	} else {
		l.Check(!stateful, "stateful", true, "false without trainer.truncate: a batch does not continue the sequences of the batch before")
	}
}
