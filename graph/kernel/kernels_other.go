//go:build !amd64 || purego

package kernel

// supportedKernels returns the sets for this processor, the fastest first.
func supportedKernels() []*kernels { return []*kernels{portableKernels()} }
