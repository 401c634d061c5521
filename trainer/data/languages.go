package data

import (
	"cmp"
	"slices"

	"golang.org/x/text/language/display"
)

// A character seen once teaches nothing; leaving it out of the alphabet trains the unknown token instead.
const minRuneCount = 2

// latinDictionaries returns the dictionaries of package display whose language is written in Latin script.
func latinDictionaries() map[string]*display.Dictionary {
	return map[string]*display.Dictionary{
		"af": display.Afrikaans, "az": display.Azerbaijani, "ca": display.Catalan, "cs": display.Czech,
		"da": display.Danish, "de": display.German, "en": display.English, "es": display.Spanish,
		"et": display.Estonian, "fi": display.Finnish, "fil": display.Filipino, "fr": display.French,
		"hr": display.Croatian, "hu": display.Hungarian, "id": display.Indonesian, "is": display.Icelandic,
		"it": display.Italian, "lt": display.Lithuanian, "lv": display.Latvian, "ms": display.Malay,
		"nl": display.Dutch, "no": display.Norwegian, "pl": display.Polish, "pt": display.Portuguese,
		"pt-PT": display.EuropeanPortuguese, "ro": display.Romanian, "sk": display.Slovak, "sl": display.Slovenian,
		"sq": display.Albanian, "sr-Latn": display.SerbianLatin, "sv": display.Swedish, "sw": display.Swahili,
		"tr": display.Turkish, "uz": display.Uzbek, "vi": display.Vietnamese, "zu": display.Zulu,
	}
}

// name is how one language calls one country or language.
type name struct {
	code  string // "country FR" or "language fr"
	class int
	text  string
}

// ownNames returns the names that occur in one language only, ordered by code and class, and the classes: the tags
// of the languages.
func ownNames() ([]name, []string) {
	dictionaries := latinDictionaries()
	tags := make([]string, 0, len(dictionaries))
	for tag := range dictionaries {
		tags = append(tags, tag)
	}
	slices.Sort(tags)

	var names []name
	classOf := map[string]int{} // of a text; -1 when several languages have it
	for class, tag := range tags {
		add := func(code, text string) {
			if text == "" {
				return
			}
			if other, seen := classOf[text]; seen && other != class {
				classOf[text] = -1
			} else {
				classOf[text] = class
			}
			names = append(names, name{code, class, text})
		}
		regions, languages := dictionaries[tag].Regions(), dictionaries[tag].Languages()
		for _, region := range display.Values.Regions() {
			if region.IsCountry() {
				add("country "+region.String(), regions.Name(region))
			}
		}
		for _, base := range display.Values.BaseLanguages() {
			add("language "+base.String(), languages.Name(base))
		}
	}
	names = slices.DeleteFunc(names, func(n name) bool { return classOf[n.text] < 0 })
	slices.SortFunc(names, func(a, b name) int {
		return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.class, b.class))
	})
	return names, tags
}

// splitNames gives every code, and with it all its names, to one part.
func splitNames(names []name) [parts][]name {
	codes := make([]string, len(names))
	for i, n := range names {
		codes[i] = n.code
	}
	codes = slices.Compact(codes)
	partOf := map[string]part{}
	for i, p := range draw(len(codes), 0.1, 0.1) {
		partOf[codes[i]] = p
	}
	var split [parts][]name
	for _, n := range names {
		split[partOf[n.code]] = append(split[partOf[n.code]], n)
	}
	return split
}

// loadLanguages makes the data set languages.
func loadLanguages() *Data {
	names, classes := ownNames()
	split := splitNames(names)
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
		Name: "languages", Spec: spec,
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
