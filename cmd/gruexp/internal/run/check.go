package run

import (
	"context"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
)

// Check loads the data and builds what the configuration says on them, without training: the faults that would come to
// light then. A metric that such runs do not have, as "valid.accuracy", is a [fault.Error] with the path metric.
func Check(ctx context.Context, cfg *config.Config, metric string, options Options) (c Checked, err error) {
	s, err := newSession(ctx, cfg, options, nil)
	if err != nil {
		return Checked{}, err
	}
	defer s.data.Close()
	monitoring := cfg.Trainer
	monitoring.EarlyStopping = &trainer.EarlyStoppingConfig{Monitor: metric}
	var faults fault.List
	for _, f := range monitoring.WithDefaults().ValidateFor(s.data.Spec, s.data.Valid != nil) {
		if f.Path == "early_stopping.monitor" {
			f.Path = "metric"
			faults = append(faults, f)
		}
	}
	if err := faults.Err(); err != nil {
		return Checked{}, err
	}
	c.DrawsValid = s.data.DrawsValid
	c.Fingerprint, err = s.cfg.Fingerprint(s.checksums())
	return c, err
}

// Checked is what is known of a configuration with its data.
type Checked struct {
	Fingerprint string // of both
	DrawsValid  bool   // whether data.valid_seed draws another validation part
}
