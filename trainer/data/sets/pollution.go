package sets

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
	"github.com/gruexp/gruexp/trainer/data/table"
)

// The columns of the file of Beijing's air that are inputs as they stand, and those of the hour, which are not.
const (
	pollutionTarget = "pm2.5"
	pollutionWind   = "cbwd"
	pollutionClock  = "No" // counts the hours
)

func pollutionInputs() []string {
	return []string{pollutionTarget, "DEWP", "TEMP", "PRES", "Iws", "Is", "Ir"}
}
func pollutionDate() []string  { return []string{"year", "month", "day", "hour"} }
func windDirections() []string { return []string{"NE", "NW", "SE", "cv"} }

// The years that validate and test; earlier ones train.
const (
	pollutionValid = 2013
	pollutionTest  = 2014
)

// pollutionRidgeRows is the day that the linear baseline sees.
const pollutionRidgeRows = 24

// loadPollution reads the set beijing-pm25: PM2.5 some hours ahead. The inputs are those of the file's columns that are
// numbers, the wind's direction as four of which one is 1, and hour and season, each as sine and cosine.
func loadPollution(ctx context.Context, config data.Config, files []string) (*data.Data, error) {
	p, err := readPollution(ctx, files[0], config.Missing.Markers)
	if err != nil {
		return nil, err
	}
	partOf, err := pollutionParts(p)
	if err != nil {
		return nil, err
	}
	l := &data.Builder{Config: config, PartOf: map[*data.Panel][]data.Part{p: partOf}, Derived: pollutionDerived()}
	l.Config.Table = &data.TableConfig{Time: pollutionClock}
	l.Date = pollutionDate()
	return forecast(l, p, pollutionRidgeRows)
}

func readPollution(ctx context.Context, path string, markers []string) (*data.Panel, error) {
	t, err := table.ReadTable(ctx, path, data.Layout{
		Time: pollutionClock, Date: pollutionDate(), Texts: []string{pollutionWind}, Values: []string{pollutionTarget},
		Inputs: pollutionInputs(), Markers: markers,
	}, &data.MemoryStore{})
	if err != nil {
		return nil, err
	}
	return data.NewPanel(t, false)
}

// pollutionDerived is what a model can use of date and wind.
func pollutionDerived() []data.InputColumn {
	var derived []data.InputColumn
	for _, direction := range windDirections() {
		derived = append(derived, data.InputColumn{Name: "wind " + direction, Of: pollutionWind, Category: direction})
	}
	for _, cycle := range []data.Calendar{data.CalendarHour, data.CalendarSeason} {
		derived = append(derived, cycle.Inputs()...)
	}
	return derived
}

// pollutionParts returns the part of each row, by its year, and refuses a wind that is not known.
func pollutionParts(p *data.Panel) ([]data.Part, error) {
	partOf := make([]data.Part, p.Rows())
	for row := range partOf {
		switch year := time.Unix(int64(p.At(row, p.Date)), 0).UTC().Year(); {
		case year >= pollutionTest:
			partOf[row] = data.TestPart
		case year == pollutionValid:
			partOf[row] = data.ValidPart
		}
		if direction := p.Text(row, p.Texts[0]); !slices.Contains(windDirections(), direction) {
			return nil, errors.WithStack(fault.Fault{
				Where: p.Path, Line: p.LineOf(row), What: "column " + quote.Text(pollutionWind), Found: quote.Text(direction),
				Expected: fmt.Sprintf("one of %v", windDirections()),
			}.Err())
		}
	}
	return partOf, nil
}

// forecast makes forecasts of one panel, with a baseline that is linear in the last rows of a window.
func forecast(l *data.Builder, p *data.Panel, ridgeRows int) (*data.Data, error) {
	l.Task, l.Panels, l.RidgeRows = data.Forecast, [data.Parts]*data.Panel{p, p, p}, ridgeRows
	return l.Data()
}
