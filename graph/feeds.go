package graph

// Names of the inputs that models declare and batches feed.
const (
	FeedInputs   = "inputs"   // [T,B,D] numbers
	FeedTokens   = "tokens"   // [T,B] token ids
	FeedMask     = "mask"     // [T,B], 1 where there is data
	FeedLabels   = "labels"   // [B], [T,B] or [U,B] class or token ids
	FeedPrevious = "previous" // [U,B] the token before each label, if targets are separate sequences
	FeedTargets  = "targets"  // [B,K] or [T,B,K] numbers
	FeedWeights  = "weights"  // [B], [T,B] or [U,B], 1 where a target counts
)

// Names of the values that a model reads out of its graph, in addition to the cost.
const (
	OutputPredictions = "predictions" // logits, or numbers: [B,K], [T,B,K] or [U,B,K]
	OutputLosses      = "losses"      // the loss of each row, unweighted: [B], [T,B] or [U,B]
	OutputNLL         = "nll"         // the cross-entropy of each row, if the loss is another: smoothed, weighted, focused
	OutputPenalty     = "penalty"     // what layers add to the cost of the data, a scalar; absent if they add nothing
	OutputPoints      = "points"      // what is compared with the targets, if not the predictions: [B,K] or [T,B,K]
)

// BatchShape is what a program is compiled for: Steps time steps (T) of Size sequences (B), and TargetSteps steps (U) of
// targets if these are separate sequences, else 0.
type BatchShape struct{ Steps, Size, TargetSteps int }

// Feeds are the data of one run by input name: []float64, []float32 or []int, row-major. A name that the graph does
// not declare is ignored, so that one batch serves graphs that need less of it.
type Feeds map[string]any
