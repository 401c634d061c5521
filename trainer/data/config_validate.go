package data

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
)

// Validate lists every fault of a configuration whose defaults are filled in, whatever the task.
func (c Config) Validate(known ...Source) fault.List {
	var faults fault.List
	own := calc.One(c.Name != "") + calc.One(c.Table != nil) + calc.One(c.Text != nil)
	faults.Check(c.BatchSize == -1 || c.BatchSize >= 1 && c.BatchSize <= maxBatchSize, "batch_size", c.BatchSize,
		"1 to %d, or -1 for the whole training part", maxBatchSize)
	if c.Fold != nil {
		faults.Under("fold", c.Fold.Validate())
		faults.Check(c.ValidSeed == 0, "valid_seed", c.ValidSeed, "0, or no fold: it takes the place of what is drawn")
	}
	faults.Check(c.OverfitBatches >= 0, "overfit_batches", c.OverfitBatches, "at least 1, or 0 for all of the data")
	switch {
	case own == 0:
		faults.Add("name", "nothing", "%s, or the section table or text", SourceNames(known))
		return faults
	case own > 1:
		section := "name"
		if c.Table != nil {
			section = "table"
		}
		faults.Add(section, "more than one of them", "one of name, table and text, not both")
		return faults
	case c.Text != nil:
		faults.Under("text", c.Text.validate())
		faults.Check(c.Missing == nil, "missing", "a section", "none for a text")
		faults.Check(c.Scale == "", "scale", string(c.Scale), "none for a text")
		faults.Check(!c.Stream, "stream", c.Stream, "none for a text")
		if c.Forecast != nil {
			faults.Check(c.Forecast.Window >= 1 && c.Forecast.Window <= maxWindow, "forecast.window", c.Forecast.Window, "1 to %d tokens", maxWindow)
			faults.Check(c.Forecast.only(), "forecast", "other keys", "window alone for a text")
		}
		faults.Under("split", c.Split.validate(TableConfig{}))
		return faults
	case c.Table == nil:
		set, found := FindSource(known, c.Name)
		faults.Check(found, "name", c.Name, "%s", SourceNames(known))
		const none = "none: the set has no such setting"
		own := set.Settings
		faults.Check(own.Forecast != nil || c.Forecast == nil, "forecast", "a section", none)
		faults.Check(own.Missing != nil || c.Missing == nil, "missing", "a section", none)
		faults.Check(own.Scale != "" || c.Scale == "", "scale", string(c.Scale), none)
		faults.Check(c.Split == nil, "split", "a section", "none: a set with a name has its own parts")
		faults.Check(!c.Stream, "stream", c.Stream, none)
		// What stands in a section that the set has not is not judged.
		if own.Forecast == nil {
			c.Forecast = nil
		}
		if own.Missing == nil {
			c.Missing = nil
		}
		if own.Scale == "" {
			c.Scale = ""
		}
		c.Split = nil
	default:
		faults.Under("table", c.Table.validate())
	}
	if c.Forecast != nil {
		faults.Under("forecast", c.Forecast.validate())
	}
	if c.Missing != nil {
		faults.Under("missing", c.Missing.validate())
	}
	if c.Scale != "" {
		checkOneOf(&faults, "scale", c.Scale, ScaleStandard, ScaleMinMax, ScaleRobust, ScaleLog, ScaleNone)
	}
	if c.Split != nil {
		faults.Under("split", c.Split.validate(*c.Table))
	}
	return faults
}

// ValidateFor lists every fault of a configuration whose defaults are filled in, for this task.
func (c Config) ValidateFor(task Task, known ...Source) fault.List {
	faults := c.Validate(known...)
	if !slices.Contains(Tasks(), task) {
		faults.Add("task", string(task), "%s", oneOf(Tasks()...))
		return faults
	}
	if calc.One(c.Table != nil)+calc.One(c.Text != nil)+calc.One(c.Name != "") > 1 {
		return faults // which of them is meant decides about the rest
	}
	if c.Text != nil {
		faults.Check(task == Next, "task", string(task), "%s for a text", Next)
		return faults
	}
	if c.Table == nil {
		if set, found := FindSource(known, c.Name); found {
			faults.Check(set.Task == task, "task", string(task), "%s for the set %s", set.Task, set.Name)
			faults = append(faults, c.validateSettings(set)...)
		}
		return faults
	}
	if task == Translate {
		return append(faults, c.validatePairs()...)
	}
	return append(faults, c.validateTable(task)...)
}

// validateTable lists the faults of a table for a task.
func (c Config) validateTable(task Task) fault.List {
	var faults fault.List
	table := c.Table
	switch task {
	case Classify, Regress:
		faults.Check(table.Target != "", "table.target", table.Target, "a column for the task %s", task)
		faults.Check(table.Sequence != "" || table.HasSequences(), "table.sequence", table.Sequence,
			"a column for the task %s: a sequence has one target", task)
		faults.Check(c.Forecast == nil, "forecast", "a section", "none for the task %s", task)
		return faults
	}
	if task == Label {
		return append(faults, c.validateLabels()...)
	}
	faults.Check(!c.looksAhead(), "missing.fill", string(FillLinear),
		"forward, mean or zero: linear would look at values that are to be predicted")
	if task == Next {
		faults.Check(table.Target == "", "table.target", table.Target, "none: the task next predicts the inputs")
		faults.Check(c.Scale != ScaleLog, "scale", string(c.Scale), "another one: the inputs are targets, and errors are in their units")
		if c.Forecast == nil {
			faults.Check(table.Sequence != "" || table.HasSequences(), "table.sequence", table.Sequence,
				"a column, or forecast.window to cut the one long series into pieces")
			return faults
		}
		faults.Check(c.Forecast.Target == "", "forecast.target", c.Forecast.Target, "none: the task next predicts the inputs")
		faults.Check(c.Forecast.Targets == nil, "forecast.targets", c.Forecast.Targets, "none: the task next predicts the inputs")
		faults.Check(c.Forecast.Horizon == 0, "forecast.horizon", c.Forecast.Horizon, "none: the task next predicts the next row")
		faults.Check(c.Forecast.Season == 0, "forecast.season", c.Forecast.Season, "none: the task next predicts the next row")
		faults.Check(c.Forecast.From == 0, "forecast.from", c.Forecast.From, "none: the task next predicts the next row")
		faults.Check(!c.Forecast.Relative, "forecast.relative", true, "false: the task next predicts the next row")
		faults.Check(c.Forecast.Horizons == nil, "forecast.horizons", c.Forecast.Horizons, "none: the task next predicts the next row")
		return faults
	}
	faults.Check(table.Target == "", "table.target", table.Target, "none: the task forecast has forecast.target")
	faults.Check(table.Tokens == nil, "table.tokens", "a section", "none: a forecast is made of numbers")
	if c.Forecast == nil || c.Forecast.columns() == nil {
		faults.Add("forecast.target", "", "a column, or forecast.targets for several")
		return faults
	}
	taken := []string{table.Sequence, table.Time, table.Group}
	faults.Check(!slices.Contains(taken, c.Forecast.Target) || c.Forecast.Target == "",
		"forecast.target", c.Forecast.Target, "a column that is not that of the sequence, time or group")
	for i, name := range c.Forecast.Targets {
		faults.Check(!slices.Contains(taken, name) || name == "", fmt.Sprintf("forecast.targets.%d", i), name, "a column that is not that of the sequence, time or group")
	}
	faults.Check(c.Forecast.Horizon != 0 || c.Forecast.Horizons != nil, "forecast.horizon", c.Forecast.Horizon, "1 to %d rows", maxWindow)
	faults.Check(!c.Forecast.Relative || c.Forecast.Targets == nil, "forecast.relative", true, "false with several targets")
	faults.Check(!c.Forecast.Relative || c.Forecast.Targets != nil || table.Inputs == nil || slices.Contains(table.Inputs, c.Forecast.Target), "forecast.relative", true,
		"false, or the target among table.inputs: a change is one from a value that is known")
	return faults
}

// validateLabels lists the faults of a table whose rows have labels.
func (c Config) validateLabels() fault.List {
	var faults fault.List
	table := c.Table
	faults.Check(table.Target != "", "table.target", table.Target, "a column for the task %s", Label)
	faults.Check(table.Tokens == nil || table.Tokens.Unit == UnitCell, "table.tokens.unit", unitOf(table.Tokens), "cell: a row has one label")
	oneSeries := table.Sequence == "" && !table.HasSequences()
	if c.Forecast == nil {
		faults.Check(!oneSeries, "table.sequence", table.Sequence, "a column, or forecast.window to cut the one long series into pieces")
		return faults
	}
	faults.Check(c.Forecast.only(), "forecast", "other keys", "window alone for the task %s", Label)
	faults.Check(!c.looksAhead() || !oneSeries, "missing.fill", string(FillLinear),
		"forward, mean or zero: linear would look from one part of the series into the next")
	return faults
}

func unitOf(tokens *TokensConfig) string {
	if tokens == nil {
		return ""
	}
	return string(tokens.Unit)
}

func (c Config) looksAhead() bool { return c.Missing != nil && c.Missing.Fill == FillLinear }

// validateSettings lists the faults of settings that a known set has.
func (c Config) validateSettings(set Source) fault.List {
	var faults fault.List
	faults.Check(set.Task == Classify || set.Task == Regress || !c.looksAhead(), "missing.fill", string(FillLinear),
		"forward, mean or zero: linear would look at values that are to be predicted")
	if c.Forecast == nil || set.Settings.Forecast == nil {
		return faults
	}
	own := *set.Settings.Forecast
	if own.Target == "" {
		faults.Check(c.Forecast.columns() == nil, "forecast.target", c.Forecast.columns(), "none for the set %s", set.Name)
		faults.Check(c.Forecast.Horizon == 0, "forecast.horizon", c.Forecast.Horizon, "none for the set %s", set.Name)
		faults.Check(c.Forecast.Season == 0, "forecast.season", c.Forecast.Season, "none for the set %s", set.Name)
		faults.Check(c.Forecast.From == 0 && c.Forecast.Horizons == nil && !c.Forecast.Relative, "forecast", "other keys", "window alone for the set %s", set.Name)
		return faults
	}
	faults.Check(c.Forecast.Targets == nil, "forecast.targets", c.Forecast.Targets, "none for the set %s", set.Name)
	faults.Check(c.Forecast.Target == own.Target, "forecast.target", c.Forecast.Target, "%s for the set %s", own.Target, set.Name)
	faults.Check(c.Forecast.Horizon != 0 || c.Forecast.Horizons != nil, "forecast.horizon", c.Forecast.Horizon, "1 to %d rows", maxWindow)
	return faults
}

func (c TableConfig) validate() fault.List {
	var faults fault.List
	validatePaths(&faults, c.Path, c.Train, c.Valid, c.Test)
	faults.Check(c.Group == "" || c.Sequence != "" || c.HasSequences(), "sequence", c.Sequence, "a column: group groups sequences")

	role := map[string]string{}
	once := func(path, column string) {
		if column == "" {
			return
		}
		if other, taken := role[column]; taken {
			faults.Add(path, column, "a column that %s does not name", other)
			return
		}
		role[column] = path
	}
	once("sequence", c.Sequence)
	once("time", c.Time)
	once("group", c.Group)
	for i, column := range c.Inputs {
		path := fmt.Sprintf("inputs.%d", i)
		faults.Check(column != "", path, column, "a column")
		once(path, column)
	}
	once("target", c.Target)
	for i, column := range c.Categories {
		path := fmt.Sprintf("categories.%d", i)
		faults.Check(column != "", path, column, "a column")
		if column != c.Sequence && column != c.Group { // whose names tell series of a panel apart
			once(path, column)
		} else {
			faults.Check(!slices.Contains(c.Categories[:i], column), path, column, "each once")
		}
	}
	faults.Check(c.ScaleCategories == nil || len(c.Categories) > 0, "scale_categories", "a choice", "none without categories")
	for i, cycle := range c.Calendar {
		path := fmt.Sprintf("calendar.%d", i)
		checkOneOf(&faults, path, cycle, Calendars()...)
		faults.Check(!slices.Contains(c.Calendar[:i], cycle), path, string(cycle), "each once")
		faults.Check(c.Time != "", path, string(cycle), "a column time, of dates")
	}
	checkRows(&faults, "lags", c.Lags)
	checkRows(&faults, "differences", c.Differences)
	for i, pattern := range c.Steps {
		faults.Check(strings.Count(pattern, "*") == 1, fmt.Sprintf("steps.%d", i), pattern, "a pattern with one star, such as x_*")
		faults.Check(!slices.Contains(c.Steps[:i], pattern), fmt.Sprintf("steps.%d", i), pattern, "each once")
	}
	faults.Check(slices.Contains([]string{"", ".", ","}, c.Decimal), "decimal", c.Decimal, ". or ,")
	faults.Check(slices.Contains([]string{"", ",", ".", "'", " ", "\u00a0"}, c.Thousands), "thousands", c.Thousands, ", . ' or a space")
	faults.Check(c.Thousands == "" || c.Thousands != c.notation().point(), "thousands", c.Thousands, "another character than the one before the decimals")
	faults.Check(c.Steps == nil || c.Time == "", "time", c.Time, "none with steps: their order is that of the columns")
	if c.Tokens != nil {
		once("tokens.column", c.Tokens.Column)
		faults.Under("tokens", c.Tokens.validate())
		numbers := len(c.Inputs) + len(c.Categories) + len(c.Calendar) + len(c.Lags) + len(c.Differences)
		faults.Check(numbers == 0, "tokens", "other inputs beside them", "tokens alone, or the column under categories")
		faults.Check(c.Tokens.Unit == UnitCell || c.Steps == nil && c.Time == "", "tokens.unit", string(c.Tokens.Unit),
			"cell with steps or time: of characters and words a row has many steps")
	}
	return faults
}

func checkRows(faults *fault.List, key string, rows []int) {
	for i, n := range rows {
		faults.Check(n >= 1 && n <= maxWindow && !slices.Contains(rows[:i], n), fmt.Sprintf("%s.%d", key, i), n, "1 to %d rows, each once", maxWindow)
	}
}

// validatePaths lists what is wrong with the choice of files.
func validatePaths(faults *fault.List, path, train, valid, test string) {
	switch {
	case path == "" && train == "" && test == "":
		faults.Add("path", "", "a file, or train and test")
	case path != "":
		faults.Check(train == "" && valid == "" && test == "", "path", path, "either path, or train and test")
	default:
		faults.Check(train != "", "train", train, "a file")
		faults.Check(test != "", "test", test, "a file")
	}
}

func (c TokensConfig) validate() fault.List {
	var faults fault.List
	faults.Check(c.Column != "", "column", c.Column, "a column")
	checkOneOf(&faults, "unit", c.Unit, UnitCell, UnitCharacter, UnitWord)
	faults.Check(c.MinCount >= 1, "min_count", c.MinCount, "1 or more")
	return faults
}

func (c TextConfig) validate() fault.List {
	var faults fault.List
	validatePaths(&faults, c.Path, c.Train, c.Valid, c.Test)
	checkOneOf(&faults, "unit", c.Unit, UnitCharacter, UnitWord)
	faults.Check(c.MinCount >= 1, "min_count", c.MinCount, "1 or more")
	return faults
}

func (c ForecastConfig) validate() fault.List {
	var faults fault.List
	faults.Check(c.Window >= 1 && c.Window <= maxWindow, "window", c.Window, "1 to %d rows", maxWindow)
	faults.Check(c.Horizon >= 0 && c.Horizon <= maxWindow, "horizon", c.Horizon, "1 to %d rows", maxWindow)
	faults.Check(c.Season >= 0 && c.Season <= maxWindow, "season", c.Season, "1 to %d rows", maxWindow)
	faults.Check(c.From >= 0 && (c.From == 0 || c.From <= c.Horizon), "from", c.From, "1 to horizon")
	faults.Check(c.From == 0 || c.Horizon-c.From < maxHorizons, "from", c.From, "at most %d rows up to horizon", maxHorizons)
	faults.Check(c.Targets == nil || c.Target == "", "target", c.Target, "either target or targets")
	faults.Check(c.Targets == nil || len(c.Targets) > 0 && len(c.Targets) <= maxHorizons, "targets", fmt.Sprintf("%d of them", len(c.Targets)), "1 to %d columns", maxHorizons)
	for i, name := range c.Targets {
		faults.Check(name != "" && !slices.Contains(c.Targets[:i], name), fmt.Sprintf("targets.%d", i), name, "the name of a column, once")
		faults.Check(name != AllColumns || len(c.Targets) == 1, fmt.Sprintf("targets.%d", i), name, "this alone, for all columns of numbers that are inputs, or the names of columns")
	}
	if c.Horizons == nil {
		return faults
	}
	faults.Check(c.Horizon == 0, "horizon", c.Horizon, "either horizon or horizons")
	faults.Check(len(c.Horizons) > 0 && len(c.Horizons) <= maxHorizons, "horizons", fmt.Sprintf("%d of them", len(c.Horizons)), "1 to %d", maxHorizons)
	for i, h := range c.Horizons {
		faults.Check(h >= 1 && h <= maxWindow && (i == 0 || h > c.Horizons[i-1]), fmt.Sprintf("horizons.%d", i), h, "1 to %d rows, rising", maxWindow)
	}
	return faults
}

func (c MissingConfig) validate() fault.List {
	var faults fault.List
	checkOneOf(&faults, "fill", c.Fill, FillForward, FillLinear, FillMean, FillZero)
	return faults
}

func (c SplitConfig) validate(table TableConfig) fault.List {
	var faults fault.List
	v := 0.0
	if c.Valid != nil {
		v = *c.Valid
	}
	faults.Check(v >= 0 && v < 1, "valid", v, "a fraction: at least 0 and below 1")
	faults.Check(c.Test > 0 && c.Test < 1, "test", c.Test,
		"a fraction above 0 and below 1: a run is measured on its test part, which may be small, as 0.01")
	// Written so that the sum of 0.9 and 0.1 counts as 1.
	faults.Check(math.IsNaN(v+c.Test) || v+c.Test < 1-1e-9 || v >= 1 || c.Test >= 1, "valid", v,
		"less than what the test part leaves, %g, so that rows are left to train on", 1-c.Test)
	checkOneOf(&faults, "by", c.By, BySequence, ByTime, ByGroup)
	switch {
	case c.By == BySequence && table.Sequence == "" && !table.HasSequences():
		faults.Add("by", string(c.By), "time where table.sequence is left out: there is one series")
	case c.By == ByGroup && table.Group == "":
		faults.Add("by", string(c.By), "sequence or time where table.group is left out")
	case c.By == ByTime && table.Sequence != "" && table.Time == "":
		faults.Add("by", string(c.By), "sequence or group where table.time is left out: nothing says which sequence is older")
	}
	return faults
}

func checkOneOf[S ~string](faults *fault.List, path string, found S, allowed ...S) {
	faults.Check(slices.Contains(allowed, found), path, string(found), "%s", oneOf(allowed...))
}

// oneOf joins names as "a, b or c".
func oneOf[S ~string](names ...S) string {
	var b strings.Builder
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(name))
	}
	return b.String()
}

// validatePairs lists the faults of a table of texts that are to be translated.
func (c Config) validatePairs() (faults fault.List) {
	table := c.Table
	faults.Check(table.Tokens != nil, "table.tokens", "none", "a section for the task %s: the column that is read", Translate)
	faults.Check(table.Tokens == nil || table.Tokens.Unit != UnitCell, "table.tokens.unit", unitOf(table.Tokens), "%s or %s for the task %s", UnitCharacter, UnitWord, Translate)
	faults.Check(table.Target != "", "table.target", table.Target, "a column of texts for the task %s", Translate)
	faults.Check(table.Sequence == "", "table.sequence", table.Sequence, "none for the task %s: a row is a text and its translation", Translate)
	faults.Check(table.Time == "", "table.time", table.Time, "none for the task %s", Translate)
	faults.Check(c.Forecast == nil, "forecast", "a section", "none for the task %s", Translate)
	faults.Check(!c.Stream, "stream", c.Stream, "false for the task %s", Translate)
	faults.Check(c.Split == nil || c.Split.By != ByTime || !table.HasSequences(), "split.by", fmt.Sprint(ByTime), "%s or %s for the task %s", BySequence, ByGroup, Translate)
	return faults
}
