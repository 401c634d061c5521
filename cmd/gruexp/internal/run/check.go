package run

import (
	"context"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// Check loads the data and builds what the configuration says on them, without training: the faults that would come to
// light then. A metric that such runs do not have, as "valid.accuracy", is a [fault.Error] with the path metric.
func Check(ctx context.Context, cfg *experiment.Config, metric string, options Options) (c Checked, err error) {
	e, err := options.prepare(ctx, cfg, nil)
	if err != nil {
		return Checked{}, err
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
		return Checked{}, err
	}
	c.DrawsValid = e.Data().DrawsValid
	c.Fingerprint, err = e.Fingerprint()
	return c, err
}

// Checked is what is known of a configuration with its data.
type Checked struct {
	Fingerprint string // of both
	DrawsValid  bool   // whether data.valid_seed draws another validation part
}
