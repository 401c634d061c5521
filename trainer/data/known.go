package data

import (
	"context"
	"path"
	"slices"
	"strings"
)

// KnownSet is a data set with a name.
type KnownSet struct {
	Name        string
	Description string
	License     string
	Source      string
	Parts       string // how it is divided into training, validation and test part
	Baselines   string // what simple methods are measured beside a model
	Task        Task
	Files       []KnownFile // that it is read from; none: it needs no file

	settings Config // Forecast, Missing and Scale where a configuration may have them, and these where it has not
	load     func(ctx context.Context, config Config, files []string) (*Data, error)
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

// NeedsFile says whether the set is read from files.
func (s KnownSet) NeedsFile() bool { return len(s.Files) > 0 }

// IsPublished says whether these files, in the order of Files, are published forms of them.
func (s KnownSet) IsPublished(files []Entry) bool {
	for i, file := range s.Files {
		if !slices.ContainsFunc(file.Published, func(p Published) bool { return p.SHA256 == files[i].SHA256 }) {
			return false
		}
	}
	return len(files) == len(s.Files)
}

// Bytes is the size of the files in the form that can be downloaded.
func (s KnownSet) Bytes() int64 {
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

// base is the name of the file itself.
func (f KnownFile) base() string { return path.Base(f.Places[0]) }

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
