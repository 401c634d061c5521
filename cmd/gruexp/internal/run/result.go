package run

// Result is what a finished run says of itself: the JSON of train and resume, and the file result.json.
type Result struct {
	Run        string                        `json:"run"` // the directory
	Experiment string                        `json:"experiment"`
	Seed       uint64                        `json:"seed"`
	Epochs     int                           `json:"epochs"`
	BestEpoch  int                           `json:"best_epoch"`
	StopReason string                        `json:"stop_reason"`
	Train      map[string]float64            `json:"train"` // metrics of the weights that the run ends with, without noise
	Valid      map[string]float64            `json:"valid"` // empty where there is no such part
	Test       map[string]float64            `json:"test"`
	Baselines  map[string]map[string]float64 `json:"baselines"` // by name, on test
	Seconds    float64                       `json:"seconds"`   // of training
	Parameters int                           `json:"parameters"`
	Confusion  *Confusion                    `json:"confusion_matrix,omitempty"` // of test, where the metrics ask for it
}

// Confusion is a confusion matrix with the names of its rows and columns: classes, or the texts of tokens.
type Confusion struct {
	Classes []string    `json:"classes"`
	Counts  [][]float64 `json:"counts"` // by label, then by prediction
}

// Part is the metrics of one of [Splits].
func (r *Result) Part(split string) map[string]float64 {
	return map[string]map[string]float64{"train": r.Train, "valid": r.Valid, "test": r.Test}[split]
}
