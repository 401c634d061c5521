//go:build !purego

package simd

// Supported returns the sets for this processor, the fastest first. Every arm64 processor has NEON.
func Supported() []*Set {
	return []*Set{{"neon", neonSingle.loops(240), neonDouble.loops(120), int8Portable, bfloat16Portable}, Portable()}
}

var neonSingle = assembly[float32]{
	updates:   updatesNEONSingle,
	blocks:    blockAssembly[float32]{[]panelAssembly[float32]{panelNEONSingle1, panelNEONSingle2, panelNEONSingle3}},
	lanes:     4,
	row:       rowNEONSingle,
	transpose: transposeNEONSingle, square: 4,
	sigmoid: sigmoidNEONSingle, tanh: tanhNEONSingle, exp: expNEONSingle,
	add: addNEONSingle, multiply: multiplyNEONSingle, rectify: rectifyNEONSingle, greater: greaterNEONSingle,
	sigmoidGradient: sigmoidGradientNEONSingle, tanhGradient: tanhGradientNEONSingle,
	normalize: normalizeNEONSingle, normalizeGradient: normalizeGradientNEONSingle,
	negative: negativeNEONSingle, shift: shiftNEONSingle, greatest: greatestNEONSingle, flush: flushNEONSingle,
	bernoulli: bernoulliNEONSingle, addNormal: addNormalNEONSingle,
	blend:      blendNEONSingle,
	resetAfter: resetAfterAssembly[float32]{gatesNEONSingle, gateGradientsNEONSingle},
	resetBefore: resetBeforeAssembly[float32]{
		resetGatesNEONSingle, keepPastNEONSingle, takeNewNEONSingle,
		resetGradientsNEONSingle, keepPastGradientsNEONSingle, takeNewGradientsNEONSingle,
	},
}

var neonDouble = assembly[float64]{
	updates:   updatesNEONDouble,
	blocks:    blockAssembly[float64]{[]panelAssembly[float64]{panelNEONDouble1, panelNEONDouble2, panelNEONDouble3, panelNEONDouble4}},
	lanes:     2,
	row:       rowNEONDouble,
	transpose: transposeNEONDouble, square: 2,
	sigmoid: sigmoidNEONDouble, tanh: tanhNEONDouble, exp: expNEONDouble,
	add: addNEONDouble, multiply: multiplyNEONDouble, rectify: rectifyNEONDouble, greater: greaterNEONDouble,
	sigmoidGradient: sigmoidGradientNEONDouble, tanhGradient: tanhGradientNEONDouble,
	normalize: normalizeNEONDouble, normalizeGradient: normalizeGradientNEONDouble,
	negative: negativeNEONDouble, shift: shiftNEONDouble, greatest: greatestNEONDouble, flush: flushNEONDouble,
	bernoulli: bernoulliNEONDouble, addNormal: addNormalNEONDouble,
	blend:      blendNEONDouble,
	resetAfter: resetAfterAssembly[float64]{gatesNEONDouble, gateGradientsNEONDouble},
	resetBefore: resetBeforeAssembly[float64]{
		resetGatesNEONDouble, keepPastNEONDouble, takeNewNEONDouble,
		resetGradientsNEONDouble, keepPastGradientsNEONDouble, takeNewGradientsNEONDouble,
	},
}

var updatesNEONSingle = Updates[float32]{
	Scale: scaleNEONSingle, Clip: clipNEONSingle, AddScaled: addScaledNEONSingle, AddPenalty: addPenaltyNEONSingle,
	Momentum: momentumNEONSingle, Nesterov: nesterovNEONSingle,
	AdaGrad: adaGradNEONSingle, AdaDelta: adaDeltaNEONSingle, RMSProp: rmsPropNEONSingle, CenteredRMSProp: centeredRMSPropNEONSingle,
	Adam: adamNEONSingle, AMSGrad: amsGradNEONSingle, NAdam: nadamNEONSingle, AdaBelief: adaBeliefNEONSingle,
	Lion: lionNEONSingle, Rprop: rpropNEONSingle, Approach: approachNEONSingle,
	SumOfSquares: sumOfSquaresNEON[float32], SumOfMagnitudes: sumOfMagnitudesNEON[float32],
}

var updatesNEONDouble = Updates[float64]{
	Scale: scaleNEONDouble, Clip: clipNEONDouble, AddScaled: addScaledNEONDouble, AddPenalty: addPenaltyNEONDouble,
	Momentum: momentumNEONDouble, Nesterov: nesterovNEONDouble,
	AdaGrad: adaGradNEONDouble, AdaDelta: adaDeltaNEONDouble, RMSProp: rmsPropNEONDouble, CenteredRMSProp: centeredRMSPropNEONDouble,
	Adam: adamNEONDouble, AMSGrad: amsGradNEONDouble, NAdam: nadamNEONDouble, AdaBelief: adaBeliefNEONDouble,
	Lion: lionNEONDouble, Rprop: rpropNEONDouble, Approach: approachNEONDouble,
	SumOfSquares: sumOfSquaresNEON[float64], SumOfMagnitudes: sumOfMagnitudesNEON[float64],
}
