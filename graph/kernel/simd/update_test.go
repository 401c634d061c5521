package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
)

// updateCase is one loop of solvers on up to four slices, with factors of usual size.
type updateCase[F Float] struct {
	name   string
	slices int
	run    func(u *Updates[F], x [4][]F)
}

func updateCases[F Float]() []updateCase[F] {
	return []updateCase[F]{
		{"scale", 1, func(u *Updates[F], x [4][]F) { u.Scale(x[0], 0.3) }},
		{"clip", 1, func(u *Updates[F], x [4][]F) { u.Clip(x[0], 0.7) }},
		{"add scaled", 2, func(u *Updates[F], x [4][]F) { u.AddScaled(x[0], x[1], -0.3) }},
		{"add penalty", 2, func(u *Updates[F], x [4][]F) { u.AddPenalty(x[0], x[1], 0.01, 0.02) }},
		{"momentum", 2, func(u *Updates[F], x [4][]F) { u.Momentum(x[0], x[1], 0.9, 0.1) }},
		{"nesterov", 2, func(u *Updates[F], x [4][]F) { u.Nesterov(x[0], x[1], 0.9, 0.1) }},
		{"adagrad", 2, func(u *Updates[F], x [4][]F) { u.AdaGrad(x[0], x[1], 1e-10) }},
		{"rmsprop", 2, func(u *Updates[F], x [4][]F) { u.RMSProp(x[0], x[1], 0.9, 0.1, 1e-8) }},
		{"rmsprop, centered", 3, func(u *Updates[F], x [4][]F) { u.CenteredRMSProp(x[0], x[1], x[2], 0.9, 0.1, 1e-8) }},
		{"adadelta", 3, func(u *Updates[F], x [4][]F) { u.AdaDelta(x[0], x[1], x[2], 0.9, 0.1, 1e-6) }},
		{"amsgrad", 4, func(u *Updates[F], x [4][]F) { u.AMSGrad(x[0], x[1], x[2], x[3], 0.9, 0.1, 10, 0.999, 0.001, 30, 1e-8) }},
		{"nadam", 3, func(u *Updates[F], x [4][]F) { u.NAdam(x[0], x[1], x[2], 0.9, 0.1, 10, 0.999, 0.001, 30, 1e-8, 0.2) }},
		{"adabelief", 3, func(u *Updates[F], x [4][]F) { u.AdaBelief(x[0], x[1], x[2], 0.9, 0.1, 10, 0.999, 0.001, 30, 1e-8) }},
		{"lion", 2, func(u *Updates[F], x [4][]F) { u.Lion(x[0], x[1], 0.9, 0.1, 0.99, 0.01, 1) }},
		{"rprop", 3, func(u *Updates[F], x [4][]F) { u.Rprop(x[0], x[1], x[2], 1.2, 0.5, 1, 1e-3, 2) }},
		{"approach", 2, func(u *Updates[F], x [4][]F) { u.Approach(x[0], x[1], 0.1) }},
		{"adam", 3, func(u *Updates[F], x [4][]F) { u.Adam(x[0], x[1], x[2], 0.9, 0.1, 10, 0.999, 0.001, 30, 1e-8) }},
	}
}

func TestUpdatesAgree(t *testing.T) { eachSet(t, testUpdates[float32], testUpdates[float64]) }

// Every set has the bits of plain Go, for every length around the vectors, between fences and at any alignment, for
// ordinary numbers and for the limits of the format. NaN is NaN, whichever: processors choose its bits.
func testUpdates[F Float](t *testing.T, _ *Set, loops *Loops[F]) {
	rng := rand.New(rand.NewPCG(9, 10))
	tested, plain := &loops.Updates, portableUpdates[F]()
	var arenas [4]*numtest.Arena[F]
	for i := range arenas {
		arenas[i] = numtest.NewArena[F](t, rng, 256)
	}
	for n := range 71 {
		for repeat := range 8 {
			for _, c := range updateCases[F]() {
				var found, want [4][]F
				for i := range c.slices {
					found[i] = numtest.TakeAnywhere(arenas[i], n)
					if repeat%2 == 0 && i > 0 { // where an average of squares belongs
						for j, x := range found[i] {
							found[i][j] = F(math.Abs(float64(x)))
						}
					}
					if repeat >= 4 {
						sprinkle(rng, found[i], limits[F]())
					}
					want[i] = slices.Clone(found[i])
				}
				c.run(tested, found)
				c.run(&plain, want)
				for i := range c.slices {
					sameNumbers(t, fmt.Sprintf("%s of %d, slice %d", c.name, n, i), found[i], want[i])
				}
			}
		}
	}
}

func TestSumsAgree(t *testing.T) { eachSet(t, testSums[float32], testSums[float64]) }

// The sums of every set have the bits of plain Go, and those are the sums: n additions round by half an epsilon each.
func testSums[F Float](t *testing.T, _ *Set, loops *Loops[F]) {
	rng := rand.New(rand.NewPCG(11, 12))
	tested, plain := &loops.Updates, portableUpdates[F]()
	a := numtest.NewArena[F](t, rng, 256)
	for n := range 71 {
		x := numtest.TakeAnywhere(a, n)
		var squares, magnitudes float64
		for _, v := range x {
			squares += float64(v) * float64(v)
			magnitudes += math.Abs(float64(v))
		}
		numtest.Near(t, fmt.Sprintf("squares and magnitudes of %d", n), []float64{plain.SumOfSquares(x), plain.SumOfMagnitudes(x)},
			[]float64{squares, magnitudes}, 35*numtest.Epsilon[float64]())
		for range 4 {
			sameNumbers(t, fmt.Sprintf("squares and magnitudes of %d", n),
				[]float64{tested.SumOfSquares(x), tested.SumOfMagnitudes(x)}, []float64{plain.SumOfSquares(x), plain.SumOfMagnitudes(x)})
			sprinkle(rng, x, limits[F]()[rng.IntN(4):])
		}
	}
}

// sprinkle overwrites one in four elements by one of the values.
func sprinkle[F Float](rng *rand.Rand, x, values []F) {
	for i := range x {
		if rng.IntN(4) == 0 {
			x[i] = values[rng.IntN(len(values))]
		}
	}
}

// limits are the numbers where a format ends: NaN, and with both signs ∞, 0, the largest, the smallest, the smallest normal.
func limits[F Float]() []F {
	largest, smallest, normal := math.MaxFloat64, math.SmallestNonzeroFloat64, 0x1p-1022
	if numtest.Epsilon[F]() > numtest.Epsilon[float64]() {
		largest, smallest, normal = math.MaxFloat32, math.SmallestNonzeroFloat32, 0x1p-126
	}
	all := []F{F(math.NaN())}
	for _, x := range []float64{math.Inf(1), largest, 0, smallest, 5 * smallest, normal} {
		all = append(all, F(x), F(math.Copysign(x, -1)))
	}
	return all
}

// sameNumbers fails unless both slices hold the same bits, or both NaN.
func sameNumbers[F Float](t *testing.T, what string, got, want []F) {
	t.Helper()
	for i, w := range want {
		if got[i] != got[i] && w != w {
			got[i], want[i] = 0, 0
		}
	}
	numtest.SameBits(t, what, got, want)
}
