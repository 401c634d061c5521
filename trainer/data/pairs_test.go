package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestPairsOfTexts(t *testing.T) {
	lines := []string{"word\tplural\tkind"}
	for i := range 40 {
		word := fmt.Sprintf("w%c%c", 'a'+i%20, 'a'+i/2%3)
		lines = append(lines, word+"\t"+word+"s\tk")
	}
	data := load(t, Config{CSV: &CSVConfig{
		Path: write(t, "a.tsv", append(lines, "NA\tx\tk", "y\t\tk")...), Tokens: &TokensConfig{Column: "word", Unit: UnitCharacter}, Target: "plural",
	}, Split: &SplitConfig{Valid: fraction(0.2), Test: 0.2}}, Translate)
	if data.Train.Len()+data.Valid.Len()+data.Test.Len() != 40 || data.Spec.TargetKind != TokenSequence || data.Spec.Unit != UnitCharacter {
		t.Fatalf("found %d, %d and %d pairs of %+v", data.Train.Len(), data.Valid.Len(), data.Test.Len(), data.Spec)
	}
	seen := map[string]part{}
	for p, d := range []Dataset{data.Train, data.Valid, data.Test} {
		set := d.(*translations)
		for i := range set.sources {
			source := fmt.Sprint(set.sources[i])
			if other, twice := seen[source]; twice && other != part(p) && !slices.Contains(set.sources[i], UnknownToken) {
				t.Errorf("found a text in the parts %s and %s", other, part(p))
			}
			seen[source] = part(p)
			if target := set.targets[i]; target[len(target)-1] != EndToken || !strings.HasSuffix(data.Signature().Decode(target), "s") {
				t.Errorf("found the target %q", data.Signature().Decode(target))
			}
		}
	}
	// All but the s and the end is right.
	if accuracy := baseline(t, data, "copy", "accuracy"); accuracy < 0.59 || accuracy > 0.61 {
		t.Errorf("found accuracy %g of a copy, expected 3 of 5", accuracy)
	}
	if exact := baseline(t, data, "majority", "exact_match"); exact > 0.3 {
		t.Errorf("found exact match %g of one answer to all", exact)
	}
}

func TestPairsOfWords(t *testing.T) {
	train := write(t, "a.csv", "en,de", "the cat,die Katze", "the dog,der Hund", "a cat,eine Katze")
	data := load(t, Config{CSV: &CSVConfig{
		Train: train, Test: write(t, "b.csv", "en,de", "a dog,ein Hund"), Tokens: &TokensConfig{Column: "en", Unit: UnitWord}, Target: "de",
	}, Split: &SplitConfig{Valid: fraction(0)}}, Translate)
	set := data.Train.(*translations)
	if text := data.Signature().Decode(set.targets[0]); text != "die Katze" || data.Valid != nil || len(data.Files) != 2 {
		t.Errorf("found %q of %v", text, data.Files)
	}
	if target := data.Test.(*translations).targets[0]; target[0] != UnknownToken || len(target) != 3 {
		t.Errorf("found %v, expected an unknown word", target)
	}
	s, err := data.Signature().Read(t.Context(), train)
	if err != nil || len(s.Tokens) != 3 || !slices.Equal(s.Tokens[0], set.sources[0]) {
		t.Errorf("found %+v and error %v", s, err)
	}
	_, err = Load(t.Context(), Config{CSV: &CSVConfig{
		Train: train, Test: write(t, "c.csv", "en,de", "NA,ein Hund"), Tokens: &TokensConfig{Column: "en", Unit: UnitWord}, Target: "de",
	}, Split: &SplitConfig{Valid: fraction(0)}}, Translate, LoadOptions{})
	wantFileError(t, err, 0, "the part test", "no row with both texts")
	_, err = Load(t.Context(), Config{CSV: &CSVConfig{
		Train: train, Test: train, Tokens: &TokensConfig{Column: "english", Unit: UnitWord}, Target: "de",
	}}, Translate, LoadOptions{})
	wantFileError(t, err, 1, `a column "english"`)
}
