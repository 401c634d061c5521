package data

import "cmp"

// Limits of a configuration: far above what trains, below what would fill the memory or overflow.
const (
	maxBatchSize = 1 << 20
	maxWindow    = 1 << 20
	maxHorizons  = 1 << 12
)

// Config says which data to load and how. One of Name, CSV and Text is set. Forecast, Missing, Scale and Split are for CSV;
// some known sets, which say so in their documentation, have the first three too, with defaults of their own. A text has
// Forecast for its window and Split for its fractions.
type Config struct {
	Name     string          `yaml:"name,omitempty"`  // a known set, see [KnownSets]
	Table    *TableConfig    `yaml:"table,omitempty"` // your own table, of any format
	Text     *TextConfig     `yaml:"text,omitempty"`  // your own text
	Forecast *ForecastConfig `yaml:"forecast,omitempty"`
	Missing  *MissingConfig  `yaml:"missing,omitempty"`
	Scale    Scale           `yaml:"scale,omitempty"` // default standard
	Split    *SplitConfig    `yaml:"split,omitempty"`

	// Stream keeps the numbers of a table in temporary files instead of memory, eight bytes each: for tables that are larger.
	// Their rows must stand sorted by sequence and time. The folder is that of TMPDIR; Unix only.
	Stream bool `yaml:"stream,omitempty"`

	// BatchSize is the number of sequences in a training step; default 32, and -1 is the whole training part.
	BatchSize int `yaml:"batch_size"`

	// ValidSeed draws another validation part from what is not tested: the test part is the same for all. It is for data whose
	// validation part is drawn at random, as languages and tables that are split by sequence or group; default: 0, the same part
	// whatever the seed of a run.
	ValidSeed uint64 `yaml:"valid_seed,omitempty"`
	// Fold takes the validation part out of the training part, one fold of several; default nil: the parts stay as they are.
	Fold *FoldConfig `yaml:"fold,omitempty"`
	// OverfitBatches makes the first so many batches of the training part the training and the validation part, to see whether a
	// model can learn them by heart; default: 0, all of the data.
	OverfitBatches int `yaml:"overfit_batches,omitempty"`
}

// ForecastConfig describes windows of rows. A forecast uses all of it; the tasks next and label only Window, to cut a series
// into pieces.
type ForecastConfig struct {
	Target string `yaml:"target,omitempty"`
	// Targets are several columns instead of one Target, each predicted at every horizon; "*" alone means all columns of numbers that
	// are inputs. A window counts only where all its targets were observed.
	Targets []string `yaml:"targets,omitempty"`
	Window  int      `yaml:"window"`            // rows that the model sees; default 24
	Horizon int      `yaml:"horizon,omitempty"` // rows from the window's last row to the target; a forecast's default is 1
	Season  int      `yaml:"season,omitempty"`  // rows after which a forecast's target comes again, for the baseline seasonal; left out: none

	From int `yaml:"from,omitempty"` // with horizon: a target in every row from so many behind the window to horizon; left out: horizon alone
	// Relative makes each target the change since the last value of it that was observed when the window ends, and its inputs those
	// from that value too: for series that leave the range of the training part. Default false.
	Relative bool  `yaml:"relative,omitempty"`
	Horizons []int `yaml:"horizons,omitempty"` // instead of horizon: a target so many rows behind the window for each, rising
}

// AllColumns as the one name of [ForecastConfig.Targets] means all columns of numbers that are inputs.
const AllColumns = "*"

// columns are the names of the targets.
func (c ForecastConfig) columns() []string {
	if c.Targets != nil {
		return c.Targets
	}
	if c.Target == "" {
		return nil
	}
	return []string{c.Target}
}

// horizons are how many rows behind the last one of a window its targets stand, in rising order.
func (c ForecastConfig) horizons() []int {
	if c.Horizons != nil {
		return c.Horizons
	}
	first := c.Horizon
	if c.From > 0 {
		first = c.From
	}
	var all []int
	for h := first; h <= c.Horizon; h++ {
		all = append(all, h)
	}
	return all
}

// only says whether a forecast has nothing but a window.
func (c ForecastConfig) only() bool {
	return c.columns() == nil && c.Horizon == 0 && c.Season == 0 && c.From == 0 && c.Horizons == nil && !c.Relative
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
	// Markers are cells that mean a missing number, spaces trimmed; one that is a number stands for its value, however it is written.
	// Default the empty cell, NA, N/A, NaN, nan and null.
	Markers []string `yaml:"markers"`
	// TextMarkers are cells that mean a missing text, as a label or a category; default Markers where they are given, else the empty cell.
	TextMarkers []string `yaml:"text_markers,omitempty"`
	Fill        Fill     `yaml:"fill"` // default forward
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
// Known are the sets that Name may be one of: they have defaults of their own.
func (c Config) WithDefaults(known ...Source) Config {
	if c.BatchSize == 0 {
		c.BatchSize = 32
	}
	if c.Fold != nil {
		fold := c.Fold.WithDefaults()
		c.Fold = &fold
	}
	if c.Text != nil && c.Table == nil {
		text := c.Text.withDefaults()
		c.Text, c.Split = &text, c.Split.withDefaults(ByTime)
		return c
	}
	if c.Table == nil {
		set, _ := FindSource(known, c.Name)
		return c.withSettings(set.Settings)
	}
	table := c.Table.withDefaults()
	c.Table = &table
	if c.Scale == "" {
		c.Scale = ScaleStandard
	}
	if c.Forecast != nil {
		forecast := *c.Forecast
		if forecast.Window == 0 {
			forecast.Window = 24
		}
		if forecast.Horizon == 0 && forecast.Horizons == nil && forecast.columns() != nil {
			forecast.Horizon = 1
		}
		c.Forecast = &forecast
	}

	var missing MissingConfig
	if c.Missing != nil {
		missing = *c.Missing
	}
	c.Missing = missing.WithDefaults()

	by := BySequence
	if table.Sequence == "" && !table.HasSequences() {
		by = ByTime
	}
	c.Split = c.Split.withDefaults(by)
	return c
}

func (c *SplitConfig) withDefaults(by SplitBy) *SplitConfig {
	var split SplitConfig
	if c != nil {
		split = *c
	}
	if split.Valid == nil {
		fraction := 0.1
		split.Valid = &fraction
	}
	if split.Test == 0 {
		split.Test = 0.1
	}
	split.By = cmp.Or(split.By, by)
	return &split
}

// HasValid says whether a configuration whose defaults are filled in leads to a validation part.
func (c Config) HasValid() bool {
	given := c.Table == nil && c.Text == nil || c.Table != nil && c.Table.Valid != "" || c.Text != nil && c.Text.Valid != ""
	return given || c.Fold != nil || c.OverfitBatches > 0 || *c.Split.Valid > 0
}

// WithPaths is the configuration with f of each path of a file instead of the path.
func (c Config) WithPaths(f func(path string) string) Config {
	change := func(paths ...*string) {
		for _, path := range paths {
			if *path != "" {
				*path = f(*path)
			}
		}
	}
	if c.Table != nil {
		table := *c.Table
		change(&table.Path, &table.Train, &table.Valid, &table.Test)
		c.Table = &table
	}
	if c.Text != nil {
		text := *c.Text
		change(&text.Path, &text.Train, &text.Valid, &text.Test)
		c.Text = &text
	}
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
		c.Missing = missing.WithDefaults()
	}
	if own.Forecast != nil && own.Forecast.Window > 0 {
		forecast := *own.Forecast
		if c.Forecast != nil {
			forecast = ForecastConfig{
				Target:  cmp.Or(c.Forecast.Target, forecast.Target),
				Targets: c.Forecast.Targets,
				Window:  cmp.Or(c.Forecast.Window, forecast.Window),
				Season:  cmp.Or(c.Forecast.Season, forecast.Season),
				Horizon: cmp.Or(c.Forecast.Horizon, forecast.Horizon),
				From:    c.Forecast.From, Relative: c.Forecast.Relative,
			}
			if c.Forecast.Horizons != nil {
				forecast.Horizon, forecast.Horizons = c.Forecast.Horizon, c.Forecast.Horizons
			}
		}
		c.Forecast = &forecast
	}
	return c
}

// WithDefaults fills the zero fields.
func (c MissingConfig) WithDefaults() *MissingConfig {
	if c.Markers == nil {
		c.Markers = []string{"", "NA", "N/A", "NaN", "nan", "null"}
		if c.TextMarkers == nil {
			c.TextMarkers = []string{""}
		}
	}
	if c.Fill == "" {
		c.Fill = FillForward
	}
	return &c
}
