package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

func TestActivityPenalty(t *testing.T) {
	const steps, batch, width = 4, 3, 2
	rng := rand.New(rand.NewPCG(8, 8))
	x := numtest.Random[float64](rng, steps*batch*width)
	gaps := []float64{1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0} // one with a gap, one that ends, an empty one
	for name, mask := range map[string][]float64{"whole": nil, "masked": gaps, "empty": make([]float64, steps*batch)} {
		counts := func(step, b int) bool { return mask == nil || mask[step*batch+b] != 0 }
		var squares, changes, n, pairs float64
		for b := range batch {
			for step := range steps {
				for d := range width {
					at := (step*batch+b)*width + d
					if counts(step, b) {
						squares, n = squares+x[at]*x[at], n+1
						if step+1 < steps && counts(step+1, b) {
							changes, pairs = changes+math.Pow(x[at+batch*width]-x[at], 2), pairs+1
						}
					}
				}
			}
		}
		want := 0.5*squares/math.Max(1, n) + 2*changes/math.Max(1, pairs)
		if found := ActivityPenalty(steps, batch, width, 0.5, 2, x, mask); math.Abs(found-want) > 1e-14 {
			t.Errorf("%s: found %v, expected %v", name, found, want)
		}
		gradient := numtest.Random[float64](rng, len(x)) // must be overwritten
		ActivityPenaltyGradient(steps, batch, width, 0.5, 2, 3, x, mask, gradient)
		checkGradient(t, name, x, gradient, func() float64 { return 3 * ActivityPenalty(steps, batch, width, 0.5, 2, x, mask) })
		gradient32 := make([]float32, len(x))
		ActivityPenaltyGradient(steps, batch, width, 0.5, 2, 3, convert(x), convert(mask), gradient32)
		if mask == nil {
			ActivityPenaltyGradient(steps, batch, width, 0.5, 2, 3, convert(x), nil, gradient32)
		}
		numtest.Near(t, name+" float32", gradient32, gradient, 1e-6)
	}
}
