package data

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// realData returns the directory of published files, or skips the test.
func realData(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("GRUEXP_DATA")
	if dir == "" {
		t.Skip("GRUEXP_DATA is not set: it names the directory with the published data sets")
	}
	return dir
}

// write makes a file of these lines and returns its path.
func write(t *testing.T, name string, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, config Config, task Task) *Data {
	t.Helper()
	data, err := Load(context.Background(), config, task, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// fill returns the batch of all sequences of d.
func fill(t *testing.T, d Dataset) *Batch {
	t.Helper()
	var b Batch
	if err := d.Fill(&b, Batches(Lengths(d), 0, nil, false)[0]); err != nil {
		t.Fatal(err)
	}
	return &b
}

// wantFileError checks that err is a FileError on this line with these words in its text.
func wantFileError(t *testing.T, err error, line int, words ...string) {
	t.Helper()
	var file *FileError
	if !errors.As(err, &file) {
		t.Fatalf("found error %v, expected a FileError", err)
	}
	if file.Line != line {
		t.Errorf("%v: found line %d, expected %d", err, file.Line, line)
	}
	if file.Found == "" || file.Expected == "" || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v: a part is missing or it is not one line", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%v: does not say %q", err, word)
		}
	}
}

func baseline(t *testing.T, data *Data, name, metric string) float64 {
	t.Helper()
	for _, b := range data.Baselines() {
		if b.Name == name {
			if value, found := b.Metrics[metric]; found {
				return value
			}
		}
	}
	t.Fatalf("no %s of baseline %s in %v", metric, name, data.Baselines())
	return 0
}

func fraction(f float64) *float64 { return &f }
