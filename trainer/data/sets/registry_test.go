package sets

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

func TestRegistry(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	registry := NewRegistry(dir)
	path := datatest.Write(t, "mine.json", smallMusic)

	_, err := Locate(known(t, "jsb"), t.TempDir(), registry)
	var notFound *NotFoundError
	if !errors.As(err, &notFound) || len(notFound.Looked) != 4 || !strings.Contains(err.Error(), "gruexp data add jsb --from PATH") {
		t.Errorf("found error %v, expected the four places and the command", err)
	}
	entries, err := registry.Add(ctx, known(t, "jsb"), path)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Path != path || entries[0].Size != int64(len(smallMusic)+1) || len(entries[0].SHA256) != 64 {
		t.Errorf("found %+v", entries)
	}
	// Another process sees it.
	if found, err := Locate(known(t, "jsb"), "", NewRegistry(dir)); err != nil || !slices.Equal(found, []string{path}) {
		t.Errorf("found %q and error %v, expected %q", found, err, path)
	}
	if loaded, err := Load(ctx, data.Config{Name: "jsb"}, data.Next, Options{Registry: registry}); err != nil || loaded.Train.Len() != 3 || loaded.Valid != nil {
		t.Errorf("found %+v and error %v", loaded, err)
	}

	damaged := datatest.Write(t, "damaged.json", smallMusic[:30])
	_, err = registry.Add(ctx, known(t, "nottingham"), damaged)
	datatest.WantFault(t, err, 0, "damaged.json")
	if entries, err := registry.Entries(); err != nil || len(entries) != 1 {
		t.Errorf("found %v and error %v, expected one entry", entries, err)
	}

	if err := os.WriteFile(path, []byte(smallMusic), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Locate(known(t, "jsb"), "", registry)
	datatest.WantFault(t, err, 0, "register it again")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = Locate(known(t, "jsb"), "", registry)
	datatest.WantFault(t, err, 0, "no such file", "registered data set jsb")
}

func TestDataDirectoryComesFirst(t *testing.T) {
	for _, set := range Builtin() {
		if !set.NeedsFile() {
			continue
		}
		for place := range set.Files[0].Places {
			dir := t.TempDir()
			var paths []string
			for _, file := range set.Files {
				paths = append(paths, filepath.Join(dir, filepath.FromSlash(file.Places[place])))
			}
			for i, path := range paths {
				// A set is there when its last file is.
				if found, err := Locate(set, dir, nil); err == nil {
					t.Errorf("%s: found %q after %d of %d files", set.Name, found, i, len(paths))
				}
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if found, err := Locate(set, dir, nil); err != nil || !slices.Equal(found, paths) {
				t.Errorf("%s: found %q and error %v, expected %q", set.Name, found, err, paths)
			}
		}
	}
}

// Every set of files can be downloaded, to a place where it is looked for.
func TestDownloads(t *testing.T) {
	for _, set := range Builtin() {
		for _, file := range set.Files {
			form, place, ok := file.Download()
			if !ok || form.Size == 0 || len(form.SHA256) != 64 || !strings.HasPrefix(form.URL, "https://") || !slices.Contains(file.Places, place) {
				t.Errorf("%s: found %+v for %s (%v), expected an address with size and checksum", set.Name, form, place, ok)
			}
		}
	}
}

func TestSetOfTwoFiles(t *testing.T) {
	ctx := context.Background()
	registry := NewRegistry(t.TempDir())
	dir := t.TempDir()
	trainPath, testPath := filepath.Join(dir, "names_train.csv"), filepath.Join(dir, "names_test.csv")
	rows := "Ada,English\nBo,Danish\nCy,English\nDu,French\nEd,English\n"
	if err := os.WriteFile(trainPath, []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := registry.Add(ctx, known(t, "names"), dir)
	datatest.WantFault(t, err, 0, "a directory that lacks one", "names_train.csv and names_test.csv")
	if err := os.WriteFile(testPath, []byte("Bob,Danish\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = registry.Add(ctx, known(t, "names"), trainPath)
	datatest.WantFault(t, err, 0, "found a file", "expected a directory")
	if _, err := registry.Add(ctx, known(t, "names"), dir); err != nil {
		t.Fatal(err)
	}
	found, err := Locate(known(t, "names"), t.TempDir(), registry)
	if err != nil || !slices.Equal(found, []string{trainPath, testPath}) {
		t.Errorf("found %v and error %v", found, err)
	}
	if err := os.WriteFile(testPath, []byte("Bob,English\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Locate(known(t, "names"), "", registry)
	datatest.WantFault(t, err, 0, "names_test.csv", "registered data set names", "register it again")
}

func TestRegistryRefuses(t *testing.T) {
	registry := NewRegistry(t.TempDir())
	for name, word := range map[string]string{"languages": "built in"} {
		if _, err := registry.Add(context.Background(), known(t, name), "x"); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: found error %v", name, err)
		}
		if _, err := Locate(known(t, name), "", registry); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: found error %v", name, err)
		}
	}
	if err := os.WriteFile(registry.path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Locate(known(t, "jsb"), "", registry)
	datatest.WantFault(t, err, 0, "registry.json", "delete the file")
}

func TestPublishedFilesAreTheKnownOnes(t *testing.T) {
	dir := datatest.RealData(t)
	for _, set := range Builtin() {
		if !set.NeedsFile() {
			continue
		}
		files, err := Locate(set, dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		entries := make([]Entry, len(files))
		for i, file := range files {
			if entries[i], err = Fingerprint(file); err != nil {
				t.Fatal(err)
			}
		}
		if !IsPublished(set, entries) {
			t.Errorf("%s: %+v is none of %+v", set.Name, entries, set.Files)
		}
	}
}

func known(t *testing.T, name string) data.Source {
	t.Helper()
	set, found := Known(name)
	if !found {
		t.Fatalf("found no set %s", name)
	}
	return set
}
