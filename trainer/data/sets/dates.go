package sets

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/baseline"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
)

// The dates are those of these years, each once at most.
const (
	firstYear = 1900
	lastYear  = 2099

	trainDates = 10000
	validDates = 1000
	testDates  = 2000
)

// datesSeed draws the dates, their parts and their styles.
const datesSeed = 0xda7e5

// isoDate is the form of the targets.
const isoDate = time.DateOnly

// dateStyles are the forms of the sources as layouts of package time, where @ stands for the ending of an ordinal number
// and ~ for the month as a Roman number. No date has the form of two: with slashes behind each other the month comes first,
// with dots the day.
func dateStyles() []string {
	return []string{
		"2 January 2006", "02 Jan 2006", "2@ January 2006", "the 2@ of January 2006", "Monday the 2@ of January 2006",
		"January 2, 2006", "Jan 2, 2006", "Jan. 2, 2006", "January 2@, 2006", "Monday, January 2, 2006",
		"Mon Jan 2 2006", "Mon, 2 Jan 2006", "2-Jan-2006", "2. January 2006", "2006 January 2",
		"1/2/2006", "2.1.2006", "2.~.2006", "2006/01/02", "20060102",
	}
}

// writtenDate is a date with one of the ways to write it.
type writtenDate struct {
	date time.Time
	text string
}

// target is the date as it is to be written.
func (w writtenDate) target() string { return w.date.Format(isoDate) }

// writeDates draws the dates of all parts. A date belongs to one part and is written once: in any of the styles, and as it
// is, in lower case or in upper case.
func writeDates() [data.Parts][]writtenDate {
	rng := rand.New(rand.NewPCG(data.SplitSeed, datesSeed))
	first := time.Date(firstYear, time.January, 1, 0, 0, 0, 0, time.UTC)
	end := time.Date(lastYear+1, time.January, 1, 0, 0, 0, 0, time.UTC)
	days := rng.Perm(int(end.Sub(first).Hours() / 24))

	var split [data.Parts][]writtenDate
	styles := dateStyles()
	for part, n := range [data.Parts]int{data.TrainPart: trainDates, data.ValidPart: validDates, data.TestPart: testDates} {
		for _, day := range days[:n] {
			date := first.AddDate(0, 0, day)
			split[part] = append(split[part], writtenDate{date, inCase(rng.IntN(3), writeDate(date, styles[rng.IntN(len(styles))]))})
		}
		days = days[n:]
	}
	return split
}

func inCase(which int, text string) string {
	switch which {
	case 1:
		return strings.ToLower(text)
	case 2:
		return strings.ToUpper(text)
	default:
		return text
	}
}

// writeDate writes a date in one of the styles.
func writeDate(date time.Time, style string) string {
	roman := []string{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}
	return strings.NewReplacer("@", ordinalEnding(date.Day()), "~", roman[date.Month()-1]).Replace(date.Format(style))
}

func ordinalEnding(n int) string {
	switch {
	case n%10 == 1 && n != 11:
		return "st"
	case n%10 == 2 && n != 12:
		return "nd"
	case n%10 == 3 && n != 13:
		return "rd"
	default:
		return "th"
	}
}

// loadDates makes the data set dates.
func loadDates(context.Context, data.Config, []string) (*data.Data, error) {
	split := writeDates()
	var texts, targets []name
	for _, w := range split[data.TrainPart] {
		texts, targets = append(texts, name{text: w.text}), append(targets, name{text: w.target()})
	}
	alphabet := fitAlphabet(texts)
	targetAlphabet := append(make([]string, data.SpecialTokens), fitAlphabet(targets)[1:]...)
	spec := data.Spec{
		Vocabulary: len(alphabet), Task: data.Translate, Targets: len(targetAlphabet), TargetKind: data.TokenSequence,
		Alphabet: alphabet, TargetAlphabet: targetAlphabet,
	}
	target := data.Spec{Alphabet: targetAlphabet}
	dataset := func(written []writtenDate) data.Dataset {
		d := data.NewTokenPairs(spec)
		for _, w := range written {
			d.Add(spec.Encode(w.text), append(target.Encode(w.target()), data.EndToken))
		}
		return d
	}
	parts := data.Split{Train: dataset(split[data.TrainPart]), Valid: dataset(split[data.ValidPart]), Test: dataset(split[data.TestPart])}
	return &data.Data{Spec: spec, Split: parts, Baselines: func() []data.Baseline { return dateBaselines(split) }}, nil
}

// dateBaselines returns what counting reaches on the test part: "majority" writes the most frequent character of each
// place, "ngram" the year, the month and the day that three naive Bayes classifiers of n-grams of the orders 1 to 4 find.
func dateBaselines(split [data.Parts][]writtenDate) []data.Baseline {
	return []data.Baseline{
		dateBaseline("majority", split[data.TestPart], majorityDate(split[data.TrainPart])),
		dateBaseline("ngram", split[data.TestPart], bayesDate(split[data.TrainPart])),
	}
}

// majorityDate returns a function that writes the same whatever the text.
func majorityDate(written []writtenDate) func(text string) string {
	var counts [len(isoDate)][256]float64
	for _, w := range written {
		for i, character := range []byte(w.target()) {
			counts[i][character]++
		}
	}
	answer := make([]byte, len(isoDate))
	for i := range answer {
		answer[i] = byte(calc.Argmax(counts[i][:]))
	}
	return func(string) string { return string(answer) }
}

func bayesDate(written []writtenDate) func(text string) string {
	field := func(classes int, class func(time.Time) int) func(text string) int {
		names := make([]baseline.LabeledText, len(written))
		for i, w := range written {
			names[i] = baseline.LabeledText{Text: w.text, Class: class(w.date)}
		}
		bayes, scores := baseline.FitNaiveBayes(names, classes, 1, 4), make([]float64, classes)
		return func(text string) int {
			bayes.Score(text, scores)
			return calc.Argmax(scores)
		}
	}
	year := field(lastYear-firstYear+1, func(d time.Time) int { return d.Year() - firstYear })
	month := field(12, func(d time.Time) int { return int(d.Month()) - 1 })
	day := field(31, func(d time.Time) int { return d.Day() - 1 })
	two := func(n int) string { return strconv.Itoa(n/10) + strconv.Itoa(n%10) }
	return func(text string) string {
		return strconv.Itoa(firstYear+year(text)) + "-" + two(1+month(text)) + "-" + two(1+day(text))
	}
}

// dateBaseline compares answers of the right length. The end of a target counts as a token, as it does for a model.
func dateBaseline(name string, written []writtenDate, answer func(text string) string) data.Baseline {
	var right, exact float64
	each := make([]float64, len(written))
	for i, w := range written {
		target, found := w.target(), answer(w.text)
		right++
		for at := range target {
			if found[at] == target[at] {
				right++
			}
		}
		if found == target {
			each[i] = 1
			exact++
		}
	}
	n := float64(len(written))
	return data.Baseline{
		Name:    name,
		Metrics: map[string]float64{"accuracy": right / (n * float64(len(isoDate)+1)), "exact_match": exact / n},
		Scores:  map[string][]float64{"exact_match": each},
	}
}
