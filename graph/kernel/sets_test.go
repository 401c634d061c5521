package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gruexp/gruexp/graph/kernel/internal/numtest"
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// eachSet runs a test for both element types of every set of loops that the processor supports.
func eachSet(t *testing.T, test32 func(*testing.T, *simd.Set, *simd.Loops[float32]), test64 func(*testing.T, *simd.Set, *simd.Loops[float64])) {
	for _, k := range simd.Supported() {
		t.Run(k.Name+"/float32", func(t *testing.T) {
			t.Parallel()
			test32(t, k, &k.Float32)
		})
		t.Run(k.Name+"/float64", func(t *testing.T) {
			t.Parallel()
			test64(t, k, &k.Float64)
		})
	}
}

func TestCells(t *testing.T) { eachSet(t, testCells[float32], testCells[float64]) }

// Every stage of every cell, on a few rows of every width, at distances with gaps that must stay as they are, against plain
// Go. The arguments of the activations differ by a few roundings, these by up to 3 units in the last place on either side.
func testCells[F Float](t *testing.T, _ *simd.Set, loops *simd.Loops[F]) {
	rng := rand.New(rand.NewPCG(13, 14))
	plain := loopsOf[F](&Pool{instructions: newInstructions(simd.Portable())})
	cells, plainCells := cellsOf(loops), cellsOf(plain)
	var arenas []*numtest.Arena[F]
	for range 7 {
		arenas = append(arenas, numtest.NewArena[F](t, rng, 2048))
	}
	tolerance := 20 * numtest.Epsilon[F]()
	for units := 1; units <= 70; units++ {
		for form := range forms {
			c := &cells[form]
			rows := 1 + rng.IntN(3)
			used := 0
			take := func(blocks int) simd.Lines[F] {
				if blocks == 0 {
					return simd.Lines[F]{}
				}
				l := simd.Lines[F]{Stride: blocks*units + rng.IntN(3)}
				l.Data = arenas[used].Take((rows-1)*l.Stride + blocks*units)
				used++
				return l
			}
			clone := func(l simd.Lines[F]) simd.Lines[F] {
				return simd.Lines[F]{Data: slices.Clone(l.Data), Stride: l.Stride}
			}
			stages := c.count - 1
			bias := numtest.Random[F](rng, c.gates*units)
			for i := range c.count {
				name := fmt.Sprintf("form %d, stage %d, rows=%d units=%d", form, i, rows, units)
				used = 0
				g := simd.GateRows[F]{
					Loops: loops, Rows: rows, Units: units, Input: take(c.gates), Product: take(c.gates), Bias: bias, Before: take(c.states),
					Saved: take(c.saved), Left: take(stages), After: take(c.states),
				}
				want := g
				want.Loops = plain
				want.Saved, want.Left, want.After = clone(g.Saved), clone(g.Left), clone(g.After)
				c.stages[i].Forward(&g)
				plainCells[form].stages[i].Forward(&want)
				numtest.Near(t, name+" saved", g.Saved.Data, want.Saved.Data, tolerance)
				numtest.Near(t, name+" left", g.Left.Data, want.Left.Data, tolerance)
				numtest.Near(t, name+" after", g.After.Data, want.After.Data, tolerance)

				used = 0
				d := simd.GradientRows[F]{
					Loops: loops, Scratch: make([]F, c.gates*units), Rows: rows, Units: units, Above: take(c.states), Carry: take(c.states), Saved: take(c.saved), Before: take(c.states),
					Left: take(stages), Gates: take(c.gates), Products: take(c.own),
				}
				wantD := d
				wantD.Loops, wantD.Scratch = plain, make([]F, c.gates*units)
				wantD.Carry, wantD.Gates, wantD.Products = clone(d.Carry), clone(d.Gates), clone(d.Products)
				c.stages[i].Backward(&d)
				plainCells[form].stages[i].Backward(&wantD)
				numtest.Near(t, name+" carry", d.Carry.Data, wantD.Carry.Data, tolerance)
				numtest.Near(t, name+" gates", d.Gates.Data, wantD.Gates.Data, tolerance)
				numtest.Near(t, name+" products", d.Products.Data, wantD.Products.Data, tolerance)
			}
		}
	}
}

func TestSetsAgreeOnProducts(t *testing.T) {
	eachSet(t, testProductsOf[float32], testProductsOf[float64])
}

// All shapes up to 12 and some larger than every block, through Product as it is called.
func testProductsOf[F Float](t *testing.T, k *simd.Set, loops *simd.Loops[F]) {
	rng := rand.New(rand.NewPCG(5, 6))
	pool := &Pool{threads: 1, instructions: newInstructions(k)}
	three := &Pool{threads: 3, instructions: newInstructions(k), eager: true}
	check := func(rows, cols, depth int) {
		v := eight[rng.IntN(8)]
		x := newProductCase[F](rng, rows, cols, depth, v[0], v[1], v[2])
		x.checkOn(t, pool)
		numtest.SameBits(t, "three threads", x.run(three), x.run(pool))
	}
	for rows := range 13 {
		for cols := range 13 {
			for depth := range 13 {
				check(rows, cols, depth)
			}
		}
	}
	for range 4 {
		check(1+rng.IntN(3*loops.Rows), 1+rng.IntN(3*loops.Cols), 1+rng.IntN(3*loops.Depth))
	}
	check(9, loops.BlockCols+loops.Cols+1, 2*loops.Depth+1)
	check(400, 70, 200) // rows, and then columns, shared by goroutines
	check(70, 400, 200)
	check(loops.Rows+1, 2*loops.Cols+1, 1500)
}

func TestSetsAgreeOnRecurrences(t *testing.T) {
	eachSet(t, testRecurrenceOf[float32], testRecurrenceOf[float64])
}

// Both passes of a recurrence against those in plain Go. Per step an element gathers some tens of roundings in another
// order; over a few steps they stay below 200 epsilons of numbers of the size of 1, sums over all steps and rows below 2000.
func testRecurrenceOf[F Float](t *testing.T, k *simd.Set, _ *simd.Loops[F]) {
	rng := rand.New(rand.NewPCG(7, 8))
	pool := &Pool{threads: 1, instructions: newInstructions(k)}
	three := &Pool{threads: 3, instructions: newInstructions(k), eager: true}
	plain := &Pool{threads: 1, instructions: newInstructions(simd.Portable())}
	sizes := [][3]int{{3, 1, 5}, {4, 1, 64}, {1, 1, 16}, {2, 2, 3}, {3, 9, 16}, {4, 20, 33}, {3, 35, 50}}
	for _, size := range sizes {
		options := allRecurrenceOptions()
		combinations := 25
		if testing.Short() {
			combinations = 5
		}
		for range combinations {
			o := options[rng.IntN(len(options))]
			c := newRecurrenceCase[F](rng, size[0], size[1], size[2], o)
			name := fmt.Sprintf("%v %+v", size, o)
			var used Recurrence[F]
			hidden, out := c.run(&used, pool)
			wantHidden, want := c.run(new(Recurrence[F]), plain)
			numtest.Near(t, name+" hidden", hidden, wantHidden, 200*numtest.Epsilon[F]())
			numtest.Near(t, name+" gates", out.Gates, want.Gates, 500*numtest.Epsilon[F]())
			numtest.Near(t, name+" recurrent kernel", out.RecurrentKernel, want.RecurrentKernel, 2000*numtest.Epsilon[F]())
			numtest.Near(t, name+" recurrent bias", out.RecurrentBias, want.RecurrentBias, 2000*numtest.Epsilon[F]())
			numtest.Near(t, name+" recurrent gain", out.RecurrentGain, want.RecurrentGain, 2000*numtest.Epsilon[F]())
			numtest.Near(t, name+" initial", out.Initial, want.Initial, 500*numtest.Epsilon[F]())
			numtest.Near(t, name+" decay", out.Decay, want.Decay, 500*numtest.Epsilon[F]())

			hidden3, out3 := c.run(new(Recurrence[F]), three)
			numtest.SameBits(t, name+" hidden, three threads", hidden3, hidden)
			sameRecurrenceGradient(t, name+" three threads", out3, out)
			used.Forward(pool, c.RecurrenceShape, c.RecurrenceInput, hidden3, false)
			numtest.SameBits(t, name+" hidden, without training", hidden3, hidden)
		}
	}
}
