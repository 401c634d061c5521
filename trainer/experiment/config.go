package experiment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// Config is a whole experiment. Every key has a default but task and data. In Go the zero value of a field is its default, but a seed of
// 0 is the seed 0.
type Config struct {
	Name        string `yaml:"name,omitempty"` // of the experiment; left out: the file's
	Description string `yaml:"description,omitempty"`

	Task      data.Task `yaml:"task"`
	Seed      uint64    `yaml:"seed"`
	Precision string    `yaml:"precision"` // float32 or float64

	Data  data.Config        `yaml:"data"`
	Model layers.ModelConfig `yaml:"model"`

	Loss           string             `yaml:"loss"` // auto, or a layers.Loss
	LossOptions    layers.LossOptions `yaml:"loss_options,omitempty"`
	Calibration    string             `yaml:"calibration,omitempty"`   // conformal moves quantiles after the training until they hold on the validation part; left out: none
	ClassWeights   ClassWeights       `yaml:"class_weights,omitempty"` // of the loss, by the names of the classes; they become loss_options.class_weights
	LabelSmoothing float64            `yaml:"label_smoothing"`

	Solver  solvers.Config `yaml:"solver"`
	Trainer trainer.Config `yaml:"trainer"`

	Init *InitConfig `yaml:"init,omitempty"` // where the weights come from; default: random ones

	Goal *Goal `yaml:"goal,omitempty"` // what `gruexp reproduce` measures and shows beside it

	document   *yamlconf.Document // that it was read from; nil: it was made in Go
	complete   bool               // defaults are filled in, and it is valid
	extensions *Extensions
}

// LossAuto lets the task choose the loss: the first of those that its targets allow.
const LossAuto = "auto"

const (
	float32Name = "float32"
	float64Name = "float64"
)

// WithDefaults fills the zero fields. A seed of 0 is a seed.
func (c Config) WithDefaults() Config {
	if c.Precision == "" {
		c.Precision = float32Name
	}
	if c.Loss == "" {
		c.Loss = LossAuto
	}
	c.LossOptions = c.LossOptions.WithDefaults(layers.Loss(c.Loss))
	c.Data = c.Data.WithDefaults(c.sets()...)
	c.Model = c.Model.WithDefaults()
	if table := c.Data.Table; table != nil && len(table.Categories) > 0 && table.ScaleCategories == nil && c.Model.EmbedsCategories() {
		whole := *table
		whole.ScaleCategories = new(false)
		c.Data.Table = &whole
	}
	c.Solver = c.Solver.WithDefaults()
	if c.Trainer.Metrics == nil && len(c.LossOptions.Quantiles) > 1 {
		c.Trainer.Metrics = []string{trainer.MetricCoverage, trainer.MetricWidth}
	}
	c.Trainer = c.Trainer.WithDefaults()
	return c
}

// Validate lists every fault of a configuration whose defaults are filled in.
func (c Config) Validate() fault.List {
	faults := c.extensions.Validate()
	faults.Check(!strings.ContainsAny(c.Name, `/\`) && c.Name != "." && c.Name != "..", "name", c.Name, "a name without slashes: runs are called by it")
	task := slices.Contains(data.Tasks(), c.Task) // is one, and one that the data have
	if task {
		wrong := c.Data.ValidateFor(c.Task, c.sets()...)
		task = !slices.ContainsFunc(wrong, func(f fault.Fault) bool { return f.Path == "task" })
		faults.Under("data", wrong)
	} else {
		faults.Add("task", string(c.Task), "one of %v", data.Tasks())
		faults.Under("data", c.Data.Validate(c.sets()...))
	}
	faults.Check(c.Precision == float32Name || c.Precision == float64Name, "precision", c.Precision, "%s or %s", float32Name, float64Name)
	if task {
		faults.Under("model", c.Model.ValidateFor(c.taskHead()))
	} else {
		faults.Under("model", c.Model.Validate())
	}
	c.checkGaps(&faults)
	c.checkCategories(&faults)
	if c.Data.BatchSize == 1 {
		layer := c.Model.BatchNormOfVectors()
		faults.Check(layer == "", "data.batch_size", 1, "2 or more: model.%s normalizes over the vectors of a batch, and one has no variance", layer)
	}
	faults.Under("solver", c.Solver.Validate())
	if c.Init != nil {
		faults.Under("init", c.Init.Validate())
	}
	var training fault.List // what checkTargets looks at again
	losses := slices.Concat([]layers.Loss{LossAuto}, layers.Losses(), c.extensions.lossesOf(spec.ClassTargets, spec.EventTargets, spec.NumberTargets))
	training.Check(slices.Contains(losses, layers.Loss(c.Loss)), "loss", c.Loss, "one of %v", losses)
	training.Check(c.LabelSmoothing >= 0 && c.LabelSmoothing < 1, "label_smoothing", c.LabelSmoothing, "0 or more and less than 1")
	training.Under("trainer", c.Trainer.Validate())
	if c.Goal != nil {
		training.Under("goal", c.Goal.Validate())
	}
	if kind, hasValid, known := c.targets(); known && len(training) == 0 {
		c.checkTargets(&training, data.Spec{Task: c.Task, TargetKind: kind}, hasValid)
	}
	return fromRoot(append(faults, training...))
}

// ValidateTraining lists what a valid configuration cannot be trained for, as far as it is known before the data are: layers that would learn
// nothing. A run that has been trained with them can be measured and predict.
func (c *Config) ValidateTraining() fault.List {
	return fault.Of(c.Place("model", c.Model.ValidateTraining().Err()))
}

// checkGaps adds a fault for all that the data lack of what a layer gru_d reads.
func (c Config) checkGaps(faults *fault.List) {
	if !c.Model.ReadsGaps() {
		return
	}
	missing := c.Data.Missing
	if missing == nil { // a set with a name, or none
		_, known := data.FindSource(c.sets(), c.Data.Name)
		faults.Check(!known, "data.name", c.Data.Name, "data that tell what is missing: a layer gru_d reads masks and gaps")
		return
	}
	faults.Check(missing.Mask, "data.missing.mask", false, "true: a layer gru_d reads it")
	faults.Check(missing.Gap, "data.missing.gap", false, "true: a layer gru_d reads it")
	faults.Check(missing.Fill == data.FillForward, "data.missing.fill", string(missing.Fill), "%s: in a layer gru_d the last value decays", data.FillForward)
	faults.Check(c.Data.Scale == data.ScaleStandard, "data.scale", string(c.Data.Scale), "%s: in a layer gru_d values decay to 0, which has to be their mean", data.ScaleStandard)
}

// checkCategories adds a fault for all that the data lack of what a layer category_embedding reads.
func (c Config) checkCategories(faults *fault.List) {
	const reads = "a layer category_embedding makes vectors of the categories of each"
	table := c.Data.Table
	switch {
	case !c.Model.EmbedsCategories():
	case table == nil:
		faults.Add("data", "no table", "table with categories, columns of texts: %s", reads)
	case len(table.Categories) == 0:
		faults.Add("data.table.categories", "none", "columns of texts: %s", reads)
	case table.ScaleCategories != nil: // a null that was written down asks for the default
		faults.Check(!*table.ScaleCategories, "data.table.scale_categories", true, "false: a layer category_embedding reads 0 and 1")
	}
}

// targets tells what is known of the data before they are loaded: nothing where the task is next and the set has a name.
func (c Config) targets() (kind data.TargetKind, hasValid, known bool) {
	table := c.Data.Table
	hasValid = c.Data.HasValid()
	switch {
	case c.Task == data.Classify:
		return data.ClassPerSequence, hasValid, true
	case c.Task == data.Label:
		return data.ClassPerStep, hasValid, true
	case c.Task == data.Regress || c.Task == data.Forecast:
		return data.ValuesPerSequence, hasValid, true
	case c.Task == data.Translate:
		return data.TokenSequence, hasValid, true
	case c.Task == data.Next && (c.Data.Text != nil || table != nil && table.Tokens != nil):
		return data.TokenPerStep, hasValid, true
	case c.Task == data.Next && table != nil:
		return data.ValuesPerStep, hasValid, true
	default:
		return 0, false, false
	}
}

// checkTargets adds the faults of a loss, a smoothing or a monitor that targets of that kind do not have.
func (c Config) checkTargets(faults *fault.List, spec data.Spec, hasValid bool) {
	allowed := c.lossesOf(spec.TargetKind)
	loss := c.lossFor(spec.TargetKind)
	faults.Check(slices.Contains(allowed, loss), "loss", c.Loss, "%s or one of %v: the targets are %v", LossAuto, allowed, spec.TargetKind)
	if loss == layers.PoissonLoss {
		faults.Check(c.Data.Scale == data.ScaleNone, "data.scale", string(c.Data.Scale), "%s: the loss %s is about counts", data.ScaleNone, loss)
	}
	c.checkClassWeights(faults, spec.TargetKind)
	c.checkCalibration(faults, loss, hasValid)
	if c.customLoss(loss) == nil {
		faults.Under("loss_options", c.LossOptions.WithDefaults(loss).Validate(loss))
	}
	faults.Check(c.LabelSmoothing == 0 || loss == layers.CrossEntropy, "label_smoothing", c.LabelSmoothing,
		"0: only the loss %s has it, and this is %s", layers.CrossEntropy, loss)
	faults.Under("trainer", c.Trainer.ValidateFor(spec, hasValid))
	intervals := loss == layers.QuantileLoss && len(c.LossOptions.WithDefaults(loss).Quantiles) > 1
	for i, name := range c.Trainer.Metrics {
		ofIntervals := name == trainer.MetricCoverage || name == trainer.MetricWidth
		faults.Check(intervals || !ofIntervals, fmt.Sprintf("trainer.metrics.%d", i), name, "none of intervals without two quantiles, as the loss %s has", layers.QuantileLoss)
	}
	if c.Goal != nil {
		faults.Under("goal", c.Goal.ValidateFor(spec.TargetKind, c.Trainer.Metrics, hasValid))
	}
}

// ValidateFor lists the faults of a valid configuration together with its data.
func (c Config) ValidateFor(spec data.Spec, hasValid bool) fault.List {
	var faults fault.List
	c.checkTargets(&faults, spec, hasValid)
	given, found := c.Model.Input, c.InputOf(spec)
	faults.Check(given.Equal(found) || given.Equal(layers.Input{}), "model.input", inputText(given), "%s, as the data has", inputText(found))
	return faults
}

// fromRoot gives the faults of parts the paths that their fields have in the whole.
func fromRoot(faults fault.List) fault.List {
	for i := range faults {
		path := &faults[i].Path
		rest, ofHead := strings.CutPrefix(*path, "model.head.")
		switch {
		case *path == "data.task":
			*path = "task"
		case *path == "model.dtype":
			*path = "precision"
		case ofHead && (strings.HasPrefix(rest, "loss") || rest == "label_smoothing"):
			*path = rest
		}
	}
	return faults
}
