//go:build slow

package kernel

import (
	"testing"
)

// No value is below that of a smaller argument, over all numbers of float32 that there are.
func TestActivationsAreMonotoneEverywhere(t *testing.T) {
	for _, k := range supportedKernels() {
		for name, c := range activationsOf(&k.float32) {
			t.Run(k.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				expectMonotone(t, c.f, 1)
			})
		}
	}
}
