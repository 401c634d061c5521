package data

import (
	"context"
	"path"
	"slices"
	"strings"
)

// Source is a data set with a name: a published one, a generated one, or one that a program adds to the list.
type Source struct {
	Name        string
	Description string
	License     string
	Origin      string // who made it, where it was published
	Parts       string // how it is divided into training, validation and test part
	Baselines   string // what simple methods are measured beside a model
	Task        Task
	Files       []KnownFile // that it is read from; none: it needs no file

	Settings Config // Forecast, Missing and Scale where a configuration may have them, and these where it has not
	// Load reads the set. files are the paths of Files, in their order; config has its defaults filled in.
	Load func(ctx context.Context, config Config, files []string) (*Data, error)
}

// KnownFile is a file of a known set.
type KnownFile struct {
	Places    []string    // relative to a data directory, where it is looked for
	Published []Published // the forms in which it is known to exist
}

// Published is one published form of a file.
type Published struct {
	Size   int64
	SHA256 string // in hexadecimal
	URL    string // where this very file can be had; empty where there is no such address
}

// FindSource returns the set of this name.
func FindSource(known []Source, name string) (Source, bool) {
	i := slices.IndexFunc(known, func(s Source) bool { return s.Name == name })
	if i < 0 {
		return Source{}, false
	}
	return known[i], true
}

// SourceNames lists the names of sets, for an error.
func SourceNames(known []Source) string {
	if len(known) == 0 {
		return "a set with a name, of which this program has none"
	}
	names := make([]string, len(known))
	for i, s := range known {
		names[i] = s.Name
	}
	return "one of the sets " + strings.Join(names, ", ")
}

// NeedsFile says whether the set is read from files.
func (s Source) NeedsFile() bool { return len(s.Files) > 0 }

// Bytes is the size of the files in the form that can be downloaded.
func (s Source) Bytes() int64 {
	var sum int64
	for _, file := range s.Files {
		form, _, _ := file.Download()
		sum += form.Size
	}
	return sum
}

// Download returns a published form that has an address, and the place in a data directory for what is there, whose last
// part is that of the address. Without one ok is false.
func (f KnownFile) Download() (form Published, place string, ok bool) {
	for _, form := range f.Published {
		for _, place := range f.Places {
			if form.URL != "" && path.Base(place) == path.Base(form.URL) {
				return form, place, true
			}
		}
	}
	return Published{}, "", false
}
