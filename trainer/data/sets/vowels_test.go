package sets

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

func TestPublishedVowels(t *testing.T) {
	loaded, err := Load(context.Background(), data.Config{Name: "japanese-vowels"}, data.Classify, Options{Dir: datatest.RealData(t)})
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Train.Len() != 243 || loaded.Valid.Len() != 27 || loaded.Test.Len() != 370 || len(loaded.Spec.Classes) != 9 || loaded.Spec.Features != 12 {
		t.Fatalf("found %d, %d and %d sequences of %d inputs in %d classes", loaded.Train.Len(), loaded.Valid.Len(), loaded.Test.Len(), loaded.Spec.Features, len(loaded.Spec.Classes))
	}
	lengths := slices.Concat(data.Lengths(loaded.Train), data.Lengths(loaded.Valid), data.Lengths(loaded.Test))
	if low, high := slices.Min(lengths), slices.Max(lengths); low != 7 || high != 29 {
		t.Errorf("found lengths %d to %d, expected 7 to 29", low, high)
	}
	counts := make([]int, 9)
	for _, label := range datatest.FillAll(t, loaded.Valid).Labels {
		counts[label]++
	}
	if !slices.Equal(counts, slices.Repeat([]int{3}, 9)) {
		t.Errorf("found %v utterances of the speakers to validate, expected 3 of each", counts)
	}
	// Scaled by the training part alone.
	b := datatest.FillAll(t, loaded.Train)
	var sum, squares, count float64
	for i, mask := range b.Mask {
		sum, squares, count = sum+mask*b.Inputs[i*12], squares+mask*b.Inputs[i*12]*b.Inputs[i*12], count+mask
	}
	if mean, variance := sum/count, squares/count; math.Abs(mean) > 1e-12 || math.Abs(variance-1) > 1e-12 {
		t.Errorf("found mean %g and variance %g of the first input, expected 0 and 1", mean, variance)
	}
	if accuracy := datatest.BaselineOf(t, loaded, "majority", "accuracy"); !datatest.Near(accuracy, 31.0/370) {
		t.Errorf("found majority accuracy %g, expected that of the first of equals, 31/370", accuracy)
	}
	if accuracy := datatest.BaselineOf(t, loaded, "centroid", "accuracy"); accuracy < 0.5 || accuracy > 0.954 { // the LSTM that is published
		t.Errorf("found centroid accuracy %g", accuracy)
	}
}

// vowelText is so many utterances of two frames.
func vowelText(utterances int, end string) string {
	return strings.Repeat(strings.Repeat("0.5 ", 12)+"\r\n"+strings.Repeat("-2e-1 ", 12)+"\r\n"+end, utterances)
}

func TestVowelBlocks(t *testing.T) {
	ones := strings.Repeat("1.0 ", 12) + "\n"
	for _, text := range []string{vowelText(3, "\n"), vowelText(3, ones), vowelText(3, ones) + "\n\n", strings.TrimSuffix(vowelText(3, "\n"), "\n")} {
		p, err := parseVowels(context.Background(), "v", strings.NewReader(text), []int{2, 1})
		if err != nil || len(p.Series) != 3 || p.Rows() != 6 || p.Text(3, p.Label) != "1" || p.Text(4, p.Label) != "2" || p.At(1, p.Inputs[11]) != -0.2 {
			t.Errorf("found %+v and error %v", p, err)
		}
	}
}

func TestDamagedVowels(t *testing.T) {
	good := vowelText(3, "\n")
	for name, c := range map[string]struct {
		text  string
		line  int
		words []string
	}{
		"empty":     {"", 0, []string{"0 utterances", "expected 3"}},
		"too few":   {vowelText(2, "\n"), 0, []string{"2 utterances"}},
		"too many":  {vowelText(4, "\n"), 10, []string{"3 utterances"}},
		"a word":    {strings.Replace(good, "0.5", "high", 1), 1, []string{`"high"`}},
		"infinite":  {strings.Replace(good, "-2e-1", "Inf", 1), 2, []string{`"Inf"`}},
		"short":     {strings.Replace(good, "0.5 ", "", 1), 1, []string{"11 numbers"}},
		"long line": {strings.Repeat("1", 1<<17), 0, []string{"too long"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseVowels(context.Background(), "v", strings.NewReader(c.text), []int{2, 1})
			datatest.WantFault(t, err, c.line, c.words...)
		})
	}
}

// FuzzVowels: two readings agree, and every number is the one that its text says.
func FuzzVowels(f *testing.F) {
	f.Add([]byte(vowelText(3, "\n")))
	f.Add([]byte(vowelText(3, "1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0\n")))
	if real := datatest.Beginning(f, "japanese_vowels/ae.train", 8000); real != nil {
		// Three utterances.
		f.Add([]byte(strings.Join(strings.SplitAfterN(strings.ReplaceAll(string(real), "\r", ""), "\n\n", 4)[:3], "")))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		read := func() (p *data.Panel, err error) {
			datatest.Bounded(t, func() { p, err = parseVowels(context.Background(), "v", bytes.NewReader(content), []int{2, 1}) })
			return p, err
		}
		panel, err := read()
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
		if second != nil || !slices.Equal(panel.Cells, again.Cells) {
			t.Fatalf("found other numbers the second time (error %v)", second)
		}
		var found, expected []float64
		for row := range panel.Rows() {
			for _, at := range panel.Inputs {
				found = append(found, panel.At(row, at))
			}
		}
		for line := range strings.Lines(string(content)) {
			ones := 0
			texts := strings.Fields(line)
			for _, text := range texts {
				x, err := strconv.ParseFloat(text, 64)
				if err != nil {
					t.Fatalf("found a number for %q", text)
				}
				if expected = append(expected, x); x == 1 {
					ones++
				}
			}
			if ones == vowelInputs { // the end of an utterance
				expected = expected[:len(expected)-vowelInputs]
			}
		}
		if !slices.Equal(found, expected) {
			t.Fatalf("found %v, expected %v", found, expected)
		}
	})
}
