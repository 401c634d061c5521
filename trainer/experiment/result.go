package experiment

import "github.com/gruexp/gruexp/trainer"

// Result says how a finished run did: the JSON of the verbs train and resume, and the file result.json.
type Result struct {
	Run        string             `json:"run"` // the directory; empty: none
	Experiment string             `json:"experiment"`
	Model      string             `json:"model,omitempty"` // what kind of model it is, as "GRU"
	Seed       uint64             `json:"seed"`
	Epochs     int                `json:"epochs"`
	BestEpoch  int                `json:"best_epoch"`
	StopReason string             `json:"stop_reason"`
	Train      Metrics            `json:"train"` // metrics of the weights that the run ends with, without noise
	Valid      Metrics            `json:"valid"` // empty where there is no such part
	Test       Metrics            `json:"test"`
	Baselines  map[string]Metrics `json:"baselines"`         // by name, on test
	Parts      map[string]Part    `json:"parts,omitempty"`   // by name: train, valid, test
	Verdict    *Verdict           `json:"verdict,omitempty"` // the model and the best baseline; nil: there is nothing to compare
	Seconds    float64            `json:"seconds"`           // of training
	Parameters int                `json:"parameters"`
	Targets    []TargetMetrics    `json:"targets,omitempty"`          // of each predicted column on test, where there are several
	Outputs    []TargetMetrics    `json:"outputs,omitempty"`          // likewise of each column at each horizon
	Confusion  *Confusion         `json:"confusion_matrix,omitempty"` // of test, where the metrics ask for it
}

// Part is the size of a part of the data.
type Part struct {
	Sequences int   `json:"sequences"`
	Classes   []int `json:"classes,omitempty"` // how many sequences each class has, in the order of ClassNames; of classes per sequence
}

// TargetMetrics are the mae, mse and rmse of one of several columns, or of one of several numbers that are predicted, in the units of its
// column.
type TargetMetrics struct {
	Name    string  `json:"name"` // the column, of an output with " +h" where it is predicted at several horizons
	Metrics Metrics `json:"metrics"`
}

// Confusion is a confusion matrix with the names of its rows and columns: classes, or the texts of tokens.
type Confusion struct {
	Classes []string    `json:"classes"`
	Counts  [][]float64 `json:"counts"` // by label, then by prediction
}

// Splits are the parts of the data that a model can be measured on.
func Splits() []string { return []string{"train", "valid", "test"} }

// Part is the metrics of one of [Splits].
func (r *Result) Part(split string) Metrics {
	return map[string]Metrics{"train": r.Train, "valid": r.Valid, "test": r.Test}[split]
}

// Metrics are numbers by name; one that is undefined, as the AUC of a part with one class, is null in JSON.
type Metrics = trainer.Values
