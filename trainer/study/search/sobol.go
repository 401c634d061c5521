package search

// sobolBits is how many of them a coordinate has: the sequence is as long as 2 to that power.
const sobolBits = 30

// direction is where the direction numbers of a dimension begin: the degree of its primitive polynomial, its inner
// coefficients as bits, and m_1 … m_degree.
type direction struct {
	degree int
	inner  uint32
	m      []uint32
}

// directions are those of S. Joe and F. Y. Kuo, Constructing Sobol sequences with better two-dimensional projections, SIAM
// J. Sci. Comput. 30 (2008), file new-joe-kuo-6.21201, for the dimensions from the second.
func directions() []direction {
	return []direction{
		{1, 0, []uint32{1}},
		{2, 1, []uint32{1, 3}},
		{3, 1, []uint32{1, 3, 1}},
		{3, 2, []uint32{1, 1, 1}},
		{4, 1, []uint32{1, 1, 3, 3}},
		{4, 4, []uint32{1, 3, 5, 13}},
		{5, 2, []uint32{1, 1, 5, 5, 17}},
		{5, 4, []uint32{1, 1, 5, 5, 5}},
		{5, 7, []uint32{1, 1, 7, 11, 19}},
		{5, 11, []uint32{1, 1, 5, 1, 1}},
		{5, 13, []uint32{1, 1, 1, 3, 11}},
		{5, 14, []uint32{1, 3, 5, 5, 31}},
		{6, 1, []uint32{1, 3, 3, 9, 7, 49}},
		{6, 13, []uint32{1, 1, 1, 15, 21, 21}},
		{6, 16, []uint32{1, 3, 1, 13, 27, 49}},
		{6, 19, []uint32{1, 1, 1, 15, 7, 5}},
		{6, 22, []uint32{1, 3, 1, 15, 13, 25}},
		{6, 25, []uint32{1, 1, 5, 5, 19, 61}},
		{7, 1, []uint32{1, 3, 7, 11, 23, 15, 103}},
		{7, 4, []uint32{1, 3, 7, 13, 13, 15, 69}},
		{7, 7, []uint32{1, 1, 3, 13, 7, 35, 63}},
		{7, 8, []uint32{1, 3, 5, 9, 1, 25, 53}},
		{7, 14, []uint32{1, 3, 1, 13, 9, 35, 107}},
		{7, 19, []uint32{1, 3, 1, 5, 27, 61, 31}},
		{7, 21, []uint32{1, 1, 5, 11, 19, 41, 61}},
		{7, 28, []uint32{1, 3, 5, 3, 3, 13, 69}},
		{7, 31, []uint32{1, 1, 7, 13, 1, 19, 1}},
		{7, 32, []uint32{1, 3, 7, 5, 13, 19, 59}},
		{7, 37, []uint32{1, 1, 3, 9, 25, 29, 41}},
		{7, 41, []uint32{1, 3, 5, 13, 23, 1, 55}},
		{7, 42, []uint32{1, 3, 7, 3, 13, 59, 17}},
	}
}

// sobolDimensions is how many hyperparameters the sampler sobol can have.
func sobolDimensions() int { return len(directions()) + 1 }

// sobol is point number n of the sequence, from 0, in the given number of dimensions, as whole numbers below 2^sobolBits. The points
// come in the order of Gray codes (Antonov and Saleev 1979): any first 2^k of them are the same as in the original one.
func sobol(n uint32, dimensions int) []uint32 {
	code := n ^ n>>1
	coordinates := make([]uint32, dimensions)
	for d := range coordinates {
		for k, v := range directionNumbers(d) {
			if code>>k&1 == 1 {
				coordinates[d] ^= v
			}
		}
	}
	return coordinates
}

// directionNumbers are v_1 … of a dimension, from 0: m_k as binary fractions.
func directionNumbers(d int) []uint32 {
	m := make([]uint32, sobolBits)
	if d == 0 { // van der Corput
		for k := range m {
			m[k] = 1
		}
	} else {
		p := directions()[d-1]
		copy(m, p.m)
		for k := p.degree; k < sobolBits; k++ {
			m[k] = m[k-p.degree] ^ m[k-p.degree]<<p.degree
			for i := 1; i < p.degree; i++ {
				if p.inner>>(p.degree-1-i)&1 == 1 {
					m[k] ^= m[k-i] << i
				}
			}
		}
	}
	for k := range m {
		m[k] <<= sobolBits - 1 - k
	}
	return m
}
