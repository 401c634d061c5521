package data_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

func TestConfigFaults(t *testing.T) {
	table := func(c data.TableConfig) *data.TableConfig { return &c }
	sequences := data.TableConfig{Path: "a", Sequence: "s", Target: "y"}
	for name, c := range map[string]struct {
		config data.Config
		task   data.Task
		paths  string // of the faults, in order
	}{
		"named":               {data.Config{Name: "jsb"}, data.Next, ""},
		"table":               {data.Config{Table: &sequences}, data.Classify, ""},
		"full batch":          {data.Config{Name: "languages", BatchSize: -1}, data.Classify, ""},
		"nothing":             {data.Config{}, data.Classify, "name"},
		"both":                {data.Config{Name: "jsb", Table: &sequences}, data.Classify, "table"},
		"unknown":             {data.Config{Name: "bach", BatchSize: 1 << 30}, data.Next, "batch_size name"},
		"wrong task":          {data.Config{Name: "jsb"}, data.Classify, "task"},
		"no task":             {data.Config{Name: "jsb"}, "dance", "task"},
		"settings":            {data.Config{Name: "jsb", Scale: "none", Split: &data.SplitConfig{}, Forecast: &data.ForecastConfig{}, Missing: &data.MissingConfig{}}, data.Next, "forecast missing scale split"},
		"own settings":        {data.Config{Name: "beijing-pm25", Forecast: &data.ForecastConfig{Window: 9}, Missing: &data.MissingConfig{}, Scale: "none"}, data.Forecast, ""},
		"own settings faulty": {data.Config{Name: "beijing-pm25", Forecast: &data.ForecastConfig{Target: "TEMP", Window: -1}, Missing: &data.MissingConfig{Fill: data.FillLinear}, Scale: "huge", Split: &data.SplitConfig{}}, data.Forecast, "split forecast.window scale missing.fill forecast.target"},
		"generated":           {data.Config{Name: "mackey-glass", Forecast: &data.ForecastConfig{Horizon: 1}}, data.Forecast, ""},
		"generated missing":   {data.Config{Name: "mackey-glass", Missing: &data.MissingConfig{}}, data.Forecast, "missing"},
		"text":                {data.Config{Name: "tinyshakespeare", Forecast: &data.ForecastConfig{Window: 64}}, data.Next, ""},
		"text horizon":        {data.Config{Name: "tinyshakespeare", Forecast: &data.ForecastConfig{Target: "x", Window: 64, Horizon: 1}}, data.Next, "forecast.target forecast.horizon"},
		"text no window":      {data.Config{Name: "tinyshakespeare", Forecast: &data.ForecastConfig{}}, data.Next, "forecast.window"},
		"no file":             {data.Config{Table: table(data.TableConfig{Sequence: "s", Target: "y"})}, data.Classify, "table.path"},
		"path and train":      {data.Config{Table: table(data.TableConfig{Path: "a", Train: "b", Sequence: "s", Target: "y"})}, data.Classify, "table.path"},
		"train without test":  {data.Config{Table: table(data.TableConfig{Train: "b", Sequence: "s", Target: "y"})}, data.Classify, "table.test"},
		"column twice":        {data.Config{Table: table(data.TableConfig{Path: "a", Sequence: "s", Time: "s", Inputs: []string{"x", "x", "y", ""}, Target: "y"})}, data.Classify, "table.time table.inputs.1 table.inputs.3 table.target"},
		"no target":           {data.Config{Table: table(data.TableConfig{Path: "a", Time: "t"})}, data.Regress, "table.target table.sequence"},
		"group alone":         {data.Config{Table: table(data.TableConfig{Path: "a", Group: "g"}), Forecast: &data.ForecastConfig{Target: "y"}}, data.Forecast, "table.sequence"},
		"forecast":            {data.Config{Table: table(data.TableConfig{Path: "a"}), Forecast: &data.ForecastConfig{Target: "y", Window: -1, Horizon: 1 << 40}}, data.Forecast, "forecast.window forecast.horizon"},
		"no forecast":         {data.Config{Table: table(data.TableConfig{Path: "a", Target: "y"})}, data.Forecast, "table.target forecast.target"},
		"forecast the time":   {data.Config{Table: table(data.TableConfig{Path: "a", Time: "t"}), Forecast: &data.ForecastConfig{Target: "t"}}, data.Forecast, "forecast.target"},
		"linear looks ahead":  {data.Config{Table: table(data.TableConfig{Path: "a"}), Forecast: &data.ForecastConfig{Target: "y"}, Missing: &data.MissingConfig{Fill: data.FillLinear}}, data.Forecast, "missing.fill"},
		"linear in next":      {data.Config{Table: table(data.TableConfig{Path: "a", Sequence: "s"}), Missing: &data.MissingConfig{Fill: data.FillLinear}}, data.Next, "missing.fill"},
		"next":                {data.Config{Table: table(data.TableConfig{Path: "a"}), Forecast: &data.ForecastConfig{Window: 9}}, data.Next, ""},
		"translate":           {data.Config{Name: "dates"}, data.Translate, ""},
		"translate a table":   {data.Config{Table: table(data.TableConfig{Path: "a", Sequence: "s"})}, data.Translate, "table.tokens table.target table.sequence"},
		"classify dates":      {data.Config{Name: "dates"}, data.Classify, "task"},
		"next without window": {data.Config{Table: table(data.TableConfig{Path: "a"})}, data.Next, "table.sequence"},
		"next with target":    {data.Config{Table: table(data.TableConfig{Path: "a", Target: "y"}), Forecast: &data.ForecastConfig{Target: "y", Horizon: 2}}, data.Next, "table.target forecast.target forecast.horizon"},
		"forecast section":    {data.Config{Table: &sequences, Forecast: &data.ForecastConfig{}}, data.Regress, "forecast"},
		"names":               {data.Config{Table: &sequences, Scale: "huge", Missing: &data.MissingConfig{Fill: "up"}, Split: &data.SplitConfig{By: "luck"}}, data.Regress, "missing.fill scale split.by"},
		"fractions":           {data.Config{Table: &sequences, Split: &data.SplitConfig{Valid: datatest.Fraction(math.NaN()), Test: -1}}, data.Regress, "split.valid split.test"},
		"nothing to train on": {data.Config{Table: &sequences, Split: &data.SplitConfig{Valid: datatest.Fraction(0.9), Test: 0.1}}, data.Regress, "split.valid"},
		"by sequence":         {data.Config{Table: table(data.TableConfig{Path: "a"}), Forecast: &data.ForecastConfig{Target: "y"}, Split: &data.SplitConfig{By: data.BySequence}}, data.Forecast, "split.by"},
		"by group":            {data.Config{Table: &sequences, Split: &data.SplitConfig{By: data.ByGroup}}, data.Regress, "split.by"},
		"own text":            {data.Config{Text: &data.TextConfig{Path: "a"}, Forecast: &data.ForecastConfig{Window: 9}}, data.Next, ""},
		"own text faulty":     {data.Config{Text: &data.TextConfig{Unit: data.UnitCell, MinCount: -1}, Scale: data.ScaleLog, Stream: true, Missing: &data.MissingConfig{}, Forecast: &data.ForecastConfig{Window: 9, Horizon: 1}}, data.Next, "text.path text.unit text.min_count missing scale stream forecast"},
		"text is next":        {data.Config{Text: &data.TextConfig{Path: "a"}}, data.Classify, "task"},
		"text and name":       {data.Config{Text: &data.TextConfig{Path: "a"}, Name: "jsb"}, data.Next, "name"},
		"lines":               {data.Config{Table: table(data.TableConfig{Path: "a.jsonl.gz", Target: "y"})}, data.Classify, ""},
		"wide":                {data.Config{Table: table(data.TableConfig{Path: "a", Steps: []string{"x_*"}, Target: "y"})}, data.Classify, ""},
		"wide faulty":         {data.Config{Table: table(data.TableConfig{Path: "a", Steps: []string{"x", "*_*"}, Time: "t", Target: "y"})}, data.Classify, "table.steps.0 table.steps.1 table.time"},
		"texts":               {data.Config{Table: table(data.TableConfig{Path: "a", Tokens: &data.TokensConfig{Column: "x", Unit: data.UnitWord}, Target: "y"})}, data.Classify, ""},
		"tokens faulty":       {data.Config{Table: table(data.TableConfig{Path: "a", Tokens: &data.TokensConfig{Unit: "byte", MinCount: -1}, Sequence: "s", Target: "y", Inputs: []string{"x"}})}, data.Classify, "table.tokens.column table.tokens.unit table.tokens.min_count table.tokens"},
		"tokens forecast":     {data.Config{Table: table(data.TableConfig{Path: "a", Tokens: &data.TokensConfig{Column: "x"}}), Forecast: &data.ForecastConfig{Target: "y"}}, data.Forecast, "table.tokens"},
		"derived":             {data.Config{Table: table(data.TableConfig{Path: "a", Calendar: []data.Calendar{"hour", "hour", "moon"}, Lags: []int{0, 1, 1}, Differences: []int{-1}, Categories: []string{"", "k", "k"}}), Forecast: &data.ForecastConfig{Target: "y"}}, data.Forecast, "table.categories.0 table.categories.2 table.calendar.0 table.calendar.1 table.calendar.1 table.calendar.2 table.calendar.2 table.lags.0 table.lags.2 table.differences.0"},
		"season":              {data.Config{Table: table(data.TableConfig{Path: "a"}), Forecast: &data.ForecastConfig{Target: "y", Season: -1}}, data.Forecast, "forecast.season"},
		"season of next":      {data.Config{Table: table(data.TableConfig{Path: "a"}), Forecast: &data.ForecastConfig{Window: 3, Season: 2}, Scale: data.ScaleLog}, data.Next, "scale forecast.season"},
		"stream":              {data.Config{Table: &sequences, Stream: true, Scale: data.ScaleRobust, Missing: &data.MissingConfig{Fill: data.FillLinear}}, data.Regress, ""},
		"stream a set":        {data.Config{Name: "jsb", Stream: true}, data.Next, "stream"},
		"by time":             {data.Config{Table: &sequences, Split: &data.SplitConfig{By: data.ByTime}}, data.Regress, "split.by"},
	} {
		t.Run(name, func(t *testing.T) {
			var paths []string
			faults := c.config.WithDefaults(sets.Builtin()...).ValidateFor(c.task, sets.Builtin()...)
			for _, f := range faults {
				paths = append(paths, f.Path)
			}
			if found := strings.Join(paths, " "); found != c.paths {
				t.Errorf("found faults of %q, expected %q: %v", found, c.paths, faults.Err())
			}
			if c.paths != "" {
				_, err := sets.Load(context.Background(), c.config, c.task, sets.Options{})
				var typed *fault.Error
				if !errors.As(err, &typed) || len(typed.Faults) != len(faults) {
					t.Errorf("Load: found error %v, expected all %d faults", err, len(faults))
				}
			}
		})
	}
}

func TestDefaultsLeaveTheConfigAlone(t *testing.T) {
	split := &data.SplitConfig{Test: 0.3}
	config := data.Config{Table: &data.TableConfig{Path: "a"}, Forecast: &data.ForecastConfig{Target: "y"}, Split: split}
	full := config.WithDefaults(sets.Builtin()...)
	if split.Valid != nil || split.By != "" || config.Forecast.Window != 0 || config.BatchSize != 0 {
		t.Error("WithDefaults changed what it was given")
	}
	if *full.Split.Valid != 0.1 || full.Split.Test != 0.3 || full.Split.By != data.ByTime || full.BatchSize != 32 ||
		full.Forecast.Window != 24 || full.Forecast.Horizon != 1 || full.Scale != data.ScaleStandard || full.Missing.Fill != data.FillForward {
		t.Errorf("found %+v", full)
	}
	if own := (data.Config{Name: "beijing-pm25", Forecast: &data.ForecastConfig{Horizon: 1}}).WithDefaults(sets.Builtin()...); own.Forecast.Window != 72 ||
		own.Forecast.Horizon != 1 || own.Forecast.Target != "pm2.5" || !own.Missing.Gap || own.Missing.Fill != data.FillForward || own.Scale != data.ScaleStandard {
		t.Errorf("found %+v, %+v, %+v", own, own.Forecast, own.Missing)
	}
	if given := (data.Config{Name: "beijing-pm25", Missing: &data.MissingConfig{Gap: true}}).WithDefaults(sets.Builtin()...).Missing; given.Mask || !given.Gap || len(given.Markers) != 6 {
		t.Errorf("found %+v, expected what a table has where the section is given", given)
	}
	if text := (data.Config{Name: "tinyshakespeare"}).WithDefaults(sets.Builtin()...); text.Forecast != nil {
		t.Errorf("found %+v, expected no window", text.Forecast)
	}
	if named := (data.Config{Name: "jsb"}).WithDefaults(sets.Builtin()...); named.Split != nil || named.Missing != nil || named.Scale != "" {
		t.Errorf("found %+v, expected nothing that only a table uses", named)
	}
}
