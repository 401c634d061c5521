package op_test

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/op"
)

func attentionWeights(s *op.Scope, in nodes) (*G.Node, error) {
	return op.AttentionWeights(s, op.AttentionNodes{Queries: in["queries"], Keys: in["keys"], Mask: in["mask"], Vector: in["vector"]})
}

func attend(s *op.Scope, in nodes) (*G.Node, error) {
	return op.Attend(s, in["weights"], in["values"])
}

// attention is both in a row, with the keys as values: their two gradients are added up.
func attention(s *op.Scope, in nodes) (*G.Node, error) {
	weights, err := attentionWeights(s, in)
	if err != nil {
		return nil, err
	}
	return op.Attend(s, weights, in["keys"])
}

// attentionWeightsWant is written from the docstring.
func attentionWeightsWant(in inputs) []float64 {
	q, k := in["queries"], in["keys"]
	queries, steps, batch, units := q.shape[0], k.shape[0], q.shape[1], q.shape[2]
	var all []float64
	for b := range batch {
		for u := range queries {
			weights := make([]float64, steps)
			var sum float64
			for t := range steps {
				if mask := in["mask"].floats; mask != nil && mask[t*batch+b] == 0 {
					continue
				}
				var e float64
				for a := range units {
					qa, ka := q.floats[(u*batch+b)*units+a], k.floats[(t*batch+b)*units+a]
					if v := in["vector"].floats; v != nil {
						e += v[a] * math.Tanh(qa+ka)
					} else {
						e += qa * ka
					}
				}
				weights[t] = math.Exp(e)
				sum += weights[t]
			}
			for t := range weights {
				if sum > 0 {
					weights[t] /= sum
				}
			}
			all = append(all, weights...)
		}
	}
	return all
}

func attendWant(in inputs) []float64 {
	w, v := in["weights"], in["values"]
	batch, queries, steps, width := w.shape[0], w.shape[1], w.shape[2], v.shape[2]
	context := make([]float64, queries*batch*width)
	for i := range context {
		u, b, d := i/width/batch, i/width%batch, i%width
		for t := range steps {
			context[i] += w.floats[(b*queries+u)*steps+t] * v.floats[(t*batch+b)*width+d]
		}
	}
	return context
}

func TestAttention(t *testing.T) {
	queries, keys, vector := random(1, 3, 4, 5), random(2, 4, 4, 5), random(3, 5)
	for _, e := range []example{
		{"dot", inputs{"queries": queries, "keys": keys}, attentionWeights, attentionWeightsWant},
		{"dot with mask", inputs{"queries": queries, "keys": keys, "mask": mask}, attentionWeights, attentionWeightsWant},
		{"additive", inputs{"queries": queries, "keys": keys, "vector": vector}, attentionWeights, attentionWeightsWant},
		{"additive with mask", inputs{"queries": queries, "keys": keys, "mask": mask, "vector": vector}, attentionWeights, attentionWeightsWant},
		{"one query, one step, one unit", inputs{"queries": random(1, 1, 1, 1), "keys": random(2, 1, 1, 1), "vector": random(3, 1)}, attentionWeights, attentionWeightsWant},
		{"Attend", inputs{"weights": random(1, 4, 3, 2), "values": random(2, 2, 4, 5)}, attend, attendWant},
		{"keys as values", inputs{"queries": queries, "keys": keys, "mask": mask, "vector": vector}, attention, nil},
	} {
		t.Run(e.name, func(t *testing.T) { verify(t, e) })
	}
}

// Scores far outside the range of exp give weights all the same.
func TestAttentionOfLargeScores(t *testing.T) {
	in := inputs{"queries": fixed([]float64{1000}, 1, 1, 1), "keys": fixed([]float64{1, -3, 1}, 3, 1, 1)}
	found := mustCompile[float32](t, 1, false, in, attentionWeights).results(t)["output"]
	expectClose(t, "weights", found, []float64{0.5, 0, 0.5}, 0)
}

// The values at steps where the mask is 0 change no bit, nor do more such steps.
func TestAttentionOfPadding(t *testing.T) {
	const steps, more, batch, units = 5, 9, 3, 4
	lengths := []int{5, 3, 0}
	padded := func(steps int, padding float64) inputs {
		keys, mask := random(2, steps, batch, units), make([]float64, steps*batch)
		for i := range mask {
			if i/batch < lengths[i%batch] {
				mask[i] = 1
				continue
			}
			for j := range units {
				keys.floats[i*units+j] = padding
			}
		}
		return inputs{"queries": random(1, 2, batch, units), "keys": keys, "mask": fixed(mask, steps, batch), "vector": random(3, units)}
	}
	want := mustCompile[float32](t, 1, true, padded(steps, 0), attention).results(t)
	found := mustCompile[float32](t, 1, true, padded(more, 1e10), attention).results(t)
	n := steps * batch * units
	for i, d := range found["gradient of keys"][n:] {
		if d != 0 {
			t.Fatalf("padding: found a gradient of %v at %d, expected 0", d, i)
		}
	}
	found["gradient of keys"] = found["gradient of keys"][:n]
	expectSame(t, "more padding", found, want)
}

// The shape is large enough for the kernels to divide their work.
func TestThreadsDoNotChangeAttention(t *testing.T) {
	in := inputs{"queries": random(1, 20, 16, 48), "keys": random(2, 30, 16, 48), "mask": uniform(4, 30, 16)}
	for i := range in["mask"].floats {
		in["mask"].floats[i] = math.Round(in["mask"].floats[i])
	}
	for range 2 {
		want := mustCompile[float32](t, 1, true, in, attention).results(t)
		for _, threads := range []int{2, 5} {
			expectSame(t, "threads", mustCompile[float32](t, threads, true, in, attention).results(t), want)
		}
		in["vector"] = random(3, 48)
	}
}

func TestFaultsOfAttention(t *testing.T) {
	g := G.NewGraph()
	s := op.NewScope(nil, true)
	float := func(name string, shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	q, k, m, v := float("q", 2, 3, 5), float("k", 4, 3, 5), float("m", 4, 3), float("v", 5)
	node := func(_ *G.Node, err error) error { return err }
	for _, test := range []struct {
		want string
		err  error
	}{
		{"AttentionWeights: Queries: found none", node(op.AttentionWeights(s, op.AttentionNodes{Keys: k}))},
		{"AttentionWeights: Keys: found shape [4,3], expected [_,3,5]", node(op.AttentionWeights(s, op.AttentionNodes{Queries: q, Keys: m}))},
		{"AttentionWeights: Mask: found shape [5], expected [4,3]", node(op.AttentionWeights(s, op.AttentionNodes{Queries: q, Keys: k, Mask: v}))},
		{"AttentionWeights: Vector: found shape [4,3], expected [5]", node(op.AttentionWeights(s, op.AttentionNodes{Queries: q, Keys: k, Vector: m}))},
		{"Attend: values: found shape [4,3,5], expected [5,2,_]", node(op.Attend(s, q, k))},
	} {
		if test.err == nil || !strings.HasPrefix(test.err.Error(), test.want) {
			t.Errorf("found %v, expected %s", test.err, test.want)
		}
	}
}
