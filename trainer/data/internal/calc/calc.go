// Package calc has small functions that the data rooms share.
package calc

// Max returns the place of the largest value, the first of equals.
func Argmax(values []float64) int {
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}

// One is 1 where b holds, else 0.
func One(b bool) int {
	if b {
		return 1
	}
	return 0
}
