package sets

import (
	"bytes"
	"compress/gzip"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

func TestPublishedNames(t *testing.T) {
	loaded, err := Load(context.Background(), data.Config{Name: "names"}, data.Classify, Options{Dir: datatest.RealData(t)})
	if err != nil {
		t.Fatal(err)
	}
	// Counts and share: see SOURCE.txt beside the files.
	if n := loaded.Train.Len() + loaded.Valid.Len(); n != 13374 || loaded.Test.Len() != 6700 || len(loaded.Spec.Classes) != 18 {
		t.Errorf("found %d names, %d in the test, %d languages", n, loaded.Test.Len(), len(loaded.Spec.Classes))
	}
	if len(loaded.Files) != 2 || loaded.Name != "names" {
		t.Errorf("found %s of %v", loaded.Name, loaded.Files)
	}
	if accuracy := datatest.BaselineOf(t, loaded, "majority", "accuracy"); math.Abs(accuracy-0.4681) > 5e-5 { // rounded to four digits
		t.Errorf("found a majority of %.5f, expected 0.4681", accuracy)
	}
	if accuracy := datatest.BaselineOf(t, loaded, "ngram", "accuracy"); accuracy < 0.7 || accuracy > 0.9 {
		t.Errorf("found %.4f of n-grams, expected far more than the majority", accuracy)
	}

	known := map[string]bool{}
	pair := func(d *data.LabeledTokens, i int) string {
		text := []byte{byte(d.Labels[i])}
		for _, token := range d.Tokens[i] {
			text = append(text, byte(token))
		}
		return string(text)
	}
	fitted, validated, tested := loaded.Train.(*data.LabeledTokens), loaded.Valid.(*data.LabeledTokens), loaded.Test.(*data.LabeledTokens)
	names := map[string]bool{}
	for i := range fitted.Tokens {
		known[pair(fitted, i)] = true
		names[pair(fitted, i)[1:]] = true
	}
	for i := range validated.Tokens {
		known[pair(validated, i)] = true
		if names[pair(validated, i)[1:]] {
			t.Fatalf("name %d of the validation part is in the training part", i)
		}
	}
	seen := 0
	for i := range tested.Tokens {
		if known[pair(tested, i)] {
			seen++
		}
	}
	if loaded.Unseen.Len() != 6700-773 {
		t.Errorf("found %d test names that are not in the training file, expected 5927", loaded.Unseen.Len())
	}
	if all, unseen := datatest.BaselineOf(t, loaded, "ngram", "accuracy"), datatest.BaselineOf(t, loaded, "ngram", AccuracyUnseen); unseen >= all || unseen < all-0.1 {
		t.Errorf("found accuracies %.4f of all and %.4f of the unseen names, expected the latter to be somewhat lower", all, unseen)
	}
	if seen != 773 {
		t.Errorf("found %d test names in the training file, expected 773", seen)
	}
}

func TestNamesInEveryPublishedForm(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte("\"Adsit\",\"Czech\"\n\"O'Neal\",\"Irish\"\n"))
	w.Close()
	for _, text := range []string{"name,language\r\nAdsit,Czech\r\nO'Neal, Irish\r\n", packed.String()} {
		rows, err := parseNames(context.Background(), "n", strings.NewReader(text))
		if err != nil || len(rows) != 2 || rows[0].text != "Adsit" || rows[1].text != "O'Neal" || rows[1].language != "Irish" {
			t.Errorf("found %v and error %v", rows, err)
		}
	}
}

func TestDamagedNames(t *testing.T) {
	for text, c := range map[string]struct {
		line  int
		words []string
	}{
		"":                               {0, []string{"no names"}},
		"name,language\n":                {0, []string{"no names"}},
		"Ada,English\nBo\n":              {2, []string{"1 cells"}},
		"Ada,English\nBo,a,b\n":          {2, []string{"3 cells"}},
		"Ada,English\n,Danish\n":         {2, []string{`"" of "Danish"`}},
		"Ada,English\n\"Bo,Danish":       {2, []string{"quote"}},
		strings.Repeat("a", 2000) + ",x": {1, []string{"at most 1024 bytes"}},
		"\x1f\x8bnonsense":               {0, []string{"gzip"}},
	} {
		_, err := parseNames(context.Background(), "n.csv", strings.NewReader(text))
		datatest.WantFault(t, err, c.line, append(c.words, "n.csv")...)
	}
	dir := t.TempDir()
	for file, text := range map[string]string{"names_train.csv": "Ada,English\nBo,Danish\nCy,English\nDu,French\nEd,English\n", "names_test.csv": "Bob,Danish\nEva,Dutch\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Load(context.Background(), data.Config{Name: "names"}, data.Classify, Options{Dir: dir})
	datatest.WantFault(t, err, 2, "names_test.csv", `found "Dutch"`)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := parseNames(ctx, "n", strings.NewReader("a,b")); !errors.Is(err, context.Canceled) {
		t.Errorf("found error %v, expected context.Canceled", err)
	}
}

// FuzzNames: two readings agree, and without quotes the rows are those of the lines.
func FuzzNames(f *testing.F) {
	f.Add([]byte("name,language\nAda,English\n"))
	f.Add([]byte("\"a\",\"b"))
	f.Add([]byte("name , language\nÅ, b\n\nNA,null\n"))
	if real := datatest.Beginning(f, "names/names_train.csv", 1000); real != nil {
		f.Add(real)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		read := func() (rows []nameRow, err error) {
			datatest.Bounded(t, func() { rows, err = parseNames(context.Background(), "n", bytes.NewReader(content)) })
			return rows, err
		}
		rows, err := read()
		again, second := read()
		if err != nil {
			var file fault.Fault
			if !errors.As(err, &file) {
				t.Fatalf("found error %v, expected a fault", err)
			}
			if second == nil || second.Error() != err.Error() {
				t.Fatalf("found error %v, and %v the second time", err, second)
			}
			return
		}
		if second != nil || !slices.Equal(rows, again) {
			t.Fatalf("found other rows the second time (error %v)", second)
		}
		if slices.ContainsFunc(rows, func(r nameRow) bool { return r.text == "" || r.language == "" }) {
			t.Fatalf("found %v", rows)
		}
		if bytes.ContainsAny(content, "\"\r") || bytes.HasPrefix(content, []byte("\x1f\x8b")) {
			return
		}
		var expected []nameRow
		line := 0
		for text := range strings.SplitSeq(string(content), "\n") {
			line++
			name, language, found := strings.Cut(text, ",")
			row := nameRow{strings.TrimSpace(name), strings.TrimSpace(language), line}
			if found && (line > 1 || row.text != "name" || row.language != "language") {
				expected = append(expected, row)
			}
		}
		if !slices.Equal(rows, expected) {
			t.Fatalf("found %v, expected %v", rows, expected)
		}
	})
}
