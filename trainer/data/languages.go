package data

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
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
func splitNames(seed uint64, names []name, validFraction, testFraction float64) [parts][]name {
	codes := make([]string, len(names))
	for i, n := range names {
		codes[i] = n.code
	}
	codes = slices.Compact(codes)
	partOf := map[string]part{}
	for i, p := range draw(seed, len(codes), validFraction, testFraction) {
		partOf[codes[i]] = p
	}
	var split [parts][]name
	for _, n := range names {
		split[partOf[n.code]] = append(split[partOf[n.code]], n)
	}
	return split
}

// loadLanguages makes the data set languages.
func loadLanguages(_ context.Context, config Config, _ []string) (*Data, error) {
	names, classes := ownNames()
	return newNames(splitNames(config.ValidSeed, names, 0.1, 0.1), classes), nil
}

// newNames is names in their parts as data; the alphabet is that of the training part.
func newNames(split [parts][]name, classes []string) *Data {
	alphabet := fitAlphabet(split[train])
	spec := Spec{
		Vocabulary: len(alphabet), Task: Classify, Targets: len(classes), TargetKind: ClassPerSequence,
		Classes: classes, Alphabet: alphabet,
	}
	ids := make(map[string]int, len(alphabet))
	for id, character := range alphabet[1:] {
		ids[character] = id + 1
	}
	dataset := func(names []name) *labeledTexts {
		d := &labeledTexts{spec: spec}
		for _, n := range names {
			var tokens []int
			for _, r := range n.text {
				tokens = append(tokens, ids[string(r)])
			}
			d.tokens, d.labels = append(d.tokens, tokens), append(d.labels, n.class)
		}
		return d
	}
	return &Data{
		Spec: spec, DrawsValid: true,
		Split:     Split{Train: dataset(split[train]), Valid: dataset(split[valid]), Test: dataset(split[test])},
		Baselines: func() []Baseline { return textBaselines(split, len(classes)) },
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

// labeledTexts is texts in tokens, each with its class.
type labeledTexts struct {
	spec   Spec
	tokens [][]int
	labels []int
}

func (d *labeledTexts) Spec() Spec      { return d.spec }
func (d *labeledTexts) Len() int        { return len(d.tokens) }
func (d *labeledTexts) Steps(i int) int { return len(d.tokens[i]) }

func (d *labeledTexts) Fill(b *Batch, indices []int) error {
	if err := b.prepare(d, indices); err != nil {
		return err
	}
	for column, i := range indices {
		for t, token := range d.tokens[i] {
			b.Tokens[t*b.Size+column] = token
			b.Mask[t*b.Size+column] = 1
		}
		b.Labels[column] = d.labels[i]
		b.Weights[column] = 1
	}
	return nil
}
