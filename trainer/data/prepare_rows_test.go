package data_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gruexp/gruexp/trainer/data"
)

// weather is rows with texts, dates and missing values.
func weather(n int) []data.Row {
	rows := make([]data.Row, n)
	at := time.Date(2024, 2, 27, 22, 0, 0, 0, time.UTC)
	for i := range rows {
		rows[i] = data.Row{"when": at, "warm": float64(i*i%17) - 3, "sky": []string{"clear", "rain", "snow"}[i*i%3], "unused": "x"}
		if i%4 == 2 {
			rows[i]["warm"] = nil
		}
		if i%7 == 3 {
			delete(rows[i], "sky")
		}
		at = at.Add(time.Duration(30+i%3*15) * time.Minute)
	}
	return rows
}

func prepared(t *testing.T, loaded *data.Data) data.Preparation {
	t.Helper()
	text, err := json.Marshal(loaded.Preparation())
	if err != nil {
		t.Fatal(err)
	}
	var p data.Preparation
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// Whole sequences and single rows become the inputs that the training had.
func TestRowsArePreparedAsInTraining(t *testing.T) {
	t.Parallel()
	rows := weather(200)
	for name, config := range map[string]data.Config{
		"all": {
			Table:   &data.TableConfig{Time: "when", Categories: []string{"sky"}, Calendar: data.Calendars(), Lags: []int{1, 5}, Differences: []int{2}, Inputs: []string{"warm"}},
			Missing: &data.MissingConfig{Mask: true, Gap: true},
		},
		"mean, no time": {Table: &data.TableConfig{Inputs: []string{"warm"}}, Missing: &data.MissingConfig{Fill: data.FillMean, Gap: true}, Scale: data.ScaleRobust},
		"zero, log":     {Table: &data.TableConfig{Time: "when", Inputs: []string{"warm"}}, Missing: &data.MissingConfig{Fill: data.FillZero}, Scale: data.ScaleLog},
	} {
		config.Forecast = &data.ForecastConfig{Target: "warm", Window: 150}
		config.Split = &data.SplitConfig{Valid: new(0.0), Test: 0.1}
		loaded, err := data.FromRows(rows, data.Forecast, config)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p := prepared(t, loaded)
		whole, err := p.FromRows(rows[:150])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		panel := loaded.Train.(*data.RowSet).Panel
		if want := panel.Features[:150*panel.Columns]; !slices.Equal(whole.Inputs[0], want) {
			t.Errorf("%s: whole sequences are prepared in another way than in training", name)
		}
	}
}

func TestFaultsOfRows(t *testing.T) {
	t.Parallel()
	rows := weather(100)
	config := data.Config{
		Table:    &data.TableConfig{Time: "when", Inputs: []string{"warm"}},
		Forecast: &data.ForecastConfig{Target: "warm", Window: 5}, Missing: &data.MissingConfig{Gap: true},
	}
	loaded, err := data.FromRows(rows, data.Forecast, config)
	if err != nil {
		t.Fatal(err)
	}
	p := prepared(t, loaded)
	_, none := p.FromRows(nil)
	_, unnamed := p.FromRows([]data.Row{{"cold": 1}})
	_, typed := p.FromRows([]data.Row{{"when": 1, "warm": struct{}{}}})
	_, numbers := p.FromSequences([][][]float64{{{1}, {2}}}) // of rows at different distances
	_, unknown := data.Preparation{}.FromRows(rows)
	_, path := data.FromRows(rows, data.Forecast, data.Config{Table: &data.TableConfig{Path: "a.csv"}})
	for word, err := range map[string]error{
		"no rows": none, `a column "when"`: unnamed, "struct {}": typed, "time between rows is missing": numbers,
		"columns of a table": unknown, "rows are in memory": path,
	} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("found error %v, expected one that says %s", err, word)
		}
	}
	short, err := p.FromRows(rows[:3])
	if err != nil || len(short.Notes) != 1 || !strings.Contains(short.Notes[0], "window of 5") {
		t.Errorf("found notes %v and error %v, expected a word on the short window", short.Notes, err)
	}
}

func TestOutputsInUnits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p       data.Preparation
		outputs []float64
		base    float64
		want    []float64
	}{
		"scaled":    {data.Preparation{TargetScale: []float64{2, 10}, TargetOffset: []float64{1, 0}}, []float64{1, 3}, 0, []float64{3, 30}},
		"quantiles": {data.Preparation{TargetScale: []float64{2, 10}, TargetOffset: []float64{1, 0}, Quantiles: []float64{0.1, 0.9}}, []float64{1, 2, 3, 4}, 0, []float64{3, 5, 30, 40}},
		"relative":  {data.Preparation{TargetScale: []float64{2}, TargetOffset: []float64{1}}, []float64{1}, 100, []float64{103}},
		"counts":    {data.Preparation{Logarithm: true, TargetScale: []float64{1}, TargetOffset: []float64{0}}, []float64{0}, 0, []float64{1}},
		"as it is":  {data.Preparation{}, []float64{5}, 0, []float64{5}},
	} {
		c.p.Original(c.outputs, c.base)
		if !slices.Equal(c.outputs, c.want) {
			t.Errorf("%s: found %v, expected %v", name, c.outputs, c.want)
		}
	}
}

// Arrays have no times: their rows count as far apart as those of the training part.
func TestGapsOfArrays(t *testing.T) {
	t.Parallel()
	rows := make([]data.Row, 60)
	x := make([][]float64, len(rows))
	for i := range rows {
		y := float64(i * i % 11)
		x[i] = []float64{y}
		rows[i] = data.Row{"when": time.Unix(int64(i)*3600, 0), "y": y}
		if i%5 == 3 {
			delete(rows[i], "y")
			x[i][0] = math.NaN()
		}
	}
	loaded, err := data.FromRows(rows, data.Forecast, data.Config{
		Table: &data.TableConfig{Time: "when"}, Forecast: &data.ForecastConfig{Target: "y", Window: len(rows) - 20}, Missing: &data.MissingConfig{Gap: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := prepared(t, loaded)
	a, err := p.FromRows(rows)
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.FromSequences([][][]float64{x})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(a.Inputs) != fmt.Sprint(b.Inputs) || len(a.Inputs[0]) != 80 {
		t.Errorf("found %v, expected %v", b.Inputs, a.Inputs)
	}
}
