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
func loadVowels(ctx context.Context, config Config, files []string) (*Data, error) {
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
		task:       Classify,
		panels:     [parts]*panel{fitted, fitted, tested},
		drawsValid: true,
		partOf:     map[*panel][]part{fitted: make([]part, fitted.rows()), tested: make([]part, tested.rows())},
	}
	var drawn []part // of each utterance
	for _, n := range inTrain {
		drawn = append(drawn, draw(config.ValidSeed, n, vowelValid, 0)...)
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
	v := &vowelRecords{path: path, lines: bufio.NewScanner(file), cells: make([]cell, vowelInputs+2)}
	for i, n := range utterances {
		for range n {
			v.speakers = append(v.speakers, strconv.Itoa(i+1))
		}
	}
	t, err := parseTable(ctx, path, v, layout{sequence: "utterance", label: "speaker"}, &memoryStore{})
	if err != nil {
		return nil, err
	}
	return newPanel(t, false)
}

// vowelRecords is a file of vowels as a table.
type vowelRecords struct {
	path      string
	lines     *bufio.Scanner
	speakers  []string // of each utterance
	utterance int
	inside    bool // an utterance, of which there were frames
	line      int
	frames    int
	cells     []cell
}

func (v *vowelRecords) fault(line int, what, found, expected string, cause error) error {
	return errors.WithStack(&FileError{Path: v.path, Line: line, What: what, Found: found, Expected: expected, Cause: cause})
}

func (v *vowelRecords) header() ([]string, error) {
	var names []string
	for i := range vowelInputs {
		names = append(names, fmt.Sprintf("lpc%d", i+1))
	}
	return append(names, "utterance", "speaker"), nil
}

func (v *vowelRecords) next() ([]cell, int, error) {
	for v.lines.Scan() {
		v.line++
		texts := strings.Fields(v.lines.Text())
		ones := 0
		if len(texts) != 0 && len(texts) != vowelInputs {
			return nil, 0, v.fault(v.line, "line", fmt.Sprintf("%d numbers", len(texts)), fmt.Sprint(vowelInputs), nil)
		}
		for i, text := range texts {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
				return nil, 0, v.fault(v.line, "line", shorten(text), "a finite number", err)
			}
			v.cells[i] = cell{kind: numberCell, number: value}
			ones += index(value == 1)
		}
		if len(texts) == 0 || ones == vowelInputs {
			if v.inside {
				v.utterance, v.inside = v.utterance+1, false
			}
			continue
		}
		if v.utterance == len(v.speakers) || v.frames == maxFrames {
			return nil, 0, v.fault(v.line, "file", "more", fmt.Sprintf("%d utterances of at most %d frames", len(v.speakers), maxFrames), nil)
		}
		v.inside = true
		v.frames++
		v.cells[vowelInputs] = cell{text: strconv.Itoa(v.utterance + 1)}
		v.cells[vowelInputs+1] = cell{text: v.speakers[v.utterance]}
		return v.cells, v.line, nil
	}
	if err := v.lines.Err(); err != nil {
		return nil, 0, v.fault(0, "file", err.Error(), "lines of twelve numbers", err)
	}
	if found := v.utterance + index(v.inside); found != len(v.speakers) {
		return nil, 0, v.fault(0, "file", fmt.Sprintf("%d utterances", found), fmt.Sprint(len(v.speakers)), nil)
	}
	return nil, 0, io.EOF
}
