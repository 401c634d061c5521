package predict_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/predict"
)

// table is rows of a series or of sequences, with a category, missing values and irregular times.
type table struct {
	header []string
	rows   [][]string
}

// newTable draws a table of sequences of different lengths. The kind of a sequence follows from its numbers, the label of a row from
// the last two.
func newTable(seed uint64, sequences, longest int) table {
	r := rand.New(rand.NewPCG(seed, 0))
	t := table{header: []string{"id", "when", "x", "station", "kind", "size", "phase"}}
	at := time.Date(2024, 2, 28, 20, 0, 0, 0, time.UTC)
	for s := range sequences {
		slope, level := r.NormFloat64(), r.NormFloat64()
		kind := map[bool]string{true: "up", false: "down"}[slope > 0]
		before := level
		for range 1 + longest/2 + r.IntN(longest/2+1) {
			at = at.Add(time.Duration(1+r.IntN(3)) * time.Hour)
			level += 0.3*slope + 0.3*r.NormFloat64()
			x := strconv.FormatFloat(level, 'g', -1, 64)
			if r.IntN(5) == 0 {
				x = ""
			}
			phase := map[bool]string{true: "rising", false: "falling"}[level > before]
			before = level
			t.rows = append(t.rows, []string{
				fmt.Sprintf("s%d", s), at.Format("2006-01-02 15:04:05"), x, []string{"north", "south", ""}[r.IntN(3)],
				kind, strconv.FormatFloat(100+10*slope, 'g', -1, 64), phase,
			})
		}
	}
	return t
}

func (t table) write(tb testing.TB, path string) {
	tb.Helper()
	var text strings.Builder
	if err := csv.NewWriter(&text).WriteAll(append([][]string{t.header}, t.rows...)); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// typed are the rows as a program has them: numbers, times and texts.
func (t table) typed(tb testing.TB) predict.Rows {
	tb.Helper()
	var rows predict.Rows
	for _, cells := range t.rows {
		row := predict.Row{}
		for i, name := range t.header {
			switch cell := cells[i]; {
			case cell == "":
				row[name] = nil
			case name == "when":
				at, err := time.Parse("2006-01-02 15:04:05", cell)
				if err != nil {
					tb.Fatal(err)
				}
				row[name] = at
			case name == "x" || name == "size":
				x, err := strconv.ParseFloat(cell, 64)
				if err != nil {
					tb.Fatal(err)
				}
				row[name] = x
			default:
				row[name] = cell
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// trained trains the experiment for a moment and returns its metrics on the test part and its model file.
func trained(t *testing.T, training, testing table, config string, epochs ...int) (experiment.Metrics, string) {
	t.Helper()
	dir := t.TempDir()
	training.write(t, filepath.Join(dir, "train.csv"))
	testing.write(t, filepath.Join(dir, "test.csv"))
	if err := os.WriteFile(filepath.Join(dir, "verse.txt"), []byte(strings.Repeat("row, row, row your boat\n", 400)), 0o600); err != nil {
		t.Fatal(err)
	}
	most := append(epochs, 12)[0]
	e, err := experiment.Parse(filepath.Join(dir, "e.yaml"), fmt.Appendf(nil, "%s\nsolver: {learning_rate: 0.02}\ntrainer: {max_epochs: %d}\n", config, most), experiment.Threads(1))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	result, err := e.Fit(context.Background())
	if err != nil {
		t.Fatalf("%+v", err)
	}
	path := filepath.Join(dir, "model.safetensors")
	if err := e.Save(path); err != nil {
		t.Fatal(err)
	}
	return result.Test, path
}

func open(t *testing.T, path string, options ...predict.Option) *predict.Predictor {
	t.Helper()
	p, err := predict.Open(path, options...)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return p
}

// opened are the ways to predict whole sequences: at once, and step by step where the model can.
func opened(t *testing.T, path string, steps bool) []*predict.Predictor {
	all := []*predict.Predictor{open(t, path)}
	if steps {
		all = append(all, open(t, path, predict.StepByStep()))
	}
	return all
}

func all(t *testing.T, p *predict.Predictor, rows predict.Rows) []predict.Prediction {
	t.Helper()
	found, err := p.Predict(context.Background(), rows)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return found
}

// expectMetric compares a number that was computed from predictions with that of the evaluation.
func expectMetric(t *testing.T, name string, found, expected float64) {
	t.Helper()
	if !(math.Abs(found-expected) <= 1e-6*max(1, math.Abs(expected))) { // the metric is a mean of float32 numbers
		t.Errorf("%s: found %v from predictions, expected %v as evaluated", name, found, expected)
	}
}

const own = `
data:
  csv: {train: train.csv, test: test.csv, sequence: id, time: when, inputs: [x], categories: [station], %s}
  missing: {fill: forward, mask: true, gap: true}
`

func TestClassesEqualEvaluation(t *testing.T) {
	t.Parallel()
	for name, layers := range map[string]string{
		"forward":       "[gru: {units: 6}, dense]",
		"bidirectional": "[gru: {units: 5, bidirectional: true, return_sequences: true}, attention_pool: {units: 4}, dense]",
		"categories":    "[category_embedding: {units: 2}, conv1d: {filters: 4}, lstm: {units: 4}, dense]",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test := newTable(2, 40, 12)
			config := fmt.Sprintf("task: classify"+own+"\nmodel: {layers: %s}\n", "target: kind, calendar: [hour], lags: [1], differences: [2], scale_categories: false", layers)
			metrics, path := trained(t, newTable(1, 80, 12), test, config)
			kind := map[string]string{}
			for _, row := range test.rows {
				kind[row[0]] = row[4]
			}
			for _, p := range opened(t, path, name == "forward") {
				right, found := 0.0, all(t, p, test.typed(t))
				for _, one := range found {
					if one.Class == kind[one.Name] {
						right++
					}
					if one.Class != "up" && one.Class != "down" || one.ProbabilityOf("up")+one.ProbabilityOf("down") != 1 && math.Abs(one.ProbabilityOf("up")+one.ProbabilityOf("down")-1) > 1e-12 {
						t.Fatalf("found %+v", one)
					}
				}
				if len(found) != 40 {
					t.Fatalf("found %d predictions, expected 40", len(found))
				}
				expectMetric(t, "accuracy", right/float64(len(found)), metrics["accuracy"])
			}
		})
	}
}

func TestNumbersEqualEvaluation(t *testing.T) {
	t.Parallel()
	for name, loss := range map[string]string{
		"squares": "loss: mean_squared_error", "quantiles": "loss: quantile\nloss_options: {quantiles: [0.2, 0.5, 0.8]}", "rates": "loss: poisson",
		"quantiles that cross": "loss: quantile\nloss_options: {quantiles: [0.49, 0.5, 0.51, 0.52]}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test := newTable(4, 30, 10)
			scale := ""
			if name == "rates" {
				scale = "  scale: none\n"
			}
			metrics, path := trained(t, newTable(3, 60, 10), test, fmt.Sprintf("task: regress\n"+loss+own+scale+"model: {layers: [gru: {units: 4}, dense]}\n", "target: size"))
			size := map[string]float64{}
			for _, row := range test.typed(t) {
				size[row["id"].(string)] = row["size"].(float64)
			}
			for _, p := range opened(t, path, true) {
				sum, crossed, found := 0.0, false, all(t, p, test.typed(t))
				for _, one := range found {
					crossed = crossed || one.Crossed
					v, ok := one.ValueOf("size")
					if !ok {
						t.Fatalf("found %+v, expected a value of the column size", one)
					}
					sum += math.Abs(v - size[one.Name])
				}
				expectMetric(t, "mae", sum/float64(len(found)), metrics["mae"])
				if crossed != (name == "quantiles that cross") {
					t.Errorf("found crossing quantiles %t", crossed)
				}
			}
		})
	}
}

// TestForecastsEqualEvaluation predicts from every window of the test part: from the rows up to its end, and as they arrive.
func TestForecastsEqualEvaluation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ forecast, layers string }{
		"forward":       {"horizon: 2", "[gru: {units: 5}, dense]"},
		"bidirectional": {"horizon: 1", "[gru: {units: 4, bidirectional: true}, dense]"},
		"relative":      {"horizons: [1, 3], relative: true", "[gru: {units: 4}, dense]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const window = 6
			test := newTable(6, 1, 60)
			config := fmt.Sprintf(`
task: forecast
data:
  csv: {train: train.csv, test: test.csv, time: when, inputs: [x], categories: [station], lags: [1], calendar: [weekday]}
  missing: {fill: forward, gap: true}
  forecast: {target: x, window: %d, %s}
model: {layers: %s}
`, window, c.forecast, c.layers)
			metrics, path := trained(t, newTable(5, 1, 200), test, config)
			rows := test.typed(t)
			p := open(t, path)
			horizons := []int{2}
			switch name {
			case "bidirectional":
				horizons = []int{1}
			case "relative":
				horizons = []int{1, 3}
			}
			sum, n := 0.0, 0.0
			stream := p.Stream()
			var saved []byte
			for last := range rows {
				if last == window+3 { // another program continues
					stream = p.Stream()
					if err := stream.Restore(saved); err != nil {
						t.Fatal(err)
					}
				}
				streamed, err := stream.Step(rows[last])
				if err != nil {
					t.Fatal(err)
				}
				if saved, err = stream.Save(); err != nil {
					t.Fatal(err)
				}
				if short := max(0, window-1-last); streamed.Short != short {
					t.Fatalf("row %d: found %d rows missing, expected %d", last, streamed.Short, short)
				}
				if last < window-1 {
					continue
				}
				found := all(t, p, rows[:last+1])[0]
				for i, v := range found.Values {
					if v.Value != streamed.Values[i].Value {
						t.Fatalf("row %d: found %v as rows arrive, expected %v", last, streamed.Values[i], v)
					}
				}
				complete := true
				for _, h := range horizons {
					complete = complete && last+h < len(rows) && rows[last+h]["x"] != nil
				}
				for i, h := range horizons {
					if complete {
						sum += math.Abs(found.Values[i].Value - rows[last+h]["x"].(float64))
						n++
					}
				}
			}
			expectMetric(t, "mae", sum/n, metrics["mae"])
		})
	}
}

// TestStepsEqualEvaluation: models with a prediction at every row, of series that were cut into windows and of whole ones.
func TestStepsEqualEvaluation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		forecast, layers string
		steps            bool
	}{
		"windows":               {"forecast: {window: 4}", "[gru: {units: 5, return_sequences: true}, dense]", true},
		"bidirectional windows": {"forecast: {window: 5}", "[gru: {units: 4, bidirectional: true, return_sequences: true}, dense]", false},
		"whole":                 {"", "[gru: {units: 5, return_sequences: true}, dense]", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test := newTable(8, 12, 14)
			metrics, path := trained(t, newTable(7, 40, 14), test, fmt.Sprintf("task: label"+own+"  %s\nmodel: {layers: %s}\n", "target: phase", c.forecast, c.layers))
			rows := test.typed(t)
			for _, p := range opened(t, path, c.steps) {
				right, at := 0.0, 0
				for _, one := range all(t, p, rows) {
					for _, step := range one.Steps {
						if step.Class == rows[at]["phase"] {
							right++
						}
						at++
					}
				}
				if at != len(rows) {
					t.Fatalf("found %d steps, expected %d", at, len(rows))
				}
				expectMetric(t, "accuracy", right/float64(at), metrics["accuracy"])
			}
			if !c.steps {
				return
			}
			p := open(t, path)
			right, stream := 0.0, p.Stream()
			for i, row := range rows {
				if i > 0 && row["id"] != rows[i-1]["id"] {
					stream.Reset()
				}
				step, err := stream.Step(row)
				if err != nil {
					t.Fatal(err)
				}
				if step.Class == row["phase"] {
					right++
				}
			}
			expectMetric(t, "accuracy as rows arrive", right/float64(len(rows)), metrics["accuracy"])
		})
	}
}

func TestNextRowsEqualEvaluation(t *testing.T) {
	t.Parallel()
	for _, forecast := range []string{"", "forecast: {window: 4}"} {
		test := newTable(10, 12, 14)
		metrics, path := trained(t, newTable(9, 40, 14), test, `
task: next
data:
  csv: {train: train.csv, test: test.csv, sequence: id, time: when, inputs: [x, size]}
  `+forecast+`
model: {layers: [gru: {units: 5, return_sequences: true}, dense]}
`)
		rows := test.typed(t)
		sum, n, at := 0.0, 0.0, 0
		for _, one := range all(t, open(t, path), rows) {
			for i, step := range one.Steps {
				if next := at + 1; i < len(one.Steps)-1 && rows[next]["x"] != nil {
					for _, name := range []string{"x", "size"} {
						v, _ := step.ValueOf(name)
						sum += math.Abs(v - rows[next][name].(float64))
						n++
					}
				}
				at++
			}
		}
		expectMetric(t, "mae "+forecast, sum/n, metrics["mae"])
	}
}

// words is a table of texts with their class, and with what they are translated to: the text backward, in capitals.
func words(seed uint64, n int) string {
	r := rand.New(rand.NewPCG(seed, 0))
	var text strings.Builder
	text.WriteString("id,word,kind,drow\n")
	for i := range n {
		word := make([]byte, 2+r.IntN(4))
		for j := range word {
			word[j] = "abcdef"[r.IntN(5+int(seed)%2)] // an f is never seen in training
		}
		backward := slices.Clone(word)
		slices.Reverse(backward)
		kind := map[bool]string{true: "early", false: "late"}[word[0] < 'c']
		fmt.Fprintf(&text, "%d,%s,%s,%s\n", i, word, kind, strings.ToUpper(string(backward)))
	}
	return text.String()
}

// ofWords trains on words and returns the metrics of the test part, the words of it, and the model.
func ofWords(t *testing.T, config string) (experiment.Metrics, [][]string, string) {
	t.Helper()
	dir := t.TempDir()
	test := words(3, 60)
	for name, text := range map[string]string{"train.csv": words(2, 200), "test.csv": test} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e, err := experiment.Parse(filepath.Join(dir, "e.yaml"), []byte(config), experiment.Threads(1))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	result, err := e.Fit(context.Background())
	if err != nil {
		t.Fatalf("%+v", err)
	}
	path := filepath.Join(dir, "model.safetensors")
	if err := e.Save(path); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(test)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return result.Test, rows[1:], path
}

// TestWindowsOfTextsEqualEvaluation predicts the whole test part of a text that training and evaluation cut into windows.
func TestWindowsOfTextsEqualEvaluation(t *testing.T) {
	t.Parallel()
	for _, window := range []string{"", "  forecast: {window: 5}\n"} {
		dir := t.TempDir()
		r := rand.New(rand.NewPCG(5, 0))
		part := func(n int) string {
			var text strings.Builder
			for range n {
				text.WriteString([]string{"abc ", "cab ", "bca\n"}[r.IntN(3)])
			}
			return text.String()
		}
		test := part(40)
		for name, text := range map[string]string{"train.txt": part(300), "test.txt": test} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		e, err := experiment.Parse(filepath.Join(dir, "e.yaml"), []byte(`task: next
data:
  text: {train: train.txt, test: test.txt}
  batch_size: 1
`+window+`model: {layers: [embedding: {units: 4}, gru: {units: 6, return_sequences: true}, dense]}
solver: {learning_rate: 0.02}
trainer: {max_epochs: 2}
`), experiment.Threads(1))
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		result, err := e.Fit(context.Background())
		if err != nil {
			t.Fatalf("%+v", err)
		}
		path := filepath.Join(dir, "model.safetensors")
		if err := e.Save(path); err != nil {
			t.Fatal(err)
		}
		for _, p := range opened(t, path, true) {
			found, err := p.Predict(context.Background(), predict.Text(test[:len(test)-1]))
			if err != nil {
				t.Fatal(err)
			}
			loss := 0.0
			for i, step := range found[0].Steps {
				loss -= math.Log(step.ProbabilityOf(test[i+1:i+2])) / float64(len(test)-1)
			}
			expectMetric(t, "loss", loss, result.Test["loss"])
		}
	}
}

func TestTextsEqualEvaluation(t *testing.T) {
	t.Parallel()
	metrics, rows, path := ofWords(t, `task: classify
data:
  table: {train: train.csv, test: test.csv, sequence: id, tokens: {column: word, unit: character}, target: kind}
model: {layers: [embedding: {units: 4}, gru: {units: 6, bidirectional: true}, dense]}
solver: {learning_rate: 0.02}
trainer: {max_epochs: 4}
`)
	p := open(t, path)
	var texts []predict.Sequence
	unknown := 0
	for _, row := range rows {
		texts = append(texts, predict.Text(row[1]))
		unknown += strings.Count(row[1], "f")
	}
	found, err := p.Predict(context.Background(), texts...)
	if err != nil {
		t.Fatal(err)
	}
	right := 0.0
	for i, one := range found {
		unknown -= one.Unknown
		if one.Class == rows[i][2] {
			right++
		}
	}
	expectMetric(t, "accuracy", right/float64(len(rows)), metrics["accuracy"])
	if unknown != 0 {
		t.Errorf("found %d unknown characters less than there are", unknown)
	}
}

func TestTranslationsEqualEvaluation(t *testing.T) {
	t.Parallel()
	metrics, rows, path := ofWords(t, `task: translate
data:
  table: {train: train.csv, test: test.csv, tokens: {column: word, unit: character}, target: drow}
model:
  layers: [embedding: {units: 6}, gru: {units: 12, bidirectional: true, return_sequences: true}]
  decoder: {embedding: {units: 6}, gru: {units: 12}, attention: {units: 8}}
solver: {learning_rate: 0.03}
trainer: {max_epochs: 25}
`)
	p := open(t, path)
	right := 0.0
	for _, row := range rows {
		found, err := p.Predict(context.Background(), predict.Text(row[1]))
		if err != nil {
			t.Fatal(err)
		}
		if found[0].Text == row[3] {
			right++
		}
		greedy, err := p.Translate(context.Background(), predict.Text(row[1]), predict.Beam{})
		if err != nil || greedy[0].Text != found[0].Text {
			t.Fatalf("found %+v, %v, expected %q", greedy, err, found[0].Text)
		}
		beam, err := p.Translate(context.Background(), predict.Text(row[1]), predict.Beam{Width: 4})
		if err != nil || len(beam) == 0 || beam[0].Finished && beam[0].LogProbability < greedy[0].LogProbability-1e-6 {
			t.Fatalf("found %+v, %v, expected a translation at least as probable as %+v", beam, err, greedy)
		}
	}
	if right == 0 {
		t.Error("found no text right: the test compares nothing")
	}
	expectMetric(t, "exact_match", right/float64(len(rows)), metrics["exact_match"])
}
