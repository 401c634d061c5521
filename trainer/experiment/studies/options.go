package studies

import (
	"context"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
)

// Options are the surroundings of a study. But for Set they change no number of its result.
type Options struct {
	Set        []string               // changes to the base of all trials, as "solver.learning_rate=0.01"
	Extensions *experiment.Extensions // parts that configurations may select by name; nil: none
	Run        []experiment.Option    // of every experiment, as [experiment.DataFiles]
	Warn       func(message string)   // is told of what may not be meant; nil: nobody is

	// Record reads the record of an earlier search, which [SearchConfig.From] names. Nil: From has to be empty.
	Record func(ctx context.Context, path string) (study.Definition, []study.Trial, error)
}

func (o Options) warn(message string) {
	if o.Warn != nil {
		o.Warn(message)
	}
}

// checked is what is known of a configuration with its data.
type checked struct {
	fingerprint string // of both
	drawsValid  bool   // whether data.valid_seed draws another validation part
}

// check loads the data and builds what the configuration says on them, without training: the faults that would come to light then. A
// metric that such runs do not have, as "valid.accuracy", is a fault of the path metric.
func (o Options) check(ctx context.Context, cfg *experiment.Config, metric string) (c checked, err error) {
	e, err := experiment.New(ctx, *cfg, o.Run...)
	if err != nil {
		return checked{}, err
	}
	defer e.Close()
	e.Warn(ctx)
	monitoring := cfg.Trainer
	monitoring.EarlyStopping = &trainer.EarlyStoppingConfig{Monitor: metric}
	var faults fault.List
	for _, f := range monitoring.WithDefaults().ValidateFor(e.Data().Spec, e.Data().Valid != nil) {
		if f.Path == "early_stopping.monitor" {
			f.Path = "metric"
			faults = append(faults, f)
		}
	}
	if err := faults.Err(); err != nil {
		return checked{}, err
	}
	c.drawsValid = e.Data().DrawsValid
	c.fingerprint, err = e.Fingerprint()
	return c, err
}
