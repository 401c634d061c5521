package trainer

import (
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
)

// weightNoise disturbs the trained parameters for the time of one pass. Afterwards they get back the very bits that
// they had, which subtracting the noise would not give them.
type weightNoise struct {
	deviation float64
	streams   *graph.Streams
	params    []*graph.Param
	clean     []*graph.Param // copies
}

// newWeightNoise makes noise for those of params that are trained; a deviation of 0 makes none.
func newWeightNoise(deviation float64, params []*graph.Param, streams *graph.Streams) *weightNoise {
	n := &weightNoise{deviation: deviation, streams: streams}
	if deviation == 0 {
		return n
	}
	for _, p := range params {
		if p.Trained() {
			n.params = append(n.params, p)
		}
	}
	n.clean = cloneParams(n.params)
	return n
}

// on adds noise to every element, from a seed per parameter.
func (n *weightNoise) on() {
	if len(n.params) == 0 {
		return
	}
	r := n.streams.Stream(noiseStream)
	for i, p := range n.params {
		copyDense(n.clean[i].Value, p.Value)
		if p.Value.Dtype() == tensor.Float32 {
			kernel.AddNormal(r.Uint64(), float32(n.deviation), p.Value.Float32s())
		} else {
			kernel.AddNormal(r.Uint64(), n.deviation, p.Value.Float64s())
		}
	}
}

// off undoes the last on.
func (n *weightNoise) off() {
	for i, p := range n.params {
		copyDense(p.Value, n.clean[i].Value)
	}
}
