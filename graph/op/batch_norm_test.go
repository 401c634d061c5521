package op_test

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/op"
)

var batchNormOptions = op.BatchNormOptions{Momentum: 0.8, Epsilon: 1e-3}

func batchNormNodes(in nodes) op.BatchNormNodes {
	return op.BatchNormNodes{
		X: in["x"], Mask: in["mask"], Gain: in["gain"], Shift: in["shift"], Mean: in["mean"], Variance: in["variance"],
	}
}

func batchNorm(s *op.Scope, in nodes) (*G.Node, error) {
	out, err := op.BatchNorm(s, batchNormNodes(in), batchNormOptions)
	return out.Y, err
}

// momentsOf are those of column j of the rows that count.
func momentsOf(x feed, mask []float64, j int) (count, mean, variance float64) {
	width := x.shape[len(x.shape)-1]
	for _, pass := range []func(v float64){
		func(v float64) { count++ },
		func(v float64) { mean += v / count },
		func(v float64) { variance += (v - mean) * (v - mean) / count },
	} {
		for i := range len(x.floats) / width {
			if mask == nil || mask[i] != 0 {
				pass(x.floats[i*width+j])
			}
		}
	}
	return count, mean, variance
}

func batchNormWant(in inputs) []float64 {
	x, mask := in["x"], in["mask"].floats
	width := x.shape[len(x.shape)-1]
	y := make([]float64, len(x.floats))
	for j := range width {
		count, mean, variance := momentsOf(x, mask, j)
		if count == 1 { // which has no variance
			mean, variance = in["mean"].floats[j], in["variance"].floats[j]
		}
		for i := range len(y) / width {
			if mask == nil || mask[i] != 0 {
				y[i*width+j] = in["gain"].floats[j]*(x.floats[i*width+j]-mean)/math.Sqrt(variance+batchNormOptions.Epsilon) + in["shift"].floats[j]
			}
		}
	}
	return y
}

func batchNormInputs(mask feed, shape ...int) inputs {
	width := shape[len(shape)-1]
	in := inputs{
		"x": random(1, shape...), "gain": random(2, width), "shift": random(3, width),
		"mean": uniform(4, width), "variance": uniform(5, width),
	}
	if mask.floats != nil {
		in["mask"] = mask
	}
	return in
}

func TestBatchNorm(t *testing.T) {
	for _, e := range []example{
		{"matrix", batchNormInputs(feed{}, 5, 3), batchNorm, batchNormWant},
		{"sequences", batchNormInputs(feed{}, 4, 2, 3), batchNorm, batchNormWant},
		{"sequences with a mask", batchNormInputs(mask, 4, 4, 3), batchNorm, batchNormWant},
		{"one row that counts", batchNormInputs(fixed([]float64{0, 0, 1, 0}, 2, 2), 2, 2, 3), batchNorm, batchNormWant},
		{"no row that counts", batchNormInputs(fixed(make([]float64, 4), 2, 2), 2, 2, 3), batchNorm, batchNormWant},
	} {
		t.Run(e.name, func(t *testing.T) { verifyTraining(t, e) })
	}
}

// runBatchNorm returns all outputs that there are.
func runBatchNorm(t *testing.T, training bool, in inputs) (y, mean, variance []float64) {
	t.Helper()
	g, ns := addInputs[float64](in)
	out, err := op.BatchNorm(op.NewScope(kernel.NewPool(1), training), batchNormNodes(ns), batchNormOptions)
	if err != nil {
		t.Fatal(err)
	}
	var values [3]G.Value
	for i, n := range []*G.Node{out.Y, out.Mean, out.Variance} {
		if n != nil {
			G.Read(n, &values[i])
		}
	}
	m := G.NewTapeMachine(g)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	y = float64s(t, values[0])
	if training {
		mean, variance = float64s(t, values[1]), float64s(t, values[2])
	}
	return y, mean, variance
}

func TestBatchNormRunningStatistics(t *testing.T) {
	for name, mask := range map[string]feed{
		"a mask": mask, "one row that counts": fixed([]float64{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 4, 4),
		"no row that counts": fixed(make([]float64, 16), 4, 4),
	} {
		in := batchNormInputs(mask, 4, 4, 3)
		_, mean, variance := runBatchNorm(t, true, in)
		wantMean, wantVariance := make([]float64, 3), make([]float64, 3)
		for j := range 3 {
			m, v := in["mean"].floats[j], in["variance"].floats[j]
			if count, mu, sigma2 := momentsOf(in["x"], mask.floats, j); count > 1 {
				m, v = 0.8*m+0.2*mu, 0.8*v+0.2*sigma2*count/max(1, count-1)
			}
			wantMean[j], wantVariance[j] = m, v
		}
		expectClose(t, name+": mean", mean, wantMean, 1e-14)
		expectClose(t, name+": variance", variance, wantVariance, 1e-14)
	}
}

func TestBatchNormEvaluatesWithRunningStatistics(t *testing.T) {
	in := batchNormInputs(mask, 4, 4, 3)
	y, _, _ := runBatchNorm(t, false, in)
	want := make([]float64, len(y))
	for i, v := range in["x"].floats {
		j := i % 3
		want[i] = in["gain"].floats[j]*(v-in["mean"].floats[j])/math.Sqrt(in["variance"].floats[j]+1e-3) + in["shift"].floats[j]
	}
	expectClose(t, "y", y, want, 1e-14)
}

func TestFaultsOfBatchNorm(t *testing.T) {
	g := G.NewGraph()
	float := func(name string, shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	good := op.BatchNormNodes{
		X: float("x", 4, 2, 3), Mask: float("mask", 4, 2), Gain: float("gain", 3), Shift: float("shift", 3),
		Mean: float("mean", 3), Variance: float("variance", 3),
	}
	for want, change := range map[string]func(in *op.BatchNormNodes, o *op.BatchNormOptions){
		"BatchNorm: X: found none":            func(in *op.BatchNormNodes, _ *op.BatchNormOptions) { in.X = nil },
		"BatchNorm: Mask: found shape [2,4]":  func(in *op.BatchNormNodes, _ *op.BatchNormOptions) { in.Mask = float("m", 2, 4) },
		"BatchNorm: Gain: found shape [2]":    func(in *op.BatchNormNodes, _ *op.BatchNormOptions) { in.Gain = float("g", 2) },
		"BatchNorm: Variance: found none":     func(in *op.BatchNormNodes, _ *op.BatchNormOptions) { in.Variance = nil },
		"BatchNorm: Momentum: found 1, expec": func(_ *op.BatchNormNodes, o *op.BatchNormOptions) { o.Momentum = 1 },
		"BatchNorm: Epsilon: found 0, expect": func(_ *op.BatchNormNodes, o *op.BatchNormOptions) { o.Epsilon = 0 },
	} {
		in, options := good, batchNormOptions
		change(&in, &options)
		if _, err := op.BatchNorm(op.NewScope(nil, true), in, options); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("found %v, expected %s", err, want)
		}
	}
}

// With running statistics a graph for training computes what one for evaluation does, and the input has a gradient.
func TestBatchNormRunning(t *testing.T) {
	in := batchNormInputs(feed{}, 4, 2, 3)
	for _, name := range []string{"gain", "shift"} {
		f := in[name]
		f.fixed = true
		in[name] = f
	}
	running := func(s *op.Scope, in nodes) (*G.Node, error) {
		options := batchNormOptions
		options.Running = true
		out, err := op.BatchNorm(s, batchNormNodes(in), options)
		if err == nil && (out.Mean != nil || out.Variance != nil) {
			t.Error("found statistics after the batch, expected none: they stay what they are")
		}
		return out.Y, err
	}
	want := func(in inputs) []float64 {
		y := make([]float64, len(in["x"].floats))
		for i, v := range in["x"].floats {
			j := i % 3
			y[i] = in["gain"].floats[j]*(v-in["mean"].floats[j])/math.Sqrt(in["variance"].floats[j]+batchNormOptions.Epsilon) + in["shift"].floats[j]
		}
		return y
	}
	verify(t, example{"running", in, running, want})
}
