package infer

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// SampleOptions say what to write and how to choose each step.
type SampleOptions struct {
	Output      string // a file whose ending fits the model; empty: standard output, for text
	Prime       string // what the sequences begin with; see primeExpected
	Steps       int    // to write after that
	Count       int    // of sequences that are drawn
	Temperature float64
	TopK        int // 0: all
	Seed        uint64
	Tempo       float64  // steps a minute of music
	Given       []string // the names of the flags that were given

	Extensions *experiment.Extensions // nil: the model has built-in parts only
}

// Limits of a request.
const (
	maxSteps = 1 << 20
	maxCount = 1 << 10
	maxTotal = 1 << 22 // steps of all sequences, primes and all
	minTempo = 4       // a MIDI file has 24 bits for the microseconds of a step
	maxTempo = 6000
)

// sequences are what a model of some kind goes on with.
type sequences interface {
	// lengths is the number of steps that each sequence has so far.
	lengths() []int
	// token is step t of sequence i for a model of tokens.
	token(i, t int) int
	// numbers is step t of sequence i for a model of numbers.
	numbers(i, t int) []float64
	// extend adds the step that follows from the outputs of the model to sequence i.
	extend(i int, outputs []float64)
	// endings are those of the files that can be written.
	endings() []string
	// write writes sequence i, or all where i is negative.
	write(w io.Writer, i int) error
}

// Sample lets a model that was trained to predict the next step of a sequence write sequences, each step from those that it has
// written before. The model is that of the run in a directory; the sequences are written to files whose paths are returned, or to
// stdout.
func Sample(ctx context.Context, dir string, o SampleOptions, stdout io.Writer) (files []string, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	p, err := openRun(dir, o.Extensions)
	if err != nil {
		return nil, err
	}
	preparation := p.Preparation()
	s, err := o.begin(ctx, dir, preparation)
	if err != nil {
		return nil, err
	}
	if err := o.checkOutput(s, preparation.Continues); err != nil {
		return nil, err
	}
	if p.Model().Double() {
		err = generate[float64](ctx, dir, p.Model(), s, o.Steps)
	} else {
		err = generate[float32](ctx, dir, p.Model(), s, o.Steps)
	}
	if err != nil {
		return nil, err
	}
	return o.write(s, preparation.Continues, stdout)
}

func (o SampleOptions) check() error {
	var faults fault.List
	check := func(ok bool, flag string, found any, expected string, args ...any) {
		if !ok {
			faults = append(faults, fault.Fault{
				Where: "sample", What: "wrong value of --" + flag, Found: fmt.Sprint(found), Expected: fmt.Sprintf(expected, args...),
			})
		}
	}
	check(o.Steps >= 1 && o.Steps <= maxSteps, "steps", o.Steps, "1 to %d", maxSteps)
	check(o.Count >= 1 && o.Count <= maxCount, "count", o.Count, "1 to %d", maxCount)
	check(o.Temperature >= 0 && !math.IsInf(o.Temperature, 0), "temperature", o.Temperature, "a finite number of 0 or more")
	check(o.TopK >= 0, "top-k", o.TopK, "1 or more, or 0 for all")
	check(o.Tempo >= minTempo && o.Tempo <= maxTempo, "tempo", o.Tempo, "%d to %d steps a minute", minTempo, maxTempo)
	return faults.Err()
}

// begin reads the prime for a model that can go on with its own steps; any other is refused.
func (o SampleOptions) begin(ctx context.Context, dir string, signature data.Preparation) (sequences, error) {
	if err := o.checkFlags(signature.Continues); err != nil {
		return nil, err
	}
	switch signature.Continues {
	case data.ContinuesTokens:
		return o.beginText(signature)
	case data.ContinuesNotes:
		return o.beginMusic()
	case data.ContinuesValues:
		return o.beginRows(ctx, signature)
	default:
		return nil, fault.Fault{
			Where: dir, What: "cannot be sampled", Found: "a model whose outputs are not the next inputs",
			Expected: "one that 'gruexp train' has made with the task next, of text, music or a table",
		}.Err()
	}
}

// checkFlags refuses flags that would do nothing.
func (o SampleOptions) checkFlags(kind data.Continuation) error {
	var idle []string
	why := "no such flag: "
	switch kind {
	case data.ContinuesTokens:
		idle, why = []string{"tempo"}, why+"the model writes text, not music"
	case data.ContinuesValues:
		idle = []string{"count", "temperature", "top-k", "seed", "tempo"}
		why += "the model gives the numbers of the next row themselves, so that nothing is drawn"
	}
	var faults fault.List
	for _, flag := range idle {
		if slices.Contains(o.Given, flag) {
			faults = append(faults, fault.Fault{Where: "sample", What: "flag without a use", Found: "--" + flag, Expected: why})
		}
	}
	return faults.Err()
}

// checkTotal refuses more than fits into the memory, for that many sequences with primes of so many steps.
func (o SampleOptions) checkTotal(sequences, prime int) error {
	if sequences*(prime+o.Steps) <= maxTotal {
		return nil
	}
	return fault.Fault{
		Where: "sample", What: "too many steps", Found: fmt.Sprintf("%d sequences of %d steps", sequences, prime+o.Steps),
		Expected: fmt.Sprintf("at most %d in all", maxTotal),
	}.Err()
}

func (o SampleOptions) checkOutput(s sequences, kind data.Continuation) error {
	expected := "--output FILE that ends in " + strings.Join(s.endings(), " or ")
	switch {
	case o.Output == "" && kind != data.ContinuesTokens:
		return fault.Fault{Where: "sample", What: "missing flag", Found: "no --output", Expected: expected}.Err()
	case o.Output != "" && !slices.Contains(s.endings(), filepath.Ext(o.Output)):
		return fault.Fault{Where: "--output " + o.Output, What: "unknown kind of file", Found: fmt.Sprintf("%q", filepath.Ext(o.Output)), Expected: expected}.Err()
	}
	return nil
}

// draw is how the steps of sequence i are chosen. Its random numbers are the same whatever the number of sequences.
func (o SampleOptions) draw(i int) draw {
	return draw{o.Temperature, o.TopK, graph.NewStreams(o.Seed).Stream(fmt.Sprintf("sample/%d", i))}
}

// write writes each sequence to a file of its own, but rows of a table, of which one file holds all.
func (o SampleOptions) write(s sequences, kind data.Continuation, stdout io.Writer) ([]string, error) {
	n := len(s.lengths())
	if o.Output == "" {
		for i := range n {
			if n > 1 {
				if _, err := fmt.Fprintf(stdout, "==> %d <==\n", i+1); err != nil {
					return nil, err
				}
			}
			if err := s.write(stdout, i); err != nil {
				return nil, err
			}
			if _, err := fmt.Fprintln(stdout); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	if n == 1 || kind == data.ContinuesValues {
		return []string{o.Output}, writeFile(o.Output, func(w io.Writer) error { return s.write(w, -1) })
	}
	var files []string
	for i := range n {
		ending := filepath.Ext(o.Output)
		path := fmt.Sprintf("%s-%d%s", strings.TrimSuffix(o.Output, ending), i+1, ending)
		if err := writeFile(path, func(w io.Writer) error { return s.write(w, i) }); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	return files, nil
}

func writeFile(path string, write func(io.Writer) error) error {
	return usererr.Output(path, atomicfile.Write(path, 0o644, write))
}
