package table

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// A forecast of several columns has each of them at each horizon, in its own scale.
func TestSeveralTargets(t *testing.T) {
	t.Parallel()
	rows := []string{"a,b,note"}
	for i := range 20 {
		b := fmt.Sprint(1000 + i*i)
		if i == 5 {
			b = "NA"
		}
		rows = append(rows, fmt.Sprintf("%d,%s,x", i, b))
	}
	path := datatest.Write(t, "a.csv", rows...)
	for _, c := range []struct {
		forecast data.ForecastConfig
		names    string
		test     []float64 // targets of the first window: it ends at row 13, and the test part is the rows 14 to 19
		windows  int       // of the training part
	}{
		{data.ForecastConfig{Targets: []string{"b", "a"}, Window: 2, Horizons: []int{1, 3}}, "b +1, b +3, a +1, a +3", []float64{1000 + 14*14, 1000 + 16*16, 14, 16}, 8},
		{data.ForecastConfig{Targets: []string{"*"}, Window: 2}, "a, b", []float64{14, 1000 + 14*14}, 11},
		{data.ForecastConfig{Targets: []string{"b"}, Window: 2}, "b", []float64{1000 + 14*14}, 11},
	} {
		loaded := loadTable(t, data.Config{
			Table: &data.TableConfig{Path: path}, Forecast: &c.forecast, Split: &data.SplitConfig{Valid: datatest.Fraction(0), Test: 0.3},
		}, data.Forecast)
		spec := loaded.Spec
		if found := strings.Join(spec.TargetNames, ", "); found != c.names || spec.Targets != len(spec.TargetScale) || spec.Targets != len(spec.TargetNaive) {
			t.Errorf("found the targets %s in %+v, expected %s", found, spec, c.names)
		}
		if loaded.Train.Len() != c.windows {
			t.Errorf("%s: found %d windows in training, expected %d: those whose targets were all observed", c.names, loaded.Train.Len(), c.windows)
		}
		targets := slices.Clone(datatest.FillAll(t, loaded.Test).Targets[:spec.Targets])
		for k := range targets {
			targets[k] = spec.Original(k, targets[k])
		}
		if !datatest.NearAll(targets, c.test) {
			t.Errorf("%s: found the targets %v, expected %v", c.names, targets, c.test)
		}
	}
}

// Each target has baselines that are made of its numbers.
func TestBaselinesOfSeveralTargets(t *testing.T) {
	t.Parallel()
	rows := []string{"a,b"}
	for i := range 60 {
		rows = append(rows, fmt.Sprintf("%d,%d", []int{1, 2, 4, 8}[i%4], 100*[]int{3, 1, 2, 5}[i%4]))
	}
	loaded := loadTable(t, data.Config{
		Table:    &data.TableConfig{Path: datatest.Write(t, "a.csv", rows...)},
		Forecast: &data.ForecastConfig{Targets: []string{"a", "b"}, Window: 4, Horizons: []int{1, 4}, Season: 4}, Split: &data.SplitConfig{Valid: datatest.Fraction(0), Test: 0.3},
	}, data.Forecast)
	if mae := datatest.BaselineOf(t, loaded, "seasonal", "mae"); mae != 0 {
		t.Errorf("found a seasonal mae of %g of what comes again, expected 0", mae)
	}
	// One row later a is wrong by 1, 2, 4, 7 and b by 200, 100, 300, 200; four rows later both are right.
	if mae, want := datatest.BaselineOf(t, loaded, "persistence", "mae"), (3.5+200)/4; mae < want-15 || mae > want+15 {
		t.Errorf("found a persistence mae of %g, expected about %g", mae, want)
	}
	if mae := datatest.BaselineOf(t, loaded, "ridge", "mae"); mae > 20 {
		t.Errorf("found a ridge mae of %g, expected little: each target comes again", mae)
	}
}

func TestFaultsOfSeveralTargets(t *testing.T) {
	t.Parallel()
	for want, forecast := range map[string]data.ForecastConfig{
		`forecast.target: found "y", expected either target or targets`:                              {Target: "y", Targets: []string{"z"}},
		`forecast.targets: found "0 of them", expected 1 to 4096 columns`:                            {Targets: []string{}},
		`forecast.targets.1: found "y", expected the name of a column, once`:                         {Targets: []string{"y", "y"}},
		`forecast.targets.1: found "*", expected this alone`:                                         {Targets: []string{"y", "*"}},
		`forecast.targets.0: found "t", expected a column that is not that of the sequence, time or`: {Targets: []string{"t"}},
		`forecast.relative: found true, expected false with several targets`:                         {Targets: []string{"y"}, Relative: true},
	} {
		err := data.Config{Table: &data.TableConfig{Path: "a.csv", Time: "t"}, Forecast: &forecast}.WithDefaults().ValidateFor(data.Forecast).Err()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found error %v, expected %s", err, want)
		}
	}
	_, err := readLayout(t, datatest.Write(t, "a.csv", "a,b", "1,2"), data.Layout{Values: []string{"a", "c"}, ValuesAreInputs: true})
	datatest.WantFault(t, err, 1, "header", `a column "c"`)
}
