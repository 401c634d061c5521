package kernel

import (
	"sync"

	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// instructions is a set of innermost loops with the cells of the recurrences over them.
type instructions struct {
	*simd.Set
	float32 [forms]cell[float32]
	float64 [forms]cell[float64]
}

func newInstructions(k *simd.Set) *instructions {
	return &instructions{k, cellsOf(&k.Float32), cellsOf(&k.Float64)}
}

// defaultInstructions is the set that is used if the pool has no other.
var defaultInstructions = sync.OnceValue(func() *instructions { return newInstructions(simd.Default()) })

// instructionsOf returns the set in use: the pool's, if it has one.
func instructionsOf(p *Pool) *instructions {
	if p == nil || p.instructions == nil {
		return defaultInstructions()
	}
	return p.instructions
}

// loopsOf returns the loops in use for F.
func loopsOf[F Float](p *Pool) *simd.Loops[F] {
	k := instructionsOf(p).Set
	if loops, ok := any(&k.Float32).(*simd.Loops[F]); ok {
		return loops
	}
	return any(&k.Float64).(*simd.Loops[F])
}

// cellOf returns the cell of a recurrence over the loops in use.
func cellOf[F Float](p *Pool, form Form) *cell[F] {
	i := instructionsOf(p)
	if c, ok := any(&i.float32[form]).(*cell[F]); ok {
		return c
	}
	return any(&i.float64[form]).(*cell[F])
}
