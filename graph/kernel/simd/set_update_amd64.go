//go:build !purego

package simd

//go:generate go run -C generate . -part update -out ../update_amd64.s -stubs ../update_amd64.go -pkg simd

var updatesAVX512Single = Updates[float32]{
	Scale: scaleAVX512Single, Clip: clipAVX512Single, AddScaled: addScaledAVX512Single, AddPenalty: addPenaltyAVX512Single,
	Momentum: momentumAVX512Single, Nesterov: nesterovAVX512Single,
	AdaGrad: adaGradAVX512Single, AdaDelta: adaDeltaAVX512Single, RMSProp: rmsPropAVX512Single, CenteredRMSProp: centeredRMSPropAVX512Single,
	Adam: adamAVX512Single, AMSGrad: amsGradAVX512Single, NAdam: nadamAVX512Single, AdaBelief: adaBeliefAVX512Single,
	Lion: lionAVX512Single, Rprop: rpropAVX512Single, Approach: approachAVX512Single,
	SumOfSquares: sumOfSquaresAVX512Single, SumOfMagnitudes: sumOfMagnitudesAVX512Single,
}

var updatesAVX512Double = Updates[float64]{
	Scale: scaleAVX512Double, Clip: clipAVX512Double, AddScaled: addScaledAVX512Double, AddPenalty: addPenaltyAVX512Double,
	Momentum: momentumAVX512Double, Nesterov: nesterovAVX512Double,
	AdaGrad: adaGradAVX512Double, AdaDelta: adaDeltaAVX512Double, RMSProp: rmsPropAVX512Double, CenteredRMSProp: centeredRMSPropAVX512Double,
	Adam: adamAVX512Double, AMSGrad: amsGradAVX512Double, NAdam: nadamAVX512Double, AdaBelief: adaBeliefAVX512Double,
	Lion: lionAVX512Double, Rprop: rpropAVX512Double, Approach: approachAVX512Double,
	SumOfSquares: sumOfSquaresAVX512Double, SumOfMagnitudes: sumOfMagnitudesAVX512Double,
}

var updatesAVX2Single = Updates[float32]{
	Scale: scaleAVX2Single, Clip: clipAVX2Single, AddScaled: addScaledAVX2Single, AddPenalty: addPenaltyAVX2Single,
	Momentum: momentumAVX2Single, Nesterov: nesterovAVX2Single,
	AdaGrad: adaGradAVX2Single, AdaDelta: adaDeltaAVX2Single, RMSProp: rmsPropAVX2Single, CenteredRMSProp: centeredRMSPropAVX2Single,
	Adam: adamAVX2Single, AMSGrad: amsGradAVX2Single, NAdam: nadamAVX2Single, AdaBelief: adaBeliefAVX2Single,
	Lion: lionAVX2Single, Rprop: rpropAVX2Single, Approach: approachAVX2Single,
	SumOfSquares: sumOfSquaresAVX2Single, SumOfMagnitudes: sumOfMagnitudesAVX2Single,
}

var updatesAVX2Double = Updates[float64]{
	Scale: scaleAVX2Double, Clip: clipAVX2Double, AddScaled: addScaledAVX2Double, AddPenalty: addPenaltyAVX2Double,
	Momentum: momentumAVX2Double, Nesterov: nesterovAVX2Double,
	AdaGrad: adaGradAVX2Double, AdaDelta: adaDeltaAVX2Double, RMSProp: rmsPropAVX2Double, CenteredRMSProp: centeredRMSPropAVX2Double,
	Adam: adamAVX2Double, AMSGrad: amsGradAVX2Double, NAdam: nadamAVX2Double, AdaBelief: adaBeliefAVX2Double,
	Lion: lionAVX2Double, Rprop: rpropAVX2Double, Approach: approachAVX2Double,
	SumOfSquares: sumOfSquaresAVX2Double, SumOfMagnitudes: sumOfMagnitudesAVX2Double,
}
