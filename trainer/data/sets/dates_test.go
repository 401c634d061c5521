package sets

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

func TestDates(t *testing.T) {
	loaded := load(t, data.Config{Name: "dates"}, data.Translate)
	for name, c := range map[string]struct {
		set   data.Dataset
		count int
	}{"train": {loaded.Train, trainDates}, "valid": {loaded.Valid, validDates}, "test": {loaded.Test, testDates}} {
		if c.set.Len() != c.count {
			t.Errorf("%s: found %d dates, expected %d", name, c.set.Len(), c.count)
		}
		b := datatest.FillAll(t, c.set)
		if b.TargetSteps != len("2006-01-02")+1 || len(b.Labels) != b.TargetSteps*b.Size || len(b.Previous) != len(b.Labels) || len(b.Weights) != len(b.Labels) {
			t.Fatalf("%s: found %d target steps with %d labels", name, b.TargetSteps, len(b.Labels))
		}
		if low, high := slices.Min(b.Labels), slices.Max(b.Labels); low != data.EndToken || high >= loaded.Spec.Targets {
			t.Errorf("%s: found labels %d to %d, expected %d to at most %d: no character is unknown", name, low, high, data.EndToken, loaded.Spec.Targets-1)
		}
		for i, previous := range b.Previous {
			want := data.StartToken
			if i >= b.Size {
				want = b.Labels[i-b.Size]
			}
			if previous != want {
				t.Fatalf("%s: found the previous token %d at %d, expected %d", name, previous, i, want)
			}
		}
		for i, token := range b.Tokens {
			if (token == data.UnknownToken) != (b.Mask[i] == 0) {
				t.Fatalf("%s: found token %d where the mask is %v", name, token, b.Mask[i])
			}
		}
	}
	if loaded.Spec.Vocabulary != len(loaded.Spec.Alphabet) || loaded.Spec.Targets != len(loaded.Spec.TargetAlphabet) {
		t.Errorf("contradictory %+v", loaded.Spec)
	}
	text := "1997-03-03"
	tokens := data.Spec{Alphabet: loaded.Spec.TargetAlphabet}.Encode(text)
	if found := loaded.Spec.Decode(append([]int{data.StartToken}, append(tokens, data.EndToken, -1, 99)...)); found != text {
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
	if again := writeDates(); again[data.TestPart][0] != writeDates()[data.TestPart][0] || len(seen) != days {
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
	loaded := load(t, data.Config{Name: "dates"}, data.Translate)
	// Two digits, the dashes and the end are nearly always the same: 5 of 11 tokens; an n-gram copies months and years.
	baselines := loaded.Baselines()
	majority, ngram := baselines[0].Metrics, baselines[1].Metrics
	if majority["accuracy"] < 0.35 || majority["exact_match"] > 0.001 {
		t.Errorf("majority: found %v", majority)
	}
	if ngram["accuracy"] < majority["accuracy"] || ngram["accuracy"] > 0.99 || ngram["exact_match"] < 0.3 || ngram["exact_match"] > 0.9 {
		t.Errorf("ngram: found %v", ngram)
	}
}
