//go:build !purego

package simd

import "golang.org/x/sys/cpu"

//go:generate go run -C generate . -part product -out ../product_amd64.s -stubs ../product_amd64.go -pkg simd
//go:generate go run -C generate . -part activation -out ../activation_amd64.s -stubs ../activation_amd64.go -pkg simd
//go:generate go run -C generate . -part elementwise -out ../elementwise_amd64.s -stubs ../elementwise_amd64.go -pkg simd
//go:generate go run -C generate . -part normalize -out ../normalize_amd64.s -stubs ../normalize_amd64.go -pkg simd
//go:generate go run -C generate . -part noise -out ../noise_amd64.s -stubs ../noise_amd64.go -pkg simd
//go:generate go run -C generate . -part gates -out ../gates_amd64.s -stubs ../gates_amd64.go -pkg simd
//go:generate go run -C generate . -part quantized -out ../quantized_amd64.s -stubs ../quantized_amd64.go -pkg simd

// quantizedRow returns the product of a row and a quantized matrix as it is called from Go, with all bounds checked.
func quantizedRow[W int8 | uint16](lanes int, row func(k int, x *float32, w *W, ldw int, y *float32, n int)) func(x []float32, w []W, ldw int, y []float32) {
	return func(x []float32, w []W, ldw int, y []float32) {
		_ = w[(len(x)-1)*ldw+(len(y)+lanes-1)/lanes*lanes-1]
		row(len(x), &x[0], &w[0], ldw, &y[0], len(y))
	}
}

// Supported returns the sets for this processor, the fastest first.
func Supported() []*Set {
	var all []*Set
	tuning := TuningFor(ThisProcessor())
	if x := cpu.X86; x.HasBMI2 && x.HasAVX2 && x.HasFMA {
		if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL {
			all = append(all, (&Set{
				"avx512", avx512Single.loops(8, 384), avx512Double.loops(8, 192),
				quantizedRow(16, rowInt8AVX512), quantizedRow(16, rowBFloat16AVX512),
			}).Tuned(tuning))
		}
		all = append(all, (&Set{
			"avx2", avx2Single.loops(6, 256), avx2Double.loops(6, 128),
			quantizedRow(8, rowInt8AVX2), quantizedRow(8, rowBFloat16AVX2),
		}).Tuned(tuning))
	}
	return append(all, Portable())
}

var avx512Single = assembly[float32]{
	updates: updatesAVX512Single,
	blocks: blockAssembly[float32]{
		[]tileAssembly[float32]{tileAVX512Single1, tileAVX512Single2, tileAVX512Single3},
		[]panelAssembly[float32]{panelAVX512Single1, panelAVX512Single2, panelAVX512Single3},
	},
	lanes:     16,
	row:       rowAVX512Single,
	transpose: transposeAVX2Single, square: 8,
	sigmoid: sigmoidAVX512Single, tanh: tanhAVX512Single, exp: expAVX512Single,
	add: addAVX512Single, multiply: multiplyAVX512Single, rectify: rectifyAVX512Single, greater: greaterAVX512Single,
	sigmoidGradient: sigmoidGradientAVX512Single, tanhGradient: tanhGradientAVX512Single,
	normalize: normalizeAVX512Single, normalizeGradient: normalizeGradientAVX512Single,
	negative: negativeAVX512Single, shift: shiftAVX512Single, greatest: greatestAVX512Single, flush: flushAVX512Single,
	bernoulli: bernoulliAVX512Single, addNormal: addNormalAVX512Single,
	blend:      blendAVX512Single,
	resetAfter: resetAfterAssembly[float32]{gatesAVX512Single, gateGradientsAVX512Single},
	resetBefore: resetBeforeAssembly[float32]{
		resetGatesAVX512Single, keepPastAVX512Single, takeNewAVX512Single,
		resetGradientsAVX512Single, keepPastGradientsAVX512Single, takeNewGradientsAVX512Single,
	},
}

var avx512Double = assembly[float64]{
	updates: updatesAVX512Double,
	blocks: blockAssembly[float64]{
		[]tileAssembly[float64]{tileAVX512Double1, tileAVX512Double2, tileAVX512Double3},
		[]panelAssembly[float64]{panelAVX512Double1, panelAVX512Double2, panelAVX512Double3},
	},
	lanes:     8,
	row:       rowAVX512Double,
	transpose: transposeAVX2Double, square: 4,
	sigmoid: sigmoidAVX512Double, tanh: tanhAVX512Double, exp: expAVX512Double,
	add: addAVX512Double, multiply: multiplyAVX512Double, rectify: rectifyAVX512Double, greater: greaterAVX512Double,
	sigmoidGradient: sigmoidGradientAVX512Double, tanhGradient: tanhGradientAVX512Double,
	normalize: normalizeAVX512Double, normalizeGradient: normalizeGradientAVX512Double,
	negative: negativeAVX512Double, shift: shiftAVX512Double, greatest: greatestAVX512Double, flush: flushAVX512Double,
	bernoulli: bernoulliAVX512Double, addNormal: addNormalAVX512Double,
	blend:      blendAVX512Double,
	resetAfter: resetAfterAssembly[float64]{gatesAVX512Double, gateGradientsAVX512Double},
	resetBefore: resetBeforeAssembly[float64]{
		resetGatesAVX512Double, keepPastAVX512Double, takeNewAVX512Double,
		resetGradientsAVX512Double, keepPastGradientsAVX512Double, takeNewGradientsAVX512Double,
	},
}

var avx2Single = assembly[float32]{
	updates: updatesAVX2Single,
	blocks: blockAssembly[float32]{
		[]tileAssembly[float32]{tileAVX2Single1, tileAVX2Single2},
		[]panelAssembly[float32]{panelAVX2Single1, panelAVX2Single2},
	},
	lanes:     8,
	row:       rowAVX2Single,
	transpose: transposeAVX2Single, square: 8,
	sigmoid: sigmoidAVX2Single, tanh: tanhAVX2Single, exp: expAVX2Single,
	add: addAVX2Single, multiply: multiplyAVX2Single, rectify: rectifyAVX2Single, greater: greaterAVX2Single,
	sigmoidGradient: sigmoidGradientAVX2Single, tanhGradient: tanhGradientAVX2Single,
	normalize: normalizeAVX2Single, normalizeGradient: normalizeGradientAVX2Single,
	negative: negativeAVX2Single, shift: shiftAVX2Single, greatest: greatestAVX2Single, flush: flushAVX2Single,
	bernoulli: bernoulliAVX2Single, addNormal: addNormalAVX2Single,
	blend:      blendAVX2Single,
	resetAfter: resetAfterAssembly[float32]{gatesAVX2Single, gateGradientsAVX2Single},
	resetBefore: resetBeforeAssembly[float32]{
		resetGatesAVX2Single, keepPastAVX2Single, takeNewAVX2Single,
		resetGradientsAVX2Single, keepPastGradientsAVX2Single, takeNewGradientsAVX2Single,
	},
}

var avx2Double = assembly[float64]{
	updates: updatesAVX2Double,
	blocks: blockAssembly[float64]{
		[]tileAssembly[float64]{tileAVX2Double1, tileAVX2Double2},
		[]panelAssembly[float64]{panelAVX2Double1, panelAVX2Double2},
	},
	lanes:     4,
	row:       rowAVX2Double,
	transpose: transposeAVX2Double, square: 4,
	sigmoid: sigmoidAVX2Double, tanh: tanhAVX2Double, exp: expAVX2Double,
	add: addAVX2Double, multiply: multiplyAVX2Double, rectify: rectifyAVX2Double, greater: greaterAVX2Double,
	sigmoidGradient: sigmoidGradientAVX2Double, tanhGradient: tanhGradientAVX2Double,
	normalize: normalizeAVX2Double, normalizeGradient: normalizeGradientAVX2Double,
	negative: negativeAVX2Double, shift: shiftAVX2Double, greatest: greatestAVX2Double, flush: flushAVX2Double,
	bernoulli: bernoulliAVX2Double, addNormal: addNormalAVX2Double,
	blend:      blendAVX2Double,
	resetAfter: resetAfterAssembly[float64]{gatesAVX2Double, gateGradientsAVX2Double},
	resetBefore: resetBeforeAssembly[float64]{
		resetGatesAVX2Double, keepPastAVX2Double, takeNewAVX2Double,
		resetGradientsAVX2Double, keepPastGradientsAVX2Double, takeNewGradientsAVX2Double,
	},
}
