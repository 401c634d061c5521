package kernel

import (
	"hash/fnv"
	"math/rand/v2"
)

// RandomSource is the generator of random numbers with a name, at its beginning: a PCG whose initial state is made of the seed
// and the 64-bit FNV-1a hash of the name. Every random number of a run comes from such a source.
func RandomSource(seed uint64, name string) *rand.PCG {
	h := fnv.New64a()
	h.Write([]byte(name)) // a hash never fails to write
	return rand.NewPCG(seed, h.Sum64())
}
