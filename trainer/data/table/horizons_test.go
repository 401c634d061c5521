package table

import (
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

func TestSeveralHorizons(t *testing.T) {
	path := datatest.Write(t, "a.csv", "y", "0", "1", "2", "3", "NA", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19")
	for _, c := range []struct {
		forecast    data.ForecastConfig
		names       string
		train, test []float64 // targets, those of a window next to each other
	}{
		// Rows 0 … 13 train, 14 … 19 test. A window of rows r-1, r has the targets r+1 and r+3; with row 4 there is none.
		{
			data.ForecastConfig{Target: "y", Window: 2, Horizons: []int{1, 3}}, "y +1 y +3",
			[]float64{3, 5, 5, 7, 6, 8, 7, 9, 8, 10, 9, 11, 10, 12, 11, 13}, []float64{14, 16, 15, 17, 16, 18, 17, 19},
		},
		{data.ForecastConfig{Target: "y", Window: 2, From: 2, Horizon: 3}, "y +2 y +3", nil, []float64{14, 15, 15, 16, 16, 17, 17, 18, 18, 19}},
		{data.ForecastConfig{Target: "y", Window: 2, From: 3, Horizon: 3}, "y", nil, []float64{14, 15, 16, 17, 18, 19}},
	} {
		loaded := loadTable(t, data.Config{
			Table: &data.TableConfig{Path: path}, Forecast: &c.forecast, Split: &data.SplitConfig{Valid: datatest.Fraction(0), Test: 0.3},
		}, data.Forecast)
		if found := strings.Join(loaded.Spec.TargetNames, " "); found != c.names || loaded.Spec.Targets != len(loaded.Spec.TargetScale) {
			t.Errorf("found the targets %s in %+v, expected %s", found, loaded.Spec, c.names)
		}
		original := func(d data.Dataset) []float64 {
			targets := slices.Clone(datatest.FillAll(t, d).Targets)
			for i := range targets {
				targets[i] = loaded.Spec.Original(i%loaded.Spec.Targets, targets[i])
			}
			return targets
		}
		if found := original(loaded.Test); !datatest.NearAll(found, c.test) {
			t.Errorf("%+v: found the targets %v in test, expected %v", c.forecast, found, c.test)
		}
		if found := original(loaded.Train); c.train != nil && !datatest.NearAll(found, c.train) {
			t.Errorf("%+v: found the targets %v in training, expected %v: a window whose targets are in two parts is in none", c.forecast, found, c.train)
		}
	}
}

// Each target of a window has the baselines of its horizon.
func TestBaselinesOfHorizons(t *testing.T) {
	var rows []string
	for i := range 60 {
		rows = append(rows, []string{"1", "2", "4", "8"}[i%4])
	}
	loaded := loadTable(t, data.Config{
		Table:    &data.TableConfig{Path: datatest.Write(t, "a.csv", append([]string{"y"}, rows...)...)},
		Forecast: &data.ForecastConfig{Target: "y", Window: 4, Horizons: []int{1, 4, 6}, Season: 4}, Split: &data.SplitConfig{Valid: datatest.Fraction(0), Test: 0.3},
	}, data.Forecast)
	if mae := datatest.BaselineOf(t, loaded, "seasonal", "mae"); mae != 0 {
		t.Errorf("found a seasonal mae of %g of what comes again, expected 0", mae)
	}
	if mae := datatest.BaselineOf(t, loaded, "ridge", "mae"); mae > 0.2 { // the penalty keeps it from 0
		t.Errorf("found a ridge mae of %g, expected hardly any: each is one of the window", mae)
	}
	// Of the last value, four rows ahead it is right; one and two ahead it is wrong by 1, 2, 4, 7 and 3, 6, 3, 6.
	if mae, want := datatest.BaselineOf(t, loaded, "persistence", "mae"), (3.5+0+4.5)/3; mae < want-0.5 || mae > want+0.5 {
		t.Errorf("found a persistence mae of %g, expected about %g", mae, want)
	}
}

func TestFaultsOfHorizons(t *testing.T) {
	for want, forecast := range map[string]data.ForecastConfig{
		`forecast.horizon: found 6, expected either horizon or horizons`:   {Target: "y", Horizon: 6, Horizons: []int{1}},
		`forecast.horizons.1: found 2, expected 1 to 1048576 rows, rising`: {Target: "y", Horizons: []int{2, 2}},
		`forecast.horizons: found "0 of them"`:                             {Target: "y", Horizons: []int{}},
		`forecast.from: found 3, expected 1 to horizon`:                    {Target: "y", From: 3, Horizon: 2},
		`forecast.from: found 1, expected at most 4096 rows up to horizon`: {Target: "y", From: 1, Horizon: 1 << 13},
		`forecast.from: found -1, expected 1 to horizon`:                   {Target: "y", From: -1},
	} {
		err := data.Config{Table: &data.TableConfig{Path: "a.csv"}, Forecast: &forecast}.WithDefaults().ValidateFor(data.Forecast).Err()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: found %v, expected %q", forecast, err, want)
		}
	}
	for _, task := range []data.Task{data.Next, data.Label} {
		config := data.Config{Table: &data.TableConfig{Path: "a.csv", Target: "y"}, Forecast: &data.ForecastConfig{Window: 4, Horizons: []int{1}}}
		if task == data.Next {
			config.Table.Target = ""
		}
		if err := config.WithDefaults().ValidateFor(task).Err(); err == nil || !strings.Contains(err.Error(), "forecast") {
			t.Errorf("%s: found %v, expected horizons to be refused", task, err)
		}
	}
	_, err := loadIn(t.Context(), data.Config{
		Table: &data.TableConfig{Path: datatest.Write(t, "a.csv", "y", "1", "2", "3", "4", "5", "6")}, Forecast: &data.ForecastConfig{Target: "y", Window: 2, From: 1, Horizon: 8},
	}, data.Forecast, "")
	datatest.WantFault(t, err, 0, "all targets 1 to 8 rows after it", "the part train")
}
