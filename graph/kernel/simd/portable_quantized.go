package simd

import "math"

func int8Portable(x []float32, w []int8, ldw int, y []float32) {
	clear(y)
	for l, factor := range x {
		for j, v := range w[l*ldw : l*ldw+len(y)] {
			y[j] += float32(factor * float32(v)) // the conversion keeps compilers from a fused sum
		}
	}
}

func bfloat16Portable(x []float32, w []uint16, ldw int, y []float32) {
	clear(y)
	for l, factor := range x {
		for j, v := range w[l*ldw : l*ldw+len(y)] {
			y[j] += float32(factor * math.Float32frombits(uint32(v)<<16))
		}
	}
}
