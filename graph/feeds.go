package graph

// Names of the inputs that models declare and batches feed.
const (
	FeedInputs  = "inputs"  // [T,B,D] numbers
	FeedTokens  = "tokens"  // [T,B] token ids
	FeedMask    = "mask"    // [T,B], 1 where there is data
	FeedLabels  = "labels"  // [B] or [T,B] class or token ids
	FeedTargets = "targets" // [B,K] or [T,B,K] numbers
	FeedWeights = "weights" // [B] or [T,B], 1 where a target counts
)

// Names of the values that a model reads out of its graph, beside the cost.
const (
	OutputPredictions = "predictions" // logits, or numbers: [B,K] or [T,B,K]
	OutputLosses      = "losses"      // the loss of each row, unweighted: [B] or [T,B]
	OutputNLL         = "nll"         // the same without label smoothing, where that differs
)

// BatchShape is what a program is compiled for: Steps time steps (T) of Size sequences (B).
type BatchShape struct{ Steps, Size int }

// Feeds are the data of one run by input name: []float64, []float32 or []int, row-major. A name that the graph does
// not declare is passed over, so that one batch serves graphs that need less of it.
type Feeds map[string]any
