package data

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestPublishedPollution(t *testing.T) {
	dir := realData(t)
	data, err := Load(context.Background(), Config{Name: "beijing-pm25"}, Forecast, LoadOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	d := data.Test.(*rowSet)
	missing := 0
	for _, value := range d.panel.values {
		missing += index(math.IsNaN(value))
	}
	if missing != 2067 || d.panel.rows() != 43824 { // see SOURCE.txt beside the file
		t.Errorf("found %d of %d values missing, expected 2067 of 43824", missing, d.panel.rows())
	}
	if data.Spec.Features != 45 || len(data.Spec.FeatureNames) != 45 || data.Spec.FeatureNames[15] != "pm2.5 observed" || data.Spec.FeatureNames[30] != "pm2.5 gap" {
		t.Errorf("found the inputs %v", data.Spec.FeatureNames)
	}
	years := [parts]int{}
	for p, part := range []Dataset{data.Train, data.Valid, data.Test} {
		years[p] = part.Len()
	}
	// Rows of 2010 to 2012, 2013 and 2014 with a value, less those of the first 95 hours, counted by another program.
	if years != [parts]int{24347, 8678, 8661} {
		t.Errorf("found %v forecasts", years)
	}
	want := map[string]float64{
		"mean":        68.90, // numpy
		"persistence": 67.67, // see SOURCE.txt beside the file
		"ridge":       60.51, // numpy on the same inputs
	}
	for _, b := range data.Baselines() {
		if found := b.Metrics["mae"]; math.Abs(found-want[b.Name]) > 0.006 { // the digits of the references
			t.Errorf("found %s mae %.3f, expected %.2f", b.Name, found, want[b.Name])
		}
		delete(want, b.Name)
	}
	if len(want) > 0 {
		t.Errorf("found no baselines %v", want)
	}

	// Settings of the user.
	small, err := Load(context.Background(), Config{
		Name: "beijing-pm25", Forecast: &ForecastConfig{Window: 3}, Missing: &MissingConfig{Fill: FillMean}, Scale: ScaleNone,
	}, Forecast, LoadOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if small.Spec.Features != 15 || small.Train.Steps(0) != 3 || small.Spec.TargetScale[0] != 1 {
		t.Errorf("found %+v", small.Spec)
	}
}

const pollutionHeader = "No,year,month,day,hour,pm2.5,DEWP,TEMP,PRES,cbwd,Iws,Is,Ir"

func TestPollutionInputs(t *testing.T) {
	file := write(t, "p.csv", pollutionHeader,
		"2,2013,7,1,6,NA,-21,-11,1021,cv,1.79,0,0",
		"1,2012,1,1,0,5,-21,-11,1021,NW,1.79,0,0",
		"3,2014,1,1,12,7,-21,-11,1021,NE,1.79,0,0")
	p := readPollution(t, file)
	partOf, err := p.derivePollution()
	if err != nil || !slices.Equal(partOf, []part{train, valid, test}) {
		t.Fatalf("found parts %v and error %v", partOf, err)
	}
	column := map[string][]float64{}
	for i, name := range p.inputNames {
		column[name] = p.inputs[i]
	}
	for name, want := range map[string][]float64{
		"wind NW": {1, 0, 0}, "wind cv": {0, 1, 0}, "hour sine": {0, 1, 0}, "hour cosine": {1, 0, -1}, "season sine": {math.Sin(2 * math.Pi / 365.25), math.Sin(2 * math.Pi * 182 / 365.25), math.Sin(2 * math.Pi / 365.25)},
	} {
		for row, found := range column[name] {
			if math.Abs(found-want[row]) > 1e-15 {
				t.Errorf("%s: found %v, expected %v", name, column[name], want)
			}
		}
	}
	if len(p.inputs) != 15 || !math.IsNaN(column["pm2.5"][1]) {
		t.Errorf("found %v of %v", p.inputNames, column)
	}
}

func readPollution(t *testing.T, file string) *panel {
	t.Helper()
	table, err := readTable(context.Background(), file, layout{
		time: pollutionClock, label: pollutionWind, value: pollutionTarget, valueIsInput: true,
		inputs: append(pollutionInputs(), pollutionDate()...), markers: []string{"NA"},
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPanel(table)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDamagedPollution(t *testing.T) {
	row := "1,2012,1,1,0,5,-21,-11,1021,NW,1.79,0,0"
	for _, c := range []struct{ row, want string }{
		{strings.Replace(row, "NW", "up", 1), `column "cbwd" (found "up"`},
		{strings.Replace(row, "2012", "NA", 1), `column "year" (found a missing value`},
	} {
		_, err := readPollution(t, write(t, "p.csv", pollutionHeader, c.row)).derivePollution()
		wantFileError(t, err, 2, c.want)
	}
}
