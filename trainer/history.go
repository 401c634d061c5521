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
	Train Values `json:"train"`
	Valid Values `json:"valid,omitempty"`

	// GradientNorms has, where the configuration wants it, the Euclidean norm of each parameter's gradient, before any clipping:
	// the mean over the epoch's batches.
	GradientNorms map[string]float64 `json:"gradient_norms,omitempty"`
}

// StopReason says in a word why a run ended.
type StopReason string

// The reasons.
const (
	StopMaxEpochs   StopReason = "max_epochs"
	StopEarly       StopReason = "early_stopping"
	StopThreshold   StopReason = "stopping_threshold"   // of early stopping: good enough
	StopDivergence  StopReason = "divergence_threshold" // of early stopping: beyond hope
	StopMaxSteps    StopReason = "max_steps"            // a budget is spent; the run can be resumed with another
	StopMaxSeconds  StopReason = "max_seconds"          // likewise
	StopCallback    StopReason = "callback"             // a callback returned ErrStop
	StopInterrupted StopReason = "interrupted"
	StopDiverged    StopReason = "diverged"
	StopFailed      StopReason = "failed" // any other error
	stillRunning    StopReason = ""
)

// IsBudget says whether the run can be resumed although it was ended in order.
func (r StopReason) IsBudget() bool { return r == StopMaxSteps || r == StopMaxSeconds }

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
