package data

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pkg/errors"
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
func loadPollution(ctx context.Context, config Config, files []string) (*Data, error) {
	p, err := readPollution(ctx, files[0], config.Missing.Markers)
	if err != nil {
		return nil, err
	}
	partOf, err := p.pollutionParts()
	if err != nil {
		return nil, err
	}
	l := &csvLoader{config: config, partOf: map[*panel][]part{p: partOf}, derived: pollutionDerived()}
	l.config.CSV = &CSVConfig{Time: pollutionClock}
	l.date = pollutionDate()
	return l.forecast(p, pollutionRidgeRows)
}

func readPollution(ctx context.Context, path string, markers []string) (*panel, error) {
	t, err := readTable(ctx, path, layout{
		time: pollutionClock, date: pollutionDate(), texts: []string{pollutionWind}, value: pollutionTarget,
		inputs: pollutionInputs(), markers: markers,
	}, &memoryStore{})
	if err != nil {
		return nil, err
	}
	return newPanel(t, false)
}

// pollutionDerived is what a model can use of date and wind.
func pollutionDerived() []InputColumn {
	var derived []InputColumn
	for _, direction := range windDirections() {
		derived = append(derived, InputColumn{Name: "wind " + direction, Of: pollutionWind, Category: direction})
	}
	for _, cycle := range []Calendar{CalendarHour, CalendarSeason} {
		derived = append(derived, cycle.inputs()...)
	}
	return derived
}

// pollutionParts returns the part of each row, by its year, and refuses a wind that is not known.
func (p *panel) pollutionParts() ([]part, error) {
	partOf := make([]part, p.rows())
	for row := range partOf {
		switch year := time.Unix(int64(p.at(row, p.date)), 0).UTC().Year(); {
		case year >= pollutionTest:
			partOf[row] = test
		case year == pollutionValid:
			partOf[row] = valid
		}
		if direction := p.text(row, p.texts[0]); !slices.Contains(windDirections(), direction) {
			return nil, errors.WithStack(&FileError{
				Path: p.path, Line: p.lineOf(row), What: "column " + shorten(pollutionWind), Found: shorten(direction),
				Expected: fmt.Sprintf("one of %v", windDirections()),
			})
		}
	}
	return partOf, nil
}

// forecast makes forecasts of one panel, with a baseline that is linear in the last rows of a window.
func (l *csvLoader) forecast(p *panel, ridgeRows int) (*Data, error) {
	l.task, l.panels, l.ridgeRows = Forecast, [parts]*panel{p, p, p}, ridgeRows
	return l.data()
}
