package simd

import (
	"os"
	"sync"
)

// variable is the environment variable that asks for a set.
const variable = "GRUEXP_KERNELS"

// Set is the innermost loops for one kind of processor.
type Set struct {
	Name    string // "avx512", "avx2", "neon", or "go" for plain Go
	Float32 Loops[float32]
	Float64 Loops[float64]

	// Int8 and BFloat16 set y[j] to Σ_l x[l]·w[l·ldw+j] for j < len(y), l < len(x), with at least one x and one y. Each
	// product is rounded, then each sum, in the order of l: every set gives the same bits. bfloat16 is the upper half of a
	// float32. w has [Spare] elements after the last that counts.
	Int8     func(x []float32, w []int8, ldw int, y []float32)
	BFloat16 func(x []float32, w []uint16, ldw int, y []float32)
}

// Spare is how many elements a quantized matrix has after its last one, so that whole vectors can be read.
const Spare = 15

// Portable returns the set in plain Go.
func Portable() *Set {
	return &Set{"go", portable(sigmoid32, tanh32, exp32), portable(sigmoid64, tanh64, exp64), int8Portable, bfloat16Portable}
}

// Default returns the set in use. It must not be changed.
func Default() *Set { return chosen() }

var chosen = sync.OnceValue(func() *Set { return choose(os.Getenv(variable), Supported()) })

// choose returns the set of the given name, or the first if there is none of that name.
func choose(name string, supported []*Set) *Set {
	for _, set := range supported {
		if set.Name == name {
			return set
		}
	}
	return supported[0]
}

// InUse returns the name of the set in use: "avx512", "avx2", "neon", or "go" for plain Go. It is the fastest that the
// processor supports, or the one that the environment variable GRUEXP_KERNELS names when the program starts; asked is that
// variable. A set that does not exist or that the processor does not support is not used: then asked is neither empty nor
// inUse.
func InUse() (inUse, asked string) { return Default().Name, os.Getenv(variable) }

// Names returns the names of all sets that this processor supports, the fastest first.
func Names() []string {
	var names []string
	for _, set := range Supported() {
		names = append(names, set.Name)
	}
	return names
}
