package benchmarks

import (
	"testing"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
)

func BenchmarkCompile(b *testing.B) {
	for _, s := range allShapes(b) {
		runBenchmark(b, s.Name, func(b *testing.B) {
			model, err := newModel(s, layers.GRUConfig{Units: s.Units})
			if err != nil {
				b.Fatal(err)
			}
			measure(b, &compilation{shape: s, model: model, pool: kernel.NewPool(0)})
		})
	}
}

// compilation makes a training program from a model and throws it away.
type compilation struct {
	shape shape
	model *layers.Model
	pool  *kernel.Pool
}

func (c *compilation) step() error {
	program, err := compile(c.model, c.shape, c.pool)
	if err != nil {
		return err
	}
	return program.Close()
}

func (c *compilation) results() (map[string][]float32, error) {
	found := map[string][]float32{}
	for _, p := range c.model.Params() {
		found[p.Name] = p.Value.Float32s()
	}
	return found, nil
}

func (c *compilation) close() error { return nil }
