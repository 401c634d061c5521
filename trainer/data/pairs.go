package data

import (
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
)

// textPair is a text and what it is to be translated into.
type TextPair struct{ Source, Target string }

// SetPairs makes data of pairs in their parts.
func (d *Data) SetPairs(config Config, split [Parts][]TextPair) {
	tokens := config.Table.Tokens
	sources, targets := map[string]int{}, map[string]int{}
	for _, pair := range split[TrainPart] {
		for token := range tokens.Unit.Split(pair.Source) {
			sources[token]++
		}
		for token := range tokens.Unit.Split(pair.Target) {
			targets[token]++
		}
	}
	alphabet := Alphabet(sources, tokens.MinCount)
	targetAlphabet := append(make([]string, SpecialTokens), Alphabet(targets, tokens.MinCount)[1:]...)
	d.Spec = Spec{
		Vocabulary: len(alphabet), Task: Translate, Targets: len(targetAlphabet), TargetKind: TokenSequence,
		Alphabet: alphabet, TargetAlphabet: targetAlphabet, Unit: tokens.Unit,
	}
	d.Inputs = newTableInputs(config, Translate)
	target := Spec{Alphabet: targetAlphabet, Unit: tokens.Unit}
	var sets [Parts]*TokenPairs
	for p, pairs := range split {
		sets[p] = &TokenPairs{spec: d.Spec}
		for _, pair := range pairs {
			sets[p].Sources = append(sets[p].Sources, d.Spec.Encode(pair.Source))
			sets[p].Targets = append(sets[p].Targets, append(target.Encode(pair.Target), EndToken))
		}
		for _, pair := range pairs {
			sets[p].Copies = append(sets[p].Copies, append(target.Encode(pair.Source), EndToken))
		}
		if len(pairs) > 0 {
			*d.Part(Part(p)) = sets[p]
		}
	}
	d.Basis = &Basis{Train: sets[TrainPart], Test: sets[TestPart]}
}

// Pairs returns the pairs of a table and the groups that stay in one part: equal sources, or those of the column group. A row without
// source or target is left out.
func (c Config) Pairs(t *Table) (pairs []TextPair, groups []string) {
	for row := range t.Rows() {
		pair := TextPair{t.Text(row, t.Texts[0]), t.Text(row, t.Label)}
		if pair.Source == "" || pair.Target == "" {
			continue
		}
		group := pair.Source
		if c.Table.Group != "" && c.Split.By == ByGroup {
			group = t.Text(row, t.Group)
		}
		pairs, groups = append(pairs, pair), append(groups, group)
	}
	return pairs, groups
}

// DividePairs draws the parts of pairs.
func (c Config) DividePairs(pairs []TextPair, groups []string, validFraction, testFraction float64) [Parts][]TextPair {
	var split [Parts][]TextPair
	different := slices.Compact(slices.Sorted(slices.Values(groups)))
	drawn := DrawParts(c.ValidSeed, len(different), validFraction, testFraction)
	for i, pair := range pairs {
		at, _ := slices.BinarySearch(different, groups[i])
		split[drawn[at]] = append(split[drawn[at]], pair)
	}
	return split
}

// NoPairs is the error of a part without a pair.
func NoPairs(path string, p Part) error {
	return fault.Fault{
		Where: path, What: "the part " + p.String(), Found: "no row with both texts",
		Expected: "at least one: more rows, or a larger fraction for this part in split",
	}.Err()
}
