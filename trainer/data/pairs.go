package data

import (
	"context"
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// textPair is a text and what it is to be translated into.
type textPair struct{ source, target string }

// loadPairs loads tables of two columns of texts for the task translate: csv.tokens says which one is read and what its tokens
// are, csv.target is written, in tokens of the same unit. Rows of equal source, or of equal csv.group, are in one part. A row
// without source or target is left out. Alphabets are those of the training part.
func loadPairs(ctx context.Context, config Config, dir string) (*Data, error) {
	data := &Data{Name: "csv"}
	read := func(path string) (pairs []textPair, groups []string, err error) {
		path = lookUp(path, dir)
		want := layout{
			inputs: []string{}, texts: []string{config.CSV.Tokens.Column}, label: config.CSV.Target, group: config.CSV.Group,
			markers: config.Missing.Markers,
		}
		t, err := readTable(ctx, path, want, &memoryStore{})
		if err != nil {
			return nil, nil, err
		}
		data.Files = append(data.Files, path)
		for row := range t.rows() {
			pair := textPair{t.text(row, t.texts[0]), t.text(row, t.label)}
			if pair.source == "" || pair.target == "" {
				continue
			}
			group := pair.source
			if config.CSV.Group != "" && config.Split.By == ByGroup {
				group = t.text(row, t.group)
			}
			pairs, groups = append(pairs, pair), append(groups, group)
		}
		return pairs, groups, nil
	}
	var split [parts][]textPair
	first, validFraction, testFraction := config.CSV.Path, *config.Split.Valid, config.Split.Test
	if first == "" {
		first, testFraction = config.CSV.Train, 0
	}
	if config.CSV.Valid != "" {
		validFraction = 0
	}
	pairs, groups, err := read(first)
	if err != nil {
		return nil, err
	}
	different := slices.Compact(slices.Sorted(slices.Values(groups)))
	data.DrawsValid = validFraction > 0
	drawn := draw(config.ValidSeed, len(different), validFraction, testFraction)
	for i, pair := range pairs {
		at, _ := slices.BinarySearch(different, groups[i])
		split[drawn[at]] = append(split[drawn[at]], pair)
	}
	for p, path := range map[part]string{valid: config.CSV.Valid, test: config.CSV.Test} {
		if path != "" {
			if split[p], _, err = read(path); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(data.Files[1:]) // which a map has read in any order
	hasValid := validFraction > 0 || config.CSV.Valid != ""
	for p, pairs := range split {
		if len(pairs) == 0 && (part(p) != valid || hasValid) {
			return nil, errors.WithStack(&FileError{
				Path: data.Files[0], What: "the part " + part(p).String(), Found: "no row with both texts",
				Expected: "at least one: more rows, or a larger fraction for this part in split",
			})
		}
	}
	return data.withPairs(config, split), nil
}

// withPairs makes data of pairs in their parts.
func (d *Data) withPairs(config Config, split [parts][]textPair) *Data {
	tokens := config.CSV.Tokens
	sources, targets := map[string]int{}, map[string]int{}
	for _, pair := range split[train] {
		for token := range tokens.Unit.split(pair.source) {
			sources[token]++
		}
		for token := range tokens.Unit.split(pair.target) {
			targets[token]++
		}
	}
	alphabet := alphabetOf(sources, tokens.MinCount)
	targetAlphabet := append(make([]string, SpecialTokens), alphabetOf(targets, tokens.MinCount)[1:]...)
	d.Spec = Spec{
		Vocabulary: len(alphabet), Task: Translate, Targets: len(targetAlphabet), TargetKind: TokenSequence,
		Alphabet: alphabet, TargetAlphabet: targetAlphabet, Unit: tokens.Unit,
	}
	d.Inputs = newTableInputs(config, Translate)
	target := Spec{Alphabet: targetAlphabet, Unit: tokens.Unit}
	var sets [parts]*translations
	for p, pairs := range split {
		sets[p] = &translations{spec: d.Spec}
		for _, pair := range pairs {
			sets[p].sources = append(sets[p].sources, d.Spec.Encode(pair.source))
			sets[p].targets = append(sets[p].targets, append(target.Encode(pair.target), EndToken))
		}
		if len(pairs) > 0 {
			*d.part(part(p)) = sets[p]
		}
	}
	d.Baselines = func() []Baseline {
		copied := func(i int) []int { return append(target.Encode(split[test][i].source), EndToken) }
		most := sets[train].mostFrequent()
		return []Baseline{
			{Name: "majority", Metrics: sets[test].writtenMetrics(func(int) []int { return most })},
			{Name: "copy", Metrics: sets[test].writtenMetrics(copied)},
		}
	}
	return d
}

// mostFrequent is the most frequent token of each place of the targets, until it is the end.
func (d *translations) mostFrequent() []int {
	var answer []int
	for place := 0; ; place++ {
		counts := make([]float64, d.spec.Targets)
		for _, target := range d.targets {
			if place < len(target) {
				counts[target[place]]++
			}
		}
		best := argmax(counts)
		if counts[best] == 0 || best == EndToken {
			return append(answer, EndToken)
		}
		answer = append(answer, best)
	}
}

// writtenMetrics compares answers with targets, place by place; the end of a target counts as a token, as it does for a model.
func (d *translations) writtenMetrics(answer func(i int) []int) map[string]float64 {
	var right, exact, count float64
	for i, target := range d.targets {
		found := answer(i)
		for place, token := range target {
			right += float64(index(place < len(found) && found[place] == token))
		}
		exact += float64(index(slices.Equal(found, target)))
		count += float64(len(target))
	}
	return map[string]float64{"accuracy": right / count, "exact_match": exact / float64(len(d.targets))}
}

// validatePairs lists the faults of a table of texts that are to be translated.
func (c Config) validatePairs() (faults fault.List) {
	csv := c.CSV
	faults.Check(csv.Tokens != nil, "csv.tokens", "none", "a section for the task %s: the column that is read", Translate)
	faults.Check(csv.Tokens == nil || csv.Tokens.Unit != UnitCell, "csv.tokens.unit", unitOf(csv.Tokens), "%s or %s for the task %s", UnitCharacter, UnitWord, Translate)
	faults.Check(csv.Target != "", "csv.target", csv.Target, "a column of texts for the task %s", Translate)
	faults.Check(csv.Sequence == "", "csv.sequence", csv.Sequence, "none for the task %s: a row is a text and its translation", Translate)
	faults.Check(csv.Time == "", "csv.time", csv.Time, "none for the task %s", Translate)
	faults.Check(c.Forecast == nil, "forecast", "a section", "none for the task %s", Translate)
	faults.Check(!c.Stream, "stream", c.Stream, "false for the task %s", Translate)
	faults.Check(c.Split == nil || c.Split.By != ByTime || !csv.sequences(), "split.by", fmt.Sprint(ByTime), "%s or %s for the task %s", BySequence, ByGroup, Translate)
	return faults
}
