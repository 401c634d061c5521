package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// AttentionNodes are the inputs of [AttentionWeights]. The last two may be nil.
type AttentionNodes struct {
	Queries *G.Node // q [U,B,A]
	Keys    *G.Node // k [T,B,A]
	Mask    *G.Node // [T,B], 0 at steps that are not looked at
	Vector  *G.Node // v [A]
}

// AttentionWeights says how much each of U queries looks at each of T steps, [B,U,T]: the softmax, over the steps where the
// mask is not 0, of the score
//
//	e[u,t] = v·tanh(q[u] + k[t])    with Vector: additive (Bahdanau et al. 2015, arXiv:1409.0473)
//	e[u,t] = q[u]·k[t]              without: dot (Luong et al. 2015, arXiv:1508.04025)
//
// and 0 at all other steps. A sequence without steps has only weights of 0. The mask has no gradient.
func AttentionWeights(s *Scope, in AttentionNodes) (*G.Node, error) {
	c := check{op: "AttentionWeights"}
	queries := c.floats("Queries", in.Queries, anySize, anySize, anySize)
	keys := c.floats("Keys", in.Keys, anySize, queries[1], queries[2])
	c.optional("Mask", in.Mask, keys[0], keys[1])
	c.optional("Vector", in.Vector, queries[2])
	if c.err != nil {
		return nil, c.err
	}
	shape := kernel.AttentionShape{Queries: queries[0], Steps: keys[0], Batch: queries[1], Units: queries[2]}
	return byDtype(c.dtype, attentionWeights[float32], attentionWeights[float64])(s, in, shape)
}

func attentionWeights[F kernel.Float](s *Scope, in AttentionNodes, shape kernel.AttentionShape) (*G.Node, error) {
	inputs := []*G.Node{in.Queries, in.Keys, in.Mask, in.Vector}
	read := func(in values[F]) kernel.AttentionInput[F] {
		f := in.floats
		return kernel.AttentionInput[F]{Queries: f[0], Keys: f[1], Mask: f[2], Vector: f[3]}
	}
	var out kernel.AttentionGradient[F] // all but Queries
	backward := memoized(func(weights, dWeights *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "AttentionWeightsGradient", inputs: append(inputs, weights, dWeights), shape: in.Queries.Shape(),
			run: func(in values[F], dQueries []F) {
				out.Queries = dQueries
				kernel.AttentionWeightsGradient(s.pool, shape, read(in), in.floats[4], in.floats[5], out)
			},
		})
	})
	return add(s, operation[F]{
		name: "AttentionWeights", inputs: inputs, shape: []int{shape.Batch, shape.Queries, shape.Steps},
		run: func(in values[F], weights []F) {
			kernel.AttentionWeights(s.pool, shape, read(in), weights)
		},
		gradients: []gradient{
			backward,
			sideOutput(s, "AttentionKeysGradient", backward, in.Keys, &out.Keys),
			nil,
			sideOutput(s, "AttentionVectorGradient", backward, in.Vector, &out.Vector),
		},
	})
}

// Attend mixes values [T,B,D] by weights [B,U,T] as [AttentionWeights] returns them: the context
//
//	c[u,b] = Σ_t weights[b,u,t]·values[t,b]
//
// which is [U,B,D], and 0 if all weights are 0. Values of weight 0 must be finite.
func Attend(s *Scope, weights, values *G.Node) (*G.Node, error) {
	c := check{op: "Attend"}
	w := c.floats("weights", weights, anySize, anySize, anySize)
	v := c.floats("values", values, w[2], w[0], anySize)
	if c.err != nil {
		return nil, c.err
	}
	shape := kernel.AttentionShape{Queries: w[1], Steps: w[2], Batch: w[0]}
	return byDtype(c.dtype, attend[float32], attend[float64])(s, weights, values, shape, v[2])
}

func attend[F kernel.Float](s *Scope, weights, mixed *G.Node, shape kernel.AttentionShape, width int) (*G.Node, error) {
	weightsGradient := func(_, dContext *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "AttendWeightsGradient", inputs: []*G.Node{mixed, dContext}, shape: weights.Shape(),
			run: func(in values[F], dWeights []F) {
				kernel.AttendWeightsGradient(s.pool, shape, width, in.floats[0], in.floats[1], dWeights)
			},
		})
	}
	valuesGradient := func(_, dContext *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "AttendValuesGradient", inputs: []*G.Node{weights, dContext}, shape: mixed.Shape(),
			run: func(in values[F], dValues []F) {
				kernel.AttendValuesGradient(s.pool, shape, width, in.floats[0], in.floats[1], dValues)
			},
		})
	}
	return add(s, operation[F]{
		name: "Attend", inputs: []*G.Node{weights, mixed}, shape: []int{shape.Queries, shape.Batch, width},
		run: func(in values[F], context []F) {
			kernel.Attend(s.pool, shape, width, in.floats[0], in.floats[1], context)
		},
		gradients: []gradient{weightsGradient, valuesGradient},
	})
}
