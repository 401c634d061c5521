//go:build !(amd64 || arm64) || purego

package simd

// Supported returns the sets for this processor, the fastest first.
func Supported() []*Set { return []*Set{Portable()} }
