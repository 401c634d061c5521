package data

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// The vowels are twelve LPC cepstrum coefficients per frame of nine speakers.
const (
	vowelInputs = 12
	maxFrames   = 1 << 20 // of a file; the published ones have some thousands
	vowelValid  = 0.1     // of each speaker's training utterances
)

// vowelUtterances is how many utterances the speakers 1 to 9 have, one after the other, in the files ae.train and ae.test;
// the files do not say it (ae.data.doc, UCI).
func vowelUtterances() (inTrain, inTest []int) {
	return []int{30, 30, 30, 30, 30, 30, 30, 30, 30}, []int{31, 35, 88, 44, 29, 24, 40, 50, 29}
}

// loadVowels reads the set japanese-vowels from ae.train and ae.test. Three utterances of each speaker's thirty in
// ae.train validate.
func loadVowels(ctx context.Context, _ Config, files []string) (*Data, error) {
	inTrain, inTest := vowelUtterances()
	fitted, err := readVowels(ctx, files[0], inTrain)
	if err != nil {
		return nil, err
	}
	tested, err := readVowels(ctx, files[1], inTest)
	if err != nil {
		return nil, err
	}
	l := &csvLoader{
		config: Config{
			CSV:     &CSVConfig{Sequence: "utterance", Target: "speaker"},
			Missing: MissingConfig{}.withDefaults(), Scale: ScaleStandard,
		},
		task:   Classify,
		panels: [parts]*panel{fitted, fitted, tested},
		partOf: map[*panel][]part{fitted: make([]part, fitted.rows()), tested: make([]part, tested.rows())},
	}
	var drawn []part // of each utterance
	for _, n := range inTrain {
		drawn = append(drawn, draw(n, vowelValid, 0)...)
	}
	for i, s := range fitted.series {
		for row := s.lo; row < s.hi; row++ {
			l.partOf[fitted][row] = drawn[i]
		}
	}
	for row := range tested.rows() {
		l.partOf[tested][row] = test
	}
	return l.data()
}

// readVowels reads blocks of lines of twelve numbers. A block, an utterance, ends with an empty line or, as in the files
// of UCI's KDD archive, with a line of ones.
func readVowels(ctx context.Context, path string, utterances []int) (*panel, error) {
	f, err := openFile(path, "blocks of lines of twelve numbers")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseVowels(ctx, path, f, utterances)
}

// parseVowels is [readVowels] on an open file; path is for the errors.
func parseVowels(ctx context.Context, path string, file io.Reader, utterances []int) (*panel, error) {
	var speakers []string // of each utterance
	for i, n := range utterances {
		for range n {
			speakers = append(speakers, strconv.Itoa(i+1))
		}
	}
	t := &table{path: path, inputs: make([][]float64, vowelInputs)}
	for i := range vowelInputs {
		t.inputNames = append(t.inputNames, fmt.Sprintf("lpc%d", i+1))
	}
	utterance, inside, line := 0, false, 0
	fault := func(what, found, expected string, cause error) error {
		return errors.WithStack(&FileError{Path: path, Line: line, What: what, Found: found, Expected: expected, Cause: cause})
	}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		line++
		if line%4096 == 0 && ctx.Err() != nil {
			return nil, errors.WithStack(ctx.Err())
		}
		cells := strings.Fields(lines.Text())
		values := [vowelInputs]float64{}
		ones := 0
		if len(cells) != 0 && len(cells) != vowelInputs {
			return nil, fault("line", fmt.Sprintf("%d numbers", len(cells)), fmt.Sprint(vowelInputs), nil)
		}
		for i, cell := range cells {
			value, err := strconv.ParseFloat(cell, 64)
			if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
				return nil, fault("line", shorten(cell), "a finite number", err)
			}
			if values[i] = value; value == 1 {
				ones++
			}
		}
		if len(cells) == 0 || ones == vowelInputs {
			if inside {
				utterance, inside = utterance+1, false
			}
			continue
		}
		if utterance == len(speakers) || len(t.lines) == maxFrames {
			return nil, fault("file", "more", fmt.Sprintf("%d utterances of at most %d frames", len(speakers), maxFrames), nil)
		}
		inside = true
		t.lines = append(t.lines, line)
		t.sequences = append(t.sequences, strconv.Itoa(utterance+1))
		t.labels = append(t.labels, speakers[utterance])
		for i, value := range values {
			t.inputs[i] = append(t.inputs[i], value)
		}
	}
	line = 0
	if err := lines.Err(); err != nil {
		return nil, fault("file", err.Error(), "lines of twelve numbers", err)
	}
	if inside {
		utterance++
	}
	if utterance != len(speakers) {
		return nil, fault("file", fmt.Sprintf("%d utterances", utterance), fmt.Sprint(len(speakers)), nil)
	}
	return newPanel(t)
}
