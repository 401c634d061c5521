package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// weather is an hourly series of a day's wave, a text, numbers of all signs and gaps; the rows of the last fifth are made
// by last.
func weather(t *testing.T, rows int, last func(row int, cells []string) []string) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	lines := []string{"when,temp,rain,wind,same"}
	for row := range rows {
		temp := fmt.Sprint(10 + 5*math.Sin(2*math.Pi*float64(row)/24) + 0.1*rng.NormFloat64())
		if row%17 == 3 {
			temp = ""
		}
		cells := []string{
			fmt.Sprintf("2024-02-%02d %02d:00", 1+row/24, row%24), temp,
			fmt.Sprint(math.Round(1000 * math.Exp(2*rng.NormFloat64()))), []string{"north", "east", "south"}[rng.IntN(3)], "4",
		}
		if last != nil && row >= rows*4/5 {
			cells = last(row, cells)
		}
		lines = append(lines, strings.Join(cells, ","))
	}
	return datatest.Write(t, "weather.csv", lines...)
}

func weatherConfig(path string) data.Config {
	return data.Config{
		Table: &data.TableConfig{
			Path: path, Time: "when", Categories: []string{"wind"}, Calendar: data.Calendars(), Lags: []int{1, 24}, Differences: []int{2},
		},
		Forecast: &data.ForecastConfig{Target: "temp", Window: 6, Horizon: 3, Season: 24},
		Missing:  &data.MissingConfig{Mask: true, Gap: true}, Split: &data.SplitConfig{Test: 0.2},
	}
}

func TestDerivedInputs(t *testing.T) {
	path := datatest.Write(t, "a.csv", "when,x,kind", "2024-07-03 06:30,1,b", "2024-07-03 18:00,,a", "2024-07-07 00:00,4,", "2024-07-08 12:00,8,b", "2024-07-08 13:00,9,c", "2024-07-08 14:00,9,a")
	loaded := loadTable(t, data.Config{
		Table:    &data.TableConfig{Path: path, Time: "when", Categories: []string{"kind"}, Calendar: data.Calendars(), Lags: []int{1}, Differences: []int{1}},
		Forecast: &data.ForecastConfig{Target: "x", Window: 1, Horizon: 1}, Scale: data.ScaleNone, Missing: &data.MissingConfig{Fill: data.FillZero},
		Split: &data.SplitConfig{Valid: datatest.Fraction(0), Test: 0.34},
	}, data.Forecast)
	names := []string{
		"x", "kind=a", "kind=b", "hour sine", "hour cosine", "weekday sine", "weekday cosine", "month sine", "month cosine",
		"season sine", "season cosine", "x lag 1", "x difference 1",
	}
	if !slices.Equal(loaded.Spec.FeatureNames, names) {
		t.Fatalf("found %q, expected %q: the category c is in the test part only", loaded.Spec.FeatureNames, names)
	}
	turn := func(position, period float64) (sine, cosine float64) {
		return math.Sincos(2 * math.Pi * position / period)
	}
	for row, want := range []struct {
		x, a, b, hour, weekday, day, lag, difference float64
	}{
		{1, 0, 1, 6.5, 3, 185, 0, 0}, {0, 1, 0, 18, 3, 185, 1, 0}, {4, 0, 0, 0, 0, 189, 0, 0}, {8, 0, 1, 12, 1, 190, 4, 4}, {9, 0, 0, 13, 1, 190, 8, 1},
	} {
		hs, hc := turn(want.hour, 24)
		ws, wc := turn(want.weekday, 7)
		ms, mc := turn(6, 12)
		ss, sc := turn(want.day, 365.25)
		expected := []float64{want.x, want.a, want.b, hs, hc, ws, wc, ms, mc, ss, sc, want.lag, want.difference}
		if found := loaded.Train.(*data.RowSet).Panel.Row(row); !datatest.NearAll(found, expected) {
			t.Errorf("row %d: found %v, expected %v", row, found, expected)
		}
	}
}

func TestRobustAndLogScaling(t *testing.T) {
	path := datatest.Write(t, "a.csv", "s,x,y", "1,1,0", "2,-3,1", "3,5,2", "4,7,3", "5,1000,4")
	for scale, want := range map[data.Scale][]float64{
		// Sorted: -3 1 5 7 1000, quartiles 1 and 7.
		data.ScaleRobust: {-4.0 / 6, -8.0 / 6, 0, 2.0 / 6, 995.0 / 6},
		data.ScaleLog:    nil,
	} {
		loaded := loadTable(t, data.Config{
			Table: &data.TableConfig{Train: path, Test: path, Sequence: "s", Target: "y"}, Scale: scale, Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
		}, data.Regress)
		if scale == data.ScaleLog {
			logs := []float64{math.Log(2), -math.Log(4), math.Log(6), math.Log(8), math.Log(1001)}
			mean, variance := 0.0, 0.0
			for _, x := range logs {
				mean += x / float64(len(logs))
			}
			for _, x := range logs {
				variance += (x - mean) * (x - mean) / float64(len(logs))
			}
			for _, x := range logs {
				want = append(want, (x-mean)/math.Sqrt(variance))
			}
		}
		b := datatest.FillAll(t, loaded.Train)
		if !datatest.NearAll(b.Inputs, want) {
			t.Errorf("%s: found %v, expected %v", scale, b.Inputs, want)
		}
		for i, y := range b.Targets {
			if !datatest.Near(loaded.Spec.Original(0, y), float64(i)) {
				t.Errorf("%s: found the target %g, expected %d", scale, loaded.Spec.Original(0, y), i)
			}
		}
	}
}

// Whatever stands in the rows of the test changes nothing that is fitted, and no batch of the training or validation part.
func TestNothingLeaks(t *testing.T) {
	for _, scale := range []data.Scale{data.ScaleStandard, data.ScaleMinMax, data.ScaleRobust, data.ScaleLog} {
		for _, how := range []data.Fill{data.FillForward, data.FillMean} {
			var before string
			for _, last := range []func(int, []string) []string{
				nil,
				func(row int, cells []string) []string {
					return []string{cells[0], fmt.Sprint(row * row), "-1e9", "nowhere", ""}
				},
			} {
				config := weatherConfig(weather(t, 240, last))
				config.Scale, config.Missing.Fill = scale, how
				if how == data.FillMean {
					config.Forecast.From, config.Forecast.Relative = 1, true // windows with targets in two parts would tell
				}
				loaded := loadTable(t, config, data.Forecast)
				text, err := json.Marshal([]any{loaded.Preparation(), loaded.Spec, datatest.FillAll(t, loaded.Train), datatest.FillAll(t, loaded.Valid)})
				if err != nil {
					t.Fatal(err)
				}
				if before != "" && before != string(text) {
					t.Errorf("%s, %s: the test part changes what is fitted", scale, how)
				}
				before = string(text)
			}
		}
	}
}

func TestLeakageOfSequencesAndTokens(t *testing.T) {
	for _, by := range []data.SplitBy{data.BySequence, data.ByGroup, data.ByTime} {
		var before string
		for _, scale := range []float64{1, 1e6} {
			lines := []string{"s,t,g,x,word,y"}
			parts := data.DrawParts(0, 20, 0.1, 0.2)
			for s := range 40 {
				x, word := float64(s), "common"
				tested := map[data.SplitBy]bool{data.BySequence: data.DrawParts(0, 40, 0.1, 0.2)[s] == data.TestPart, data.ByGroup: parts[s/2] == data.TestPart, data.ByTime: s >= 32}[by]
				if tested {
					x, word = x*scale, fmt.Sprint("rare", scale)
				}
				for step := range 2 {
					lines = append(lines, fmt.Sprintf("%d,%d,%d,%g,%s,%d", s, 10*s+step, s/2, x, word, s%2))
				}
			}
			path := datatest.Write(t, "s.csv", lines...)
			var all []any
			for _, csv := range []data.TableConfig{
				{Inputs: []string{"x"}, Categories: []string{"word"}}, {Tokens: &data.TokensConfig{Column: "word"}},
			} {
				csv.Path, csv.Sequence, csv.Time, csv.Group, csv.Target = path, "s", "t", "g", "y"
				loaded := loadTable(t, data.Config{Table: &csv, Split: &data.SplitConfig{Valid: datatest.Fraction(0.1), Test: 0.2, By: by}}, data.Classify)
				all = append(all, loaded.Preparation(), datatest.FillAll(t, loaded.Train), datatest.FillAll(t, loaded.Valid))
			}
			text, err := json.Marshal(all)
			if err != nil {
				t.Fatal(err)
			}
			if before != "" && before != string(text) {
				t.Errorf("by %s: the test part changes what is fitted", by)
			}
			before = string(text)
		}
	}
}

// The file that a model was trained from is all that it needs to predict, whatever was derived.
func TestRawFileIsReadAsInTraining(t *testing.T) {
	path := weather(t, 240, nil)
	for _, scale := range []data.Scale{data.ScaleStandard, data.ScaleRobust, data.ScaleLog} {
		config := weatherConfig(path)
		config.Scale = scale
		loaded := loadTable(t, config, data.Forecast)
		text, err := json.Marshal(loaded.Preparation())
		if err != nil {
			t.Fatal(err)
		}
		var signature data.Preparation
		if err := json.Unmarshal(text, &signature); err != nil {
			t.Fatal(err)
		}
		if faults := signature.ValidateFor(0, loaded.Spec.Features, 1); len(faults) > 0 {
			t.Fatal(faults)
		}
		s, err := ReadFor(t.Context(), signature, path)
		if err != nil {
			t.Fatal(err)
		}
		p := loaded.Test.(*data.RowSet).Panel
		if want := p.Features[(p.Rows()-6)*p.Columns:]; len(s.Inputs) != 1 || !slices.Equal(s.Inputs[0], want) {
			t.Errorf("%s: the raw file gives other inputs than training had", scale)
		}
	}
}

func TestTokensOfTables(t *testing.T) {
	train := datatest.Write(t, "a.tsv", "text\tlabel", "To be, or not\tyes", "to be\tno", "\tno")
	test := datatest.Write(t, "b.tsv", "label\ttext", "no\tto hé 2b")
	loaded := loadTable(t, data.Config{
		Table: &data.TableConfig{Train: train, Test: test, Tokens: &data.TokensConfig{Column: "text", Unit: data.UnitWord}, Target: "label"},
		Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
	}, data.Classify)
	if want := []string{"", ",", "To", "be", "not", "or", "to"}; !slices.Equal(loaded.Spec.Alphabet, want) || loaded.Spec.Vocabulary != 7 || loaded.Spec.Features != 0 {
		t.Fatalf("found %+v", loaded.Spec)
	}
	b := datatest.FillAll(t, loaded.Train)
	if want := []int{2, 6, 0, 3, 3, 0, 1, 0, 0, 5, 0, 0, 4, 0, 0}; !slices.Equal(b.Tokens, want) || !slices.Equal(b.Labels, []int{1, 0, 0}) {
		t.Errorf("found %v and %v", b.Tokens, b.Labels)
	}
	if b := datatest.FillAll(t, loaded.Test); !slices.Equal(b.Tokens, []int{6, 0, 0}) {
		t.Errorf("found %v, expected the unknown ones as 0", b.Tokens)
	}
	s, err := ReadFor(t.Context(), loaded.Preparation(), test)
	if err != nil || !reflect.DeepEqual(s.Tokens, [][]int{{6, 0, 0}}) {
		t.Errorf("found %+v and error %v", s, err)
	}
	if found := loaded.Preparation().Encode("or  to be"); !slices.Equal(found, []int{5, 6, 3}) {
		t.Errorf("found %v", found)
	}
	// "to" makes it the class no, in which it occurs.
	if accuracy := datatest.BaselineOf(t, loaded, "bayes", "accuracy"); accuracy != 1 {
		t.Errorf("found accuracy %g of naive Bayes, expected 1", accuracy)
	}
}

func TestNextTokenOfTables(t *testing.T) {
	var rows []string
	for s := range 20 {
		for i := range 6 {
			rows = append(rows, fmt.Sprintf("%d,%s", s, []string{"sun", "rain"}[(s+i)%2]))
		}
	}
	loaded := loadTable(t, data.Config{
		Table: &data.TableConfig{Path: datatest.Write(t, "a.csv", append([]string{"s,sky"}, rows...)...), Sequence: "s", Tokens: &data.TokensConfig{Column: "sky"}},
	}, data.Next)
	b := datatest.FillAll(t, loaded.Train)
	if loaded.Spec.TargetKind != data.TokenPerStep || loaded.Spec.Vocabulary != 3 || b.Steps != 5 || b.Tokens[b.Size] != b.Labels[0] {
		t.Errorf("found %+v", loaded.Spec)
	}
	if found := datatest.BaselineOf(t, loaded, "bigram", "accuracy"); found != 1 {
		t.Errorf("found accuracy %g of a Markov chain where each follows the other, expected 1", found)
	}
}

func TestOwnText(t *testing.T) {
	text := strings.Repeat("one two three. ", 100)
	path := datatest.Write(t, "a.txt", text)
	for unit, alphabet := range map[data.Unit][]string{
		data.UnitCharacter: {"", " ", ".", "e", "h", "n", "o", "r", "t", "w"}, data.UnitWord: {"", ".", "one", "three", "two"},
	} {
		loaded := loadTable(t, data.Config{Text: &data.TextConfig{Path: path, Unit: unit}, BatchSize: 4, Forecast: &data.ForecastConfig{Window: 8}}, data.Next)
		if found := slices.DeleteFunc(loaded.Spec.Alphabet, func(s string) bool { return s == "\n" }); !slices.Equal(found, alphabet) {
			t.Errorf("%s: found %q, expected %q", unit, found, alphabet)
		}
		if loaded.Train.Steps(0) != 8 || loaded.Valid == nil || loaded.Test.Len() == 0 {
			t.Errorf("%s: found %d steps", unit, loaded.Train.Steps(0))
		}
	}
	loaded := loadTable(t, data.Config{Text: &data.TextConfig{Train: path, Test: path, MinCount: 101}, Split: &data.SplitConfig{Valid: datatest.Fraction(0)}}, data.Next)
	if loaded.Valid != nil || loaded.Spec.Vocabulary != 5 {
		t.Errorf("found %q, expected what occurs more than 100 times", loaded.Spec.Alphabet)
	}
	_, err := loadIn(t.Context(), data.Config{Text: &data.TextConfig{Path: datatest.Write(t, "b.txt", "short")}}, data.Next, "")
	datatest.WantFault(t, err, 0, "6 tokens", "100")
}

func TestForecastBaselines(t *testing.T) {
	loaded := loadTable(t, weatherConfig(weather(t, 480, nil)), data.Forecast)
	mean, persistence := datatest.BaselineOf(t, loaded, "mean", "mae"), datatest.BaselineOf(t, loaded, "persistence", "mae")
	seasonal, ridge := datatest.BaselineOf(t, loaded, "seasonal", "mae"), datatest.BaselineOf(t, loaded, "ridge", "mae")
	// The noise has deviation 0.1: the mean absolute difference of two is 0.113, of one from its mean 0.08.
	if seasonal > 0.15 || ridge > 0.15 || persistence < 1 || mean < 1 {
		t.Errorf("found mae %g of mean, %g of persistence, %g of seasonal, %g of ridge", mean, persistence, seasonal, ridge)
	}
}

func TestSeasonalSkipsWhatIsMissing(t *testing.T) {
	loaded := loadTable(t, data.Config{
		Table:    &data.TableConfig{Path: datatest.Write(t, "a.csv", "y", "1", "2", "3", "4", "5", "NA", "7", "8", "9", "10")},
		Forecast: &data.ForecastConfig{Target: "y", Window: 1, Horizon: 3, Season: 2}, Split: &data.SplitConfig{Valid: datatest.Fraction(0), Test: 0.2},
	}, data.Forecast)
	// Windows end at 6 (missing) and 7; 9 comes after 7, 5, …, 10 after 8, 6, 4: 5 and 4 are the first that were observed by then.
	if mae := datatest.BaselineOf(t, loaded, "seasonal", "mae"); mae != (4+6)/2 {
		t.Errorf("found mae %g, expected 5", mae)
	}
}

func TestOwnDataFaults(t *testing.T) {
	seq := func(change func(*data.TableConfig)) data.Config {
		csv := data.TableConfig{Path: datatest.Write(t, "a.csv", "s,t,x,y,word", "1,1,1,5,a", "2,2,2,6,b"), Sequence: "s", Time: "t", Target: "y"}
		change(&csv)
		return data.Config{Table: &csv}
	}
	for name, c := range map[string]struct {
		config data.Config
		words  string
	}{
		"dates":       {seq(func(c *data.TableConfig) { c.Calendar = []data.Calendar{data.CalendarHour} }), `column "t" (found numbers`},
		"no text":     {seq(func(c *data.TableConfig) { c.Categories = []string{"none"} }), `a column "none"`},
		"one series":  {data.Config{Table: &data.TableConfig{Path: writeArrays(t), Target: "y"}}, "found one series, expected sequences"},
		"unsorted":    {data.Config{Table: &data.TableConfig{Path: datatest.Write(t, "b.csv", "s,x,y", "1,1,1", "2,1,1", "1,2,1"), Sequence: "s", Target: "y"}, Stream: true}, "sorted by sequence and time"},
		"earlier row": {data.Config{Table: &data.TableConfig{Path: datatest.Write(t, "c.csv", "s,t,x,y", "1,5,1,1", "1,4,1,1"), Sequence: "s", Time: "t", Target: "y"}, Stream: true}, "c.csv:3: sequence"},
	} {
		_, err := loadIn(t.Context(), c.config, data.Regress, "")
		if err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: found error %v, expected %q", name, err, c.words)
		}
	}
}

// writeArrays makes a file of columns without sequences.
func writeArrays(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	err := weights.EncodeNPZ(&out, []weights.Tensor{
		{Name: "x", Shape: []int{3}, Data: []float64{1, 2, 3}}, {Name: "y", Shape: []int{3}, Data: []float64{1, 2, 3}},
	})
	path := filepath.Join(t.TempDir(), "a.npz")
	if err == nil {
		err = os.WriteFile(path, out.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// The name of a series of a panel may be a category of its rows.
func TestSequencesAsCategories(t *testing.T) {
	var rows []string
	for _, name := range []string{"north", "south"} {
		for i := range 20 {
			rows = append(rows, fmt.Sprintf("%s,%d,%d", name, i, i))
		}
	}
	loaded := loadTable(t, data.Config{
		Table:    &data.TableConfig{Path: datatest.Write(t, "a.csv", append([]string{"place,t,y"}, rows...)...), Sequence: "place", Time: "t", Categories: []string{"place"}},
		Forecast: &data.ForecastConfig{Target: "y", Window: 2}, Split: &data.SplitConfig{By: data.ByTime}, Scale: data.ScaleNone,
	}, data.Forecast)
	if want := []string{"y", "place=north", "place=south"}; !slices.Equal(loaded.Spec.FeatureNames, want) {
		t.Fatalf("found %q, expected %q", loaded.Spec.FeatureNames, want)
	}
	var b data.Batch
	if err := loaded.Train.Fill(&b, []int{loaded.Train.Len() - 1}); err != nil {
		t.Fatal(err)
	}
	if b.Inputs[1] != 0 || b.Inputs[2] != 1 {
		t.Errorf("found %v, expected the last sequence to be south", b.Inputs)
	}
	s, err := ReadFor(t.Context(), loaded.Preparation(), loaded.Files[0])
	if err != nil || len(s.Inputs) != 2 || s.Inputs[0][1] != 1 {
		t.Errorf("found %+v and error %v", s, err)
	}
	twice := data.Config{Table: &data.TableConfig{Path: "a.csv", Sequence: "place", Categories: []string{"place", "place"}}, Forecast: &data.ForecastConfig{Target: "y"}}
	if faults := twice.WithDefaults().ValidateFor(data.Forecast); len(faults) != 1 || faults[0].Path != "table.categories.1" {
		t.Errorf("found %v, expected each once", faults)
	}
}

// Categories that are not scaled are 0 and 1 whatever the scale of the other inputs, in blocks; a new one is all 0, and a missing one
// is filled as any input.
func TestUnscaledCategories(t *testing.T) {
	path := datatest.Write(t, "a.csv", "x,kind,place", "1,b,p", "2,a,q", "30,b,q", "4,,p", "5,b,p", "6,a,p", "7,new,q", "8,a,q")
	for _, scale := range []data.Scale{data.ScaleStandard, data.ScaleMinMax, data.ScaleRobust, data.ScaleLog, data.ScaleNone} {
		for _, scaled := range []*bool{nil, new(true), new(false)} {
			loaded := loadTable(t, data.Config{
				Table:    &data.TableConfig{Path: path, Inputs: []string{"x"}, Categories: []string{"place", "kind"}, ScaleCategories: scaled},
				Forecast: &data.ForecastConfig{Target: "x", Window: 1, Horizon: 1}, Scale: scale, Missing: &data.MissingConfig{Mask: true, Fill: data.FillMean},
				Split: &data.SplitConfig{Valid: datatest.Fraction(0), Test: 0.25},
			}, data.Forecast)
			if scaled == nil || *scaled {
				// others leave some 0 and 1: of a rare category the median and a quartile are 0
				if (scale == data.ScaleStandard || scale == data.ScaleLog) && len(loaded.Spec.Categories) > 0 {
					t.Errorf("%s: found the blocks %v of scaled inputs, expected none", scale, loaded.Spec.Categories)
				}
				continue
			}
			if expected := []data.CategoryBlock{{First: 1, Count: 2}, {First: 3, Count: 2}}; !slices.Equal(loaded.Spec.Categories, expected) {
				t.Errorf("%s: found the blocks %v, expected %v", scale, loaded.Spec.Categories, expected)
			}
			for row, expected := range [][]float64{ // place=p, place=q, kind=a, kind=b
				{1, 0, 0, 1}, {0, 1, 1, 0}, {0, 1, 0, 1}, {1, 0, 0.4, 0.6}, {1, 0, 0, 1}, {1, 0, 1, 0}, {0, 1, 0, 0}, {0, 1, 1, 0},
			} {
				if found := loaded.Train.(*data.RowSet).Panel.Row(row)[1:5]; !datatest.NearAll(found, expected) {
					t.Errorf("%s, row %d: found %v, expected %v", scale, row, found, expected)
				}
			}
		}
	}
}
