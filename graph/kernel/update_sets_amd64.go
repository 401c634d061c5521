//go:build !purego

package kernel

//go:generate go run -C generate . -part update -out ../update_amd64.s -stubs ../update_amd64.go -pkg kernel

// updatesNamed returns the part of the set of that name that solvers use.
func updatesNamed(name string) *updateKernels {
	switch name {
	case "avx512":
		return &updateKernels{
			float32: updates[float32]{
				scale: scaleAVX512Single, clip: clipAVX512Single, addScaled: addScaledAVX512Single, addPenalty: addPenaltyAVX512Single,
				momentum: momentumAVX512Single, nesterov: nesterovAVX512Single,
				adaGrad: adaGradAVX512Single, adaDelta: adaDeltaAVX512Single, rmsProp: rmsPropAVX512Single, centeredRMSProp: centeredRMSPropAVX512Single,
				adam: adamAVX512Single, amsGrad: amsGradAVX512Single, nadam: nadamAVX512Single, adaBelief: adaBeliefAVX512Single,
				lion: lionAVX512Single, rprop: rpropAVX512Single, approach: approachAVX512Single,
				sumOfSquares: sumOfSquaresAVX512Single, sumOfMagnitudes: sumOfMagnitudesAVX512Single,
			},
			float64: updates[float64]{
				scale: scaleAVX512Double, clip: clipAVX512Double, addScaled: addScaledAVX512Double, addPenalty: addPenaltyAVX512Double,
				momentum: momentumAVX512Double, nesterov: nesterovAVX512Double,
				adaGrad: adaGradAVX512Double, adaDelta: adaDeltaAVX512Double, rmsProp: rmsPropAVX512Double, centeredRMSProp: centeredRMSPropAVX512Double,
				adam: adamAVX512Double, amsGrad: amsGradAVX512Double, nadam: nadamAVX512Double, adaBelief: adaBeliefAVX512Double,
				lion: lionAVX512Double, rprop: rpropAVX512Double, approach: approachAVX512Double,
				sumOfSquares: sumOfSquaresAVX512Double, sumOfMagnitudes: sumOfMagnitudesAVX512Double,
			},
		}
	case "avx2":
		return &updateKernels{
			float32: updates[float32]{
				scale: scaleAVX2Single, clip: clipAVX2Single, addScaled: addScaledAVX2Single, addPenalty: addPenaltyAVX2Single,
				momentum: momentumAVX2Single, nesterov: nesterovAVX2Single,
				adaGrad: adaGradAVX2Single, adaDelta: adaDeltaAVX2Single, rmsProp: rmsPropAVX2Single, centeredRMSProp: centeredRMSPropAVX2Single,
				adam: adamAVX2Single, amsGrad: amsGradAVX2Single, nadam: nadamAVX2Single, adaBelief: adaBeliefAVX2Single,
				lion: lionAVX2Single, rprop: rpropAVX2Single, approach: approachAVX2Single,
				sumOfSquares: sumOfSquaresAVX2Single, sumOfMagnitudes: sumOfMagnitudesAVX2Single,
			},
			float64: updates[float64]{
				scale: scaleAVX2Double, clip: clipAVX2Double, addScaled: addScaledAVX2Double, addPenalty: addPenaltyAVX2Double,
				momentum: momentumAVX2Double, nesterov: nesterovAVX2Double,
				adaGrad: adaGradAVX2Double, adaDelta: adaDeltaAVX2Double, rmsProp: rmsPropAVX2Double, centeredRMSProp: centeredRMSPropAVX2Double,
				adam: adamAVX2Double, amsGrad: amsGradAVX2Double, nadam: nadamAVX2Double, adaBelief: adaBeliefAVX2Double,
				lion: lionAVX2Double, rprop: rpropAVX2Double, approach: approachAVX2Double,
				sumOfSquares: sumOfSquaresAVX2Double, sumOfMagnitudes: sumOfMagnitudesAVX2Double,
			},
		}
	}
	return &updateKernels{portableUpdates[float32](), portableUpdates[float64]()}
}
