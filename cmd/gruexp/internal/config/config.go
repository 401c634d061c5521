// Package config is a whole experiment as a file: what the libraries' configurations are called in YAML, how one file
// becomes one value with every default filled in, and where each fault of it stands.
package config

import (
	"fmt"
	"slices"
	"strings"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/yamlconf"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// Config is an experiment. Every key has a default but task and data.
type Config struct {
	Name        string `yaml:"name,omitempty"` // of the experiment; left out: the file's
	Description string `yaml:"description,omitempty"`

	Task      data.Task `yaml:"task"`
	Seed      uint64    `yaml:"seed"`
	Precision string    `yaml:"precision"` // float32 or float64

	Data  data.Config        `yaml:"data"`
	Model layers.ModelConfig `yaml:"model"`

	Loss           string  `yaml:"loss"` // auto, or a layers.Loss
	LabelSmoothing float64 `yaml:"label_smoothing"`

	Solver  solvers.Config `yaml:"solver"`
	Trainer trainer.Config `yaml:"trainer"`

	document *yamlconf.Document
}

// LossAuto lets the task choose the loss: cross-entropy for labels and tokens, binary cross-entropy for notes, squared
// error for numbers.
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
	c.Data = c.Data.WithDefaults()
	c.Model = c.Model.WithDefaults()
	c.Solver = c.Solver.WithDefaults()
	c.Trainer = c.Trainer.WithDefaults()
	return c
}

// Validate lists every fault of a configuration whose defaults are filled in.
func (c Config) Validate() fault.List {
	var faults fault.List
	faults.Check(!strings.ContainsAny(c.Name, `/\`) && c.Name != "." && c.Name != "..", "name", c.Name, "a name without slashes: runs are called by it")
	if slices.Contains(data.Tasks(), c.Task) {
		faults.Under("data", c.Data.ValidateFor(c.Task))
	} else {
		faults.Add("task", string(c.Task), "one of %v", data.Tasks())
		faults.Under("data", c.Data.Validate())
	}
	faults.Check(c.Precision == float32Name || c.Precision == float64Name, "precision", c.Precision, "%s or %s", float32Name, float64Name)
	faults.Under("model", c.Model.Validate())
	if slices.Contains(data.Tasks(), c.Task) {
		faults.Under("model", c.Model.ValidateDecoder(c.Task == data.Translate))
	}
	faults.Under("solver", c.Solver.Validate())
	var training fault.List // what checkTargets looks at again
	losses := []string{LossAuto, string(layers.CrossEntropy), string(layers.BinaryCrossEntropy), string(layers.MeanSquaredError)}
	training.Check(slices.Contains(losses, c.Loss), "loss", c.Loss, "one of %v", losses)
	training.Check(c.LabelSmoothing >= 0 && c.LabelSmoothing < 1, "label_smoothing", c.LabelSmoothing, "0 or more and less than 1")
	training.Under("trainer", c.Trainer.Validate())
	if kind, hasValid, known := c.targets(); known && len(training) == 0 {
		c.checkTargets(&training, data.Spec{TargetKind: kind}, hasValid)
	}
	return fromRoot(append(faults, training...))
}

// targets tells what is known of the data before they are loaded: nothing where the task is next and the set has a name.
func (c Config) targets() (kind data.TargetKind, hasValid, known bool) {
	csv := c.Data.CSV
	hasValid = c.Data.HasValid()
	switch {
	case c.Task == data.Classify:
		return data.ClassPerSequence, hasValid, true
	case c.Task == data.Regress || c.Task == data.Forecast:
		return data.ValuesPerSequence, hasValid, true
	case c.Task == data.Translate:
		return data.TokenSequence, hasValid, true
	case c.Task == data.Next && (c.Data.Text != nil || csv != nil && csv.Tokens != nil):
		return data.TokenPerStep, hasValid, true
	case c.Task == data.Next && csv != nil:
		return data.ValuesPerStep, hasValid, true
	default:
		return 0, false, false
	}
}

// checkTargets adds the faults of a loss, a smoothing or a monitor that targets of that kind do not have.
func (c Config) checkTargets(faults *fault.List, spec data.Spec, hasValid bool) {
	loss := lossOf(spec.TargetKind)
	faults.Check(c.Loss == LossAuto || c.Loss == string(loss), "loss", c.Loss, "%s or %s: the targets are %v", LossAuto, loss, spec.TargetKind)
	faults.Check(c.LabelSmoothing == 0 || loss == layers.CrossEntropy, "label_smoothing", c.LabelSmoothing,
		"0: only the loss %s has it, and this is %s", layers.CrossEntropy, loss)
	faults.Under("trainer", c.Trainer.ValidateFor(spec, hasValid))
}

// ValidateFor lists the faults of a valid configuration together with its data.
func (c Config) ValidateFor(spec data.Spec, hasValid bool) fault.List {
	var faults fault.List
	c.checkTargets(&faults, spec, hasValid)
	given, found := c.Model.Input, InputOf(spec)
	faults.Check(given == found || given == layers.Input{}, "model.input", inputText(given), "%s, as the data has", inputText(found))
	return faults
}

// fromRoot gives the faults of parts the paths that their fields have in the whole.
func fromRoot(faults fault.List) fault.List {
	for i := range faults {
		switch path := &faults[i].Path; *path {
		case "data.task":
			*path = "task"
		case "model.head.loss":
			*path = "loss"
		case "model.head.label_smoothing":
			*path = "label_smoothing"
		case "model.dtype":
			*path = "precision"
		}
	}
	return faults
}

// InputOf is what the model reads, given the data.
func InputOf(spec data.Spec) layers.Input {
	return layers.Input{Vocabulary: spec.Vocabulary, Size: spec.Features}
}

func inputText(in layers.Input) string {
	if in.Vocabulary > 0 {
		return fmt.Sprintf("vocabulary %d", in.Vocabulary)
	}
	return fmt.Sprintf("size %d", in.Size)
}

// lossOf is the loss that fits the targets.
func lossOf(kind data.TargetKind) layers.Loss {
	switch kind {
	case data.ClassPerSequence, data.TokenPerStep, data.TokenSequence:
		return layers.CrossEntropy
	case data.BinaryPerStep:
		return layers.BinaryCrossEntropy
	default:
		return layers.MeanSquaredError
	}
}

// Head is what the task wants at the end of the model, given the data.
func (c *Config) Head(spec data.Spec) layers.Head {
	return layers.Head{
		Loss:           lossOf(spec.TargetKind),
		Units:          spec.Targets,
		PerStep:        spec.TargetKind.PerStep(),
		Causal:         spec.Task == data.Next,
		Sequence:       spec.TargetKind == data.TokenSequence,
		LabelSmoothing: c.LabelSmoothing,
		Truncated:      c.Trainer.Truncate != nil,
	}
}

// Dtype is the type of the model's numbers.
func (c *Config) Dtype() tensor.Dtype {
	if c.Precision == float64Name {
		return tensor.Float64
	}
	return tensor.Float32
}
