package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// Names of the programs.
const (
	ours   = "gruexp"
	oneDNN = "oneDNN"
	torch  = "PyTorch"
)

// key says what was measured.
type key struct {
	Program string `json:"program"`
	// Work is the name of our benchmark without its first word, as "Layer/base"; of a peer's program the shape.
	Work    string `json:"work"`
	Threads int    `json:"threads"`
}

// sample is one measurement.
type sample struct {
	key
	Round       int     `json:"round"`
	Nanoseconds float64 `json:"ns"` // median time of an iteration
	Allocations float64 `json:"allocs,omitempty"`
	Others      float64 `json:"others"` // share of the machine that other programs had meanwhile
}

// recording is all that was measured on one machine.
type recording struct {
	Machine  machine           `json:"machine"`
	Versions map[string]string `json:"versions"` // of the peers, by program
	Missing  []string          `json:"missing,omitempty"`
	Threads  []int             `json:"threads"`
	Shapes   []shape           `json:"shapes"`
	Samples  []sample          `json:"samples"`
	Command  string            `json:"command,omitempty"` // that measured this
	Tools    []string          `json:"tools,omitempty"`   // versions of compilers and interpreters

	measured bool // by this process
}

// shape is a line of shapes.json.
type shape struct {
	Name   string `json:"name"`
	Steps  int    `json:"steps"`
	Batch  int    `json:"batch"`
	Inputs int    `json:"inputs"`
	Units  int    `json:"units"`
}

func readRecording(path string) (*recording, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r recording
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &r, nil
}

// disturbed is the share of the machine above which other programs disturb a sample.
const disturbed = 0.05

// of lists the samples of one key by round: the undisturbed ones, or all where there are none of those.
func (r *recording) of(k key) []sample {
	var all, undisturbed []sample
	for _, s := range r.Samples {
		if s.key != k {
			continue
		}
		all = append(all, s)
		if s.Others <= disturbed {
			undisturbed = append(undisturbed, s)
		}
	}
	if undisturbed == nil {
		return all
	}
	return undisturbed
}

// nanoseconds is the median of a key's samples, false where there are none.
func (r *recording) nanoseconds(k key) (float64, bool) {
	var times []float64
	for _, s := range r.of(k) {
		times = append(times, s.Nanoseconds)
	}
	return median(times), len(times) > 0
}

// spread is the middle and the ends of several numbers.
type spread struct{ median, low, high float64 }

// ratio compares two keys round by round, a to b, or where no round has both in peace the medians; false where one of them
// has no samples.
func (r *recording) ratio(a, b key) (spread, bool) {
	var ratios []float64
	others := r.of(b)
	for _, x := range r.of(a) {
		for _, y := range others {
			if x.Round == y.Round {
				ratios = append(ratios, x.Nanoseconds/y.Nanoseconds)
			}
		}
	}
	if len(ratios) == 0 {
		x, found := r.nanoseconds(a)
		y, alsoFound := r.nanoseconds(b)
		return spread{x / y, x / y, x / y}, found && alsoFound
	}
	return spread{median(ratios), slices.Min(ratios), slices.Max(ratios)}, true
}

// median is the middle one, or the mean of the two in the middle; 0 of none.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
