package data

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

func TestConfigFaults(t *testing.T) {
	csv := func(c CSVConfig) *CSVConfig { return &c }
	sequences := CSVConfig{Path: "a", Sequence: "s", Target: "y"}
	for name, c := range map[string]struct {
		config Config
		task   Task
		paths  string // of the faults, in order
	}{
		"named":               {Config{Name: "jsb"}, Next, ""},
		"csv":                 {Config{CSV: &sequences}, Classify, ""},
		"full batch":          {Config{Name: "languages", BatchSize: -1}, Classify, ""},
		"nothing":             {Config{}, Classify, "name"},
		"both":                {Config{Name: "jsb", CSV: &sequences}, Classify, "csv"},
		"unknown":             {Config{Name: "bach", BatchSize: 1 << 30}, Next, "batch_size name"},
		"wrong task":          {Config{Name: "jsb"}, Classify, "task"},
		"no task":             {Config{Name: "jsb"}, "dance", "task"},
		"csv settings":        {Config{Name: "jsb", Scale: "none", Split: &SplitConfig{}, Forecast: &ForecastConfig{}, Missing: &MissingConfig{}}, Next, "forecast missing scale split"},
		"own settings":        {Config{Name: "beijing-pm25", Forecast: &ForecastConfig{Window: 9}, Missing: &MissingConfig{}, Scale: "none"}, Forecast, ""},
		"own settings faulty": {Config{Name: "beijing-pm25", Forecast: &ForecastConfig{Target: "TEMP", Window: -1}, Missing: &MissingConfig{Fill: FillLinear}, Scale: "huge", Split: &SplitConfig{}}, Forecast, "split forecast.window scale missing.fill forecast.target"},
		"generated":           {Config{Name: "mackey-glass", Forecast: &ForecastConfig{Horizon: 1}}, Forecast, ""},
		"generated missing":   {Config{Name: "mackey-glass", Missing: &MissingConfig{}}, Forecast, "missing"},
		"text":                {Config{Name: "tinyshakespeare", Forecast: &ForecastConfig{Window: 64}}, Next, ""},
		"text horizon":        {Config{Name: "tinyshakespeare", Forecast: &ForecastConfig{Target: "x", Window: 64, Horizon: 1}}, Next, "forecast.target forecast.horizon"},
		"text no window":      {Config{Name: "tinyshakespeare", Forecast: &ForecastConfig{}}, Next, "forecast.window"},
		"no file":             {Config{CSV: csv(CSVConfig{Sequence: "s", Target: "y"})}, Classify, "csv.path"},
		"path and train":      {Config{CSV: csv(CSVConfig{Path: "a", Train: "b", Sequence: "s", Target: "y"})}, Classify, "csv.path"},
		"train without test":  {Config{CSV: csv(CSVConfig{Train: "b", Sequence: "s", Target: "y"})}, Classify, "csv.test"},
		"column twice":        {Config{CSV: csv(CSVConfig{Path: "a", Sequence: "s", Time: "s", Inputs: []string{"x", "x", "y", ""}, Target: "y"})}, Classify, "csv.time csv.inputs.1 csv.inputs.3 csv.target"},
		"no target":           {Config{CSV: csv(CSVConfig{Path: "a", Time: "t"})}, Regress, "csv.target csv.sequence"},
		"group alone":         {Config{CSV: csv(CSVConfig{Path: "a", Group: "g"}), Forecast: &ForecastConfig{Target: "y"}}, Forecast, "csv.sequence"},
		"forecast":            {Config{CSV: csv(CSVConfig{Path: "a"}), Forecast: &ForecastConfig{Target: "y", Window: -1, Horizon: 1 << 40}}, Forecast, "forecast.window forecast.horizon"},
		"no forecast":         {Config{CSV: csv(CSVConfig{Path: "a", Target: "y"})}, Forecast, "csv.target forecast.target"},
		"forecast the time":   {Config{CSV: csv(CSVConfig{Path: "a", Time: "t"}), Forecast: &ForecastConfig{Target: "t"}}, Forecast, "forecast.target"},
		"linear looks ahead":  {Config{CSV: csv(CSVConfig{Path: "a"}), Forecast: &ForecastConfig{Target: "y"}, Missing: &MissingConfig{Fill: FillLinear}}, Forecast, "missing.fill"},
		"linear in next":      {Config{CSV: csv(CSVConfig{Path: "a", Sequence: "s"}), Missing: &MissingConfig{Fill: FillLinear}}, Next, "missing.fill"},
		"next":                {Config{CSV: csv(CSVConfig{Path: "a"}), Forecast: &ForecastConfig{Window: 9}}, Next, ""},
		"translate":           {Config{Name: "dates"}, Translate, ""},
		"translate a table":   {Config{CSV: csv(CSVConfig{Path: "a", Sequence: "s"})}, Translate, "csv.tokens csv.target csv.sequence"},
		"classify dates":      {Config{Name: "dates"}, Classify, "task"},
		"next without window": {Config{CSV: csv(CSVConfig{Path: "a"})}, Next, "csv.sequence"},
		"next with target":    {Config{CSV: csv(CSVConfig{Path: "a", Target: "y"}), Forecast: &ForecastConfig{Target: "y", Horizon: 2}}, Next, "csv.target forecast.target forecast.horizon"},
		"forecast section":    {Config{CSV: &sequences, Forecast: &ForecastConfig{}}, Regress, "forecast"},
		"names":               {Config{CSV: &sequences, Scale: "huge", Missing: &MissingConfig{Fill: "up"}, Split: &SplitConfig{By: "luck"}}, Regress, "missing.fill scale split.by"},
		"fractions":           {Config{CSV: &sequences, Split: &SplitConfig{Valid: fraction(math.NaN()), Test: -1}}, Regress, "split.valid split.test"},
		"nothing to train on": {Config{CSV: &sequences, Split: &SplitConfig{Valid: fraction(0.9), Test: 0.1}}, Regress, "split.valid"},
		"by sequence":         {Config{CSV: csv(CSVConfig{Path: "a"}), Forecast: &ForecastConfig{Target: "y"}, Split: &SplitConfig{By: BySequence}}, Forecast, "split.by"},
		"by group":            {Config{CSV: &sequences, Split: &SplitConfig{By: ByGroup}}, Regress, "split.by"},
		"own text":            {Config{Text: &TextConfig{Path: "a"}, Forecast: &ForecastConfig{Window: 9}}, Next, ""},
		"own text faulty":     {Config{Text: &TextConfig{Unit: UnitCell, MinCount: -1}, Scale: ScaleLog, Stream: true, Missing: &MissingConfig{}, Forecast: &ForecastConfig{Window: 9, Horizon: 1}}, Next, "text.path text.unit text.min_count missing scale stream forecast"},
		"text is next":        {Config{Text: &TextConfig{Path: "a"}}, Classify, "task"},
		"text and name":       {Config{Text: &TextConfig{Path: "a"}, Name: "jsb"}, Next, "name"},
		"lines":               {Config{CSV: csv(CSVConfig{Path: "a.jsonl.gz", Target: "y"})}, Classify, ""},
		"wide":                {Config{CSV: csv(CSVConfig{Path: "a", Steps: []string{"x_*"}, Target: "y"})}, Classify, ""},
		"wide faulty":         {Config{CSV: csv(CSVConfig{Path: "a", Steps: []string{"x", "*_*"}, Time: "t", Target: "y"})}, Classify, "csv.steps.0 csv.steps.1 csv.time"},
		"texts":               {Config{CSV: csv(CSVConfig{Path: "a", Tokens: &TokensConfig{Column: "x", Unit: UnitWord}, Target: "y"})}, Classify, ""},
		"tokens faulty":       {Config{CSV: csv(CSVConfig{Path: "a", Tokens: &TokensConfig{Unit: "byte", MinCount: -1}, Sequence: "s", Target: "y", Inputs: []string{"x"}})}, Classify, "csv.tokens.column csv.tokens.unit csv.tokens.min_count csv.tokens"},
		"tokens forecast":     {Config{CSV: csv(CSVConfig{Path: "a", Tokens: &TokensConfig{Column: "x"}}), Forecast: &ForecastConfig{Target: "y"}}, Forecast, "csv.tokens"},
		"derived":             {Config{CSV: csv(CSVConfig{Path: "a", Calendar: []Calendar{"hour", "hour", "moon"}, Lags: []int{0, 1, 1}, Differences: []int{-1}, Categories: []string{"", "k", "k"}}), Forecast: &ForecastConfig{Target: "y"}}, Forecast, "csv.categories.0 csv.categories.2 csv.calendar.0 csv.calendar.1 csv.calendar.1 csv.calendar.2 csv.calendar.2 csv.lags.0 csv.lags.2 csv.differences.0"},
		"season":              {Config{CSV: csv(CSVConfig{Path: "a"}), Forecast: &ForecastConfig{Target: "y", Season: -1}}, Forecast, "forecast.season"},
		"season of next":      {Config{CSV: csv(CSVConfig{Path: "a"}), Forecast: &ForecastConfig{Window: 3, Season: 2}, Scale: ScaleLog}, Next, "scale forecast.season"},
		"stream":              {Config{CSV: &sequences, Stream: true, Scale: ScaleRobust, Missing: &MissingConfig{Fill: FillLinear}}, Regress, ""},
		"stream a set":        {Config{Name: "jsb", Stream: true}, Next, "stream"},
		"by time":             {Config{CSV: &sequences, Split: &SplitConfig{By: ByTime}}, Regress, "split.by"},
	} {
		t.Run(name, func(t *testing.T) {
			var paths []string
			faults := c.config.WithDefaults().ValidateFor(c.task)
			for _, f := range faults {
				paths = append(paths, f.Path)
			}
			if found := strings.Join(paths, " "); found != c.paths {
				t.Errorf("found faults of %q, expected %q: %v", found, c.paths, faults.Err())
			}
			if c.paths != "" {
				_, err := Load(context.Background(), c.config, c.task, LoadOptions{})
				var typed *fault.Error
				if !errors.As(err, &typed) || len(typed.Faults) != len(faults) {
					t.Errorf("Load: found error %v, expected all %d faults", err, len(faults))
				}
			}
		})
	}
}

func TestDefaultsLeaveTheConfigAlone(t *testing.T) {
	split := &SplitConfig{Test: 0.3}
	config := Config{CSV: &CSVConfig{Path: "a"}, Forecast: &ForecastConfig{Target: "y"}, Split: split}
	full := config.WithDefaults()
	if split.Valid != nil || split.By != "" || config.Forecast.Window != 0 || config.BatchSize != 0 {
		t.Error("WithDefaults changed what it was given")
	}
	if *full.Split.Valid != 0.1 || full.Split.Test != 0.3 || full.Split.By != ByTime || full.BatchSize != 32 ||
		full.Forecast.Window != 24 || full.Forecast.Horizon != 1 || full.Scale != ScaleStandard || full.Missing.Fill != FillForward {
		t.Errorf("found %+v", full)
	}
	if own := (Config{Name: "beijing-pm25", Forecast: &ForecastConfig{Horizon: 1}}).WithDefaults(); own.Forecast.Window != 72 ||
		own.Forecast.Horizon != 1 || own.Forecast.Target != "pm2.5" || !own.Missing.Gap || own.Missing.Fill != FillForward || own.Scale != ScaleStandard {
		t.Errorf("found %+v, %+v, %+v", own, own.Forecast, own.Missing)
	}
	if given := (Config{Name: "beijing-pm25", Missing: &MissingConfig{Gap: true}}).WithDefaults().Missing; given.Mask || !given.Gap || len(given.Markers) != 2 {
		t.Errorf("found %+v, expected what a table has where the section is given", given)
	}
	if text := (Config{Name: "tinyshakespeare"}).WithDefaults(); text.Forecast != nil {
		t.Errorf("found %+v, expected no window", text.Forecast)
	}
	if named := (Config{Name: "jsb"}).WithDefaults(); named.Split != nil || named.Missing != nil || named.Scale != "" {
		t.Errorf("found %+v, expected nothing that only a table uses", named)
	}
}
