package table

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// A target is the change from the last value observed, and so are the inputs of its column: a series that is the same but for
// its level gives the same batches.
func TestRelativeForecast(t *testing.T) {
	config := func(level int) data.Config {
		lines := []string{"t,y,x"}
		for i := range 40 {
			y := fmt.Sprint(level + i*i%13)
			if i%9 == 4 {
				y = "NA"
			}
			lines = append(lines, fmt.Sprintf("%d,%s,%d", i, y, i%5))
		}
		return data.Config{
			Table:    &data.TableConfig{Path: datatest.Write(t, "a.csv", lines...), Time: "t", Lags: []int{2}, Differences: []int{1}},
			Forecast: &data.ForecastConfig{Target: "y", Window: 4, Horizons: []int{1, 3}, Relative: true}, Missing: &data.MissingConfig{Mask: true},
			Split: &data.SplitConfig{Valid: datatest.Fraction(0), Test: 0.3},
		}
	}
	low, high := loadTable(t, config(0), data.Forecast), loadTable(t, config(1000), data.Forecast)
	a, b := datatest.FillAll(t, low.Train), datatest.FillAll(t, high.Train)
	if !slices.EqualFunc(a.Targets, b.Targets, nearly) {
		t.Errorf("found targets %v and %v, expected the same changes", a.Targets, b.Targets)
	}
	d := low.Train.(*data.RowSet)
	for at := range a.Inputs {
		// After the first rows, which have no lag and are filled with a mean, nothing depends on the level.
		if at/d.Spec().Features%a.Size > 2 && !nearly(a.Inputs[at], b.Inputs[at]) {
			t.Errorf("input %d of %s: found %g and %g", at, d.Spec().FeatureNames[at%d.Spec().Features], a.Inputs[at], b.Inputs[at])
			break
		}
	}
	for i, s := range d.Samples {
		for j := range 2 {
			if found := low.Spec.Original(j, a.Targets[2*i+j]) + d.Base(s); !nearly(found, d.Target(s, j)) {
				t.Errorf("window %d: found %g, expected the value %g", i, found, d.Target(s, j))
			}
		}
	}
	if persistence, want := datatest.BaselineOf(t, low, "persistence", "mae"), datatest.BaselineOf(t, high, "persistence", "mae"); !nearly(persistence, want) {
		t.Errorf("found a persistence of %g and %g", persistence, want)
	}

	// What is read to predict from is the last window, with its base.
	text, err := json.Marshal(high.Preparation())
	if err != nil {
		t.Fatal(err)
	}
	var signature data.Preparation
	if err := json.Unmarshal(text, &signature); err != nil {
		t.Fatal(err)
	}
	if faults := signature.ValidateFor(0, high.Spec.Features, 2); len(faults) > 0 {
		t.Fatal(faults)
	}
	s, err := ReadFor(t.Context(), signature, high.Files[0])
	if err != nil || len(s.Base) != 1 || s.Base[0] != 1000+39*39%13 {
		t.Fatalf("found the base %v and error %v, expected the last value", s.Base, err)
	}
	tested := high.Test.(*data.RowSet)
	last := data.Sample{Lo: int32(tested.Panel.Rows() - 4), Hi: int32(tested.Panel.Rows()), Target: int32(tested.Panel.Rows())}
	for row := int(last.Lo); row < int(last.Hi); row++ {
		features := slices.Clone(tested.Panel.Row(row))
		tested.Relative.Shift(features, tested.Base(last))
		at := (row - int(last.Lo)) * len(features)
		if found := s.Inputs[0][at : at+len(features)]; !slices.Equal(found, features) {
			t.Errorf("row %d: found %v, expected %v", row, found, features)
		}
	}
	signature.Table.Relative, signature.Table.RelativeScale = "z", 0
	if faults := signature.ValidateFor(0, high.Spec.Features, 2); len(faults) != 2 {
		t.Errorf("found %v, expected a fault of the column and of the scale", faults)
	}
}

// nearly allows for the rounding of numbers of some thousands that are taken from each other.
func nearly(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

func TestFaultsOfRelative(t *testing.T) {
	config := data.Config{Table: &data.TableConfig{Path: "a.csv", Inputs: []string{"x"}}, Forecast: &data.ForecastConfig{Target: "y", Relative: true}}
	if err := config.WithDefaults().ValidateFor(data.Forecast).Err(); err == nil || !strings.Contains(err.Error(), "forecast.relative: found true, expected false, or the target among table.inputs") {
		t.Errorf("found %v", err)
	}
	config = data.Config{Table: &data.TableConfig{Path: "a.csv"}, Forecast: &data.ForecastConfig{Window: 3, Relative: true}}
	if err := config.WithDefaults().ValidateFor(data.Next).Err(); err == nil || !strings.Contains(err.Error(), "forecast.relative") {
		t.Errorf("found %v", err)
	}
}
