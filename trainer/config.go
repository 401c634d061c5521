package trainer

import (
	"cmp"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// FullBatch as a batch size makes every step see all sequences at once.
const FullBatch = -1

// Config says how a run trains. A zero field takes its default, see [Config.WithDefaults].
type Config struct {
	// MaxEpochs is how often the training sequences are gone through at most; default 100.
	MaxEpochs int `yaml:"max_epochs"`
	// MaxSteps is how many steps of the solver one call may take, MaxSeconds how long it may train; then it writes a checkpoint
	// and ends, and when it is resumed it continues with a new budget; default: no limit
	MaxSteps int `yaml:"max_steps"`
	// MaxSeconds is the same in seconds of wall time, looked at after each step; default: no limit
	MaxSeconds float64 `yaml:"max_seconds"`
	// BatchSize is how many sequences a step sees, default 32; [FullBatch] takes them all. It also bounds the batches
	// of an evaluation. An experiment file has it among its data.
	BatchSize int `yaml:"-"`
	// Bucketing makes batches of sequences of similar length, so that little of a batch is padding; default true.
	Bucketing *bool `yaml:"bucketing"`
	// Accumulate is how many batches a step of the solver sees, one after the other: its gradient is that of one batch of all of their
	// targets, in the memory of one of them; default 1. What is left at the end of an epoch is a step, too.
	Accumulate int `yaml:"accumulate"`
	// Curriculum begins with the shortest sequences; default nil: every epoch has all.
	Curriculum *CurriculumConfig `yaml:"curriculum"`
	// Truncate cuts long sequences into windows, between which layers with stateful: true carry their state but no
	// gradient; default nil: gradients reach back to the beginning.
	Truncate *TruncateConfig `yaml:"truncate"`
	// WeightNoise is the standard deviation of Gaussian noise that every trained number carries during the forward and
	// backward pass of a step, drawn for each step and taken off before the update (Graves 2011; Chung et al.
	// 2014, arXiv:1412.3555, with 0.075); default 0: none.
	WeightNoise float64 `yaml:"weight_noise"`
	// Metrics are measured in addition to those that the data always have, on the validation part after each epoch and on all parts at the
	// end: see [Metrics]; default: none
	Metrics []string `yaml:"metrics"`
	// OwnMetrics are metrics by name that Metrics, early stopping and reduce_on_plateau may use in addition to the built-in ones; nil: none.
	OwnMetrics MetricFactories `yaml:"-"`
	// EarlyStopping ends the run when the model gets no better; default nil: it continues to MaxEpochs.
	EarlyStopping *EarlyStoppingConfig `yaml:"early_stopping"`
	// ReduceOnPlateau lowers the learning rate when the model gets no better; default nil: only the solver's schedule
	// changes it.
	ReduceOnPlateau *ReduceOnPlateauConfig `yaml:"reduce_on_plateau"`
	// KeepBest is of how many of the best epochs the weights are kept next to the checkpoints, as best-000007.safetensors; default 1,
	// whose weights are a part of every checkpoint and need no file.
	KeepBest int `yaml:"keep_best"`
	// GradientNorms has every epoch report the norm of each parameter's gradient; default false.
	GradientNorms bool `yaml:"gradient_norms"`
	// CheckpointEvery is the number of epochs from one checkpoint to the next, default 1. An interrupted run and the
	// last epoch write one in any case.
	CheckpointEvery int `yaml:"checkpoint_every"`
}

// EarlyStoppingConfig says when a model has stopped getting better. The rule is that of Keras' EarlyStopping.
type EarlyStoppingConfig struct {
	// Monitor is the metric that counts, as "valid.loss" (default) or "train.accuracy".
	Monitor string `yaml:"monitor"`
	// Mode says which way is better: "min", "max", or "auto" (default), which knows it of the metric.
	Mode string `yaml:"mode"`
	// Patience is after how many epochs in a row without improvement the run ends; default 10. 0 ends it, as 1 does, after the first
	// epoch without improvement, as in Keras.
	Patience *int `yaml:"patience"`
	// MinDelta is by how much an epoch must be better than the best to count as better; default 0.
	MinDelta float64 `yaml:"min_delta"`
	// StartEpoch is the number of first epochs that are ignored: they are neither the best nor lost patience;
	// default 0.
	StartEpoch int `yaml:"start_epoch"`
	// Baseline is what an epoch must be better than to be worth more patience, as in Keras; default: nothing
	Baseline *float64 `yaml:"baseline"`
	// StoppingThreshold ends the run once the metric is better than that, as in PyTorch Lightning; default: nothing
	StoppingThreshold *float64 `yaml:"stopping_threshold"`
	// DivergenceThreshold ends the run once the metric is worse than that; a metric that is not finite always does; default: nothing
	DivergenceThreshold *float64 `yaml:"divergence_threshold"`
	// RestoreBest gives the model the weights of its best epoch at the end of the run; default true.
	RestoreBest *bool `yaml:"restore_best"`
}

// ReduceOnPlateauConfig says when to lower the learning rate. The rule is that of Keras' and PyTorch's ReduceLROnPlateau. Where the
// two count differently, Patience is as in Keras, where PyTorch's is one less, and Cooldown as in PyTorch, where Keras' is one more.
type ReduceOnPlateauConfig struct {
	// Monitor, Mode and MinDelta are those of [EarlyStoppingConfig].
	Monitor  string  `yaml:"monitor"`
	Mode     string  `yaml:"mode"`
	MinDelta float64 `yaml:"min_delta"`
	// MinDeltaMode says of what MinDelta is an amount: "absolute" (default), of the metric, or "relative", a share of the size of the
	// best value so far.
	MinDeltaMode string `yaml:"min_delta_mode"`
	// Patience is after how many epochs in a row without improvement the learning rate is multiplied by Factor, again and again;
	// default 10. 0 is the same as 1, as in Keras.
	Patience *int `yaml:"patience"`
	// Cooldown is how many epochs after the learning rate was lowered lose no patience; default 0.
	Cooldown int `yaml:"cooldown"`
	// Factor is between 0 and 1; default 0.1.
	Factor float64 `yaml:"factor"`
	// MinLearningRate is where lowering ends; default 0.
	MinLearningRate float64 `yaml:"min_learning_rate"`
	// Epsilon is what the learning rate must fall by more than, or it stays as it is; default 0.
	Epsilon float64 `yaml:"epsilon"`
}

const (
	defaultPatience = 10
	mostEpochs      = 1_000_000_000 // more steps than any number of epochs has would overflow
)

// The modes of a monitor.
const (
	ModeAuto = "auto"
	ModeMin  = "min"
	ModeMax  = "max"
)

// The modes of [ReduceOnPlateauConfig].MinDelta.
const (
	MinDeltaAbsolute = "absolute"
	MinDeltaRelative = "relative"
)

// WithDefaults fills the zero fields.
func (c Config) WithDefaults() Config {
	c.MaxEpochs = cmp.Or(c.MaxEpochs, 100)
	c.BatchSize = cmp.Or(c.BatchSize, 32)
	c.CheckpointEvery = cmp.Or(c.CheckpointEvery, 1)
	c.Accumulate = cmp.Or(c.Accumulate, 1)
	c.KeepBest = cmp.Or(c.KeepBest, 1)
	if c.Curriculum != nil {
		c.Curriculum = new(c.Curriculum.WithDefaults())
	}
	if c.Bucketing == nil {
		c.Bucketing = new(true)
	}
	if c.Truncate != nil {
		c.Truncate = new(c.Truncate.WithDefaults())
	}
	if c.EarlyStopping != nil {
		c.EarlyStopping = new(c.EarlyStopping.WithDefaults())
	}
	if c.ReduceOnPlateau != nil {
		c.ReduceOnPlateau = new(c.ReduceOnPlateau.WithDefaults())
	}
	return c
}

// WithDefaults fills the zero fields.
func (c EarlyStoppingConfig) WithDefaults() EarlyStoppingConfig {
	c.Monitor = cmp.Or(c.Monitor, validPrefix+MetricLoss)
	c.Mode = cmp.Or(c.Mode, ModeAuto)
	c.Patience = cmp.Or(c.Patience, new(defaultPatience))
	if c.RestoreBest == nil {
		c.RestoreBest = new(true)
	}
	return c
}

// WithDefaults fills the zero fields.
func (c ReduceOnPlateauConfig) WithDefaults() ReduceOnPlateauConfig {
	c.Monitor = cmp.Or(c.Monitor, validPrefix+MetricLoss)
	c.Mode = cmp.Or(c.Mode, ModeAuto)
	c.Patience = cmp.Or(c.Patience, new(defaultPatience))
	c.MinDeltaMode = cmp.Or(c.MinDeltaMode, MinDeltaAbsolute)
	c.Factor = cmp.Or(c.Factor, 0.1)
	return c
}

// Validate lists every fault of a configuration whose defaults are filled in, but for what depends on the data: see
// [Config.ValidateFor].
func (c Config) Validate() fault.List {
	var faults fault.List
	faults.Check(c.MaxEpochs > 0, "max_epochs", c.MaxEpochs, "at least 1")
	faults.Check(c.MaxEpochs <= mostEpochs, "max_epochs", c.MaxEpochs, "at most %d", mostEpochs)
	faults.Check(c.BatchSize > 0 || c.BatchSize == FullBatch, "batch_size", c.BatchSize, "at least 1, or %d for all", FullBatch)
	faults.Check(c.MaxSteps >= 0, "max_steps", c.MaxSteps, "at least 1, or 0 for no limit")
	faults.Check(c.MaxSeconds >= 0 && isFinite(c.MaxSeconds), "max_seconds", c.MaxSeconds, "a finite number above 0, or 0 for no limit")
	faults.Check(c.Accumulate > 0, "accumulate", c.Accumulate, "at least 1")
	if c.Curriculum != nil {
		faults.Under("curriculum", c.Curriculum.Validate())
	}
	if c.Truncate != nil {
		faults.Under("truncate", c.Truncate.Validate())
	}
	faults.Check(c.WeightNoise >= 0 && isFinite(c.WeightNoise), "weight_noise", c.WeightNoise, "a finite number of at least 0")
	c.checkMetrics(&faults)
	if c.EarlyStopping != nil {
		faults.Under("early_stopping", c.EarlyStopping.Validate())
		start := c.EarlyStopping.StartEpoch
		faults.Check(start < c.MaxEpochs || c.MaxEpochs < 1, "early_stopping.start_epoch", start, "less than max_epochs, which is %d", c.MaxEpochs)
	}
	if c.ReduceOnPlateau != nil {
		faults.Under("reduce_on_plateau", c.ReduceOnPlateau.Validate())
	}
	faults.Check(c.KeepBest > 0, "keep_best", c.KeepBest, "at least 1")
	faults.Check(c.CheckpointEvery > 0, "checkpoint_every", c.CheckpointEvery, "at least 1")
	return faults
}

// ValidateFor lists the faults of a valid configuration together with the data: monitors that do not exist, and windows of
// sequences whose targets come at their end.
func (c Config) ValidateFor(spec data.Spec, hasValid bool) fault.List {
	var faults fault.List
	faults.Check(c.Truncate == nil || spec.TargetKind.PerStep(), "truncate", spec.TargetKind,
		"a target at every step, or no truncate: no gradient of a target at the end would reach the first windows")
	c.checkMetricsFor(&faults, spec)
	if c.EarlyStopping != nil {
		c.checkMonitorFor(&faults, "early_stopping.monitor", c.EarlyStopping.Monitor, spec, hasValid)
	}
	if c.ReduceOnPlateau != nil {
		c.checkMonitorFor(&faults, "reduce_on_plateau.monitor", c.ReduceOnPlateau.Monitor, spec, hasValid)
	}
	return faults
}

// Validate lists every fault of a configuration whose defaults are filled in.
func (c EarlyStoppingConfig) Validate() fault.List {
	var faults fault.List
	checkMonitor(&faults, c.Monitor, c.Mode, c.Patience, c.MinDelta)
	faults.Check(c.StartEpoch >= 0, "start_epoch", c.StartEpoch, "at least 0")
	for _, threshold := range []struct {
		path  string
		value *float64
	}{{"baseline", c.Baseline}, {"stopping_threshold", c.StoppingThreshold}, {"divergence_threshold", c.DivergenceThreshold}} {
		if threshold.value != nil {
			faults.Check(isFinite(*threshold.value), threshold.path, *threshold.value, "a finite number")
		}
	}
	return faults
}

// Validate lists every fault of a configuration whose defaults are filled in.
func (c ReduceOnPlateauConfig) Validate() fault.List {
	var faults fault.List
	checkMonitor(&faults, c.Monitor, c.Mode, c.Patience, c.MinDelta)
	modes := []string{MinDeltaAbsolute, MinDeltaRelative}
	faults.Check(slices.Contains(modes, c.MinDeltaMode), "min_delta_mode", c.MinDeltaMode, "one of %v", modes)
	faults.Check(c.Cooldown >= 0, "cooldown", c.Cooldown, "at least 0")
	faults.Check(c.Factor > 0 && c.Factor < 1, "factor", c.Factor, "a number between 0 and 1")
	faults.Check(c.MinLearningRate >= 0 && isFinite(c.MinLearningRate), "min_learning_rate", c.MinLearningRate, "a finite number of at least 0")
	faults.Check(c.Epsilon >= 0 && isFinite(c.Epsilon), "epsilon", c.Epsilon, "a finite number of at least 0")
	return faults
}

func checkMonitor(faults *fault.List, monitor, mode string, patience *int, minDelta float64) {
	_, _, ok := splitMonitor(monitor)
	faults.Check(ok, "monitor", monitor, "train.METRIC or valid.METRIC")
	modes := []string{ModeAuto, ModeMin, ModeMax}
	faults.Check(slices.Contains(modes, mode), "mode", mode, "one of %v", modes)
	if patience != nil {
		faults.Check(*patience >= 0, "patience", *patience, "at least 0")
	}
	faults.Check(minDelta >= 0 && isFinite(minDelta), "min_delta", minDelta, "a finite number of at least 0")
}

// checkMonitors adds faults for monitors that no data have.
func (c Config) checkMonitors(faults *fault.List) {
	if c.EarlyStopping != nil {
		c.checkMonitorName(faults, "early_stopping.monitor", c.EarlyStopping.Monitor)
	}
	if c.ReduceOnPlateau != nil {
		c.checkMonitorName(faults, "reduce_on_plateau.monitor", c.ReduceOnPlateau.Monitor)
	}
}

// checkMonitorName adds a fault for the name of a metric that no data have, or that nothing measures.
func (c Config) checkMonitorName(faults *fault.List, path, monitor string) {
	set, metric, ok := splitMonitor(monitor)
	if !ok {
		return
	}
	var names []string
	for _, m := range Metrics() {
		if !m.Optional {
			names = append(names, m.Name)
		}
	}
	names = c.monitored(set, names)
	_, known := c.OwnMetrics.find(metric)
	switch {
	case slices.Contains(names, metric):
	case known && metric != MetricConfusion && set == validPrefix:
		faults.Add(path, monitor, "a metric that trainer.metrics lists, so that it is measured: add %s there", metric)
	default:
		faults.Add(path, monitor, "a metric among %v", names)
	}
}

// monitored adds to names what is measured in evaluations.
func (c Config) monitored(set string, names []string) []string {
	if set == validPrefix {
		names = append(names, slices.DeleteFunc(slices.Clone(c.Metrics), func(name string) bool { return name == MetricConfusion })...)
	}
	return names
}

func (c Config) checkMonitorFor(faults *fault.List, path, monitor string, spec data.Spec, hasValid bool) {
	set, metric, _ := splitMonitor(monitor)
	names := c.monitored(set, MetricNames(spec.TargetKind))
	faults.Check(set == trainPrefix || hasValid, path, monitor, "train.METRIC, since there is no validation set")
	faults.Check(slices.Contains(names, metric), path, monitor, "a metric among %v", names)
}

// batchSize is the batch size as package data counts it: 0 is all.
func (c Config) batchSize() int { return max(0, c.BatchSize) }
