package baseline

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gruexp/gruexp/trainer/data"
)

const (
	ridgePenalty = 1.0 // λ, of weights for inputs of variance 1
	ridgeBlock   = 512 // rows that are added up at a time

	maxRidgeInputs   = 512     // of a row
	maxRidgeProducts = 1 << 33 // of inputs × inputs × rows: some seconds
)

// ridgeRows is of how many rows of so many inputs a linear regression on a number of samples may be, at most that many.
func ridgeRows(rows, inputs, samples int) int {
	most := min(maxRidgeInputs, int(math.Sqrt(maxRidgeProducts/float64(samples))))
	return min(rows, most/inputs)
}

// ridge is a linear regression: for each output w minimizes Σ (y − ȳ − w·x)² + λ‖w‖² over the rows that it was fitted on, with
// every input brought to mean 0 and variance 1 there, λ = 1.
type ridge struct {
	mean, deviation []float64  // of the inputs
	targets         []float64  // means of the outputs
	weights         *mat.Dense // [inputs, outputs]
}

// fitRidge fits one to rows, of which fill gives inputs and outputs. It is not ok where numbers are too large to be squared.
func fitRidge(rows, inputs, outputs int, fill func(row int, x, y []float64)) (r *ridge, ok bool) {
	r = &ridge{make([]float64, inputs), make([]float64, inputs), make([]float64, outputs), mat.NewDense(inputs, outputs, nil)}
	x, y := make([]float64, inputs), make([]float64, outputs)
	for row := range rows {
		fill(row, x, y)
		for i, v := range x {
			r.mean[i] += v
			r.deviation[i] += v * v
		}
		for j, v := range y {
			r.targets[j] += (v - r.targets[j]) / float64(row+1)
		}
	}
	count := float64(rows)
	for i := range inputs {
		r.mean[i] /= count
		r.deviation[i] = math.Sqrt(max(0, r.deviation[i]/count-r.mean[i]*r.mean[i]))
		if r.deviation[i] < 1e-9 { // a constant one says nothing
			r.deviation[i] = math.Inf(1)
		}
	}

	covariance, moment := mat.NewSymDense(inputs, nil), mat.NewDense(inputs, outputs, nil)
	for i := range inputs {
		covariance.SetSym(i, i, ridgePenalty)
	}
	for lo := 0; lo < rows; lo += ridgeBlock {
		size := min(ridgeBlock, rows-lo)
		block, right := mat.NewDense(inputs, size, nil), mat.NewDense(size, outputs, nil)
		for at := range size {
			fill(lo+at, x, y)
			for i, v := range x {
				block.Set(i, at, (v-r.mean[i])/r.deviation[i])
			}
			for j, v := range y {
				right.Set(at, j, v-r.targets[j])
			}
		}
		covariance.SymRankK(covariance, 1, block)
		var part mat.Dense
		part.Mul(block, right)
		moment.Add(moment, &part)
	}
	var factors mat.Cholesky
	if !factors.Factorize(covariance) {
		return nil, false
	}
	return r, factors.SolveTo(r.weights, moment) == nil
}

// predict sets y to the outputs for inputs x.
func (r *ridge) predict(x, y []float64) {
	copy(y, r.targets)
	for i, v := range x {
		scaled := (v - r.mean[i]) / r.deviation[i]
		for j, w := range r.weights.RawRowView(i) {
			y[j] += w * scaled
		}
	}
}

// ridgeBaseline is a linear regression on the inputs, but for masks and gaps, of the last rows of each window, at most that
// many and as many as it takes no long time for.
func ridgeBaseline(fitted, tested *data.RowSet, rows int) (b data.Baseline, ok bool) {
	inputs := fitted.Panel.InputColumns
	rows = ridgeRows(min(rows, fitted.Steps(0)), inputs, len(fitted.Samples))
	if rows == 0 {
		return b, false
	}
	fill := func(d *data.RowSet, s data.Sample, x []float64) {
		for r := range rows {
			copy(x[r*inputs:(r+1)*inputs], d.Panel.Row(int(s.Hi) - rows + r)[:inputs])
		}
	}
	r, ok := fitRidge(len(fitted.Samples), inputs*rows, len(fitted.Outputs), func(row int, x, y []float64) {
		fill(fitted, fitted.Samples[row], x)
		for j := range y {
			y[j] = fitted.Target(fitted.Samples[row], j)
		}
	})
	if !ok {
		return b, false
	}
	x, y := make([]float64, inputs*rows), make([]float64, len(fitted.Outputs))
	return valueBaseline(tested, "ridge", func(s data.Sample, j int) float64 {
		if j == 0 {
			fill(tested, s, x)
			r.predict(x, y)
		}
		return y[j]
	}), true
}
