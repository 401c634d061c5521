//go:build !amd64 || purego

package simd

func identifyProcessor() Processor { return Processor{} }
