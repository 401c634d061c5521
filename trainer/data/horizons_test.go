package data

import (
	"slices"
	"strings"
	"testing"
)

func TestSeveralHorizons(t *testing.T) {
	path := write(t, "a.csv", "y", "0", "1", "2", "3", "NA", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19")
	for _, c := range []struct {
		forecast    ForecastConfig
		names       string
		train, test []float64 // targets, those of a window next to each other
	}{
		// Rows 0 … 13 train, 14 … 19 test. A window of rows r-1, r has the targets r+1 and r+3; with row 4 there is none.
		{
			ForecastConfig{Target: "y", Window: 2, Horizons: []int{1, 3}}, "y +1 y +3",
			[]float64{3, 5, 5, 7, 6, 8, 7, 9, 8, 10, 9, 11, 10, 12, 11, 13}, []float64{14, 16, 15, 17, 16, 18, 17, 19},
		},
		{ForecastConfig{Target: "y", Window: 2, From: 2, Horizon: 3}, "y +2 y +3", nil, []float64{14, 15, 15, 16, 16, 17, 17, 18, 18, 19}},
		{ForecastConfig{Target: "y", Window: 2, From: 3, Horizon: 3}, "y", nil, []float64{14, 15, 16, 17, 18, 19}},
	} {
		data := load(t, Config{
			CSV: &CSVConfig{Path: path}, Forecast: &c.forecast, Split: &SplitConfig{Valid: fraction(0), Test: 0.3},
		}, Forecast)
		if found := strings.Join(data.Spec.TargetNames, " "); found != c.names || data.Spec.Targets != len(data.Spec.TargetScale) {
			t.Errorf("found the targets %s in %+v, expected %s", found, data.Spec, c.names)
		}
		original := func(d Dataset) []float64 {
			targets := slices.Clone(fill(t, d).Targets)
			for i := range targets {
				targets[i] = data.Spec.Original(i%data.Spec.Targets, targets[i])
			}
			return targets
		}
		if found := original(data.Test); !nearAll(found, c.test) {
			t.Errorf("%+v: found the targets %v in test, expected %v", c.forecast, found, c.test)
		}
		if found := original(data.Train); c.train != nil && !nearAll(found, c.train) {
			t.Errorf("%+v: found the targets %v in training, expected %v: a window whose targets are in two parts is in none", c.forecast, found, c.train)
		}
	}
}

// Each target of a window has the baselines of its own horizon.
func TestBaselinesOfHorizons(t *testing.T) {
	var rows []string
	for i := range 60 {
		rows = append(rows, []string{"1", "2", "4", "8"}[i%4])
	}
	data := load(t, Config{
		CSV:      &CSVConfig{Path: write(t, "a.csv", append([]string{"y"}, rows...)...)},
		Forecast: &ForecastConfig{Target: "y", Window: 4, Horizons: []int{1, 4, 6}, Season: 4}, Split: &SplitConfig{Valid: fraction(0), Test: 0.3},
	}, Forecast)
	if mae := baseline(t, data, "seasonal", "mae"); mae != 0 {
		t.Errorf("found a seasonal mae of %g of what comes again, expected 0", mae)
	}
	if mae := baseline(t, data, "ridge", "mae"); mae > 0.2 { // the penalty keeps it from 0
		t.Errorf("found a ridge mae of %g, expected hardly any: each is one of the window", mae)
	}
	// Of the last value, four rows ahead it is right; one and two ahead it is wrong by 1, 2, 4, 7 and 3, 6, 3, 6.
	if mae, want := baseline(t, data, "persistence", "mae"), (3.5+0+4.5)/3; mae < want-0.5 || mae > want+0.5 {
		t.Errorf("found a persistence mae of %g, expected about %g", mae, want)
	}
}

func TestFaultsOfHorizons(t *testing.T) {
	for want, forecast := range map[string]ForecastConfig{
		`forecast.horizon: found 6, expected either horizon or horizons`:   {Target: "y", Horizon: 6, Horizons: []int{1}},
		`forecast.horizons.1: found 2, expected 1 to 1048576 rows, rising`: {Target: "y", Horizons: []int{2, 2}},
		`forecast.horizons: found "0 of them"`:                             {Target: "y", Horizons: []int{}},
		`forecast.from: found 3, expected 1 to horizon`:                    {Target: "y", From: 3, Horizon: 2},
		`forecast.from: found 1, expected at most 4096 rows up to horizon`: {Target: "y", From: 1, Horizon: 1 << 13},
		`forecast.from: found -1, expected 1 to horizon`:                   {Target: "y", From: -1},
	} {
		err := Config{CSV: &CSVConfig{Path: "a.csv"}, Forecast: &forecast}.WithDefaults().ValidateFor(Forecast).Err()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: found %v, expected %q", forecast, err, want)
		}
	}
	for _, task := range []Task{Next, Label} {
		config := Config{CSV: &CSVConfig{Path: "a.csv", Target: "y"}, Forecast: &ForecastConfig{Window: 4, Horizons: []int{1}}}
		if task == Next {
			config.CSV.Target = ""
		}
		if err := config.WithDefaults().ValidateFor(task).Err(); err == nil || !strings.Contains(err.Error(), "forecast") {
			t.Errorf("%s: found %v, expected horizons to be refused", task, err)
		}
	}
	_, err := Load(t.Context(), Config{
		CSV: &CSVConfig{Path: write(t, "a.csv", "y", "1", "2", "3", "4", "5", "6")}, Forecast: &ForecastConfig{Target: "y", Window: 2, From: 1, Horizon: 8},
	}, Forecast, LoadOptions{})
	wantFileError(t, err, 0, "all targets 1 to 8 rows after it", "the part train")
}

// A set with a name can be asked for other horizons than its own.
func TestHorizonsOfKnownSets(t *testing.T) {
	data := load(t, Config{Name: "mackey-glass", Forecast: &ForecastConfig{Horizons: []int{1, 84}}}, Forecast)
	if data.Spec.Targets != 2 || len(data.Baselines()) < 3 {
		t.Errorf("found %+v", data.Spec)
	}
}
