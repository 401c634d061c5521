package data

import (
	"context"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// Limits of a text.
const (
	maxTextBytes = 256 << 20
	minTextRunes = 100 // so that every part has something to predict
)

// loadText reads a text in which the next character is to be predicted: the first 90 % of it train, half of the
// rest validates and half tests. The characters are those of the training part.
func loadText(ctx context.Context, config Config, files []string) (*Data, error) {
	runes, err := readText(files[0])
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	var split [parts][]rune
	validFrom := len(runes) * 9 / 10
	testFrom := validFrom + (len(runes)-validFrom)/2
	split[train], split[valid], split[test] = runes[:validFrom], runes[validFrom:testFrom], runes[testFrom:]

	alphabet := []string{""}
	distinct := slices.Compact(slices.Sorted(slices.Values(split[train])))
	ids := make(map[rune]int, len(distinct))
	for i, r := range distinct {
		alphabet, ids[r] = append(alphabet, string(r)), i+1
	}
	spec := Spec{
		Vocabulary: len(alphabet), Task: Next, Targets: len(alphabet), TargetKind: TokenPerStep, Alphabet: alphabet,
		Continues: ContinuesTokens,
	}
	window := 0
	if config.Forecast != nil {
		window = config.Forecast.Window
	}
	var sets [parts]*tokenSeries
	for p, text := range split {
		tokens := make([]int, len(text))
		for i, r := range text {
			tokens[i] = ids[r]
		}
		sets[p] = newTokenSeries(spec, tokens, config.BatchSize, window)
	}
	return &Data{
		Spec:      spec,
		Split:     Split{Train: sets[train], Valid: sets[valid], Test: sets[test]},
		Baselines: func() []Baseline { return seriesBaselines(sets[train].tokens, sets[test].tokens, spec.Vocabulary) },
	}, nil
}

// readText returns the characters of a file in UTF-8.
func readText(path string) ([]rune, error) {
	f, err := openFile(path, "a text")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fault := func(found, expected string) error {
		return errors.WithStack(&FileError{Path: path, What: "text", Found: found, Expected: expected})
	}
	content, err := io.ReadAll(io.LimitReader(f, maxTextBytes+1))
	switch {
	case err != nil:
		return nil, errors.Wrapf(err, "read %s", path)
	case len(content) > maxTextBytes:
		return nil, fault("more", fmt.Sprintf("at most %d bytes", maxTextBytes))
	case !utf8.Valid(content):
		return nil, fault("other bytes", "UTF-8")
	}
	runes := []rune(string(content))
	if len(runes) < minTextRunes {
		return nil, fault(fmt.Sprintf("%d characters", len(runes)), fmt.Sprintf("at least %d", minTextRunes))
	}
	return runes, nil
}

// tokenSeries is one long series of tokens in which the next is to be predicted. It is cut into as many rows of equal
// length as there are sequences in a batch, so that they can be gone through side by side, and a row into windows: of
// n tokens each of the n−1 that follow another is the target of one step.
type tokenSeries struct {
	spec    Spec
	tokens  []int
	windows []series // of the steps' tokens; the target of each is the token after it
}

// newTokenSeries cuts rows, 0 or fewer being one, into windows of at most that many steps; 0 leaves the rows whole.
func newTokenSeries(spec Spec, tokens []int, rows, window int) *tokenSeries {
	d := &tokenSeries{spec: spec, tokens: tokens}
	steps := len(tokens) - 1
	rows = min(max(rows, 1), steps)
	for row := range rows {
		lo, hi := row*steps/rows, (row+1)*steps/rows
		length := hi - lo
		if window > 0 {
			length = window
		}
		for ; lo < hi; lo += length {
			d.windows = append(d.windows, series{lo, min(lo+length, hi)})
		}
	}
	return d
}

func (d *tokenSeries) Spec() Spec      { return d.spec }
func (d *tokenSeries) Len() int        { return len(d.windows) }
func (d *tokenSeries) Steps(i int) int { return d.windows[i].hi - d.windows[i].lo }

func (d *tokenSeries) Fill(b *Batch, indices []int) error {
	if err := b.prepare(d, indices); err != nil {
		return err
	}
	for column, i := range indices {
		w := d.windows[i]
		for t := range w.hi - w.lo {
			at := t*b.Size + column
			b.Tokens[at], b.Labels[at] = d.tokens[w.lo+t], d.tokens[w.lo+t+1]
			b.Mask[at], b.Weights[at] = 1, 1
		}
	}
	return nil
}
