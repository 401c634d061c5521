package benchmarks

import (
	"testing"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/runtime"
)

// BenchmarkStreamQuantized measures the steps of BenchmarkStream with each format of weights.
func BenchmarkStreamQuantized(b *testing.B) {
	for _, s := range allShapes(b) {
		for _, format := range []runtime.Format{runtime.Float32, runtime.Int8, runtime.BFloat16} {
			runBenchmark(b, s.Name+"/"+format.String(), func(b *testing.B) {
				w, err := newQuantizedStreaming(s, format)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(measure(b, w), "steps/s")
			})
		}
	}
}

func newQuantizedStreaming(s shape, format runtime.Format) (*streaming, error) {
	model, err := newModel(s, layers.GRUConfig{Units: s.Units})
	if err != nil {
		return nil, err
	}
	r, err := model.Runtime()
	if err != nil {
		return nil, err
	}
	if r, err = r.Quantized(format); err != nil {
		return nil, err
	}
	stepper, err := runtime.NewStepper[float32](r, 1)
	if err != nil {
		return nil, err
	}
	return &streaming{stepper: stepper, input: normal(1, s.Inputs, 1)}, nil
}
