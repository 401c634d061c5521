package table

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

func TestPairsOfTexts(t *testing.T) {
	lines := []string{"word\tplural\tkind"}
	for i := range 40 {
		word := fmt.Sprintf("w%c%c", 'a'+i%20, 'a'+i/2%3)
		lines = append(lines, word+"\t"+word+"s\tk")
	}
	loaded := loadTable(t, data.Config{Table: &data.TableConfig{
		Path: datatest.Write(t, "a.tsv", append(lines, "\tx\tk", "y\t\tk")...), Tokens: &data.TokensConfig{Column: "word", Unit: data.UnitCharacter}, Target: "plural",
	}, Split: &data.SplitConfig{Valid: datatest.Fraction(0.2), Test: 0.2}}, data.Translate)
	if loaded.Train.Len()+loaded.Valid.Len()+loaded.Test.Len() != 40 || loaded.Spec.TargetKind != data.TokenSequence || loaded.Spec.Unit != data.UnitCharacter {
		t.Fatalf("found %d, %d and %d pairs of %+v", loaded.Train.Len(), loaded.Valid.Len(), loaded.Test.Len(), loaded.Spec)
	}
	seen := map[string]data.Part{}
	for p, d := range []data.Dataset{loaded.Train, loaded.Valid, loaded.Test} {
		set := d.(*data.TokenPairs)
		for i := range set.Sources {
			source := fmt.Sprint(set.Sources[i])
			if other, twice := seen[source]; twice && other != data.Part(p) && !slices.Contains(set.Sources[i], data.UnknownToken) {
				t.Errorf("found a text in the parts %s and %s", other, data.Part(p))
			}
			seen[source] = data.Part(p)
			if target := set.Targets[i]; target[len(target)-1] != data.EndToken || !strings.HasSuffix(loaded.Preparation().Decode(target), "s") {
				t.Errorf("found the target %q", loaded.Preparation().Decode(target))
			}
		}
	}
	// All but the s and the end is right.
	if accuracy := datatest.BaselineOf(t, loaded, "copy", "accuracy"); accuracy < 0.59 || accuracy > 0.61 {
		t.Errorf("found accuracy %g of a copy, expected 3 of 5", accuracy)
	}
	if exact := datatest.BaselineOf(t, loaded, "majority", "exact_match"); exact > 0.3 {
		t.Errorf("found exact match %g of one answer to all", exact)
	}
}

func TestPairsOfWords(t *testing.T) {
	train := datatest.Write(t, "a.csv", "en,de", "the cat,die Katze", "the dog,der Hund", "a cat,eine Katze")
	loaded := loadTable(t, data.Config{Table: &data.TableConfig{
		Train: train, Test: datatest.Write(t, "b.csv", "en,de", "a dog,ein Hund"), Tokens: &data.TokensConfig{Column: "en", Unit: data.UnitWord}, Target: "de",
	}, Split: &data.SplitConfig{Valid: datatest.Fraction(0)}}, data.Translate)
	set := loaded.Train.(*data.TokenPairs)
	if text := loaded.Preparation().Decode(set.Targets[0]); text != "die Katze" || loaded.Valid != nil || len(loaded.Files) != 2 {
		t.Errorf("found %q of %v", text, loaded.Files)
	}
	if target := loaded.Test.(*data.TokenPairs).Targets[0]; target[0] != data.UnknownToken || len(target) != 3 {
		t.Errorf("found %v, expected an unknown word", target)
	}
	s, err := ReadFor(t.Context(), loaded.Preparation(), train)
	if err != nil || len(s.Tokens) != 3 || !slices.Equal(s.Tokens[0], set.Sources[0]) {
		t.Errorf("found %+v and error %v", s, err)
	}
	_, err = loadIn(t.Context(), data.Config{Table: &data.TableConfig{
		Train: train, Test: datatest.Write(t, "c.csv", "en,de", ",ein Hund"), Tokens: &data.TokensConfig{Column: "en", Unit: data.UnitWord}, Target: "de",
	}, Split: &data.SplitConfig{Valid: datatest.Fraction(0)}}, data.Translate, "")
	datatest.WantFault(t, err, 0, "the part test", "no row with both texts")
	_, err = loadIn(t.Context(), data.Config{Table: &data.TableConfig{
		Train: train, Test: train, Tokens: &data.TokensConfig{Column: "english", Unit: data.UnitWord}, Target: "de",
	}}, data.Translate, "")
	datatest.WantFault(t, err, 1, `a column "english"`)
}
