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
				adaGrad: adaGradAVX512Single, rmsProp: rmsPropAVX512Single, adam: adamAVX512Single,
				sumOfSquares: sumOfSquaresAVX512Single, sumOfMagnitudes: sumOfMagnitudesAVX512Single,
			},
			float64: updates[float64]{
				scale: scaleAVX512Double, clip: clipAVX512Double, addScaled: addScaledAVX512Double, addPenalty: addPenaltyAVX512Double,
				momentum: momentumAVX512Double, nesterov: nesterovAVX512Double,
				adaGrad: adaGradAVX512Double, rmsProp: rmsPropAVX512Double, adam: adamAVX512Double,
				sumOfSquares: sumOfSquaresAVX512Double, sumOfMagnitudes: sumOfMagnitudesAVX512Double,
			},
		}
	case "avx2":
		return &updateKernels{
			float32: updates[float32]{
				scale: scaleAVX2Single, clip: clipAVX2Single, addScaled: addScaledAVX2Single, addPenalty: addPenaltyAVX2Single,
				momentum: momentumAVX2Single, nesterov: nesterovAVX2Single,
				adaGrad: adaGradAVX2Single, rmsProp: rmsPropAVX2Single, adam: adamAVX2Single,
				sumOfSquares: sumOfSquaresAVX2Single, sumOfMagnitudes: sumOfMagnitudesAVX2Single,
			},
			float64: updates[float64]{
				scale: scaleAVX2Double, clip: clipAVX2Double, addScaled: addScaledAVX2Double, addPenalty: addPenaltyAVX2Double,
				momentum: momentumAVX2Double, nesterov: nesterovAVX2Double,
				adaGrad: adaGradAVX2Double, rmsProp: rmsPropAVX2Double, adam: adamAVX2Double,
				sumOfSquares: sumOfSquaresAVX2Double, sumOfMagnitudes: sumOfMagnitudesAVX2Double,
			},
		}
	}
	return &updateKernels{portableUpdates[float32](), portableUpdates[float64]()}
}
