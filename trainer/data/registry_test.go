package data

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

func TestRegistry(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	registry := NewRegistry(dir)
	path := write(t, "mine.json", smallMusic)

	_, err := Locate("jsb", t.TempDir(), registry)
	var notFound *NotFoundError
	if !errors.As(err, &notFound) || len(notFound.Looked) != 3 || !strings.Contains(err.Error(), "gruexp data add jsb --from PATH") {
		t.Errorf("found error %v, expected the three places and the command", err)
	}
	entry, err := registry.Add(ctx, "jsb", path)
	if err != nil {
		t.Fatal(err)
	}
	if entry.Path != path || entry.Size != int64(len(smallMusic)+1) || len(entry.SHA256) != 64 {
		t.Errorf("found %+v", entry)
	}
	// Another process sees it.
	if found, err := Locate("jsb", "", NewRegistry(dir)); err != nil || found != path {
		t.Errorf("found %q and error %v, expected %q", found, err, path)
	}
	if data, err := Load(ctx, Config{Name: "jsb"}, Next, LoadOptions{Registry: registry}); err != nil || data.Train.Len() != 3 || data.Valid != nil {
		t.Errorf("found %+v and error %v", data, err)
	}

	damaged := write(t, "damaged.json", smallMusic[:30])
	_, err = registry.Add(ctx, "nottingham", damaged)
	wantFileError(t, err, 0, "damaged.json")
	if entries, err := registry.Entries(); err != nil || len(entries) != 1 {
		t.Errorf("found %v and error %v, expected one entry", entries, err)
	}

	if err := os.WriteFile(path, []byte(smallMusic), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Locate("jsb", "", registry)
	wantFileError(t, err, 0, "register it again")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = Locate("jsb", "", registry)
	wantFileError(t, err, 0, "no such file", "registered data set jsb")
}

func TestDataDirectoryComesFirst(t *testing.T) {
	for _, set := range KnownSets() {
		for _, file := range set.Files {
			dir := t.TempDir()
			path := filepath.Join(dir, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			if found, err := Locate(set.Name, dir, nil); err != nil || found != path {
				t.Errorf("%s: found %q and error %v, expected %q", set.Name, found, err, path)
			}
		}
	}
}

func TestRegistryRefuses(t *testing.T) {
	registry := NewRegistry(t.TempDir())
	for name, word := range map[string]string{"bach": "jsb, nottingham", "languages": "built in"} {
		if _, err := registry.Add(context.Background(), name, "x"); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: found error %v", name, err)
		}
		if _, err := Locate(name, "", registry); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: found error %v", name, err)
		}
	}
	if err := os.WriteFile(registry.path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Locate("jsb", "", registry)
	wantFileError(t, err, 0, "registry.json", "delete the file")
}

func TestPublishedFilesAreTheKnownOnes(t *testing.T) {
	dir := realData(t)
	for _, set := range KnownSets() {
		if !set.NeedsFile() {
			continue
		}
		path, err := Locate(set.Name, dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		entry, err := Fingerprint(path)
		if err != nil {
			t.Fatal(err)
		}
		known := false
		for _, form := range set.Published {
			known = known || form.Size == entry.Size && form.SHA256 == entry.SHA256
		}
		if !known {
			t.Errorf("%s: %+v is none of %+v", set.Name, entry, set.Published)
		}
	}
}
