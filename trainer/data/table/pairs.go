package table

import (
	"context"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// loadPairs loads tables of two columns of texts for the task translate: table.tokens says which one is read and what its tokens
// are, table.target is written, in tokens of the same unit. Rows of equal source, or of equal table.group, are in one part. A row
// without source or target is left out. Alphabets are those of the training part.
func loadPairs(ctx context.Context, config data.Config, dir string) (*data.Data, error) {
	loaded := &data.Data{Name: "table"}
	read := func(path string) (pairs []data.TextPair, groups []string, err error) {
		path = lookUp(path, dir)
		want := data.Layout{
			Inputs: []string{}, Texts: []string{config.Table.Tokens.Column}, Label: config.Table.Target, Group: config.Table.Group,
			Markers: config.Missing.Markers,
		}
		t, err := ReadTable(ctx, path, want, &data.MemoryStore{})
		if err != nil {
			return nil, nil, err
		}
		loaded.Files = append(loaded.Files, path)
		for row := range t.Rows() {
			pair := data.TextPair{Source: t.Text(row, t.Texts[0]), Target: t.Text(row, t.Label)}
			if pair.Source == "" || pair.Target == "" {
				continue
			}
			group := pair.Source
			if config.Table.Group != "" && config.Split.By == data.ByGroup {
				group = t.Text(row, t.Group)
			}
			pairs, groups = append(pairs, pair), append(groups, group)
		}
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
	different := slices.Compact(slices.Sorted(slices.Values(groups)))
	loaded.DrawsValid = validFraction > 0
	drawn := data.DrawParts(config.ValidSeed, len(different), validFraction, testFraction)
	for i, pair := range pairs {
		at, _ := slices.BinarySearch(different, groups[i])
		split[drawn[at]] = append(split[drawn[at]], pair)
	}
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
			return nil, errors.WithStack(fault.Fault{
				Where: loaded.Files[0], What: "the part " + data.Part(p).String(), Found: "no row with both texts",
				Expected: "at least one: more rows, or a larger fraction for this part in split",
			}.Err())
		}
	}
	loaded.SetPairs(config, split)
	return loaded, nil
}
