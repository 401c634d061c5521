package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// otherTunings differ in all that a tuning says. Some blocks are smaller than any processor wants them.
var otherTunings = []simd.Tuning{
	{Fetch: true}, {Fetch: false}, {Panels: 1, Depth: 17}, {Panels: 4, Depth: 64, Fetch: true}, {Panels: 16, Depth: 192}, {Panels: 8, Depth: 1000},
}

func TestTuningsHaveTheSameBits(t *testing.T) {
	eachSet(t, testTuningsOf[float32], testTuningsOf[float64])
}

// A tuning changes no bit of a product or a recurrence, not even with infinities, NaN and subnormal numbers.
func testTuningsOf[F Float](t *testing.T, set *simd.Set, loops *simd.Loops[F]) {
	if !loops.Tunable {
		t.Skip("a set without tunings")
	}
	rng := rand.New(rand.NewPCG(11, 12))
	pool := &Pool{threads: 1, instructions: newInstructions(set)}
	special := []F{F(math.Inf(1)), F(math.Inf(-1)), F(math.NaN()), F(5e-324), F(1e-40), F(math.Copysign(0, -1))}
	var products []*productCase[F]
	for i, size := range [][3]int{{30, 100, 70}, {300, 60, 20}, {20, 530, 450}, {64, 96, 800}, {7, 33, 1001}} {
		for range 2 {
			v := eight[rng.IntN(8)]
			x := newProductCase[F](rng, size[0], size[1], size[2], v[0], v[1], v[2])
			if i%2 == 1 {
				for range 4 {
					x.a[rng.IntN(len(x.a))] = special[rng.IntN(len(special))]
					x.b[rng.IntN(len(x.b))] = special[rng.IntN(len(special))]
				}
			}
			products = append(products, x)
		}
	}
	recurrences := []*recurrenceCase[F]{
		newRecurrenceCase[F](rng, 4, 35, 50, recurrenceOptions{bias: true, initial: true}),
		newRecurrenceCase[F](rng, 3, 9, 130, recurrenceOptions{bias: true, initial: true}),
	}
	for _, tuning := range otherTunings {
		tuned := set.Tuned(tuning)
		for threads := 1; threads <= 3; threads += 2 {
			other := &Pool{threads: threads, instructions: newInstructions(tuned), eager: true}
			name := fmt.Sprintf("%+v, %d threads", tuning, threads)
			for _, x := range products {
				numtest.SameBitsOrNaN(t, fmt.Sprintf("%v, %v", name, x), x.run(other), x.run(pool))
			}
			for _, c := range recurrences {
				wantHidden, want := c.run(new(Recurrence[F]), pool)
				hidden, out := c.run(new(Recurrence[F]), other)
				numtest.SameBits(t, name+" hidden", hidden, wantHidden)
				sameRecurrenceGradient(t, name, out, want)
			}
		}
	}
}
