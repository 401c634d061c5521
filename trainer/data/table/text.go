package table

import (
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/input"
)

// Limits of a text.
const (
	maxTextBytes  = 256 << 20
	minTextTokens = 100 // so that every part has something to predict
)

// LoadText loads the text of a valid configuration. A relative path that does not exist is looked for in dir.
func LoadText(ctx context.Context, config data.Config, dir string) (*data.Data, error) {
	text := config.Text
	loaded := &data.Data{Name: "text"}
	texts := data.NewLexicon()
	read := func(path string) ([]int, error) {
		if err := ctx.Err(); err != nil {
			return nil, errors.WithStack(err)
		}
		path = lookUp(path, dir)
		loaded.Files = append(loaded.Files, path)
		return readText(ctx, path, text.Unit, texts)
	}
	var split [data.Parts][]int // numbers of the lexicon
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
	counts := data.CountParts(len(tokens), validFraction, testFraction)
	testFrom := len(tokens) - counts[data.TestPart]
	split[data.TrainPart], split[data.ValidPart], split[data.TestPart] = tokens[:counts[data.TrainPart]], tokens[counts[data.TrainPart]:testFrom], tokens[testFrom:]
	for p, path := range [data.Parts]string{data.ValidPart: text.Valid, data.TestPart: text.Test} {
		if path == "" {
			continue
		}
		if split[p], err = read(path); err != nil {
			return nil, err
		}
	}

	inTrain := map[string]int{}
	for _, number := range split[data.TrainPart] {
		inTrain[texts.Texts[number]]++
	}
	alphabet := data.Alphabet(inTrain, text.MinCount)
	ids, idOf := data.TokenIDs(alphabet), make([]int, len(texts.Texts))
	for number, token := range texts.Texts {
		idOf[number] = ids[token]
	}
	loaded.Spec = data.Spec{
		Vocabulary: len(alphabet), Task: data.Next, Targets: len(alphabet), TargetKind: data.TokenPerStep, Alphabet: alphabet, Unit: text.Unit,
		Continues: data.ContinuesTokens,
	}
	window := 0
	if config.Forecast != nil {
		window = config.Forecast.Window
	}
	loaded.Cut = window
	var sets [data.Parts]*data.TokenSeries
	for p, tokens := range split {
		if len(tokens) < 2 {
			if data.Part(p) == data.ValidPart && validFraction == 0 {
				continue
			}
			return nil, errors.WithStack(fault.Fault{
				Where: loaded.Files[0], What: "the part " + data.Part(p).String(), Found: fmt.Sprintf("%d tokens", len(tokens)),
				Expected: "at least 2: a longer text, or a larger fraction for this part in split",
			}.Err())
		}
		for i, number := range tokens {
			tokens[i] = idOf[number]
		}
		sets[p] = data.NewTokenSeries(loaded.Spec, tokens, config.BatchSize, window)
		*loaded.Part(data.Part(p)) = sets[p]
	}
	loaded.Basis = &data.Basis{Train: sets[data.TrainPart], Test: sets[data.TestPart]}
	return loaded, nil
}

// readText returns the tokens of a file as their numbers among texts.
func readText(ctx context.Context, path string, unit data.Unit, texts *data.Lexicon) ([]int, error) {
	f, err := input.Open(ctx, path, "a text")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unpacked, err := input.Unpack(path, f)
	if err != nil {
		return nil, err
	}
	utf, err := input.UTF8(path, unpacked)
	if err != nil {
		return nil, err
	}
	fault := func(found, expected string) error {
		return errors.WithStack(fault.Fault{Where: path, What: "text", Found: found, Expected: expected}.Err())
	}
	content, err := io.ReadAll(io.LimitReader(utf, maxTextBytes+1))
	switch {
	case err != nil:
		return nil, input.Unreadable(path, err)
	case len(content) > maxTextBytes:
		return nil, fault("more", fmt.Sprintf("at most %d bytes", maxTextBytes))
	case !utf8.Valid(content):
		return nil, fault("other bytes", "UTF-8")
	}
	var tokens []int
	for token := range unit.Split(string(content)) {
		tokens = append(tokens, texts.Number(token))
	}
	if len(tokens) < minTextTokens {
		return nil, fault(fmt.Sprintf("%d tokens", len(tokens)), fmt.Sprintf("at least %d", minTextTokens))
	}
	return tokens, f.Finish()
}
