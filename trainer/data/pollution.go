package data

import (
	"context"
	"fmt"
	"math"
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
	t, err := readTable(ctx, files[0], layout{
		time: pollutionClock, label: pollutionWind, value: pollutionTarget, valueIsInput: true,
		inputs: append(pollutionInputs(), pollutionDate()...), markers: config.Missing.Markers,
	})
	if err != nil {
		return nil, err
	}
	p, err := newPanel(t)
	if err != nil {
		return nil, err
	}
	partOf, err := p.derivePollution()
	if err != nil {
		return nil, err
	}
	return loadForecast(config, p, partOf, pollutionRidgeRows)
}

// derivePollution replaces the columns of date and wind by what a model can use, and returns the part of each row.
func (p *panel) derivePollution() ([]part, error) {
	fault := func(row int, what, found, expected string) error {
		return errors.WithStack(&FileError{Path: p.path, Line: p.lines[row], What: what, Found: found, Expected: expected})
	}
	measured := len(pollutionInputs())
	date := p.inputs[measured:]
	p.inputs, p.inputNames = p.inputs[:measured:measured], p.inputNames[:measured:measured]
	partOf := make([]part, p.rows())
	for row := range partOf {
		for i, name := range pollutionDate() {
			if math.IsNaN(date[i][row]) {
				return nil, fault(row, "column "+shorten(name), "a missing value", "a number")
			}
		}
		switch year := date[0][row]; {
		case year >= pollutionTest:
			partOf[row] = test
		case year == pollutionValid:
			partOf[row] = valid
		}
		if direction := p.labels[row]; !slices.Contains(windDirections(), direction) {
			return nil, fault(row, "column "+shorten(pollutionWind), shorten(direction), fmt.Sprintf("one of %v", windDirections()))
		}
	}
	derive := func(name string, f func(row int) float64) {
		column := make([]float64, p.rows())
		for row := range column {
			column[row] = f(row)
		}
		p.inputs, p.inputNames = append(p.inputs, column), append(p.inputNames, name)
	}
	for _, direction := range windDirections() {
		derive("wind "+direction, func(row int) float64 { return float64(index(p.labels[row] == direction)) })
	}
	day := func(row int) float64 { return 2 * math.Pi * date[3][row] / 24 }
	year := func(row int) float64 {
		at := time.Date(int(date[0][row]), time.Month(date[1][row]), int(date[2][row]), 0, 0, 0, 0, time.UTC)
		return 2 * math.Pi * float64(at.YearDay()) / 365.25
	}
	derive("hour sine", func(row int) float64 { return math.Sin(day(row)) })
	derive("hour cosine", func(row int) float64 { return math.Cos(day(row)) })
	derive("season sine", func(row int) float64 { return math.Sin(year(row)) })
	derive("season cosine", func(row int) float64 { return math.Cos(year(row)) })
	return partOf, nil
}

// loadForecast makes forecasts of one panel, with a baseline that is linear in the last rows of a window.
func loadForecast(config Config, p *panel, partOf []part, ridgeRows int) (*Data, error) {
	inputs := len(p.inputs)
	l := &csvLoader{
		config: config, task: Forecast, panels: [parts]*panel{p, p, p}, partOf: map[*panel][]part{p: partOf},
	}
	data, err := l.data()
	if err != nil {
		return nil, err
	}
	fitted, tested := data.Train.(*rowSet), data.Test.(*rowSet)
	data.Baselines = func() []Baseline {
		baselines := tableBaselines(fitted, tested)
		if ridge, ok := ridgeBaseline(fitted, tested, inputs, ridgeRows); ok {
			baselines = append(baselines, ridge)
		}
		return baselines
	}
	return data, nil
}
