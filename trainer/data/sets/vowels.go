package sets

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
	"github.com/gruexp/gruexp/trainer/data/internal/input"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
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
func loadVowels(ctx context.Context, config data.Config, files []string) (*data.Data, error) {
	inTrain, inTest := vowelUtterances()
	fitted, err := readVowels(ctx, files[0], inTrain)
	if err != nil {
		return nil, err
	}
	tested, err := readVowels(ctx, files[1], inTest)
	if err != nil {
		return nil, err
	}
	l := &data.Builder{
		Config: data.Config{
			Table:   &data.TableConfig{Sequence: "utterance", Target: "speaker"},
			Missing: data.MissingConfig{}.WithDefaults(), Scale: data.ScaleStandard,
		},
		Task:       data.Classify,
		Panels:     [data.Parts]*data.Panel{fitted, fitted, tested},
		DrawsValid: true,
		PartOf:     map[*data.Panel][]data.Part{fitted: make([]data.Part, fitted.Rows()), tested: make([]data.Part, tested.Rows())},
	}
	var drawn []data.Part // of each utterance
	for _, n := range inTrain {
		drawn = append(drawn, data.DrawParts(config.ValidSeed, n, vowelValid, 0)...)
	}
	for i, s := range fitted.Series {
		for row := s.Lo; row < s.Hi; row++ {
			l.PartOf[fitted][row] = drawn[i]
		}
	}
	for row := range tested.Rows() {
		l.PartOf[tested][row] = data.TestPart
	}
	return l.Data()
}

// readVowels reads blocks of lines of twelve numbers. A block, an utterance, ends with an empty line or, as in the files
// of UCI's KDD archive, with a line of ones.
func readVowels(ctx context.Context, path string, utterances []int) (*data.Panel, error) {
	f, err := input.Open(ctx, path, "blocks of lines of twelve numbers")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	panel, err := parseVowels(ctx, path, f, utterances)
	if err != nil {
		return nil, err
	}
	return panel, f.Finish()
}

// parseVowels is [readVowels] on an open file; path is for the errors.
func parseVowels(ctx context.Context, path string, file io.Reader, utterances []int) (*data.Panel, error) {
	v := &vowelRecords{path: path, lines: bufio.NewScanner(file), cells: make([]data.Cell, vowelInputs+2)}
	for i, n := range utterances {
		for range n {
			v.speakers = append(v.speakers, strconv.Itoa(i+1))
		}
	}
	t, err := data.Parse(ctx, path, v, data.Layout{Sequence: "utterance", Label: "speaker"}, &data.MemoryStore{})
	if err != nil {
		return nil, err
	}
	return data.NewPanel(t, false)
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
	cells     []data.Cell
}

func (v *vowelRecords) fault(line int, what, found, expected string, cause error) error {
	return errors.WithStack(fault.Fault{Where: v.path, Line: line, What: what, Found: found, Expected: expected, Cause: cause}.Err())
}

func (v *vowelRecords) Header() ([]string, error) {
	var names []string
	for i := range vowelInputs {
		names = append(names, fmt.Sprintf("lpc%d", i+1))
	}
	return append(names, "utterance", "speaker"), nil
}

func (v *vowelRecords) Next() ([]data.Cell, int, error) {
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
				return nil, 0, v.fault(v.line, "line", quote.Text(text), "a finite number", err)
			}
			v.cells[i] = data.Cell{Kind: data.NumberCell, Number: value}
			ones += calc.One(value == 1)
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
		v.cells[vowelInputs] = data.Cell{Text: strconv.Itoa(v.utterance + 1)}
		v.cells[vowelInputs+1] = data.Cell{Text: v.speakers[v.utterance]}
		return v.cells, v.line, nil
	}
	if err := v.lines.Err(); err != nil {
		return nil, 0, v.fault(0, "file", err.Error(), "lines of twelve numbers", err)
	}
	if found := v.utterance + calc.One(v.inside); found != len(v.speakers) {
		return nil, 0, v.fault(0, "file", fmt.Sprintf("%d utterances", found), fmt.Sprint(len(v.speakers)), nil)
	}
	return nil, 0, io.EOF
}
