package data

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	data := load(t, Config{Name: "dates"}, Translate)
	for name, c := range map[string]struct {
		set   Dataset
		count int
	}{"train": {data.Train, trainDates}, "valid": {data.Valid, validDates}, "test": {data.Test, testDates}} {
		if c.set.Len() != c.count {
			t.Errorf("%s: found %d dates, expected %d", name, c.set.Len(), c.count)
		}
		b := fill(t, c.set)
		if b.TargetSteps != len("2006-01-02")+1 || len(b.Labels) != b.TargetSteps*b.Size || len(b.Previous) != len(b.Labels) || len(b.Weights) != len(b.Labels) {
			t.Fatalf("%s: found %d target steps with %d labels", name, b.TargetSteps, len(b.Labels))
		}
		if low, high := slices.Min(b.Labels), slices.Max(b.Labels); low != EndToken || high >= data.Spec.Targets {
			t.Errorf("%s: found labels %d to %d, expected %d to at most %d: no character is unknown", name, low, high, EndToken, data.Spec.Targets-1)
		}
		for i, previous := range b.Previous {
			want := StartToken
			if i >= b.Size {
				want = b.Labels[i-b.Size]
			}
			if previous != want {
				t.Fatalf("%s: found the previous token %d at %d, expected %d", name, previous, i, want)
			}
		}
		for i, token := range b.Tokens {
			if (token == UnknownToken) != (b.Mask[i] == 0) {
				t.Fatalf("%s: found token %d where the mask is %v", name, token, b.Mask[i])
			}
		}
	}
	if data.Spec.Vocabulary != len(data.Spec.Alphabet) || data.Spec.Targets != len(data.Spec.TargetAlphabet) {
		t.Errorf("contradictory %+v", data.Spec)
	}
	text := "1997-03-03"
	tokens := Spec{Alphabet: data.Spec.TargetAlphabet}.Encode(text)
	if found := data.Spec.Decode(append([]int{StartToken}, append(tokens, EndToken, -1, 99)...)); found != text {
		t.Errorf("found %q, expected %q", found, text)
	}
}

func TestDatesPartsShareNoDate(t *testing.T) {
	styles := map[string]bool{}
	seen := map[string]bool{}
	days := 0
	for part, written := range writeDates() {
		for _, w := range written {
			days++
			if seen[w.target()] {
				t.Fatalf("found %s twice, the second time in %d", w.target(), part)
			}
			seen[w.target()] = true
			if parsed, err := time.Parse(isoDate, w.target()); err != nil || !parsed.Equal(w.date) || parsed.Year() < firstYear || parsed.Year() > lastYear {
				t.Errorf("found %s %v, expected a date", w.target(), err)
			}
			styles[strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return '0'
				}
				return r
			}, w.text)] = true
		}
	}
	if again := writeDates(); again[test][0] != writeDates()[test][0] || len(seen) != days {
		t.Error("found other dates at the second time")
	}
	if len(styles) < 1000 {
		t.Errorf("found %d forms with names of days and months, expected far more", len(styles))
	}
}

func TestDateStyles(t *testing.T) {
	first, second := time.Date(1997, time.March, 3, 0, 0, 0, 0, time.UTC), time.Date(2012, time.November, 12, 0, 0, 0, 0, time.UTC)
	var found []string
	for _, style := range dateStyles() {
		found = append(found, writeDate(first, style), writeDate(second, style))
	}
	want := []string{
		"3 March 1997", "12 November 2012", "03 Mar 1997", "12 Nov 2012", "3rd March 1997", "12th November 2012",
		"the 3rd of March 1997", "the 12th of November 2012", "Monday the 3rd of March 1997", "Monday the 12th of November 2012",
		"March 3, 1997", "November 12, 2012", "Mar 3, 1997", "Nov 12, 2012", "Mar. 3, 1997", "Nov. 12, 2012",
		"March 3rd, 1997", "November 12th, 2012", "Monday, March 3, 1997", "Monday, November 12, 2012",
		"Mon Mar 3 1997", "Mon Nov 12 2012", "Mon, 3 Mar 1997", "Mon, 12 Nov 2012", "3-Mar-1997", "12-Nov-2012",
		"3. March 1997", "12. November 2012", "1997 March 3", "2012 November 12",
		"3/3/1997", "11/12/2012", "3.3.1997", "12.11.2012", "3.III.1997", "12.XI.2012", "1997/03/03", "2012/11/12", "19970303", "20121112",
	}
	if !slices.Equal(found, want) {
		t.Errorf("found %q, expected %q", found, want)
	}
	for n, want := range map[int]string{1: "st", 2: "nd", 3: "rd", 4: "th", 11: "th", 12: "th", 13: "th", 21: "st", 22: "nd", 23: "rd", 30: "th", 31: "st"} {
		if found := ordinalEnding(n); found != want {
			t.Errorf("%d: found %s, expected %s", n, found, want)
		}
	}
}

func TestDatesBaselines(t *testing.T) {
	data := load(t, Config{Name: "dates"}, Translate)
	// Two digits, the dashes and the end are nearly always the same: 5 of 11 tokens; an n-gram copies months and years.
	baselines := data.Baselines()
	majority, ngram := baselines[0].Metrics, baselines[1].Metrics
	if majority["accuracy"] < 0.35 || majority["exact_match"] > 0.001 {
		t.Errorf("majority: found %v", majority)
	}
	if ngram["accuracy"] < majority["accuracy"] || ngram["accuracy"] > 0.99 || ngram["exact_match"] < 0.3 || ngram["exact_match"] > 0.9 {
		t.Errorf("ngram: found %v", ngram)
	}
}

func TestFillPadsTargets(t *testing.T) {
	d := &translations{
		spec:    Spec{Vocabulary: 5, Task: Translate, Targets: 5, TargetKind: TokenSequence},
		sources: [][]int{{1, 2, 3}, {}}, targets: [][]int{{EndToken}, {3, 4, EndToken}},
	}
	var b Batch
	b.TargetSteps = 4
	for range 2 { // a batch is used again
		if err := d.Fill(&b, []int{0, 1}); err != nil {
			t.Fatal(err)
		}
		if want := []int{2, 3, 0, 4, 0, 2, 0, 0}; b.Steps != 3 || b.TargetSteps != 4 || !slices.Equal(b.Labels, want) {
			t.Errorf("found %d steps, %d target steps and labels %v, expected 3, 4 and %v", b.Steps, b.TargetSteps, b.Labels, want)
		}
		if want := []int{1, 1, 0, 3, 0, 4, 0, 0}; !slices.Equal(b.Previous, want) {
			t.Errorf("found previous tokens %v, expected %v", b.Previous, want)
		}
		if want := []float64{1, 1, 0, 1, 0, 1, 0, 0}; !slices.Equal(b.Weights, want) {
			t.Errorf("found weights %v, expected %v", b.Weights, want)
		}
	}
	if found := TargetLengths(d); !slices.Equal(found, []int{1, 3}) || TargetLengths(words("a")) != nil {
		t.Errorf("found target lengths %v", found)
	}
	b.TargetSteps = 9
	if err := words("abc").Fill(&b, []int{0}); err != nil || b.TargetSteps != 0 || len(b.Previous) != 0 {
		t.Errorf("found %v, %d target steps and %d previous tokens of data that have none", err, b.TargetSteps, len(b.Previous))
	}
}
