package solvers

import (
	"fmt"
	"slices"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// AddParamPenalty adds the gradient of what each parameter asks for by its [graph.Param.Penalty], with W_b its blocks of
// columns:
//
//	Δ = g + L1·sign(W) + 2·L2·W + 4·Orthogonality·[W_b·(W_bᵀ·W_b − I)]_b
//
// Layers set these penalties, [AddPenalty] has those of the solver. A tensor of more than two axes counts as a matrix
// with the last one's columns.
type AddParamPenalty struct {
	pool *kernel.Pool
	gram grams

	Stateless
}

// grams is scratch memory for W_bᵀ·W_b, in the dtype at work.
type grams struct {
	float32 []float32
	float64 []float64
}

// Name is "add_param_penalty".
func (*AddParamPenalty) Name() string { return "add_param_penalty" }

// Init checks the penalties.
func (a *AddParamPenalty) Init(params []*graph.Param) error {
	var faults fault.List
	largest := 0
	for _, p := range params {
		faults.Under(p.Name, p.Penalty.Validate())
		if p.Penalty.Orthogonality == 0 {
			continue
		}
		shape, width := p.Value.Shape(), blockWidth(p)
		faults.Check(len(shape) > 1 && width > 0, p.Name+".orthogonality", fmt.Sprintf("%d blocks of shape %v", blocks(p), []int(shape)),
			"a matrix, or equal blocks of its columns")
		largest = max(largest, width*width)
	}
	if largest > 0 {
		a.pool = kernel.NewPool(1) // keeps the memory of its products
		a.gram = grams{make([]float32, largest), make([]float64, largest)}
	}
	return faults.Err()
}

// Apply adds the gradients of the penalties.
func (a *AddParamPenalty) Apply(_ int, us []Update) error {
	for _, u := range us {
		switch p := u.Param; {
		case p.Penalty == graph.Penalty{}:
		case isFloat32(u.Delta):
			addParamPenalty(a.pool, p, p.Value.Float32s(), u.Delta.Float32s(), a.gram.float32)
		default:
			addParamPenalty(a.pool, p, p.Value.Float64s(), u.Delta.Float64s(), a.gram.float64)
		}
	}
	return nil
}

func addParamPenalty[F kernel.Float](pool *kernel.Pool, p *graph.Param, values, delta, gram []F) {
	if p.Penalty.L1 > 0 || p.Penalty.L2 > 0 {
		kernel.AddPenalty(values, delta, F(p.Penalty.L1), F(2*p.Penalty.L2))
	}
	if p.Penalty.Orthogonality == 0 {
		return
	}
	width := blockWidth(p)
	columns := width * blocks(p)
	rows := len(values) / columns
	for from := 0; from < columns; from += width {
		difference := gramLessIdentity(pool, values[from:], rows, columns, gram[:width*width])
		kernel.Scale(difference, F(4*p.Penalty.Orthogonality))
		kernel.Product(pool, false, false, rows, width, width, values[from:], columns, difference, width, true, delta[from:], columns)
	}
}

// gramLessIdentity sets gram to WᵀW − I for the first columns of rows that are that far apart, as many as gram has.
func gramLessIdentity[F kernel.Float](pool *kernel.Pool, w []F, rows, stride int, gram []F) []F {
	width := 0
	for width*width < len(gram) {
		width++
	}
	kernel.Product(pool, true, false, width, width, rows, w, stride, w, stride, false, gram, width)
	for i := 0; i < len(gram); i += width + 1 {
		gram[i]--
	}
	return gram
}

// Penalty is the value of the penalties of all parameters that are trained.
func (a *AddParamPenalty) Penalty(params []*graph.Param) float64 {
	var sum float64
	for _, p := range params {
		switch {
		case !p.Trained() || p.Penalty == graph.Penalty{}:
		case isFloat32(p.Value):
			sum += paramPenalty(p, p.Value.Float32s())
		default:
			sum += paramPenalty(p, p.Value.Float64s())
		}
	}
	return sum
}

func paramPenalty[F kernel.Float](p *graph.Param, values []F) float64 {
	sum := penalty(p.Penalty.L1, p.Penalty.L2, values)
	if p.Penalty.Orthogonality == 0 {
		return sum
	}
	width := blockWidth(p)
	columns := width * blocks(p)
	gram := make([]F, width*width)
	for from := 0; from < columns; from += width {
		difference := gramLessIdentity(nil, values[from:], len(values)/columns, columns, gram)
		sum += p.Penalty.Orthogonality * kernel.SumOfSquares(difference)
	}
	return sum
}

// blocks is the number of matrices that are next to each other in a parameter.
func blocks(p *graph.Param) int { return max(1, p.Blocks) }

// blockWidth is the number of columns of each of them, 0 where they are not equally wide.
func blockWidth(p *graph.Param) int {
	shape := p.Value.Shape()
	if last := shape[len(shape)-1]; last%blocks(p) == 0 {
		return last / blocks(p)
	}
	return 0
}

// penalizes tells whether any of the parameters has its own penalty.
func penalizes(params []*graph.Param) bool {
	return slices.ContainsFunc(params, func(p *graph.Param) bool { return p.Penalty != graph.Penalty{} })
}
