package table

import (
	"context"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/data"
)

// loadPairs loads tables of two columns of texts for the task translate: table.tokens says which one is read and what its tokens
// are, table.target is written, in tokens of the same unit. Rows of equal source, or of equal table.group, are in one part. A row
// without source or target is left out. Alphabets are those of the training part.
func loadPairs(ctx context.Context, config data.Config, dir string) (*data.Data, error) {
	loaded := &data.Data{Name: "table"}
	read := func(path string) (pairs []data.TextPair, groups []string, err error) {
		path = lookUp(path, dir)
		t, err := ReadTable(ctx, path, config.TableLayout(data.Translate), &data.MemoryStore{})
		if err != nil {
			return nil, nil, err
		}
		loaded.Files = append(loaded.Files, path)
		pairs, groups = config.Pairs(t)
		return pairs, groups, nil
	}
	var split [data.Parts][]data.TextPair
	first, validFraction, testFraction := config.Table.Path, *config.Split.Valid, config.Split.Test
	if first == "" {
		first, testFraction = config.Table.Train, 0
	}
	if config.Table.Valid != "" {
		validFraction = 0
	}
	pairs, groups, err := read(first)
	if err != nil {
		return nil, err
	}
	loaded.DrawsValid = validFraction > 0
	split = config.DividePairs(pairs, groups, validFraction, testFraction)
	for p, path := range map[data.Part]string{data.ValidPart: config.Table.Valid, data.TestPart: config.Table.Test} {
		if path != "" {
			if split[p], _, err = read(path); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(loaded.Files[1:]) // which a map has read in any order
	hasValid := validFraction > 0 || config.Table.Valid != ""
	for p, pairs := range split {
		if len(pairs) == 0 && (data.Part(p) != data.ValidPart || hasValid) {
			return nil, errors.WithStack(data.NoPairs(loaded.Files[0], data.Part(p)))
		}
	}
	loaded.SetPairs(config, split)
	return loaded, nil
}
