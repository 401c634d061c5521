package run_test

import (
	"testing"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/trainer"
)

func TestTimeLeft(t *testing.T) {
	finished := []trainer.Epoch{{Epoch: 1, Seconds: 70}, {Epoch: 2, Seconds: 100}} // 70 and 30 seconds
	for _, test := range []struct {
		name               string
		config             trainer.Config
		epochs             []trainer.Epoch
		begun, begunEpoch  float64
		begunAt, step, now int
		seconds            float64
		atMost, known      bool
	}{
		{"steps of 2 s alone are known", trainer.Config{MaxEpochs: 3}, nil, 0, 0, 0, 4, 8, 52, false, true}, // 6 steps and 2 epochs of 10
		{"the last epoch is known", trainer.Config{MaxEpochs: 5}, finished, 0, 100, 0, 4, 108, 72, false, true},
		{"the last epoch", trainer.Config{MaxEpochs: 3}, finished, 0, 100, 0, 4, 108, 12, false, true},
		{"the end", trainer.Config{MaxEpochs: 3}, finished, 0, 100, 0, 10, 120, 0, false, true},
		{"resumed within an epoch", trainer.Config{MaxEpochs: 4}, finished, 110, 110, 5, 7, 112, 33, false, true},
		{"early stopping", trainer.Config{MaxEpochs: 4, EarlyStopping: &trainer.EarlyStoppingConfig{}}, finished, 0, 100, 0, 4, 108, 42, true, true},
		{"steps to spend", trainer.Config{MaxEpochs: 4, MaxSteps: 1000}, finished, 0, 100, 0, 4, 108, 42, true, true},
		{"seconds to spend", trainer.Config{MaxEpochs: 4, MaxSeconds: 20}, finished, 95, 100, 0, 4, 108, 7, true, true},
		{"seconds spent", trainer.Config{MaxEpochs: 4, MaxSeconds: 5}, finished, 95, 100, 0, 4, 108, 0, true, true},
		{"nothing known", trainer.Config{MaxEpochs: 4}, nil, 0, 100, 4, 4, 108, 0, false, false},
	} {
		var left run.TimeLeft
		left.StartRun(&trainer.Event{History: &trainer.History{Seconds: test.begun}})
		left.StartEpoch(&trainer.Event{Step: test.begunAt, History: &trainer.History{Seconds: test.begunEpoch}})
		seconds, atMost, known := left.After(&trainer.Event{
			Epoch: len(test.epochs) + 1, Step: test.step, Of: 10, Config: &test.config,
			History: &trainer.History{Epochs: test.epochs, Seconds: float64(test.now)},
		})
		if seconds != test.seconds || atMost != test.atMost || known != test.known {
			t.Errorf("%s: found %g %t %t, expected %g %t %t", test.name, seconds, atMost, known, test.seconds, test.atMost, test.known)
		}
	}
}
