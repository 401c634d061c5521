// Package datatest is what the tests of the data rooms share.
package datatest

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// RealData returns the directory of published files, or skips the test.
func RealData(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("GRUEXP_DATA")
	if dir == "" {
		t.Skip("GRUEXP_DATA is not set: it names the directory with the published data sets")
	}
	return dir
}

// Write makes a file of these lines and returns its path.
func Write(t *testing.T, name string, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// FillAll returns the batch of all sequences of d.
func FillAll(t *testing.T, d data.Dataset) *data.Batch {
	t.Helper()
	var b data.Batch
	if err := d.Fill(&b, data.Batches(data.Lengths(d), 0, nil, false)[0]); err != nil {
		t.Fatal(err)
	}
	return &b
}

// WantFault checks that err is a fault on this line with these words in its text.
func WantFault(t *testing.T, err error, line int, words ...string) {
	t.Helper()
	var file fault.Fault
	if !errors.As(err, &file) {
		t.Fatalf("found error %v, expected a fault", err)
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

// BaselineOf is a metric of a baseline of data.
func BaselineOf(t *testing.T, loaded *data.Data, name, metric string) float64 {
	t.Helper()
	for _, b := range loaded.Baselines() {
		if b.Name == name {
			if value, found := b.Metrics[metric]; found {
				return value
			}
		}
	}
	t.Fatalf("no %s of baseline %s in %v", metric, name, loaded.Baselines())
	return 0
}

// Fraction is a pointer to f.
func Fraction(f float64) *float64 { return &f }

// near allows for the rounding of a few operations on numbers of ordinary size.
func Near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*max(1, math.Abs(b)) }

func NearAll(a, b []float64) bool { return slices.EqualFunc(a, b, Near) }
