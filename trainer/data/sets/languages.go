package sets

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/baseline"
)

// A character seen once teaches nothing; leaving it out of the alphabet trains the unknown token instead.
const minRuneCount = 2

// A class is a language with a name for at least so many of the 592 languages that package display knows. The others
// have little more than countries; their names still count as taken.
const minLanguagesNamed = 450

// name is how one language calls one country or language.
type name struct {
	code  string // "country FR" or "language fr"
	class int
	text  string
}

// dictionary is all that one locale of package display has names for, by code.
type dictionary struct {
	language  string // the base language of the locale
	own       bool   // the locale is the language itself, not its form in some country or script
	names     []name // with no class yet
	languages int    // of the names
}

// latinDictionaries returns the dictionaries of every locale that is written in Latin script.
func latinDictionaries() []dictionary {
	latin := language.MustParseScript("Latn")
	var dictionaries []dictionary
	for _, tag := range display.Supported.Tags() {
		if script, _ := tag.Script(); script != latin {
			continue
		}
		base, _ := tag.Base()
		d := dictionary{language: base.String(), own: tag.String() == base.String()}
		if regions := display.Regions(tag); regions != nil {
			for _, region := range display.Values.Regions() {
				if text := regions.Name(region); text != "" && region.IsCountry() {
					d.names = append(d.names, name{code: "country " + region.String(), text: text})
				}
			}
		}
		if languages := display.Languages(tag); languages != nil {
			for _, base := range display.Values.BaseLanguages() {
				if text := languages.Name(base); text != "" {
					d.names = append(d.names, name{code: "language " + base.String(), text: text})
					d.languages++
				}
			}
		}
		dictionaries = append(dictionaries, d)
	}
	return dictionaries
}

// ownNames returns the names that occur in one language only, ordered by code and class, and the classes: the tags
// of the languages.
func ownNames() ([]name, []string) {
	dictionaries := latinDictionaries()
	const several = "several languages"
	languageOf := map[string]string{} // of a text
	for _, d := range dictionaries {
		for _, n := range d.names {
			if other, seen := languageOf[n.text]; seen && other != d.language {
				languageOf[n.text] = several
			} else {
				languageOf[n.text] = d.language
			}
		}
	}
	var names []name
	var tags []string
	for _, d := range dictionaries { // in the order of their tags
		if !d.own || d.languages < minLanguagesNamed {
			continue
		}
		for _, n := range d.names {
			if languageOf[n.text] != several {
				names = append(names, name{n.code, len(tags), n.text})
			}
		}
		tags = append(tags, d.language)
	}
	slices.SortFunc(names, func(a, b name) int {
		return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.class, b.class))
	})
	return names, tags
}

// splitNames gives every code, and with it all its names, to one part; the names are ordered by their codes.
func splitNames(seed uint64, names []name, validFraction, testFraction float64) [data.Parts][]name {
	codes := make([]string, len(names))
	for i, n := range names {
		codes[i] = n.code
	}
	codes = slices.Compact(codes)
	partOf := map[string]data.Part{}
	for i, p := range data.DrawParts(seed, len(codes), validFraction, testFraction) {
		partOf[codes[i]] = p
	}
	var split [data.Parts][]name
	for _, n := range names {
		split[partOf[n.code]] = append(split[partOf[n.code]], n)
	}
	return split
}

// loadLanguages makes the data set languages.
func loadLanguages(_ context.Context, config data.Config, _ []string) (*data.Data, error) {
	names, classes := ownNames()
	return newNames(splitNames(config.ValidSeed, names, 0.1, 0.1), classes), nil
}

// newNames is names in their parts as data; the alphabet is that of the training part.
func newNames(split [data.Parts][]name, classes []string) *data.Data {
	alphabet := fitAlphabet(split[data.TrainPart])
	spec := data.Spec{
		Vocabulary: len(alphabet), Task: data.Classify, Targets: len(classes), TargetKind: data.ClassPerSequence,
		Classes: classes, Alphabet: alphabet,
	}
	ids := make(map[string]int, len(alphabet))
	for id, character := range alphabet[1:] {
		ids[character] = id + 1
	}
	dataset := func(names []name) data.Dataset {
		var sequences [][]int
		var labels []int
		for _, n := range names {
			var tokens []int
			for _, r := range n.text {
				tokens = append(tokens, ids[string(r)])
			}
			sequences, labels = append(sequences, tokens), append(labels, n.class)
		}
		return data.NewLabeledTokens(spec, sequences, labels)
	}
	return &data.Data{
		Spec: spec, DrawsValid: true,
		Split:     data.Split{Train: dataset(split[data.TrainPart]), Valid: dataset(split[data.ValidPart]), Test: dataset(split[data.TestPart])},
		Baselines: func() []data.Baseline { return baseline.Texts(textsOf(split), len(classes)) },
	}
}

// fitAlphabet returns the characters that occur often enough, sorted, after the empty one for the unknown.
func fitAlphabet(names []name) []string {
	counts := map[rune]int{}
	for _, n := range names {
		for _, r := range n.text {
			counts[r]++
		}
	}
	alphabet := []string{""}
	for r, count := range counts {
		if count >= minRuneCount {
			alphabet = append(alphabet, string(r))
		}
	}
	slices.Sort(alphabet)
	return alphabet
}

// textsOf is the names of each part as texts with a class.
func textsOf(split [data.Parts][]name) [data.Parts][]baseline.LabeledText {
	var texts [data.Parts][]baseline.LabeledText
	for p, names := range split {
		for _, n := range names {
			texts[p] = append(texts[p], baseline.LabeledText{Text: n.text, Class: n.class})
		}
	}
	return texts
}
