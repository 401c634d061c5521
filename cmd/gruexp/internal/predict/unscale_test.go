package predict

import (
	"slices"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
)

// Where a target has several outputs, as of quantiles, all of them have its units.
func TestUnscale(t *testing.T) {
	signature := data.Preparation{TargetScale: []float64{2, 10}, TargetOffset: []float64{1, 0}}
	for units, want := range map[int][]float64{2: {3, 20, 7, 40, 11, 60}, 6: {3, 5, 7, 40, 50, 60}} {
		o := outputs{units: units, values: [][]float64{{1, 2, 3, 4, 5, 6}}}
		if o.unscale(signature, nil); !slices.Equal(o.values[0], want) {
			t.Errorf("%d units: found %v, expected %v", units, o.values[0], want)
		}
	}
}
