package data

// Dataset is a part of the data: sequences that can be laid out in batches. It does not change once it is made, so
// several goroutines may read it.
type Dataset interface {
	// Spec is what a model must know of the data.
	Spec() Spec
	// Len is the number of sequences.
	Len() int
	// Steps is the length of sequence i in time steps as the model sees it; it may be 0.
	Steps(i int) int
	// Fill lays the sequences of these indices out in b, in their order. The number of steps becomes the largest of
	// b.Steps as found, the longest sequence, and 1: a caller who wants a few fixed shapes sets b.Steps before, one
	// who wants the shortest padding sets it to 0. It fails on an index outside [0, Len) and on no index at all.
	Fill(b *Batch, indices []int) error
}

// Translations is a [Dataset] whose targets are sequences of their own, of the kind [TokenSequence].
type Translations interface {
	Dataset
	// TargetSteps is the number of labels of sequence i, the end token among them, so at least 1. What Fill does with the
	// steps of a batch it does with [Batch].TargetSteps, too.
	TargetSteps(i int) int
}

// Split is the data in its parts. Valid may be nil.
type Split struct{ Train, Valid, Test Dataset }

// Baseline is how well a simple method does on the test part: metric name → value, under the names that a trained
// model's metrics have and in original units.
type Baseline struct {
	Name    string
	Metrics map[string]float64
	// Scores are what the method reaches on each sequence of the test part, in its order, by metric: 1 or 0 for accuracy, the mean
	// absolute error for mae. A metric has them if it is their mean with the weights of the sequences.
	Scores map[string][]float64
	// Weights are how many targets each sequence has for the method, where it has one per step; nil: one each.
	Weights []float64
}

// Data is a loaded data set.
type Data struct {
	Name string // of a known set, or "table" or "text"
	Spec Spec   // the same for all parts
	Split
	// Unseen is what of the test part is not in the training files as well, where a published test part overlaps with them; else
	// nil.
	Unseen Dataset
	Files  []string     // the files that were read, in the order of reading
	Read   []FileEntry  // what each of the files had when it was read; nil: not known
	Notes  []string     // what a user may not expect of how the files were read, a line each
	Inputs *TableInputs // how the inputs were prepared, where they come from a table, else nil

	Cut int // rows of the windows that series were cut into, of a task with a target at every row; 0: series are whole

	DrawsValid bool // the validation part was drawn at random, so that another [Config].ValidSeed draws another

	// Baselines computes the simple methods' results; it may take a second. Where it is nil, package baseline computes them from
	// Basis.
	Baselines func() []Baseline
	Basis     *Basis

	OnClose func() error // releases what the data hold; nil: nothing
}

// Basis is what baselines are computed from: the parts as they were before a fold or an overfitting test divided them.
type Basis struct {
	Train, Test Dataset
	Season      int // rows after which the target of a forecast repeats; 0: none
	RidgeRows   int // of a window that the linear baseline sees
}

// Close lets go of the files that keep the rows with [Config].Stream. Nothing of the data may be used any more. Without
// Stream it does nothing.
func (d *Data) Close() error {
	if d.OnClose == nil {
		return nil
	}
	return d.OnClose()
}

// Part returns the place of the dataset of a part.
func (d *Data) Part(p Part) *Dataset { return [Parts]*Dataset{&d.Train, &d.Valid, &d.Test}[p] }

// Lengths returns the steps of every sequence of d, as [Batches] wants them.
func Lengths(d Dataset) []int {
	lengths := make([]int, d.Len())
	for i := range lengths {
		lengths[i] = d.Steps(i)
	}
	return lengths
}

// TargetLengths returns the target steps of every sequence of d, nil where targets are no sequences of their own.
func TargetLengths(d Dataset) []int {
	pairs, ok := d.(Translations)
	if !ok {
		return nil
	}
	lengths := make([]int, d.Len())
	for i := range lengths {
		lengths[i] = pairs.TargetSteps(i)
	}
	return lengths
}
