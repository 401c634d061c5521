package report

import (
	"slices"
	"testing"
)

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
