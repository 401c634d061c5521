package trainer

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
)

// cloneParams copies parameters with their values.
func cloneParams(params []*graph.Param) []*graph.Param {
	clones := make([]*graph.Param, len(params))
	for i, p := range params {
		clone := *p
		clone.Value = tensor.New(tensor.Of(p.Value.Dtype()), tensor.WithShape(p.Value.Shape().Clone()...))
		copyDense(clone.Value, p.Value)
		clones[i] = &clone
	}
	return clones
}

// assignParams copies values between parameters that must agree in names, dtypes and shapes.
func assignParams(dst, src []*graph.Param) error {
	return graph.Assign(dst, graph.Tensors(src))
}

// copyDense copies between tensors of equal dtype and size.
func copyDense(dst, src *tensor.Dense) {
	if dst.Dtype() == tensor.Float32 {
		copy(dst.Float32s(), src.Float32s())
	} else {
		copy(dst.Float64s(), src.Float64s())
	}
}

// checkFinite says which parameter has a number that is NaN or infinite.
func checkFinite(params []*graph.Param) error {
	for _, p := range params {
		var found float64
		if p.Value.Dtype() == tensor.Float32 {
			found = firstNonFinite(p.Value.Float32s())
		} else {
			found = firstNonFinite(p.Value.Float64s())
		}
		if found != 0 {
			return errors.WithStack(&nonFinite{what: "parameter " + p.Name, param: p.Name, value: found})
		}
	}
	return nil
}

// firstNonFinite is 0 where all values are finite.
func firstNonFinite[F float32 | float64](values []F) float64 {
	for _, v := range values {
		if v-v != 0 {
			return float64(v)
		}
	}
	return 0
}

// largestParam is the name of the parameter with the number of the largest magnitude.
func largestParam(params []*graph.Param) string {
	name, largest := "", -1.0
	for _, p := range params {
		var found float64
		if p.Value.Dtype() == tensor.Float32 {
			found = largestMagnitude(p.Value.Float32s())
		} else {
			found = largestMagnitude(p.Value.Float64s())
		}
		if found > largest {
			name, largest = p.Name, found
		}
	}
	return name
}

func largestMagnitude[F float32 | float64](values []F) float64 {
	largest := 0.0
	for _, v := range values {
		largest = max(largest, math.Abs(float64(v)))
	}
	return largest
}
