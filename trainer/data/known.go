package data

import (
	"context"
	"strings"
)

// KnownSet is a data set with a name.
type KnownSet struct {
	Name        string
	Description string
	License     string
	Source      string
	Task        Task
	Files       []string    // places, relative to a data directory, where its file is looked for; none: it needs no file
	Published   []Published // the forms in which its file is known to exist
}

// Published is one published form of a file.
type Published struct {
	Size   int64
	SHA256 string // in hexadecimal
	URL    string // where this very file can be had; empty where there is no such address
}

// NeedsFile says whether the set is read from a file.
func (s KnownSet) NeedsFile() bool { return len(s.Files) > 0 }

// check reads the whole file as this set and returns what is wrong with it.
func (s KnownSet) check(ctx context.Context, path string) error {
	_, err := loadMusic(ctx, s.Name, path)
	return err
}

// The names of the sets that need no file.
const (
	languagesName = "languages"
	datesName     = "dates"
)

// KnownSets returns the data sets with a name.
func KnownSets() []KnownSet {
	return []KnownSet{
		{
			Name: languagesName, Task: Classify,
			Description: "in which of 36 Latin-script languages is this name of a country or a language written",
			License:     "BSD-3-Clause (golang.org/x/text); Unicode License (CLDR)",
			Source:      "golang.org/x/text/language/display, built in",
		},
		{
			Name: datesName, Task: Translate,
			Description: "dates between 1900 and 2099, written in one of 20 styles, into the form 2006-01-02",
			License:     "none needed: generated",
			Source:      "generated, built in",
		},
		{
			Name: "jsb", Task: Next,
			Description: "J. S. Bach's chorales, the next chord of 88 notes",
			License:     "works in the public domain; none stated for the encoding",
			Source:      "Boulanger-Lewandowski, Bengio, Vincent, ICML 2012 (arXiv:1206.6392), as JSON of MIDI notes per quarter",
			Files:       []string{"jsb_chorales/jsb_chorales.json", "jsb_chorales.json", "jsb-chorales-quarter.json"},
			Published: []Published{
				{
					Size: 407200, SHA256: "2db9329f1881a1d3f49703ec556bf1d6f84b4f6c1d702c156536e93cf31e1c91",
					URL: "https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/" +
						"9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d/jsb-chorales-quarter.json",
				},
				{Size: 317132, SHA256: "d40ed9b0a64a04c70e79d3695bd85823ac41c9ea6284a479d9aff849155ed73e"},
			},
		},
		{
			Name: "nottingham", Task: Next,
			Description: "folk tunes of the Nottingham database, the next chord of 88 notes",
			License:     "none stated",
			Source:      "Boulanger-Lewandowski, Bengio, Vincent, ICML 2012 (arXiv:1206.6392), as JSON of MIDI notes",
			Files: []string{
				"nottingham/nottingham.json.gz", "nottingham/nottingham.json", "nottingham.json.gz", "nottingham.json",
			},
			Published: []Published{
				{Size: 137358, SHA256: "e2069fa00cc804e2183e1c19572fe243dfd9634970c35298eb48eadc54ead8c0"},
			},
		},
	}
}

// Known returns the set of this name.
func Known(name string) (KnownSet, bool) {
	for _, set := range KnownSets() {
		if set.Name == name {
			return set, true
		}
	}
	return KnownSet{}, false
}

// knownNames lists the names for an error.
func knownNames() string {
	var names []string
	for _, set := range KnownSets() {
		names = append(names, set.Name)
	}
	return "one of the sets " + strings.Join(names, ", ")
}
