package experiment

// Inside is what is inside a trained model, for reports: the file inside.json. Its size is bounded for every model and data set.
type Inside struct {
	Part        string        `json:"part"`                  // of the data that was looked at, one of [Splits]
	Missing     string        `json:"missing,omitempty"`     // why there are no gates and gradients
	Recurrences []InsideFlow  `json:"recurrences,omitempty"` // over some sequences
	Sequence    *InsideLook   `json:"sequence,omitempty"`    // one of them
	Confusion   *Confusion    `json:"confusion_matrix,omitempty"`
	Predictions []InsideValue `json:"predictions,omitempty"` // of numbers, one for each target
}

// InsideFlow is what a recurrence does over several sequences.
type InsideFlow struct {
	Name      string       `json:"name"`
	Sequences int          `json:"sequences"`
	Gates     []InsideGate `json:"gates"`

	// Gradient is the mean norm of ∂loss/∂state of each number of steps before the last one, Counts of how many sequences.
	Gradient []float64 `json:"gradient"`
	Counts   []int     `json:"counts"`
}

// InsideGate is what a gate does over all steps and units.
type InsideGate struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`  // share of the values below 0.1; of candidates and states below −0.9
	High float64 `json:"high"` // share of the values above 0.9
}

// InsideLook is one sequence, step by step.
type InsideLook struct {
	Sequence int          `json:"sequence"`
	Steps    int          `json:"steps"`
	Loss     float64      `json:"loss"`
	First    int          `json:"first"`           // step of those that are here
	Names    []string     `json:"names,omitempty"` // of the steps, as the characters of a text
	Layers   []InsideHeat `json:"layers"`
}

// InsideHeat is the gates of a recurrence over the steps of a sequence.
type InsideHeat struct {
	Name   string         `json:"name"`
	Units  []int          `json:"units"` // which ones are here
	Of     int            `json:"of"`    // how many there are
	Values []InsideValues `json:"values"`
}

// InsideValues are a gate's, by step and then by unit.
type InsideValues struct {
	Name   string      `json:"name"`
	Signed bool        `json:"signed"` // around 0, not from 0 to 1
	Steps  [][]float64 `json:"steps"`
}

// InsideValue is predictions of one target, in the units of the data, next to what was right.
type InsideValue struct {
	Name      string        `json:"name"`
	Quantiles []float64     `json:"quantiles,omitempty"` // of the predictions; none: there is one, a point
	Point     int           `json:"point"`               // which of the predictions is the point
	Stretch   []InsideGuess `json:"stretch"`             // one after the other
	Spread    []InsideGuess `json:"spread"`              // from all over the part
	Of        int           `json:"of"`                  // how many there are
	Steps     bool          `json:"steps"`               // the stretch is the steps of a sequence, not sequences
}

// InsideGuess is a prediction and what was right.
type InsideGuess struct {
	At        int       `json:"at"` // number of the sequence, or of the step
	Truth     float64   `json:"truth"`
	Predicted []float64 `json:"predicted"`
}
