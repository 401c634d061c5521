package trainer

import (
	"math"
	"testing"
)

// A straight line stays what it is, up to both ends, and noise around it becomes less.
func TestLocalLines(t *testing.T) {
	t.Parallel()
	line, noisy := make([]float64, 60), make([]float64, 60)
	for i := range line {
		line[i] = 3 - 0.1*float64(i)
		noisy[i] = line[i] + 0.5*math.Sin(17.3*float64(i*i))
	}
	for i, v := range localLines(line, 3) {
		if math.Abs(v-line[i]) > 1e-9 {
			t.Errorf("point %d: found %v, expected %v", i, v, line[i])
		}
	}
	before, after := 0.0, 0.0
	for i, v := range localLines(noisy, 3) {
		before, after = before+math.Abs(noisy[i]-line[i]), after+math.Abs(v-line[i])
	}
	if after > before/2 {
		t.Errorf("found deviations of %v after smoothing and %v before, expected half at the most", after, before)
	}
	if found := deviationOf(noisy); found < 0.25 || found > 0.5 {
		t.Errorf("found the deviation %v, expected about 0.35", found)
	}
	if deviationOf(line) > 1e-12 || deviationOf(nil) != 0 {
		t.Error("found a deviation of a straight line")
	}
}
