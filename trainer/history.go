package trainer

// Epoch is what is known after one epoch. Its JSON is a line of metrics.jsonl. Everything but Seconds is the same each
// time that a run is repeated.
type Epoch struct {
	Epoch        int     `json:"epoch"`         // counted from 1
	Step         int     `json:"step"`          // solver steps since the beginning of the run
	Seconds      float64 `json:"seconds"`       // wall time since the beginning of the run, without pauses between interruption and resumption
	LearningRate float64 `json:"learning_rate"` // of the last step

	// Train has the averages over the epoch's batches, each measured before its update and with dropout and other noise
	// on. Valid is measured at the end of the epoch without noise; it is nil where there is no validation set.
	Train map[string]float64 `json:"train"`
	Valid map[string]float64 `json:"valid,omitempty"`
}

// StopReason says in a word why a run ended.
type StopReason string

// The reasons.
const (
	StopMaxEpochs   StopReason = "max_epochs"
	StopEarly       StopReason = "early_stopping"
	StopCallback    StopReason = "callback" // a callback returned ErrStop
	StopInterrupted StopReason = "interrupted"
	StopDiverged    StopReason = "diverged"
	StopFailed      StopReason = "failed" // any other error
	stillRunning    StopReason = ""
)

// History is the course of a run.
type History struct {
	Epochs     []Epoch    `json:"epochs"`
	BestEpoch  int        `json:"best_epoch"` // by the monitor; 0: none yet
	StopReason StopReason `json:"stop_reason"`
	Steps      int        `json:"steps"`
	Seconds    float64    `json:"seconds"`
}

// Best is the epoch number BestEpoch, nil where there is none.
func (h *History) Best() *Epoch {
	for i := range h.Epochs {
		if h.Epochs[i].Epoch == h.BestEpoch {
			return &h.Epochs[i]
		}
	}
	return nil
}
