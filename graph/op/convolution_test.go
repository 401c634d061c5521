package op_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/op"
)

func convolve(options op.ConvolutionOptions) build {
	return func(s *op.Scope, in nodes) (*G.Node, error) {
		y, _, err := op.Convolution(s, op.ConvolutionNodes{X: in["x"], Mask: in["mask"], Kernel: in["w"], Bias: in["b"]}, options)
		return y, err
	}
}

// convolutionWant is written from the docstring.
func convolutionWant(o op.ConvolutionOptions) func(in inputs) []float64 {
	return func(in inputs) []float64 {
		x, w, mask := in["x"], in["w"], in["mask"].floats
		steps, batch, width := x.shape[0], x.shape[1], x.shape[2]
		size, filters := w.shape[0], w.shape[2]
		counts := func(t, b int) bool { return t >= 0 && t < steps && (mask == nil || mask[t*batch+b] != 0) }
		before := (size - 1) * o.Dilation
		if !o.Causal {
			before /= 2
		}
		var y []float64
		for out := 0; out*o.Strides < steps; out++ {
			for b := range batch {
				first := 0
				for first < steps && !counts(first, b) {
					first++
				}
				if first == steps {
					first = 0
				}
				for f := range filters {
					sum := in["b"].floats[f]
					for k := range size {
						t := o.Strides*out + first%o.Strides + o.Dilation*k - before
						for j := 0; counts(t, b) && j < width; j++ {
							sum += x.floats[(t*batch+b)*width+j] * w.floats[(k*width+j)*filters+f]
						}
					}
					y = append(y, sum)
				}
			}
		}
		return y
	}
}

func TestConvolution(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 2, 3, 6} { // the last one sees more than there is
		for _, o := range []op.ConvolutionOptions{{1, 1, false}, {1, 1, true}, {2, 1, false}, {3, 1, true}, {1, 2, false}, {2, 3, true}} {
			for name, mask := range map[string]feed{"no mask": {}, "a mask": mask, "padding in front": fixed([]float64{
				0, 0, 0, 1,
				1, 0, 0, 1,
				1, 0, 0, 1,
				1, 1, 0, 1,
			}, 4, 4)} {
				in := inputs{"x": random(1, 4, 4, 2), "w": random(2, size, 2, 3), "b": random(3, 3)}
				if mask.floats != nil {
					in["mask"] = mask
				}
				t.Run(fmt.Sprintf("%d %+v %s", size, o, name), func(t *testing.T) {
					t.Parallel()
					verify(t, example{"", in, convolve(o), convolutionWant(o)})
				})
			}
		}
	}
}

// TestConvolutionIgnoresPadding puts padding in front of sequences: outputs that count move, and have the same bits.
func TestConvolutionIgnoresPadding(t *testing.T) {
	const steps, width = 5, 2
	x, w, b := random(1, steps, 1, width), random(2, 3, width, 3), random(3, 3)
	for _, o := range []op.ConvolutionOptions{{1, 1, false}, {2, 1, true}, {3, 2, false}} {
		outputs := func(front, behind int) []float64 {
			t.Helper()
			junk := random(4, front+steps+behind, 1, width)
			copy(junk.floats[front*width:], x.floats)
			mask := make([]float64, front+steps+behind)
			for i := range steps {
				mask[front+i] = 1
			}
			g, ns := addInputs[float64](inputs{"x": junk, "mask": fixed(mask, len(mask), 1), "w": w, "b": b})
			y, counts, err := op.Convolution(op.NewScope(kernel.NewPool(1), false), op.ConvolutionNodes{X: ns["x"], Mask: ns["mask"], Kernel: ns["w"], Bias: ns["b"]}, o)
			if err != nil {
				t.Fatal(err)
			}
			var values [2]G.Value
			G.Read(y, &values[0])
			G.Read(counts, &values[1])
			m := G.NewTapeMachine(g)
			defer m.Close()
			if err := m.RunAll(); err != nil {
				t.Fatal(err)
			}
			var kept []float64
			for i, count := range float64s(t, values[1]) {
				if count != 0 {
					kept = append(kept, float64s(t, values[0])[i*3:(i+1)*3]...)
				}
			}
			return kept
		}
		want := outputs(0, 0)
		if found := len(want) / 3; found != (steps+o.Strides-1)/o.Strides {
			t.Errorf("%+v: found %d outputs of %d steps", o, found, steps)
		}
		for _, padding := range [][2]int{{0, 1}, {1, 0}, {2, 3}, {5, 4}, {0, 7}} {
			if found := outputs(padding[0], padding[1]); !slices.Equal(found, want) {
				t.Errorf("%+v with padding %v: found %v, expected %v", o, padding, found, want)
			}
		}
	}
}

func TestFaultsOfConvolution(t *testing.T) {
	g := G.NewGraph()
	float := func(name string, shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	x, w, b := float("x", 4, 2, 3), float("w", 5, 3, 6), float("b", 6)
	one := op.ConvolutionOptions{Strides: 1, Dilation: 1}
	for _, test := range []struct {
		want    string
		in      op.ConvolutionNodes
		options op.ConvolutionOptions
	}{
		{"Convolution: X: found none", op.ConvolutionNodes{}, one},
		{"Convolution: Mask: found shape [6], expected [4,2]", op.ConvolutionNodes{X: x, Mask: b, Kernel: w, Bias: b}, one},
		{"Convolution: Kernel: found shape [4,2,3], expected [_,3,_]", op.ConvolutionNodes{X: x, Kernel: x, Bias: b}, one},
		{"Convolution: Bias: found none", op.ConvolutionNodes{X: x, Kernel: w}, one},
		{"Convolution: Strides: found 0", op.ConvolutionNodes{X: x, Kernel: w, Bias: b}, op.ConvolutionOptions{Dilation: 1}},
		{"Convolution: Dilation: found 0", op.ConvolutionNodes{X: x, Kernel: w, Bias: b}, op.ConvolutionOptions{Strides: 1}},
	} {
		if _, _, err := op.Convolution(op.NewScope(nil, true), test.in, test.options); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("found %v, expected %s", err, test.want)
		}
	}
}
