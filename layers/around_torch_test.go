package layers_test

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// aroundGolden is what testdata/torch_around.py writes.
type aroundGolden struct {
	Lengths      []int
	Inputs       [2][]float64
	Targets      map[string][]float64 // by their width
	Convolutions []struct {
		aroundCase
		KernelSize int `json:"kernel_size"`
		Dilation   int
		Causal     bool
	}
	LayerNorm aroundCase `json:"layer_norm"`
	BatchNorm struct {
		aroundCase
		RunningMean     []float64 `json:"running_mean"`
		RunningVariance []float64 `json:"running_variance"`
		Evaluation      []float64
	} `json:"batch_norm"`
}

type aroundCase struct {
	Outputs            []float64
	Loss               float64
	Weights, Gradients map[string][]float64
}

const aroundSteps, aroundInputs = 5, 3

func readAroundGolden(t *testing.T) (golden aroundGolden) {
	t.Helper()
	text, err := os.ReadFile("testdata/torch_around.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	return golden
}

// trainAround runs a model of one layer and compares it with a case.
func (g aroundGolden) trainAround(t *testing.T, layer layers.LayerConfig, c aroundCase) (*layers.Model, *compiled, graph.Feeds) {
	t.Helper()
	const tolerance = 1e-13 // the same sums in another order
	width := len(c.Outputs) / aroundSteps / len(g.Lengths)
	cfg := layers.ModelConfig{Input: layers.Input{Size: aroundInputs}, Layers: []layers.LayerConfig{layer}}
	head := layers.Head{Loss: layers.MeanSquaredError, Units: width, PerStep: true}
	m := newModel(t, cfg, head, tensor.Float64)
	for _, p := range m.Params() {
		if p.Role == graph.RoleStatistic {
			continue
		}
		name := p.Name[strings.LastIndexByte(p.Name, '/')+1:]
		if copy(p.Value.Float64s(), c.Weights[name]) != p.Size() {
			t.Fatalf("%s: found %d weights, expected %d", p.Name, len(c.Weights[name]), p.Size())
		}
	}
	feeds := newFeeds(aroundSteps, g.Lengths, cfg.Input, head)
	mask := feeds[graph.FeedMask].([]float64)
	feeds[graph.FeedInputs], feeds[graph.FeedTargets], feeds[graph.FeedWeights] = g.Inputs[0], g.Targets[strconv.Itoa(width)], mask

	program := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: aroundSteps, Size: len(g.Lengths)})
	found := program.run(t, feeds)
	expectClose(t, "outputs", whereCounted(found.values[graph.OutputPredictions], mask), c.Outputs, tolerance)
	expectClose(t, "loss", []float64{found.cost}, []float64{c.Loss}, tolerance)
	for name, gradient := range found.gradients {
		expectClose(t, "gradient of "+name, gradient, c.Gradients[name[strings.LastIndexByte(name, '/')+1:]], tolerance)
	}
	return m, program, feeds
}

// whereCounted is y with zeros at padded steps.
func whereCounted(y, mask []float64) []float64 {
	width := len(y) / len(mask)
	for i := range y {
		y[i] *= mask[i/width]
	}
	return y
}

func TestConvolutionEqualsPyTorch(t *testing.T) {
	golden := readAroundGolden(t)
	for _, c := range golden.Convolutions {
		cfg := layers.Conv1DConfig{Filters: 2, KernelSize: c.KernelSize, Dilation: c.Dilation}
		if c.Causal {
			cfg.Padding = layers.PaddingCausal
		}
		golden.trainAround(t, layers.LayerConfig{Conv1D: &cfg}, c.aroundCase)
	}
}

func TestLayerNormEqualsPyTorch(t *testing.T) {
	golden := readAroundGolden(t)
	golden.trainAround(t, layers.LayerConfig{LayerNorm: &layers.LayerNormConfig{}}, golden.LayerNorm)
}

func TestBatchNormEqualsPyTorch(t *testing.T) {
	golden := readAroundGolden(t)
	layer := layers.LayerConfig{BatchNorm: &layers.BatchNormConfig{Momentum: new(0.9)}}
	m, program, feeds := golden.trainAround(t, layer, golden.BatchNorm.aroundCase)
	feeds[graph.FeedInputs] = golden.Inputs[1]
	program.run(t, feeds)
	mean, variance := m.Params()[2], m.Params()[3]
	expectClose(t, mean.Name, mean.Value.Float64s(), golden.BatchNorm.RunningMean, 1e-14)
	expectClose(t, variance.Name, variance.Value.Float64s(), golden.BatchNorm.RunningVariance, 1e-14)

	feeds[graph.FeedInputs] = golden.Inputs[0]
	shape := graph.BatchShape{Steps: aroundSteps, Size: len(golden.Lengths)}
	found := compile(t, m, graph.Evaluate, tensor.Float64, shape).run(t, feeds)
	expectClose(t, "evaluation", whereCounted(found.values[graph.OutputPredictions], feeds[graph.FeedMask].([]float64)), golden.BatchNorm.Evaluation, 1e-13)
}
