package inspect

import (
	"math"
	"math/cmplx"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
)

// Parameter is what can be said of a parameter in a few numbers.
type Parameter struct {
	Name     string     `json:"name"`
	Role     graph.Role `json:"role"`
	Shape    []int      `json:"shape"`
	Elements int        `json:"elements"`
	Norm     float64    `json:"norm"` // Euclidean
	RMS      float64    `json:"rms"`  // root of the mean square
	Min      float64    `json:"min"`
	Max      float64    `json:"max"`
	Zeros    float64    `json:"zeros"` // share of the elements that are exactly 0

	// Of a recurrent kernel, for each gate in the order of its blocks of columns. The largest singular value bounds how much
	// a product with the block stretches a state or, on the way back, a gradient; powers of the block grow or shrink in the
	// long run as those of the spectral radius, the largest absolute eigenvalue. There are none of more than 512 units: they
	// would take ten seconds a gate.
	SingularValues []float64 `json:"largest_singular_values,omitempty"`
	SpectralRadii  []float64 `json:"spectral_radii,omitempty"`
}

// Parameters describes each of the parameters. A number that is not finite is an error.
func Parameters(params []*graph.Param) ([]Parameter, error) {
	described := make([]Parameter, len(params))
	for i, p := range params {
		var err error
		if described[i], err = describe(p); err != nil {
			return nil, errors.WithMessagef(err, "parameter %s", p.Name)
		}
	}
	return described, nil
}

func describe(p *graph.Param) (Parameter, error) {
	values := float64s(p.Value)
	d := Parameter{
		Name: p.Name, Role: p.Role, Shape: append([]int{}, p.Value.Shape()...), Elements: len(values),
		Min: math.Inf(1), Max: math.Inf(-1),
	}
	zeros := 0
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return d, errors.Errorf("element %d: found %v, expected a finite number", i, v)
		}
		d.Norm = math.Hypot(d.Norm, v)
		d.Min, d.Max = min(d.Min, v), max(d.Max, v)
		if v == 0 {
			zeros++
		}
	}
	d.RMS = d.Norm / math.Sqrt(float64(len(values)))
	d.Zeros = float64(zeros) / float64(len(values))
	if p.Role != graph.RoleRecurrentKernel {
		return d, nil
	}
	kernel := mat.NewDense(d.Shape[0], d.Shape[1], values)
	for lo := 0; lo < d.Shape[1]; lo += d.Shape[0] { // each gate is a square block
		block := kernel.Slice(0, d.Shape[0], lo, lo+d.Shape[0])
		var svd mat.SVD
		if !svd.Factorize(block, mat.SVDNone) {
			return d, errors.New("found no singular values, expected that their computation converges")
		}
		d.SingularValues = append(d.SingularValues, svd.Values(nil)[0])
		if d.Shape[0] > mostRadii {
			continue
		}
		var eigen mat.Eigen
		if !eigen.Factorize(block, mat.EigenNone) {
			return d, errors.New("found no eigenvalues, expected that their computation converges")
		}
		radius := 0.0
		for _, value := range eigen.Values(nil) {
			radius = max(radius, cmplx.Abs(value))
		}
		d.SpectralRadii = append(d.SpectralRadii, radius)
	}
	return d, nil
}

// mostRadii is the most units of which the spectral radius is computed.
const mostRadii = 512

// float64s returns a copy of the elements.
func float64s(t *tensor.Dense) []float64 {
	if t.Dtype() == tensor.Float64 {
		return append([]float64(nil), t.Float64s()...)
	}
	values := make([]float64, t.DataSize())
	for i, v := range t.Float32s() {
		values[i] = float64(v)
	}
	return values
}
