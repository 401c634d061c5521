package infer

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/table"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/predict"
	"github.com/gruexp/gruexp/trainer/predict/files"
)

// SampleOptions say what to write and how to choose each step.
type SampleOptions struct {
	Output      string // a file whose ending fits the model; empty: standard output, for text
	Prime       string // what the sequences begin with: a text, chords, or a file of either or of rows
	Steps       int    // to write after that
	Count       int    // of sequences that are drawn
	Temperature float64
	TopK        int // 0: all
	Seed        uint64
	Tempo       float64  // steps a minute of music
	Given       []string // the names of the flags that were given

	Extensions *experiment.Extensions // nil: the model has built-in parts only
}

// Sample lets a model that was trained to predict the next step of a sequence write sequences, each step from those that it has
// written before. The model is that of the run in a directory; the sequences are written to files whose paths are returned, or to
// stdout.
func Sample(ctx context.Context, dir string, o SampleOptions, stdout io.Writer) (written []string, err error) {
	g := predict.Generation{Steps: o.Steps, Count: o.Count, Temperature: &o.Temperature, TopK: o.TopK, Seed: o.Seed}
	if err := o.check(g); err != nil {
		return nil, err
	}
	p, err := openRun(dir, o.Extensions)
	if err != nil {
		return nil, err
	}
	if err := o.checkFlags(p.Continues()); err != nil {
		return nil, err
	}
	if err := o.checkOutput(p.Continues()); err != nil {
		return nil, err
	}
	where := "--prime"
	if endings := primeEndings(p.Continues()); slices.Contains(endings, filepath.Ext(o.Prime)) {
		where = o.Prime
	}
	sequences, err := o.generate(ctx, p, g, where)
	if err != nil {
		return nil, placed(err, map[string]string{predict.AtBeginning: where, predict.AtModel: dir, predict.AtGeneration: "sample"})
	}
	return o.write(p, sequences, stdout)
}

func (o SampleOptions) check(g predict.Generation) error {
	faults := g.Validate()
	faults.Check(o.Tempo >= files.LeastTempo && o.Tempo <= files.MostTempo, "tempo", o.Tempo, "%d to %d steps a minute", files.LeastTempo, files.MostTempo)
	for i, f := range faults {
		faults[i].Where, faults[i].Path, faults[i].What = "sample", "", "wrong value of --"+strings.ReplaceAll(f.Path, "_", "-")
	}
	return faults.Err()
}

// checkFlags rejects flags that have no effect.
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

// endingsOf are those of the files that can be written.
func endingsOf(kind data.Continuation) []string {
	return map[data.Continuation][]string{
		data.ContinuesTokens: {".txt"}, data.ContinuesNotes: {".mid", ".midi"}, data.ContinuesValues: {files.CSV},
	}[kind]
}

// primeEndings are those of the files that sequences can begin with.
func primeEndings(kind data.Continuation) []string {
	return map[data.Continuation][]string{data.ContinuesTokens: {".txt"}, data.ContinuesNotes: {".json"}, data.ContinuesValues: {files.CSV}}[kind]
}

func (o SampleOptions) checkOutput(kind data.Continuation) error {
	if kind == "" {
		return nil // Generate says what is wrong
	}
	endings := endingsOf(kind)
	expected := "--output FILE that ends in " + strings.Join(endings, " or ")
	switch {
	case o.Output == "" && kind != data.ContinuesTokens:
		return fault.Fault{Where: "sample", What: "missing flag", Found: "no --output", Expected: expected}.Err()
	case o.Output != "" && !slices.Contains(endings, filepath.Ext(o.Output)):
		return fault.Fault{Where: "--output " + o.Output, What: "unknown kind of file", Found: fmt.Sprintf("%q", filepath.Ext(o.Output)), Expected: expected}.Err()
	}
	return nil
}

// generate continues what --prime says, which is a file if where names it.
func (o SampleOptions) generate(ctx context.Context, p *predict.Predictor, g predict.Generation, where string) ([]predict.Generated, error) {
	kind, inFile := p.Continues(), where == o.Prime
	if kind == data.ContinuesValues {
		if !inFile {
			return nil, fault.Fault{
				Where: "--prime", What: "rows to begin with", Found: cmp.Or(o.Prime, "no --prime"),
				Expected: "--prime FILE that ends in .csv, with the columns of the training",
			}.Err()
		}
		given, err := table.ReadFor(ctx, p.Preparation(), o.Prime)
		if err != nil {
			return nil, err
		}
		return p.GeneratePrepared(ctx, given, g)
	}
	prime := []byte(o.Prime)
	if inFile {
		var err error
		if prime, err = readPrime(o.Prime); err != nil {
			return nil, err
		}
	}
	var beginning predict.Sequence
	switch {
	case o.Prime == "" && kind == data.ContinuesTokens && !slices.Contains(p.Preparation().Alphabet, "\n"):
		return nil, fault.Fault{Where: "sample", What: "missing flag", Found: "no --prime", Expected: "--prime TEXT: the model knows no line break to begin after"}.Err()
	case o.Prime == "":
	case kind == data.ContinuesTokens:
		beginning = predict.Text(prime)
	case kind == data.ContinuesNotes:
		chords, err := predict.ReadChords(bytes.NewReader(prime))
		if err != nil {
			return nil, fault.In(where, err)
		}
		beginning = chords
	}
	return p.Generate(ctx, beginning, g)
}

// placed names the places of faults as the user knows them.
func placed(err error, places map[string]string) error {
	faults := slices.Clone(fault.Of(err))
	if len(faults) == 0 {
		return err
	}
	for i, f := range faults {
		faults[i].Where = cmp.Or(places[f.Where], f.Where)
	}
	return faults.Err()
}

// maxPrime bounds the file that sequences begin with.
const maxPrime = 1 << 20

func readPrime(path string) ([]byte, error) {
	wrong := func(found string) error {
		return fault.Fault{Where: path, What: "cannot be read", Found: found, Expected: fmt.Sprintf("a file of at most %d bytes", maxPrime)}.Err()
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, wrong(usererr.Reason(err))
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxPrime+1))
	switch {
	case err != nil:
		return nil, wrong(usererr.Reason(err))
	case len(content) > maxPrime:
		return nil, wrong("more")
	}
	return content, nil
}

// write writes each sequence to a separate file, or the rows of all sequences to one.
func (o SampleOptions) write(p *predict.Predictor, sequences []predict.Generated, stdout io.Writer) (written []string, err error) {
	if p.Continues() == data.ContinuesValues {
		return []string{o.Output}, writeFile(o.Output, func(w io.Writer) error { return files.WriteRows(w, p, sequences) })
	}
	ending := filepath.Ext(o.Output)
	for i, s := range sequences {
		if o.Output == "" {
			title := ""
			if len(sequences) > 1 {
				title = fmt.Sprintf("==> %d <==\n", i+1)
			}
			if _, err := fmt.Fprint(stdout, title, s.Text, "\n"); err != nil {
				return nil, err
			}
			continue
		}
		path := o.Output
		if len(sequences) > 1 {
			path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(o.Output, ending), i+1, ending)
		}
		err := writeFile(path, func(w io.Writer) error {
			if p.Continues() == data.ContinuesNotes {
				return files.WriteMIDI(w, s.Chords, o.Tempo)
			}
			_, err := io.WriteString(w, s.Text)
			return err
		})
		if err != nil {
			return nil, err
		}
		written = append(written, path)
	}
	return written, nil
}
