package interchange_test

import (
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
)

// The files were accepted by the checker of onnx 1.12 with full_check once; here they are run by the words of the
// operators' documentation, see onnxRun.
func TestONNXPredictsTheSame(t *testing.T) {
	type model struct {
		layers.ModelConfig
		dtype     tensor.Dtype
		tolerance float64 // of sums in another order
	}
	models := map[string]model{
		"numbers float32": {numbers(), tensor.Float32, tolerance},
		"numbers float64": {numbers(), tensor.Float64, 1e-12},
		"tokens":          {tokens(), tensor.Float64, 1e-12},
	}
	for _, kind := range []layers.PoolKind{layers.PoolLast, layers.PoolMean, layers.PoolMax} {
		cfg := layers.ModelConfig{Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{
			{Dense: &layers.DenseConfig{Units: 4, Activation: layers.ReLU}}, {GRU: &layers.GRUConfig{Units: 3, ReturnSequences: true}},
			{Dropout: &layers.DropoutConfig{Rate: 0.5}}, {Pool: &layers.PoolConfig{Kind: kind}},
			{Dense: &layers.DenseConfig{Units: 2, Activation: layers.Tanh}}, {Dense: &layers.DenseConfig{Units: 2, Activation: layers.Sigmoid}},
		}}
		models["pool "+string(kind)] = model{cfg, tensor.Float64, 1e-12}
	}
	for name, c := range models {
		t.Run(name, func(t *testing.T) {
			m := newModel(t, c.ModelConfig, c.dtype)
			for i, p := range m.Params() { // no bias is 0, no two alike
				for j := range p.Size() {
					shift := 0.1 * float64((7*i+3*j)%11-5)
					if c.dtype == tensor.Float32 {
						p.Value.Float32s()[j] += float32(shift)
					} else {
						p.Value.Float64s()[j] += shift
					}
				}
			}
			x := readArray(t, "numbers.inputs.npy")
			if c.Input.Vocabulary > 0 {
				x = readArray(t, "tokens.inputs.npy")
			}
			lengths := readArray(t, "numbers.lengths.npy").Data.([]int64)
			found := onnxRun(t, export(t, m, interchange.ONNX), map[string]array{
				"inputs": arrayOf(x), "tokens": arrayOf(x),
				"lengths": arrayOf(weights.Tensor{Shape: []int{len(lengths)}, Data: lengths}),
			})
			if len(found.shape) == 3 { // padding does not count
				for i := range found.data {
					if row := i / found.shape[2]; int64(row/found.shape[1]) >= lengths[row%found.shape[1]] {
						found.data[i] = 0
					}
				}
			}
			expectClose(t, found.data, predict(t, m, x, lengths), c.tolerance)
		})
	}
}
