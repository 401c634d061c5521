//go:build slow

package simd

import (
	"testing"
)

// No value is below that of a smaller argument, over all numbers of float32 that there are.
func TestActivationsAreMonotoneEverywhere(t *testing.T) {
	for _, k := range Supported() {
		for name, c := range activationsOf(&k.Float32) {
			t.Run(k.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				expectMonotone(t, c.f, 1)
			})
		}
	}
}
