package experiment

import (
	"strings"
	"testing"
)

// Configurations that were written when the key data.table was called data.csv still work, and so do their overrides.
func TestFormerKeyOfTables(t *testing.T) {
	const text = "task: forecast\ndata:\n  csv: {path: a.csv}\n  forecast: {target: y}\nmodel: {layers: [gru: {units: 2}, dense]}\n"
	read := func(text string, assignments ...string) (*Config, error) {
		return ParseConfig("mine.yaml", []byte(text), assignments, nil)
	}
	former, err := read(text, "data.csv.time=when")
	if err != nil {
		t.Fatal(err)
	}
	present, err := read(strings.Replace(text, "csv:", "table:", 1), "data.table.time=when")
	if err != nil {
		t.Fatal(err)
	}
	if former.Data.Table == nil || former.Data.Table.Path != "a.csv" || former.Data.Table.Time != "when" {
		t.Fatalf("found the table %+v", former.Data.Table)
	}
	written, err := Marshal(former)
	if err != nil || !strings.Contains(string(written), "\n  table:\n") || strings.Contains(string(written), "csv:") {
		t.Errorf("found error %v and\n%s", err, written)
	}
	a, err := former.Fingerprint(nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := present.Fingerprint(nil); err != nil || a != b {
		t.Errorf("found fingerprints %s and %s, error %v", a, b, err)
	}
	if whole, err := read(text, "data={csv: {path: b.csv}, forecast: {target: y}}"); err != nil || whole.Data.Table.Path != "b.csv" {
		t.Errorf("found error %v of an assignment to data", err)
	}
	if _, err := read(strings.Replace(text, "csv:", "table: {path: b.csv}\n  csv:", 1)); err == nil || !strings.Contains(err.Error(), "mine.yaml:4") || !strings.Contains(err.Error(), `"csv" and "table"`) {
		t.Errorf("found error %v of both keys at once", err)
	}
	if _, err := read(text, "data.csv.lags=[0]"); err == nil || !strings.Contains(err.Error(), "data.table.lags.0") {
		t.Errorf("found error %v, expected the present name of the key", err)
	}
}
