// Package config is a whole experiment as a file: what the libraries' configurations are called in YAML, how one file
// becomes one value with every default filled in, and where each fault of it stands.
package config

import (
	"slices"

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
	if slices.Contains(data.Tasks(), c.Task) {
		faults.Under("data", c.Data.ValidateFor(c.Task))
	} else {
		faults.Add("task", string(c.Task), "one of %v", data.Tasks())
		faults.Under("data", c.Data.Validate())
	}
	faults.Check(c.Precision == float32Name || c.Precision == float64Name, "precision", c.Precision, "%s or %s", float32Name, float64Name)
	faults.Under("model", c.Model.Validate())
	losses := []string{LossAuto, string(layers.CrossEntropy), string(layers.BinaryCrossEntropy), string(layers.MeanSquaredError)}
	faults.Check(slices.Contains(losses, c.Loss), "loss", c.Loss, "one of %v", losses)
	faults.Check(c.LabelSmoothing >= 0 && c.LabelSmoothing < 1, "label_smoothing", c.LabelSmoothing, "0 or more and less than 1")
	faults.Under("solver", c.Solver.Validate())
	faults.Under("trainer", c.Trainer.Validate())
	return faults
}

// Head is what the task wants at the end of the model, given the data.
func (c *Config) Head(spec data.Spec) layers.Head {
	loss := layers.Loss(c.Loss)
	if c.Loss == LossAuto {
		switch spec.TargetKind {
		case data.ClassPerSequence, data.TokenPerStep:
			loss = layers.CrossEntropy
		case data.BinaryPerStep:
			loss = layers.BinaryCrossEntropy
		default:
			loss = layers.MeanSquaredError
		}
	}
	return layers.Head{
		Loss:           loss,
		Units:          spec.Targets,
		PerStep:        spec.TargetKind.PerStep(),
		Causal:         spec.Task == data.Next,
		LabelSmoothing: c.LabelSmoothing,
	}
}

// Dtype is the type of the model's numbers.
func (c *Config) Dtype() tensor.Dtype {
	if c.Precision == float64Name {
		return tensor.Float64
	}
	return tensor.Float32
}
