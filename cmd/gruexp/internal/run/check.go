package run

import (
	"context"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
)

// Check loads the data and builds what the configuration says on them, without training: the faults that would come to
// light then. A metric that such runs do not have, as "valid.accuracy", is a [fault.Error] with the path metric. The
// fingerprint stands for configuration and data.
func Check(ctx context.Context, cfg *config.Config, metric string, options Options) (fingerprint string, err error) {
	s, err := newSession(ctx, cfg, options, nil)
	if err != nil {
		return "", err
	}
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
		return "", err
	}
	return s.cfg.Fingerprint(s.checksums())
}
