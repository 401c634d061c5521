//go:build linux

package sets

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// opened counts how often files of a folder are opened while f runs, by the system.
func opened(t *testing.T, dir string, f func()) map[string]int {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Skip("the system does not say what is opened:", err)
	}
	defer unix.Close(fd)
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_OPEN); err != nil {
		t.Fatal(err)
	}
	f()
	counts := map[string]int{}
	buffer := make([]byte, 1<<16)
	for {
		n, err := unix.Read(fd, buffer)
		if err == unix.EAGAIN {
			return counts
		}
		if err != nil {
			t.Fatal(err)
		}
		for events := buffer[:n]; len(events) > 0; {
			size := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(events[12:]))
			counts[strings.TrimRight(string(events[unix.SizeofInotifyEvent:size]), "\x00")]++
			events = events[size:]
		}
	}
}

// A file is opened once: its checksum is made of what is read anyway. It is that of the whole file, and of the file as it is, packed or
// not.
func TestFilesAreReadOnce(t *testing.T) {
	dir := t.TempDir()
	var table, objects strings.Builder
	table.WriteString("s,x,y\n")
	for i := range 4000 {
		fmt.Fprintf(&table, "%d,%d.5,%s\n", i/4, i, []string{"a", "b"}[i/4%2])
		if i%4 == 0 {
			fmt.Fprintf(&objects, `{"s": %d, "x": [1, 2, 3, %d], "y": %q}`+"\n", i/4, i, []string{"a", "b"}[i/4%2])
		}
	}
	put := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("train.csv", table.String())
	put("test.csv.gz", string(gzipped(t, table.String())))
	put("valid.jsonl", objects.String())
	put("book.txt", strings.Repeat("some words that are read ", 500))
	registry := NewRegistry(t.TempDir())
	put("names_train.csv", "name,language\nAda,English\nBo,Swedish\nCy,English\nDoe,Swedish\nEd,English\nFay,Swedish\nGus,English\nHal,Swedish\nIda,English\nJo,Swedish\nKay,English\n")
	put("names_test.csv", "name,language\nLea,English\n")
	names, _ := Known("names")
	if _, err := registry.Add(t.Context(), names, dir); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		config  data.Config
		task    data.Task
		options Options
		files   []string
	}{
		{"tables", data.Config{Table: &data.TableConfig{Train: "train.csv", Valid: "valid.jsonl", Test: "test.csv.gz", Sequence: "s", Target: "y"}}, data.Classify, Options{Dir: dir}, []string{"train.csv", "valid.jsonl", "test.csv.gz"}},
		{"streamed", data.Config{Stream: true, Table: &data.TableConfig{Path: "train.csv", Sequence: "s", Target: "y"}}, data.Classify, Options{Dir: dir}, []string{"train.csv"}},
		{"text", data.Config{Text: &data.TextConfig{Path: "book.txt"}, Forecast: &data.ForecastConfig{Window: 8}}, data.Next, Options{Dir: dir}, []string{"book.txt"}},
		{"a set", data.Config{Name: "names"}, data.Classify, Options{Dir: dir}, []string{"names_train.csv", "names_test.csv"}},
		{"a registered set", data.Config{Name: "names"}, data.Classify, Options{Registry: registry}, []string{"names_train.csv", "names_test.csv"}},
	} {
		var loaded *data.Data
		counts := opened(t, dir, func() {
			var err error
			if loaded, err = Load(context.Background(), c.config, c.task, c.options); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		})
		defer loaded.Close()
		if len(loaded.Read) != len(c.files) {
			t.Fatalf("%s: found contents %v", c.name, loaded.Read)
		}
		read := map[string]data.FileEntry{}
		for _, entry := range loaded.Read {
			read[filepath.Base(entry.Path)] = entry
		}
		for _, file := range c.files {
			if counts[file] != 1 {
				t.Errorf("%s: found %s opened %d times, expected once", c.name, file, counts[file])
			}
			content, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(content)
			if found := read[file]; found.SHA256 != hex.EncodeToString(sum[:]) || found.Size != int64(len(content)) {
				t.Errorf("%s: found %+v, expected %d bytes of %x", c.name, found, len(content), sum)
			}
		}
	}
}

// Formats that are read here and there are summed up too, from the file that is open anyway.
func TestArraysAreReadOnce(t *testing.T) {
	dir := filepath.Join("..", "table", "testdata", "parquet")
	path, err := filepath.Abs(filepath.Join(dir, "alltypes_plain.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	var loaded *data.Data
	counts := opened(t, dir, func() {
		loaded, err = Load(context.Background(), data.Config{
			Table: &data.TableConfig{Path: path, Sequence: "id", Target: "string_col", Inputs: []string{"double_col"}}, Split: &data.SplitConfig{Valid: datatest.Fraction(0), Test: 0.5},
		}, data.Classify, Options{})
	})
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	if counts["alltypes_plain.parquet"] != 1 || len(loaded.Read) != 1 || loaded.Read[0].SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("found %v and %+v, expected one opening and %x", counts, loaded.Read, sum)
	}
}

func gzipped(t *testing.T, content string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}
