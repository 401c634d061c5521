package data

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A target is the change from the last value observed, and so are the inputs of its column: a series that is the same but for
// its level gives the same batches.
func TestRelativeForecast(t *testing.T) {
	config := func(level int) Config {
		lines := []string{"t,y,x"}
		for i := range 40 {
			y := fmt.Sprint(level + i*i%13)
			if i%9 == 4 {
				y = "NA"
			}
			lines = append(lines, fmt.Sprintf("%d,%s,%d", i, y, i%5))
		}
		return Config{
			CSV:      &CSVConfig{Path: write(t, "a.csv", lines...), Time: "t", Lags: []int{2}, Differences: []int{1}},
			Forecast: &ForecastConfig{Target: "y", Window: 4, Horizons: []int{1, 3}, Relative: true}, Missing: &MissingConfig{Mask: true},
			Split: &SplitConfig{Valid: fraction(0), Test: 0.3},
		}
	}
	low, high := load(t, config(0), Forecast), load(t, config(1000), Forecast)
	a, b := fill(t, low.Train), fill(t, high.Train)
	if !slices.EqualFunc(a.Targets, b.Targets, nearly) {
		t.Errorf("found targets %v and %v, expected the same changes", a.Targets, b.Targets)
	}
	d := low.Train.(*rowSet)
	for at := range a.Inputs {
		// Behind the first rows, which have no lag and are filled with a mean, nothing depends on the level.
		if at/d.spec.Features%a.Size > 2 && !nearly(a.Inputs[at], b.Inputs[at]) {
			t.Errorf("input %d of %s: found %g and %g", at, d.spec.FeatureNames[at%d.spec.Features], a.Inputs[at], b.Inputs[at])
			break
		}
	}
	for i, s := range d.samples {
		for j := range 2 {
			if found := low.Spec.Original(j, a.Targets[2*i+j]) + d.base(s); !nearly(found, d.target(s, j)) {
				t.Errorf("window %d: found %g, expected the value %g", i, found, d.target(s, j))
			}
		}
	}
	if persistence, want := baseline(t, low, "persistence", "mae"), baseline(t, high, "persistence", "mae"); !nearly(persistence, want) {
		t.Errorf("found a persistence of %g and %g", persistence, want)
	}

	// What is read to predict from is the last window, with its base.
	text, err := json.Marshal(high.Signature())
	if err != nil {
		t.Fatal(err)
	}
	var signature Signature
	if err := json.Unmarshal(text, &signature); err != nil {
		t.Fatal(err)
	}
	if faults := signature.ValidateFor(0, high.Spec.Features, 2); len(faults) > 0 {
		t.Fatal(faults)
	}
	s, err := signature.Read(t.Context(), high.Files[0])
	if err != nil || len(s.Base) != 1 || s.Base[0] != 1000+39*39%13 {
		t.Fatalf("found the base %v and error %v, expected the last value", s.Base, err)
	}
	tested := high.Test.(*rowSet)
	last := sample{int32(tested.panel.rows() - 4), int32(tested.panel.rows()), int32(tested.panel.rows())}
	for row := int(last.lo); row < int(last.hi); row++ {
		features := slices.Clone(tested.panel.row(row))
		tested.relative.shift(features, tested.base(last))
		at := (row - int(last.lo)) * len(features)
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
	config := Config{CSV: &CSVConfig{Path: "a.csv", Inputs: []string{"x"}}, Forecast: &ForecastConfig{Target: "y", Relative: true}}
	if err := config.WithDefaults().ValidateFor(Forecast).Err(); err == nil || !strings.Contains(err.Error(), "forecast.relative: found true, expected false, or the target among csv.inputs") {
		t.Errorf("found %v", err)
	}
	config = Config{CSV: &CSVConfig{Path: "a.csv"}, Forecast: &ForecastConfig{Window: 3, Relative: true}}
	if err := config.WithDefaults().ValidateFor(Next).Err(); err == nil || !strings.Contains(err.Error(), "forecast.relative") {
		t.Errorf("found %v", err)
	}
}
