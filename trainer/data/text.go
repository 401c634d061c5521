package data

import (
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// Limits of a text.
const (
	maxTextBytes  = 256 << 20
	minTextTokens = 100 // so that every part has something to predict
)

// loadText reads a text in which the next character is to be predicted: the first 90 % of it train, half of the
// rest validates and half tests. The characters are those of the training part.
func loadText(ctx context.Context, config Config, files []string) (*Data, error) {
	fraction := 0.05
	config.Text = &TextConfig{Path: files[0], Unit: UnitCharacter, MinCount: 1}
	config.Split = &SplitConfig{Valid: &fraction, Test: fraction}
	return loadOwnText(ctx, config, "")
}

// loadOwnText loads the text of a valid configuration. A relative path that does not exist is looked for in dir.
func loadOwnText(ctx context.Context, config Config, dir string) (*Data, error) {
	text := config.Text
	data := &Data{Name: "text"}
	texts := newLexicon()
	read := func(path string) ([]int, error) {
		if err := ctx.Err(); err != nil {
			return nil, errors.WithStack(err)
		}
		path = lookUp(path, dir)
		data.Files = append(data.Files, path)
		return readText(path, text.Unit, texts)
	}
	var split [parts][]int // numbers of the lexicon
	first, testFraction := text.Path, config.Split.Test
	if first == "" {
		first, testFraction = text.Train, 0
	}
	validFraction := *config.Split.Valid
	if text.Valid != "" {
		validFraction = 0
	}
	tokens, err := read(first)
	if err != nil {
		return nil, err
	}
	counts := partCounts(len(tokens), validFraction, testFraction)
	testFrom := len(tokens) - counts[test]
	split[train], split[valid], split[test] = tokens[:counts[train]], tokens[counts[train]:testFrom], tokens[testFrom:]
	for p, path := range [parts]string{valid: text.Valid, test: text.Test} {
		if path == "" {
			continue
		}
		if split[p], err = read(path); err != nil {
			return nil, err
		}
	}

	inTrain := map[string]int{}
	for _, number := range split[train] {
		inTrain[texts.texts[number]]++
	}
	alphabet := alphabetOf(inTrain, text.MinCount)
	ids, idOf := tokenIDs(alphabet), make([]int, len(texts.texts))
	for number, token := range texts.texts {
		idOf[number] = ids[token]
	}
	data.Spec = Spec{
		Vocabulary: len(alphabet), Task: Next, Targets: len(alphabet), TargetKind: TokenPerStep, Alphabet: alphabet, Unit: text.Unit,
		Continues: ContinuesTokens,
	}
	window := 0
	if config.Forecast != nil {
		window = config.Forecast.Window
	}
	var sets [parts]*tokenSeries
	for p, tokens := range split {
		if len(tokens) < 2 {
			if part(p) == valid && validFraction == 0 {
				continue
			}
			return nil, errors.WithStack(&FileError{
				Path: data.Files[0], What: "the part " + part(p).String(), Found: fmt.Sprintf("%d tokens", len(tokens)),
				Expected: "at least 2: a longer text, or a larger fraction for this part in split",
			})
		}
		for i, number := range tokens {
			tokens[i] = idOf[number]
		}
		sets[p] = newTokenSeries(data.Spec, tokens, config.BatchSize, window)
		*data.part(part(p)) = sets[p]
	}
	data.Baselines = func() []Baseline {
		return seriesBaselines([][]int{sets[train].tokens}, [][]int{sets[test].tokens}, len(alphabet))
	}
	return data, nil
}

// readText returns the tokens of a file as their numbers among texts.
func readText(path string, unit Unit, texts *lexicon) ([]int, error) {
	f, err := openFile(path, "a text")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unpacked, err := unpack(path, f)
	if err != nil {
		return nil, err
	}
	utf, err := asUTF8(path, unpacked)
	if err != nil {
		return nil, err
	}
	fault := func(found, expected string) error {
		return errors.WithStack(&FileError{Path: path, What: "text", Found: found, Expected: expected})
	}
	content, err := io.ReadAll(io.LimitReader(utf, maxTextBytes+1))
	switch {
	case err != nil:
		return nil, unreadable(path, err)
	case len(content) > maxTextBytes:
		return nil, fault("more", fmt.Sprintf("at most %d bytes", maxTextBytes))
	case !utf8.Valid(content):
		return nil, fault("other bytes", "UTF-8")
	}
	var tokens []int
	for token := range unit.split(string(content)) {
		tokens = append(tokens, texts.number(token))
	}
	if len(tokens) < minTextTokens {
		return nil, fault(fmt.Sprintf("%d tokens", len(tokens)), fmt.Sprintf("at least %d", minTextTokens))
	}
	return tokens, nil
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
