package study

import (
	"gonum.org/v1/gonum/stat"
)

// State is what became of a trial.
type State string

// The states. Waiting trials are to be carried out, running ones have a worker that lives, the others have ended.
const (
	Waiting State = "waiting"
	Running State = "running"
	Done    State = "done"
	Pruned  State = "pruned" // ended early, because it was not promising
	Failed  State = "failed" // ended by an error; Error says which
)

// Ended says that nothing more will happen to a trial of that state.
func (s State) Ended() bool { return s == Done || s == Pruned || s == Failed }

// Trial is one configuration, run with one seed or several.
type Trial struct {
	ID       int64          `json:"id"`            // given by the store: 1 for the first
	Name     string         `json:"name"`          // no two trials of a study have the same
	Arm      string         `json:"arm,omitempty"` // of a comparison
	Settings map[string]any `json:"settings,omitempty"`
	Seeds    []uint64       `json:"seeds"`

	State    State   `json:"state"`
	Attempts int     `json:"attempts"` // how often it was begun
	Value    Value   `json:"value"`    // mean of its runs; of a pruned trial the last one reported
	Runs     []Run   `json:"runs,omitempty"`
	Curve    []Point `json:"-"` // what was reported while it ran, by epoch
	Error    string  `json:"error,omitempty"`
}

// Run is what came out of one seed.
type Run struct {
	Seed       uint64             `json:"seed"`
	Dir        string             `json:"dir"`   // of its files, relative to the study's
	Value      float64            `json:"value"` // of the study's metric
	Seconds    float64            `json:"seconds"`
	Epochs     int                `json:"epochs"`
	StopReason string             `json:"stop_reason"`
	Test       map[string]float64 `json:"-"` // shown to nobody who did not ask
}

// Point is a value of the study's metric after an epoch.
type Point struct {
	Epoch   int
	Value   float64
	Seconds float64 // of training, until then
	Last    bool    // no epoch comes after it, so that there is nothing to end early; not recorded
}

// end gives a trial its runs.
func (t *Trial) end(runs []Run) {
	t.State, t.Runs = Done, runs
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = r.Value
	}
	t.Value = Value(stat.Mean(values, nil))
}

// Seconds is the training time of its runs; without them, what is known of the one that was under way.
func (t *Trial) Seconds() float64 {
	if n := len(t.Curve); len(t.Runs) == 0 && n > 0 {
		return t.Curve[n-1].Seconds
	}
	sum := 0.0
	for _, r := range t.Runs {
		sum += r.Seconds
	}
	return sum
}
