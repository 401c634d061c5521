package simd

// tilePortable is Loops.Tile in plain Go, for panels. Elements outside the asked part of a tile are computed too.
func tilePortable[F Float](t *Tile[F]) {
	if t.Rows == 2 && t.Cols == 4 {
		tile2x4(t.K, t.Left, t.Right.Data, t.From.Data, t.From.Stride, t.To.Data, t.To.Stride)
		return
	}
	var part [8]F
	for i := range t.Rows {
		if t.From.Data != nil {
			copy(part[4*i:], t.From.Row(i, t.Cols))
		}
	}
	tile2x4(t.K, t.Left, t.Right.Data, part[:], 4, part[:], 4)
	for i := range t.Rows {
		copy(t.To.Row(i, t.Cols), part[4*i:])
	}
}

// tile2x4 computes 2 rows by 4 columns, their sums held in registers, 8 steps of k per turn. Products are rounded before they
// are added (the conversions), here and in rowPortable: if the compiler fused only some, equal sums would differ.
func tile2x4[F Float](k int, a, b, from []F, fromStride int, c []F, ldc int) {
	var c00, c01, c02, c03, c10, c11, c12, c13 F
	if from != nil {
		r0, r1 := (*[4]F)(from), (*[4]F)(from[fromStride:])
		c00, c01, c02, c03 = r0[0], r0[1], r0[2], r0[3]
		c10, c11, c12, c13 = r1[0], r1[1], r1[2], r1[3]
	}
	for ; k >= 8; k -= 8 {
		p, q := (*[16]F)(a), (*[32]F)(b)
		c00 += F(p[0] * q[0])
		c10 += F(p[1] * q[0])
		c01 += F(p[0] * q[1])
		c11 += F(p[1] * q[1])
		c02 += F(p[0] * q[2])
		c12 += F(p[1] * q[2])
		c03 += F(p[0] * q[3])
		c13 += F(p[1] * q[3])
		c00 += F(p[2] * q[4])
		c10 += F(p[3] * q[4])
		c01 += F(p[2] * q[5])
		c11 += F(p[3] * q[5])
		c02 += F(p[2] * q[6])
		c12 += F(p[3] * q[6])
		c03 += F(p[2] * q[7])
		c13 += F(p[3] * q[7])
		c00 += F(p[4] * q[8])
		c10 += F(p[5] * q[8])
		c01 += F(p[4] * q[9])
		c11 += F(p[5] * q[9])
		c02 += F(p[4] * q[10])
		c12 += F(p[5] * q[10])
		c03 += F(p[4] * q[11])
		c13 += F(p[5] * q[11])
		c00 += F(p[6] * q[12])
		c10 += F(p[7] * q[12])
		c01 += F(p[6] * q[13])
		c11 += F(p[7] * q[13])
		c02 += F(p[6] * q[14])
		c12 += F(p[7] * q[14])
		c03 += F(p[6] * q[15])
		c13 += F(p[7] * q[15])
		c00 += F(p[8] * q[16])
		c10 += F(p[9] * q[16])
		c01 += F(p[8] * q[17])
		c11 += F(p[9] * q[17])
		c02 += F(p[8] * q[18])
		c12 += F(p[9] * q[18])
		c03 += F(p[8] * q[19])
		c13 += F(p[9] * q[19])
		c00 += F(p[10] * q[20])
		c10 += F(p[11] * q[20])
		c01 += F(p[10] * q[21])
		c11 += F(p[11] * q[21])
		c02 += F(p[10] * q[22])
		c12 += F(p[11] * q[22])
		c03 += F(p[10] * q[23])
		c13 += F(p[11] * q[23])
		c00 += F(p[12] * q[24])
		c10 += F(p[13] * q[24])
		c01 += F(p[12] * q[25])
		c11 += F(p[13] * q[25])
		c02 += F(p[12] * q[26])
		c12 += F(p[13] * q[26])
		c03 += F(p[12] * q[27])
		c13 += F(p[13] * q[27])
		c00 += F(p[14] * q[28])
		c10 += F(p[15] * q[28])
		c01 += F(p[14] * q[29])
		c11 += F(p[15] * q[29])
		c02 += F(p[14] * q[30])
		c12 += F(p[15] * q[30])
		c03 += F(p[14] * q[31])
		c13 += F(p[15] * q[31])
		a, b = a[16:], b[32:]
	}
	for ; k > 0; k-- {
		p, q := (*[2]F)(a), (*[4]F)(b)
		c00 += F(p[0] * q[0])
		c10 += F(p[1] * q[0])
		c01 += F(p[0] * q[1])
		c11 += F(p[1] * q[1])
		c02 += F(p[0] * q[2])
		c12 += F(p[1] * q[2])
		c03 += F(p[0] * q[3])
		c13 += F(p[1] * q[3])
		a, b = a[2:], b[4:]
	}
	r0, r1 := (*[4]F)(c), (*[4]F)(c[ldc:])
	r0[0], r0[1], r0[2], r0[3] = c00, c01, c02, c03
	r1[0], r1[1], r1[2], r1[3] = c10, c11, c12, c13
}

// rowPortable is Loops.Row in plain Go, 4 rows of w per turn.
func rowPortable[F Float](k int, x []F, stride int, w []F, ldw int, accumulate bool, y []F) {
	if !accumulate {
		clear(y)
	}
	l := 0
	for ; l+4 <= k; l += 4 {
		x0, x1, x2, x3 := x[l*stride], x[(l+1)*stride], x[(l+2)*stride], x[(l+3)*stride]
		w0, w1, w2, w3 := w[l*ldw:][:len(y)], w[(l+1)*ldw:][:len(y)], w[(l+2)*ldw:][:len(y)], w[(l+3)*ldw:][:len(y)]
		for j := range y {
			sum := y[j]
			sum += F(x0 * w0[j])
			sum += F(x1 * w1[j])
			sum += F(x2 * w2[j])
			sum += F(x3 * w3[j])
			y[j] = sum
		}
	}
	for ; l < k; l++ {
		v := x[l*stride]
		for j, u := range w[l*ldw:][:len(y)] {
			y[j] += F(v * u)
		}
	}
}

// packPortable is Loops.Pack in plain Go.
func packPortable[F Float](k int, rows []F, stride, count int, panel []F, width int) {
	for l := range k {
		copy(panel[l*width:][:count], rows[l*stride:][:count])
	}
}

// interleavePortable is Loops.Interleave in plain Go.
func interleavePortable[F Float](k int, lines []F, stride, count int, panel []F, width int) {
	for i := range count {
		at := i
		for _, v := range lines[i*stride:][:k] {
			panel[at] = v
			at += width
		}
	}
}
