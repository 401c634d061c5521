//go:build slow

package experiment_test

import "testing"

// The same over many configurations.
func TestMetamorphicMany(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		metamorphic(t, seed, 50)
	}
}
