package simd

// Float is the element type of every loop.
type Float interface{ float32 | float64 }

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }
