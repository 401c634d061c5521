package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// The best epoch of a run that has not ended is the one that early stopping sees as the best, also where its mode turns a metric around.
func TestBestEpochSoFar(t *testing.T) {
	r := &Run{}
	for i, v := range []float64{0.5, 0.9, 0.2, math.NaN()} {
		r.Epochs = append(r.Epochs, trainer.Epoch{Epoch: i + 1, Valid: trainer.Values{trainer.MetricLoss: v}})
	}
	for mode, want := range map[string]string{"": "is 3", trainer.ModeAuto: "is 3", trainer.ModeMin: "is 3", trainer.ModeMax: "is 2"} {
		r.Config = &experiment.Config{}
		r.Config.Trainer.EarlyStopping = &trainer.EarlyStoppingConfig{Monitor: "valid.loss", Mode: mode}
		if found := strings.Join(r.bestSoFar(), " "); !strings.Contains(found, want) {
			t.Errorf("mode %q: found %q, expected that it %s", mode, found, want)
		}
	}
	if found := Number(math.NaN()); found != "undefined" {
		t.Errorf("found %q for a metric that is undefined", found)
	}
}

// A curve that falls far at its beginning must not leave the rest flat; one that does not is seen whole.
func TestFocus(t *testing.T) {
	steep, gentle := curve{}, curve{}
	for epoch := 1; epoch <= 100; epoch++ {
		add := func(c *curve, v float64) {
			c.epochs = append(c.epochs, epoch)
			c.mean, c.low, c.high = append(c.mean, v), append(c.low, v), append(c.high, v)
		}
		add(&steep, 8+50/float64(epoch*epoch))
		add(&gentle, 10-float64(epoch)/100)
	}
	ends, first := focus([]named{{curve: steep}})
	if first != 10 || len(ends) != 2 || ends[0] > steep.mean[99] || ends[1] < steep.mean[10] || ends[1] > steep.mean[2] {
		t.Errorf("found ends %v beyond the first %d epochs, expected 10 epochs and ends around %g to %g", ends, first, steep.mean[99], steep.mean[10])
	}
	if ends, first := focus([]named{{curve: gentle}}); ends != nil || first != 0 {
		t.Errorf("found ends %v beyond the first %d epochs, expected none for a straight line", ends, first)
	}
	both, _ := focus([]named{{curve: steep}, {curve: gentle}})
	if len(both) != 2 || both[0] > 8.005 || both[1] < slices.Max(gentle.mean[10:]) {
		t.Errorf("found ends %v, expected those of both curves after the beginning", both)
	}
}
