package data

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

const (
	ridgePenalty = 1.0 // λ, of weights for inputs of variance 1
	ridgeBlock   = 512 // windows that are added up at a time

	maxRidgeInputs   = 512     // of a window
	maxRidgeProducts = 1 << 33 // of inputs × inputs × windows: some seconds
)

// ridgeBaseline is a linear regression on the inputs, but for masks and gaps, of the last rows of each window, at most that
// many and as many as it takes no long time for: w minimizes
// Σ (y − ȳ − w·x)² + λ‖w‖² over the training part, with every input brought to mean 0 and variance 1 there, λ = 1. It is
// not ok where numbers are too large to be squared.
func ridgeBaseline(fitted, tested *rowSet, rows int) (b Baseline, ok bool) {
	inputs := fitted.panel.inputColumns
	most := min(maxRidgeInputs, int(math.Sqrt(maxRidgeProducts/float64(len(fitted.samples)))))
	rows = min(rows, fitted.Steps(0), most/inputs)
	if rows == 0 {
		return b, false
	}
	n := inputs * rows
	regressors := func(d *rowSet, s sample, x []float64) {
		for r := range rows {
			copy(x[r*inputs:(r+1)*inputs], d.panel.row(int(s.hi) - rows + r)[:inputs])
		}
	}
	x, mean, deviation := make([]float64, n), make([]float64, n), make([]float64, n)
	targets := summarize(fitted.targetValues())
	for _, s := range fitted.samples {
		regressors(fitted, s, x)
		for i, v := range x {
			mean[i] += v
			deviation[i] += v * v
		}
	}
	count := float64(len(fitted.samples))
	for i := range n {
		mean[i] /= count
		deviation[i] = math.Sqrt(max(0, deviation[i]/count-mean[i]*mean[i]))
		if deviation[i] < 1e-9 { // a constant one says nothing
			deviation[i] = math.Inf(1)
		}
	}

	covariance, moment := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	for i := range n {
		covariance.SetSym(i, i, ridgePenalty)
	}
	for lo := 0; lo < len(fitted.samples); lo += ridgeBlock {
		samples := fitted.samples[lo:min(lo+ridgeBlock, len(fitted.samples))]
		block, y := mat.NewDense(n, len(samples), nil), mat.NewVecDense(len(samples), nil)
		for j, s := range samples {
			regressors(fitted, s, x)
			for i, v := range x {
				block.Set(i, j, (v-mean[i])/deviation[i])
			}
			y.SetVec(j, fitted.panel.targetValue(int(s.target))-targets.mean)
		}
		covariance.SymRankK(covariance, 1, block)
		var part mat.VecDense
		part.MulVec(block, y)
		moment.AddVec(moment, &part)
	}
	var factors mat.Cholesky
	if !factors.Factorize(covariance) {
		return b, false
	}
	var weights mat.VecDense
	if err := factors.SolveVecTo(&weights, moment); err != nil {
		return b, false
	}
	return tested.valueBaseline("ridge", func(s sample) float64 {
		regressors(tested, s, x)
		y := targets.mean
		for i, v := range x {
			y += weights.AtVec(i) * (v - mean[i]) / deviation[i]
		}
		return y
	}), true
}
