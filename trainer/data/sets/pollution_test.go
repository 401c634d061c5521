package sets

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
	"github.com/gruexp/gruexp/trainer/data/table"
)

func TestPublishedPollution(t *testing.T) {
	dir := datatest.RealData(t)
	loaded, err := Load(context.Background(), data.Config{Name: "beijing-pm25"}, data.Forecast, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	d := loaded.Test.(*data.RowSet)
	missing := 0
	for row := range d.Panel.Rows() {
		missing += calc.One(math.IsNaN(d.Panel.TargetValue(row, 0)))
	}
	if missing != 2067 || d.Panel.Rows() != 43824 { // see SOURCE.txt beside the file
		t.Errorf("found %d of %d values missing, expected 2067 of 43824", missing, d.Panel.Rows())
	}
	if loaded.Spec.Features != 45 || len(loaded.Spec.FeatureNames) != 45 || loaded.Spec.FeatureNames[15] != "pm2.5 observed" || loaded.Spec.FeatureNames[30] != "pm2.5 gap" {
		t.Errorf("found the inputs %v", loaded.Spec.FeatureNames)
	}
	years := [data.Parts]int{}
	for p, part := range []data.Dataset{loaded.Train, loaded.Valid, loaded.Test} {
		years[p] = part.Len()
	}
	// Rows of 2010 to 2012, 2013 and 2014 with a value, less those of the first 95 hours, counted by another program.
	if years != [data.Parts]int{24347, 8678, 8661} {
		t.Errorf("found %v forecasts", years)
	}
	want := map[string]float64{
		"mean":        68.90, // numpy
		"persistence": 67.67, // see SOURCE.txt beside the file
		"ridge":       60.51, // numpy on the same inputs
	}
	for _, b := range loaded.Baselines() {
		if found := b.Metrics["mae"]; math.Abs(found-want[b.Name]) > 0.006 { // the digits of the references
			t.Errorf("found %s mae %.3f, expected %.2f", b.Name, found, want[b.Name])
		}
		delete(want, b.Name)
	}
	if len(want) > 0 {
		t.Errorf("found no baselines %v", want)
	}

	// Settings of the user.
	small, err := Load(context.Background(), data.Config{
		Name: "beijing-pm25", Forecast: &data.ForecastConfig{Window: 3}, Missing: &data.MissingConfig{Fill: data.FillMean}, Scale: data.ScaleNone,
	}, data.Forecast, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if small.Spec.Features != 15 || small.Train.Steps(0) != 3 || small.Spec.TargetScale[0] != 1 {
		t.Errorf("found %+v", small.Spec)
	}
}

const pollutionHeader = "No,year,month,day,hour,pm2.5,DEWP,TEMP,PRES,cbwd,Iws,Is,Ir"

func TestPollutionInputs(t *testing.T) {
	file := datatest.Write(t, "p.csv", pollutionHeader,
		"2,2013,7,1,6,NA,-21,-11,1021,cv,1.79,0,0",
		"1,2012,1,1,0,5,-21,-11,1021,NW,1.79,0,0",
		"3,2014,1,1,12,7,-21,-11,1021,NE,1.79,0,0")
	p, err := readPollution(t.Context(), file, []string{"NA"})
	if err != nil {
		t.Fatal(err)
	}
	partOf, err := pollutionParts(p)
	if err != nil || !slices.Equal(partOf, []data.Part{data.TrainPart, data.ValidPart, data.TestPart}) {
		t.Fatalf("found parts %v and error %v", partOf, err)
	}
	columns := []data.InputColumn{{Name: "pm2.5"}}
	columns = append(columns, pollutionDerived()...)
	found := map[string][]float64{}
	p.Walk(columns, func(_ data.Series, _ int, values, _ []float64) error {
		for i, c := range columns {
			found[c.Name] = append(found[c.Name], values[i])
		}
		return nil
	})
	for name, want := range map[string][]float64{
		"wind NW": {1, 0, 0}, "wind cv": {0, 1, 0}, "hour sine": {0, 1, 0}, "hour cosine": {1, 0, -1}, "season sine": {math.Sin(2 * math.Pi / 365.25), math.Sin(2 * math.Pi * 182 / 365.25), math.Sin(2 * math.Pi / 365.25)},
	} {
		for row := range want {
			if math.Abs(found[name][row]-want[row]) > 1e-15 {
				t.Errorf("%s: found %v, expected %v", name, found[name], want)
			}
		}
	}
	if len(p.Inputs)+len(columns)-1 != 15 || !math.IsNaN(found["pm2.5"][1]) {
		t.Errorf("found %v and %v", p.InputNames, found)
	}
}

func TestDamagedPollution(t *testing.T) {
	row := "1,2012,1,1,0,5,-21,-11,1021,NW,1.79,0,0"
	for _, c := range []struct{ row, want string }{
		{strings.Replace(row, "NW", "up", 1), `column "cbwd" (found "up"`},
		{strings.Replace(row, "2012", "NA", 1), `column "year" (found a missing value`},
	} {
		p, err := readPollution(t.Context(), datatest.Write(t, "p.csv", pollutionHeader, c.row), []string{"NA"})
		if err == nil {
			_, err = pollutionParts(p)
		}
		datatest.WantFault(t, err, 2, c.want)
	}
}

// The raw file is all that predicting with a model of the set needs.
func TestPollutionIsReadAsItIs(t *testing.T) {
	lines := []string{pollutionHeader}
	for i := range 600 {
		at := time.Date(2012, 12, 20, i, 0, 0, 0, time.UTC)
		if i >= 300 {
			at = time.Date(2013, 12, 25, i-300, 0, 0, 0, time.UTC)
		}
		lines = append(lines, fmt.Sprintf("%d,%d,%d,%d,%d,%d,-21,-11,1021,%s,1.79,0,0", i, at.Year(), at.Month(), at.Day(), at.Hour(), i%50, windDirections()[i%4]))
	}
	path := datatest.Write(t, "p.csv", lines...)
	config := data.Config{Name: "beijing-pm25", Missing: &data.MissingConfig{Mask: true, Gap: true}}.WithDefaults(Builtin()...)
	loaded, err := loadPollution(t.Context(), config, []string{path})
	if err != nil {
		t.Fatal(err)
	}
	s, err := table.Read(t.Context(), loaded.Preparation().Table, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The last window that has a target ends 24 rows before the file does.
	d := loaded.Test.(*data.RowSet)
	want := d.Panel.Features[(d.Panel.Rows()-72)*45:]
	if len(s.Inputs) != 1 || !slices.Equal(s.Inputs[0], want) {
		t.Error("the raw file gives other inputs than training had")
	}
}
