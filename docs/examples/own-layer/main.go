// A gruexp with an added layer: a gate on the columns of each step, x ⊙ σ(x·W + b).
package main

import (
	"math"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/cmd/gruexp/app"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/spec"
)

// gatingConfig is what a configuration says of the layer, with its defaults.
type gatingConfig struct {
	Open float64 `yaml:"open"` // the bias at the beginning: how far the gates are open
}

// Validate lists what is wrong with the options.
func (c *gatingConfig) Validate() (faults fault.List) {
	faults.Check(c.Open >= -10 && c.Open <= 10, "open", c.Open, "-10 to 10")
	return faults
}

// OutputShape says that the layer keeps the shape of its input.
func (c *gatingConfig) OutputShape(in spec.Shape) (spec.Shape, fault.List) {
	var faults fault.List
	in.ExpectNumbers(&faults)
	return in, faults
}

// Params names the parameters, for model files.
func (c *gatingConfig) Params(in spec.Shape) []spec.Param {
	return []spec.Param{{Name: "kernel", Role: graph.RoleKernel, Shape: []int{in.Width, in.Width}}, {Name: "bias", Role: graph.RoleBias, Shape: []int{in.Width}}}
}

// Vector runs the layer without a graph, for predictions.
func (c *gatingConfig) Vector(params map[string][]float64, x, y []float64) {
	for j := range y {
		sum := params["bias"][j]
		for i, v := range x {
			sum += v * params["kernel"][i*len(y)+j]
		}
		y[j] = x[j] / (1 + math.Exp(-sum))
	}
}

// NewLayer makes the layer with its parameters.
func (c *gatingConfig) NewLayer(name string, in spec.Shape, dtype tensor.Dtype, streams *graph.Streams) (layers.Layer, error) {
	kernel, err := graph.NewParam(name+"/kernel", graph.RoleKernel, dtype, graph.GlorotUniform, streams, in.Width, in.Width)
	if err != nil {
		return nil, err
	}
	bias, err := graph.NewParam(name+"/bias", graph.RoleBias, dtype, c.open, streams, in.Width)
	return &gating{kernel, bias}, err
}

// open fills the bias.
func (c *gatingConfig) open(_ *rand.Rand, _ []int, values []float64) {
	for i := range values {
		values[i] = c.Open
	}
}

type gating struct{ kernel, bias *graph.Param }

func (g *gating) Params() []*graph.Param { return []*graph.Param{g.kernel, g.bias} }

// Apply adds the equations to a graph. The derivatives come with the operations.
func (g *gating) Apply(b *graph.Builder, in layers.Seq) (layers.Seq, error) {
	kernel, err := b.Param(g.kernel)
	if err != nil {
		return layers.Seq{}, err
	}
	bias, err := b.Param(g.bias)
	if err != nil {
		return layers.Seq{}, err
	}
	gate, err := op.Affine(b.Ops(), in.X, kernel, bias)
	if err != nil {
		return layers.Seq{}, err
	}
	if gate, err = op.Sigmoid(b.Ops(), gate); err != nil {
		return layers.Seq{}, err
	}
	y, err := op.Multiply(b.Ops(), in.X, gate)
	return layers.Seq{X: y, Mask: in.Mask}, err
}

func main() {
	app.Main(app.Extensions{Layers: map[string]func() spec.Layer{
		"gating": func() spec.Layer { return &gatingConfig{Open: 1} },
	}})
}
