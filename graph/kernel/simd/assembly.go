//go:build (amd64 || arm64) && !purego

package simd

import "math"

// The assembly for arm64, here so that it is generated on amd64 too.
//
//go:generate go run -C generate ./arm64 -part product -out ../product_arm64.s -stubs ../product_arm64.go -pkg simd
//go:generate go run -C generate ./arm64 -part activation -out ../activation_arm64.s -stubs ../activation_arm64.go -pkg simd
//go:generate go run -C generate ./arm64 -part elementwise -out ../elementwise_arm64.s -stubs ../elementwise_arm64.go -pkg simd
//go:generate go run -C generate ./arm64 -part normalize -out ../normalize_arm64.s -stubs ../normalize_arm64.go -pkg simd
//go:generate go run -C generate ./arm64 -part noise -out ../noise_arm64.s -stubs ../noise_arm64.go -pkg simd
//go:generate go run -C generate ./arm64 -part gates -out ../gates_arm64.s -stubs ../gates_arm64.go -pkg simd
//go:generate go run -C generate ./arm64 -part update -out ../update_arm64.s -stubs ../update_arm64.go -pkg simd

// assembly are the functions in assembly for one kind of vectors. They check no bounds.
type assembly[F Float] struct {
	blocks                        blockAssembly[F] // tiles and panels
	lanes                         int
	row                           func(k int, x *F, stride int, w *F, ldw int, y *F, n int, accumulate bool)
	transpose                     func(squares int, lines *F, stride int, panel *F, width int)
	square                        int // rows and columns of a square of transpose
	sigmoid                       func(n int, dst, src *F)
	tanh, exp                     func(n int, dst, src *F)
	add, multiply                 func(n int, dst, x, y *F)
	rectify                       func(n int, dst, x, y *F)
	greater                       func(n int, dst, x, y *F)
	negative                      func(n int, dst, src *F)
	shift                         func(n int, dst, src *F, amount F)
	greatest                      func(n int, x *F, least F) F
	flush                         func(n int, dst, src *F)
	sigmoidGradient, tanhGradient func(n int, dst, x, y *F)
	normalize                     func(n int, x, gain, normalized, y *F, share, epsilon F) F
	normalizeGradient             func(n int, gain, normalized, dy, dx, dGain, dShift *F, share, scale F)
	bernoulli                     func(n int, values *F, seed uint64, threshold uint32, kept F)
	addNormal                     func(n int, values *F, seed uint64, deviation F)
	blend                         func(n int, dst, x, y, share *F)
	resetAfter                    resetAfterAssembly[F]
	resetBefore                   resetBeforeAssembly[F]
	updates                       Updates[F]
}

// onSlices returns the functions as they are called from Go: on slices, with all bounds checked. What is packed at a time is
// up to the set.
func (a *assembly[F]) onSlices() Loops[F] {
	b := &a.resetBefore
	return Loops[F]{
		Lanes: a.lanes, Grain: 1 << 20,
		Tile: a.tileFunction(), Row: a.rowProduct, Pack: a.pack, Interleave: a.interleave,
		Sigmoid: onSlices(a.sigmoid), Tanh: onSlices(a.tanh), Exp: onSlices(a.exp),
		Add: onPairs(a.add), Multiply: onPairs(a.multiply), Rectify: onPairs(a.rectify), Greater: onPairs(a.greater),
		Negative: onSlices(a.negative), Shift: a.shifted, Greatest: a.greatestOf, Flush: onSlices(a.flush),
		SigmoidGradient: onPairs(a.sigmoidGradient), TanhGradient: onPairs(a.tanhGradient),
		Normalize: a.normalizeSlices, NormalizeGradient: a.normalizeGradientSlices,
		Bernoulli: a.bernoulliNoise, AddNormal: a.normalNoise,
		Blend:      a.blendSlices,
		ResetAfter: Stage[F]{a.resetAfter.forward, a.resetAfter.backward},
		Reset:      Stage[F]{b.reset.rows(false), b.resetGradients.rows(false)},
		KeepPast:   Stage[F]{b.keepPast.rows(true), b.keepPastGradients.rows(true)},
		TakeNew:    Stage[F]{b.takeNew.rows(true), b.takeNewGradients.rows(true)},
		Updates:    a.updates,
		Ones:       []F{1},
	}
}

func (a *assembly[F]) rowProduct(k int, x []F, stride int, w []F, ldw int, accumulate bool, y []F) {
	_ = x[(k-1)*stride]
	_ = w[(k-1)*ldw+len(y)-1]
	a.row(k, &x[0], stride, &w[0], ldw, &y[0], len(y), accumulate)
}

func (a *assembly[F]) interleave(k int, lines []F, stride, count int, panel []F, width int) {
	_ = lines[(count-1)*stride+k-1]
	_ = panel[(k-1)*width+count-1]
	squares, whole := k/a.square, count/a.square*a.square
	for i := 0; squares > 0 && i < whole; i += a.square {
		a.transpose(squares, &lines[i*stride], stride, &panel[i], width)
	}
	for i := range count { // the edges
		from := squares * a.square
		if i >= whole {
			from = 0
		}
		if from < k {
			interleavePortable(k-from, lines[i*stride+from:], stride, 1, panel[from*width+i:], width)
		}
	}
}

func onSlices[F Float](f func(n int, dst, src *F)) func(dst, src []F) {
	return func(dst, src []F) {
		if len(src) > 0 {
			dst = dst[:len(src)]
			f(len(src), &dst[0], &src[0])
		}
	}
}

func onPairs[F Float](f func(n int, dst, x, y *F)) func(dst, x, y []F) {
	return func(dst, x, y []F) {
		if len(dst) > 0 {
			x, y = x[:len(dst)], y[:len(dst)]
			f(len(dst), &dst[0], &x[0], &y[0])
		}
	}
}

func (a *assembly[F]) shifted(dst, src []F, amount F) {
	if len(src) > 0 {
		dst = dst[:len(src)]
		a.shift(len(src), &dst[0], &src[0], amount)
	}
}

func (a *assembly[F]) greatestOf(x []F) F {
	least := F(math.Inf(-1))
	if len(x) == 0 {
		return least
	}
	return a.greatest(len(x), &x[0], least)
}

func (a *assembly[F]) normalizeSlices(x, gain, normalized, y []F, epsilon F) F {
	n := len(x)
	gain, normalized, y = gain[:n], normalized[:n], y[:n]
	return a.normalize(n, &x[0], &gain[0], &normalized[0], &y[0], 1/F(n), epsilon)
}

func (a *assembly[F]) normalizeGradientSlices(scale F, gain, normalized, dy, dx, dGain, dShift []F) {
	n := len(dy)
	gain, normalized, dx, dGain, dShift = gain[:n], normalized[:n], dx[:n], dGain[:n], dShift[:n]
	a.normalizeGradient(n, &gain[0], &normalized[0], &dy[0], &dx[0], &dGain[0], &dShift[0], 1/F(n), scale)
}

func (a *assembly[F]) blendSlices(dst, x, y, share []F) {
	if n := len(dst); n > 0 {
		x, y, share = x[:n], y[:n], share[:n]
		a.blend(n, &dst[0], &x[0], &y[0], &share[0])
	}
}

// first returns where the first of the given number of rows starts, after a check that all are there.
func (l Lines[F]) first(rows, width int) *F {
	_ = l.Data[(rows-1)*l.Stride+width-1]
	return &l.Data[0]
}
