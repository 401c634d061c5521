package cli

import (
	"testing"

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
		want               string
	}{
		{"steps of 2 s alone are known", trainer.Config{MaxEpochs: 3}, nil, 0, 0, 0, 4, 8, "  52s left"}, // 6 steps and 2 epochs of 10
		{"the last epoch is known", trainer.Config{MaxEpochs: 5}, finished, 0, 100, 0, 4, 108, "  1m12s left"},
		{"the last epoch", trainer.Config{MaxEpochs: 3}, finished, 0, 100, 0, 4, 108, "  12s left"},
		{"the end", trainer.Config{MaxEpochs: 3}, finished, 0, 100, 0, 10, 120, "  0s left"},
		{"resumed within an epoch", trainer.Config{MaxEpochs: 4}, finished, 110, 110, 5, 7, 112, "  33s left"},
		{"early stopping", trainer.Config{MaxEpochs: 4, EarlyStopping: &trainer.EarlyStoppingConfig{}}, finished, 0, 100, 0, 4, 108, "  at most 42s left"},
		{"steps to spend", trainer.Config{MaxEpochs: 4, MaxSteps: 1000}, finished, 0, 100, 0, 4, 108, "  at most 42s left"},
		{"seconds to spend", trainer.Config{MaxEpochs: 4, MaxSeconds: 20}, finished, 95, 100, 0, 4, 108, "  at most 7s left"},
		{"seconds spent", trainer.Config{MaxEpochs: 4, MaxSeconds: 5}, finished, 95, 100, 0, 4, 108, "  at most 0s left"},
		{"nothing known", trainer.Config{MaxEpochs: 4}, nil, 0, 100, 4, 4, 108, ""},
	} {
		var left timeLeft
		left.startRun(&trainer.Event{History: &trainer.History{Seconds: test.begun}})
		left.startEpoch(&trainer.Event{Step: test.begunAt, History: &trainer.History{Seconds: test.begunEpoch}})
		found := left.after(&trainer.Event{
			Epoch: len(test.epochs) + 1, Step: test.step, Of: 10, Config: &test.config,
			History: &trainer.History{Epochs: test.epochs, Seconds: float64(test.now)},
		})
		if found != test.want {
			t.Errorf("%s: found %q, expected %q", test.name, found, test.want)
		}
	}
}
