package kernel

import (
	"os"
	"sync"
)

// kernelsVariable names the environment variable that asks for a set of kernels.
const kernelsVariable = "GRUEXP_KERNELS"

// kernels is one set of innermost loops.
type kernels struct {
	name    string
	float32 machine[float32]
	float64 machine[float64]
}

func portableKernels() *kernels {
	return &kernels{"go", portable(sigmoid32, tanh32, exp32), portable(sigmoid64, tanh64, exp64)}
}

// defaultKernels returns the set that is used wherever a Pool brings no other.
var defaultKernels = sync.OnceValue(func() *kernels { return chooseKernels(os.Getenv(kernelsVariable), supportedKernels()) })

// chooseKernels returns the set of the given name, or the first where there is none.
func chooseKernels(name string, supported []*kernels) *kernels {
	for _, k := range supported {
		if k.name == name {
			return k
		}
	}
	return supported[0]
}

// Kernels returns the name of the set of innermost loops in use: "avx512", "avx2", or "go" for plain Go. It is the fastest
// that the processor supports, or the one asked for by the environment variable GRUEXP_KERNELS when the program starts;
// asked is that variable. A set that does not exist or that the processor does not support is not used: then asked is
// neither empty nor inUse.
func Kernels() (inUse, asked string) { return defaultKernels().name, os.Getenv(kernelsVariable) }

// SupportedKernels returns the names of all sets that this processor supports, the fastest first.
func SupportedKernels() []string {
	var names []string
	for _, k := range supportedKernels() {
		names = append(names, k.name)
	}
	return names
}

// machineOf returns the set in use for F: the pool's, if it has one.
func machineOf[F Float](p *Pool) *machine[F] {
	k := p.kernelSet()
	if m, ok := any(&k.float32).(*machine[F]); ok {
		return m
	}
	return any(&k.float64).(*machine[F])
}
