package trainer

import (
	"cmp"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// TruncateConfig says how far gradients reach back in long sequences: truncated back-propagation through time (Werbos 1990;
// Williams and Peng 1990). A batch is cut into windows of Steps time steps. Each window is a training step; those of one
// batch follow each other, and layers with stateful: true begin a window with the states that the one before has left, of
// which they do not ask where they come from. A batch of other sequences starts from the beginning. Evaluation goes by the same windows,
// which changes no value. Dropout that is shared by the steps of a sequence is drawn for each window.
type TruncateConfig struct {
	// Steps is the length of a window; default 64.
	Steps int `yaml:"steps"`
}

// WithDefaults fills the zero fields.
func (c TruncateConfig) WithDefaults() TruncateConfig {
	c.Steps = cmp.Or(c.Steps, 64)
	return c
}

// Validate lists every fault of a configuration whose defaults are filled in.
func (c TruncateConfig) Validate() fault.List {
	var faults fault.List
	faults.Check(c.Steps > 0 && c.Steps <= mostWindowSteps, "steps", c.Steps, "from 1 to %d", mostWindowSteps)
	return faults
}

const (
	mostWindowSteps = 1 << 24 // that a configuration may ask for
	longWindow      = 4096    // steps beyond which a window is no longer than the data
)

// windowSteps is the length of a window for sequences of these lengths, 0 where they are not cut. A long window is not longer than the
// longest sequence, rounded as batches are: the rest would be padding, and take memory.
func (c Config) windowSteps(lengths []int) int {
	if c.Truncate == nil {
		return 0
	}
	longest := 1
	for _, n := range lengths {
		longest = max(longest, n)
	}
	return min(c.Truncate.Steps, max(longWindow, roundSteps(longest)))
}

// StepsPerEpoch is how many steps of the solver an epoch over ds has, once a curriculum is through. With truncate and sequences of unequal lengths it is that of
// one order of the sequences; others have a few more or less.
func StepsPerEpoch(cfg Config, ds data.Dataset) int {
	cfg = cfg.WithDefaults()
	lengths := data.Lengths(ds)
	windows := len(windowsOf(data.Batches(lengths, cfg.batchSize(), nil, *cfg.Bucketing), lengths, cfg.windowSteps(lengths)))
	return max(1, (windows+cfg.Accumulate-1)/cfg.Accumulate)
}

// window is what a program runs on at a time: some time steps of a batch of sequences, or all of them.
type window struct {
	indices []int // of the sequences
	number  int   // in the batch, from 0
	last    bool  // of the batch
	next    []int // the sequences of the next batch; nil: none
}

// windowsOf cuts the batches of a plan into windows of the given number of steps. 0 steps make one window of each batch.
func windowsOf(plan [][]int, lengths []int, steps int) []window {
	var windows []window
	for i, indices := range plan {
		var next []int
		if i+1 < len(plan) {
			next = plan[i+1]
		}
		count := countWindows(indices, lengths, steps)
		for number := range count {
			windows = append(windows, window{indices, number, number == count-1, next})
		}
	}
	return windows
}

func countWindows(indices, lengths []int, steps int) int {
	if steps == 0 {
		return 1
	}
	return (longestOf(indices, lengths) + steps - 1) / steps
}

// longestOf is the length of the longest sequence, 1 where all are empty.
func longestOf(indices, lengths []int) int {
	longest := 1
	for _, i := range indices {
		longest = max(longest, lengths[i])
	}
	return longest
}

// checkCarried returns an error unless the program carries states exactly where there are windows to carry them between.
func checkCarried(program *graph.Program, window int) error {
	switch carries := program.Carries(); {
	case carries && window == 0:
		return errors.New("found layers with stateful: true, expected none without truncate: one batch does not continue where another ended")
	case !carries && window > 0:
		return errors.New("found no layer with stateful: true, expected some with truncate: without them every window would start without a state")
	}
	return nil
}
