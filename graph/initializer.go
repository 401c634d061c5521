package graph

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"github.com/gruexp/gruexp/graph/param"
)

// Initializer fills the values of a new parameter of that shape, row-major. For a matrix [in, out], fan_in is the
// number of rows and fan_out the number of columns.
type Initializer func(r *rand.Rand, shape []int, values []float64)

// NamedInitializer returns the initializer of that name, one of [param.InitializerNames]. "uniform" is U(-0.05, 0.05), as in
// Keras. "torch_uniform" is U(-1/√n, 1/√n) with n = torchFan: the units of a recurrent layer, the inputs of a dense one, as
// PyTorch draws all weights and biases of the layer.
func NamedInitializer(name string, torchFan int) (Initializer, error) {
	switch name {
	case param.InitGlorotUniform:
		return GlorotUniform, nil
	case param.InitGlorotNormal:
		return GlorotNormal, nil
	case param.InitHeUniform:
		return HeUniform, nil
	case param.InitHeNormal:
		return HeNormal, nil
	case param.InitOrthogonal:
		return Orthogonal, nil
	case param.InitUniform:
		return Uniform(0.05), nil
	case param.InitTorchUniform:
		return Uniform(1 / math.Sqrt(float64(max(torchFan, 1)))), nil
	case param.InitZeros:
		return Zeros, nil
	default:
		return nil, errors.Errorf("found initializer %q, expected one of %v", name, param.InitializerNames())
	}
}

// Zeros fills with 0.
func Zeros(_ *rand.Rand, _ []int, values []float64) { clear(values) }

// Uniform draws from U(-bound, bound).
func Uniform(bound float64) Initializer {
	return func(r *rand.Rand, _ []int, values []float64) {
		for i := range values {
			values[i] = bound * (2*r.Float64() - 1)
		}
	}
}

// Normal draws from N(0, deviation²).
func Normal(deviation float64) Initializer {
	return func(r *rand.Rand, _ []int, values []float64) {
		for i := range values {
			values[i] = deviation * r.NormFloat64()
		}
	}
}

// GlorotUniform draws from U(±√(6/(fan_in+fan_out))) (Glorot and Bengio 2010).
func GlorotUniform(r *rand.Rand, shape []int, values []float64) {
	in, out := fans(shape)
	Uniform(math.Sqrt(6/(in+out)))(r, shape, values)
}

// GlorotNormal draws from N(0, 2/(fan_in+fan_out)) (Glorot and Bengio 2010). Keras cuts the tails off at two
// deviations; this does not.
func GlorotNormal(r *rand.Rand, shape []int, values []float64) {
	in, out := fans(shape)
	Normal(math.Sqrt(2/(in+out)))(r, shape, values)
}

// HeUniform draws from U(±√(6/fan_in)) (He et al. 2015, arXiv:1502.01852).
func HeUniform(r *rand.Rand, shape []int, values []float64) {
	in, _ := fans(shape)
	Uniform(math.Sqrt(6/in))(r, shape, values)
}

// HeNormal draws from N(0, 2/fan_in) (He et al. 2015, arXiv:1502.01852), including the tails that Keras cuts off.
func HeNormal(r *rand.Rand, shape []int, values []float64) {
	in, _ := fans(shape)
	Normal(math.Sqrt(2/in))(r, shape, values)
}

// Orthogonal gives a matrix with orthonormal rows or columns, whichever are fewer, uniform among all of them: the Q of
// a Gaussian matrix with the signs of R's diagonal (Saxe et al. 2013, arXiv:1312.6120; Mezzadri 2007). A vector gets
// length 1.
func Orthogonal(r *rand.Rand, shape []int, values []float64) {
	rows, cols := 1, len(values)
	if len(shape) > 1 {
		rows = shape[0]
		cols = len(values) / rows
	}
	long, short := max(rows, cols), min(rows, cols)
	gauss := mat.NewDense(long, short, nil)
	for i := range long {
		for j := range short {
			gauss.Set(i, j, r.NormFloat64())
		}
	}
	var qr mat.QR
	qr.Factorize(gauss)
	var q, upper mat.Dense
	qr.QTo(&q)
	qr.RTo(&upper)
	for i := range rows {
		for j := range cols {
			l, s := i, j
			if rows < cols {
				l, s = j, i
			}
			values[i*cols+j] = q.At(l, s) * math.Copysign(1, upper.At(s, s))
		}
	}
}

// PerGate fills the gates blocks of columns of a matrix [in, gates·units] one by one: each gate of a recurrent layer
// has its own matrix, to which fan_out and orthogonality refer. (Keras fills all gates as one matrix.)
func PerGate(init Initializer, gates int) Initializer {
	return func(r *rand.Rand, shape []int, values []float64) {
		all := shape[len(shape)-1]
		units := all / gates
		rows := len(values) / all
		block := make([]float64, rows*units)
		blockShape := append(slices.Clone(shape[:len(shape)-1]), units)
		for g := range gates {
			init(r, blockShape, block)
			for i := range rows {
				copy(values[i*all+g*units:i*all+(g+1)*units], block[i*units:(i+1)*units])
			}
		}
	}
}

func fans(shape []int) (in, out float64) {
	out = float64(shape[len(shape)-1])
	in = out
	if len(shape) > 1 {
		in = float64(shape[len(shape)-2])
	}
	return in, out
}
