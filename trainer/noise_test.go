package trainer

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
)

func TestWeightNoise(t *testing.T) {
	t.Parallel()
	streams := graph.NewStreams(1)
	param := func(name string, dtype tensor.Dtype) *graph.Param {
		p, err := graph.NewParam(name, graph.RoleKernel, dtype, graph.Uniform(1), streams, 50, 100)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	single, double, frozen := param("single", tensor.Float32), param("double", tensor.Float64), param("frozen", tensor.Float64)
	frozen.Frozen = true
	before := cloneParams([]*graph.Param{single, double, frozen})

	const deviation = 0.1
	n := newWeightNoise(deviation, []*graph.Param{single, frozen, double}, graph.NewStreams(2))
	n.on()
	want := slices.Clone(before[0].Value.Float32s())
	kernel.AddNormal(graph.NewStreams(2).Stream(noiseStream).Uint64(), deviation, want)
	if !slices.Equal(single.Value.Float32s(), want) {
		t.Error("float32: found other noise than that of the first seed of the stream")
	}
	var sum, squares float64
	for i, v := range double.Value.Float64s() {
		d := v - before[1].Value.Float64s()[i]
		sum += d
		squares += d * d
	}
	// Of 5000 draws the mean has a standard error of 0.1/√5000 = 0.0014, the deviation one of 0.1/√10000 = 0.001:
	// four of them, for numbers that are the same each time.
	if mean, sd := sum/5000, math.Sqrt(squares/5000); math.Abs(mean) > 0.006 || math.Abs(sd-deviation) > 0.004 {
		t.Errorf("found noise of mean %v and deviation %v, expected 0 and %v", mean, sd, deviation)
	}
	if !slices.Equal(frozen.Value.Float64s(), before[2].Value.Float64s()) {
		t.Error("found noise on a frozen parameter")
	}
	n.off()
	if !slices.Equal(single.Value.Float32s(), before[0].Value.Float32s()) || !slices.Equal(double.Value.Float64s(), before[1].Value.Float64s()) {
		t.Error("found other weights after the noise than before it")
	}
}
