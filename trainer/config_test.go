package trainer_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

func TestDefaultsAreValid(t *testing.T) {
	t.Parallel()
	cfg := trainer.Config{
		EarlyStopping:   &trainer.EarlyStoppingConfig{},
		ReduceOnPlateau: &trainer.ReduceOnPlateauConfig{},
	}
	full := cfg.WithDefaults()
	if err := full.Validate().Err(); err != nil {
		t.Error(err)
	}
	if full.MaxEpochs != 100 || full.BatchSize != 32 || !*full.Bucketing || full.CheckpointEvery != 1 ||
		*full.EarlyStopping.Patience != 10 || full.EarlyStopping.Monitor != "valid.loss" || !*full.EarlyStopping.RestoreBest {
		t.Errorf("found defaults %+v, %+v", full, full.EarlyStopping)
	}
	if cfg.EarlyStopping.Patience != nil || cfg.ReduceOnPlateau.Patience != nil {
		t.Error("found defaults in the configuration given, expected them in the copy alone")
	}
	if off := (trainer.Config{Bucketing: new(false)}).WithDefaults(); *off.Bucketing {
		t.Error("found bucketing on, expected it off as told")
	}
	none := trainer.Config{EarlyStopping: &trainer.EarlyStoppingConfig{Patience: new(0)}}.WithDefaults()
	if err := none.Validate().Err(); err != nil || *none.EarlyStopping.Patience != 0 {
		t.Errorf("found patience %d and %v, expected that 0 is kept and valid", *none.EarlyStopping.Patience, err)
	}
}

func TestFaultsOfAConfiguration(t *testing.T) {
	t.Parallel()
	cfg := trainer.Config{
		MaxEpochs: -1, BatchSize: -2, WeightNoise: math.NaN(), CheckpointEvery: -1,
		EarlyStopping:   &trainer.EarlyStoppingConfig{Monitor: "loss", Mode: "least", Patience: new(-1), MinDelta: -1, StartEpoch: -1},
		ReduceOnPlateau: &trainer.ReduceOnPlateauConfig{MinDeltaMode: "rel", Cooldown: -1, Factor: 1, MinLearningRate: math.Inf(1), Epsilon: -1},
	}.WithDefaults()
	var paths []string
	for _, f := range cfg.Validate() {
		paths = append(paths, f.Path)
	}
	expected := "max_epochs batch_size weight_noise early_stopping.monitor early_stopping.mode early_stopping.patience " +
		"early_stopping.min_delta early_stopping.start_epoch reduce_on_plateau.min_delta_mode reduce_on_plateau.cooldown reduce_on_plateau.factor " +
		"reduce_on_plateau.min_learning_rate reduce_on_plateau.epsilon checkpoint_every"
	if found := strings.Join(paths, " "); found != expected {
		t.Errorf("found faults of\n%s, expected\n%s", found, expected)
	}
	if _, err := trainer.New(cfg, nil, nil, trainer.Options{}); err == nil {
		t.Error("found a trainer of a wrong configuration")
	}
	late := trainer.Config{MaxEpochs: 5, EarlyStopping: &trainer.EarlyStoppingConfig{StartEpoch: 5}}.WithDefaults()
	if faults := late.Validate(); len(faults) != 1 || faults[0].Path != "early_stopping.start_epoch" {
		t.Errorf("found %v, expected a fault of start_epoch, which leaves no epoch", faults)
	}
}

func TestMonitorThatDoesNotExist(t *testing.T) {
	t.Parallel()
	valid := waves(8, 2, data.ClassPerSequence)
	for monitor, test := range map[string]struct {
		valid data.Dataset
		fault string // empty: none
	}{
		"valid.loss":     {nil, "validation set"},
		"valid.rmse":     {valid, "a metric among [loss nll accuracy]"},
		"train.penalty":  {valid, "a metric among"},
		"train.accuracy": {nil, ""},
		"valid.accuracy": {valid, ""},
	} {
		e := noisy()
		e.valid = test.valid
		e.trainer.MaxEpochs = 1
		e.trainer.EarlyStopping.Monitor = monitor
		steps := 0
		e.options.Callbacks = countSteps(&steps)
		m, err := e.build()
		if err == nil {
			_, err = m.fit(t.Context())
		}
		if test.fault == "" {
			if err != nil {
				t.Errorf("%s: %v", monitor, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.fault) || !strings.Contains(err.Error(), monitor) || steps > 0 {
			t.Errorf("%s: found error %v after %d steps, expected %q before the first", monitor, err, steps, test.fault)
		}
	}
}
