//go:build !amd64 || purego

package kernel

// updatesNamed returns the part of the set of that name that solvers use.
func updatesNamed(string) *updateKernels {
	return &updateKernels{portableUpdates[float32](), portableUpdates[float64]()}
}
