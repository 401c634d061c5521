package data

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
)

// Limits of a configuration: far above what trains, below what would fill the memory or overflow.
const (
	maxBatchSize = 1 << 20
	maxWindow    = 1 << 20
)

// Config says which data to load and how. Either Name or CSV is set. Forecast, Missing, Scale and Split are for CSV; some
// known sets, which say so in their documentation, have the first three too, with defaults of their own.
type Config struct {
	Name     string          `yaml:"name,omitempty"` // a known set, see [KnownSets]
	CSV      *CSVConfig      `yaml:"csv,omitempty"`
	Forecast *ForecastConfig `yaml:"forecast,omitempty"`
	Missing  *MissingConfig  `yaml:"missing,omitempty"`
	Scale    Scale           `yaml:"scale,omitempty"` // default standard
	Split    *SplitConfig    `yaml:"split,omitempty"`

	// BatchSize is the number of sequences in a training step; default 32, and -1 is the whole training part.
	BatchSize int `yaml:"batch_size"`
}

// CSVConfig names the files and the columns. Either Path is set, and the file is split, or Train and Test.
type CSVConfig struct {
	Path  string `yaml:"path,omitempty"`
	Train string `yaml:"train,omitempty"`
	Valid string `yaml:"valid,omitempty"` // left out: a fraction of Train, see [SplitConfig]
	Test  string `yaml:"test,omitempty"`

	Sequence string   `yaml:"sequence,omitempty"` // groups rows into sequences; left out: one long series
	Time     string   `yaml:"time,omitempty"`     // orders the rows of a sequence: numbers or dates; left out: file order
	Group    string   `yaml:"group,omitempty"`    // groups sequences for a split by group
	Inputs   []string `yaml:"inputs,omitempty"`   // left out: every other numeric column, and a forecast's target
	Target   string   `yaml:"target,omitempty"`   // the sequence's class or number
}

// ForecastConfig describes windows of rows. A forecast uses all of it; the task next only Window, to cut a series into
// pieces.
type ForecastConfig struct {
	Target  string `yaml:"target,omitempty"`
	Window  int    `yaml:"window"`            // rows that the model sees; default 24
	Horizon int    `yaml:"horizon,omitempty"` // rows from the window's last row to the target; a forecast's default is 1
}

// Fill is what stands in for a missing input.
type Fill string

// The ways to fill. Where none of them has a value to take, before the first observation of a sequence, it is the
// training part's mean.
const (
	FillForward Fill = "forward" // the last value observed in the sequence
	FillLinear  Fill = "linear"  // between the neighbors in time; it looks ahead, so not for forecast and next
	FillMean    Fill = "mean"    // the mean of the training part
	FillZero    Fill = "zero"    // 0 in original units
)

// MissingConfig says how missing values are written and what becomes of missing inputs. A missing target is never
// scored.
type MissingConfig struct {
	Markers []string `yaml:"markers"` // cells that mean missing, spaces trimmed; default the empty cell and NA
	Fill    Fill     `yaml:"fill"`    // default forward
	// Mask appends an input for each column: 1 where its value was observed, 0 where it was missing.
	Mask bool `yaml:"mask"`
	// Gap appends an input for each column: the time δ since the row of its last observation before this row, 0 at
	// the first row (Che et al. 2018, arXiv:1606.01865), in units of the time column, seconds for dates, or rows.
	// Unless the scale is none it is log(1 + δ/δ̄), δ̄ the mean in the training part.
	Gap bool `yaml:"gap"`
}

// Scale is how numbers are scaled; the scaling is fitted on the observed values of the training part.
type Scale string

// The scalings. A column that is constant in the training part is moved but not stretched.
const (
	ScaleStandard Scale = "standard" // mean 0, standard deviation 1
	ScaleMinMax   Scale = "minmax"   // from 0 to 1
	ScaleRobust   Scale = "robust"   // median 0, distance of the quartiles 1
	ScaleLog      Scale = "log"      // inputs: standard, of sign(x)·log(1+|x|); a target: standard
	ScaleNone     Scale = "none"
)

func scales() []Scale { return []Scale{ScaleStandard, ScaleMinMax, ScaleRobust, ScaleLog, ScaleNone} }

// SplitBy is what stays together in one part.
type SplitBy string

// The ways to split. Sequences and groups are drawn from a seed of its own, so that runs with different training
// seeds are judged on the same test part.
const (
	BySequence SplitBy = "sequence"
	// ByTime gives the oldest rows to the training part and the newest to the test part. A forecast belongs to the
	// part of its target; a window may begin in the part before. With the tasks classify and regress a sequence
	// belongs where its last row does.
	ByTime  SplitBy = "time"
	ByGroup SplitBy = "group" // sequences with equal CSVConfig.Group
)

// SplitConfig says how a file is split. Test counts only with CSVConfig.Path, Valid only without CSVConfig.Valid.
type SplitConfig struct {
	Valid *float64 `yaml:"valid"` // fraction for validation; 0 for none; default 0.1
	Test  float64  `yaml:"test"`  // fraction for the test; default 0.1
	By    SplitBy  `yaml:"by"`    // default sequence; time where there is no sequence column
}

// WithDefaults returns the configuration with every field that is left out and has a default set to it.
func (c Config) WithDefaults() Config {
	if c.BatchSize == 0 {
		c.BatchSize = 32
	}
	if c.CSV == nil {
		set, _ := Known(c.Name)
		return c.withSettings(set.settings)
	}
	if c.Scale == "" {
		c.Scale = ScaleStandard
	}
	if c.Forecast != nil {
		forecast := *c.Forecast
		if forecast.Window == 0 {
			forecast.Window = 24
		}
		if forecast.Horizon == 0 && forecast.Target != "" {
			forecast.Horizon = 1
		}
		c.Forecast = &forecast
	}

	var missing MissingConfig
	if c.Missing != nil {
		missing = *c.Missing
	}
	c.Missing = missing.withDefaults()

	var split SplitConfig
	if c.Split != nil {
		split = *c.Split
	}
	if split.Valid == nil {
		fraction := 0.1
		split.Valid = &fraction
	}
	if split.Test == 0 {
		split.Test = 0.1
	}
	if split.By == "" {
		split.By = BySequence
		if c.CSV.Sequence == "" {
			split.By = ByTime
		}
	}
	c.Split = &split
	return c
}

// withSettings fills in what a known set has where the configuration says nothing.
func (c Config) withSettings(own Config) Config {
	if c.Scale == "" {
		c.Scale = own.Scale
	}
	if own.Missing != nil {
		missing := own.Missing
		if c.Missing != nil {
			missing = c.Missing
		}
		c.Missing = missing.withDefaults()
	}
	if own.Forecast != nil && own.Forecast.Window > 0 {
		forecast := *own.Forecast
		if c.Forecast != nil {
			forecast = ForecastConfig{
				Target:  cmp.Or(c.Forecast.Target, forecast.Target),
				Window:  cmp.Or(c.Forecast.Window, forecast.Window),
				Horizon: cmp.Or(c.Forecast.Horizon, forecast.Horizon),
			}
		}
		c.Forecast = &forecast
	}
	return c
}

func (c MissingConfig) withDefaults() *MissingConfig {
	if c.Markers == nil {
		c.Markers = []string{"", "NA"}
	}
	if c.Fill == "" {
		c.Fill = FillForward
	}
	return &c
}

// Validate lists every fault of a configuration whose defaults are filled in, whatever the task.
func (c Config) Validate() fault.List {
	var faults fault.List
	faults.Check(c.BatchSize == -1 || c.BatchSize >= 1 && c.BatchSize <= maxBatchSize, "batch_size", c.BatchSize,
		"1 to %d, or -1 for the whole training part", maxBatchSize)
	switch {
	case c.Name == "" && c.CSV == nil:
		faults.Add("name", "nothing", "%s, or the section csv", knownNames())
		return faults
	case c.Name != "" && c.CSV != nil:
		faults.Add("csv", "a section", "either name or csv, not both")
		return faults
	case c.CSV == nil:
		set, known := Known(c.Name)
		faults.Check(known, "name", c.Name, "%s", knownNames())
		const none = "none: the set has no such setting"
		own := set.settings
		faults.Check(own.Forecast != nil || c.Forecast == nil, "forecast", "a section", none)
		faults.Check(own.Missing != nil || c.Missing == nil, "missing", "a section", none)
		faults.Check(own.Scale != "" || c.Scale == "", "scale", string(c.Scale), none)
		faults.Check(c.Split == nil, "split", "a section", "none: a set with a name has its own parts")
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
		faults.Under("csv", c.CSV.validate())
	}
	if c.Forecast != nil {
		faults.Under("forecast", c.Forecast.validate())
	}
	if c.Missing != nil {
		faults.Under("missing", c.Missing.validate())
	}
	if c.Scale != "" {
		checkOneOf(&faults, "scale", c.Scale, scales()...)
	}
	if c.Split != nil {
		faults.Under("split", c.Split.validate(*c.CSV))
	}
	return faults
}

// ValidateFor lists every fault of a configuration whose defaults are filled in, for this task.
func (c Config) ValidateFor(task Task) fault.List {
	faults := c.Validate()
	if !slices.Contains(Tasks(), task) {
		faults.Add("task", string(task), "%s", oneOf(Tasks()...))
		return faults
	}
	if c.CSV != nil && c.Name != "" {
		return faults // which of the two is meant decides about the rest
	}
	if c.CSV == nil {
		if set, known := Known(c.Name); known {
			faults.Check(set.Task == task, "task", string(task), "%s for the set %s", set.Task, set.Name)
			faults = append(faults, c.validateSettings(set)...)
		}
		return faults
	}
	if task == Translate {
		faults.Add("task", string(task), "another one for csv: %s is for the set %s", task, "dates")
		return faults
	}
	csv := c.CSV
	lookAhead := c.looksAhead()
	switch task {
	case Classify, Regress:
		faults.Check(csv.Target != "", "csv.target", csv.Target, "a column for the task %s", task)
		faults.Check(csv.Sequence != "", "csv.sequence", csv.Sequence,
			"a column for the task %s: a sequence has one target", task)
		faults.Check(c.Forecast == nil, "forecast", "a section", "none for the task %s", task)
	case Forecast:
		faults.Check(csv.Target == "", "csv.target", csv.Target, "none: the task forecast has forecast.target")
		if c.Forecast == nil || c.Forecast.Target == "" {
			faults.Add("forecast.target", "", "a column")
		} else {
			faults.Check(!slices.Contains([]string{csv.Sequence, csv.Time, csv.Group}, c.Forecast.Target),
				"forecast.target", c.Forecast.Target, "a column of its own, not that of the sequence, time or group")
			faults.Check(c.Forecast.Horizon != 0, "forecast.horizon", c.Forecast.Horizon, "1 to %d rows", maxWindow)
		}
		faults.Check(!lookAhead, "missing.fill", string(FillLinear),
			"forward, mean or zero: linear would look at values that are to be predicted")
	case Next:
		faults.Check(csv.Target == "", "csv.target", csv.Target, "none: the task next predicts the inputs")
		faults.Check(!lookAhead, "missing.fill", string(FillLinear),
			"forward, mean or zero: linear would look at values that are to be predicted")
		if c.Forecast != nil {
			faults.Check(c.Forecast.Target == "", "forecast.target", c.Forecast.Target,
				"none: the task next predicts the inputs")
			faults.Check(c.Forecast.Horizon == 0, "forecast.horizon", c.Forecast.Horizon,
				"none: the task next predicts the next row")
		} else {
			faults.Check(csv.Sequence != "", "csv.sequence", csv.Sequence,
				"a column, or forecast.window to cut the one long series into pieces")
		}
	}
	return faults
}

func (c Config) looksAhead() bool { return c.Missing != nil && c.Missing.Fill == FillLinear }

// validateSettings lists the faults of settings that a known set has.
func (c Config) validateSettings(set KnownSet) fault.List {
	var faults fault.List
	faults.Check(set.Task == Classify || set.Task == Regress || !c.looksAhead(), "missing.fill", string(FillLinear),
		"forward, mean or zero: linear would look at values that are to be predicted")
	if c.Forecast == nil || set.settings.Forecast == nil {
		return faults
	}
	own := *set.settings.Forecast
	if own.Target == "" {
		faults.Check(c.Forecast.Target == "", "forecast.target", c.Forecast.Target, "none for the set %s", set.Name)
		faults.Check(c.Forecast.Horizon == 0, "forecast.horizon", c.Forecast.Horizon, "none for the set %s", set.Name)
		return faults
	}
	faults.Check(c.Forecast.Target == own.Target, "forecast.target", c.Forecast.Target, "%s for the set %s", own.Target, set.Name)
	faults.Check(c.Forecast.Horizon != 0, "forecast.horizon", c.Forecast.Horizon, "1 to %d rows", maxWindow)
	return faults
}

func (c CSVConfig) validate() fault.List {
	var faults fault.List
	switch {
	case c.Path == "" && c.Train == "" && c.Test == "":
		faults.Add("path", "", "a file, or train and test")
	case c.Path != "":
		faults.Check(c.Train == "" && c.Valid == "" && c.Test == "", "path", c.Path, "either path, or train and test")
	default:
		faults.Check(c.Train != "", "train", c.Train, "a file")
		faults.Check(c.Test != "", "test", c.Test, "a file")
	}
	faults.Check(c.Group == "" || c.Sequence != "", "sequence", c.Sequence, "a column: group groups sequences")

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
	return faults
}

func (c ForecastConfig) validate() fault.List {
	var faults fault.List
	faults.Check(c.Window >= 1 && c.Window <= maxWindow, "window", c.Window, "1 to %d rows", maxWindow)
	faults.Check(c.Horizon >= 0 && c.Horizon <= maxWindow, "horizon", c.Horizon, "1 to %d rows", maxWindow)
	return faults
}

func (c MissingConfig) validate() fault.List {
	var faults fault.List
	checkOneOf(&faults, "fill", c.Fill, FillForward, FillLinear, FillMean, FillZero)
	return faults
}

func (c SplitConfig) validate(csv CSVConfig) fault.List {
	var faults fault.List
	v := 0.0
	if c.Valid != nil {
		v = *c.Valid
	}
	faults.Check(v >= 0 && v < 1, "valid", v, "a fraction: at least 0 and below 1")
	faults.Check(c.Test > 0 && c.Test < 1, "test", c.Test, "a fraction: above 0 and below 1")
	// Written so that the sum of 0.9 and 0.1 counts as 1.
	faults.Check(math.IsNaN(v+c.Test) || v+c.Test < 1-1e-9 || v >= 1 || c.Test >= 1, "valid", v,
		"less than what the test part leaves, %g, so that rows are left to train on", 1-c.Test)
	checkOneOf(&faults, "by", c.By, BySequence, ByTime, ByGroup)
	switch {
	case c.By == BySequence && csv.Sequence == "":
		faults.Add("by", string(c.By), "time where csv.sequence is left out: there is one series")
	case c.By == ByGroup && csv.Group == "":
		faults.Add("by", string(c.By), "sequence or time where csv.group is left out")
	case c.By == ByTime && csv.Sequence != "" && csv.Time == "":
		faults.Add("by", string(c.By), "sequence or group where csv.time is left out: nothing says which sequence is older")
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
