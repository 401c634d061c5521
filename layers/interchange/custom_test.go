package interchange_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
	"github.com/gruexp/gruexp/layers/spec"
)

// minimalGatedUnit is a cell that is not built in.
type minimalGatedUnit struct{}

func (minimalGatedUnit) Gates() []string { return []string{"forget", "candidate"} }

func (minimalGatedUnit) Step(e layers.Equations, h layers.Value) layers.Value {
	f := e.Gate("forget", e.Sum(e.Input("forget"), e.Recurrent("forget", h)))
	n := e.Candidate(e.Sum(e.Input("candidate"), e.Recurrent("candidate", e.Product(f, h))))
	return e.Between(f, n, h)
}

// reversed is a layer that is not built in: dropout with options of every type.
type reversed struct {
	Rate  float64   `yaml:"rate"`
	Count *int      `yaml:"count,omitempty"`
	Names []string  `yaml:"names,omitempty"`
	Deep  []nesting `yaml:"deep,omitempty"`
}

type nesting struct {
	On bool `yaml:"on"`
}

func (r *reversed) Validate() fault.List                                   { return layers.DropoutConfig{Rate: r.Rate}.Validate() }
func (r *reversed) OutputShape(in layers.Shape) (layers.Shape, fault.List) { return in, nil }
func (r *reversed) NewLayer(name string, _ layers.Shape, _ tensor.Dtype, _ *graph.Streams) (layers.Layer, error) {
	return layers.NewDropout(layers.DropoutConfig{Rate: r.Rate}, name)
}

type absolute struct{}

func (absolute) Targets() spec.Targets { return spec.NumberTargets }
func (absolute) Rows(s *op.Scope, predictions, targets *gorgonia.Node) (*gorgonia.Node, error) {
	return op.AbsoluteError(s, predictions, targets)
}

// A model with layers, cells and losses that are not built in comes back, given the same extensions.
func TestOwnKindsAreKept(t *testing.T) {
	t.Parallel()
	extensions := layers.Extensions{
		Cells:  map[string]layers.Cell{"mgu": minimalGatedUnit{}},
		Layers: map[string]func() layers.LayerOptions{"reversed": func() layers.LayerOptions { return &reversed{Rate: 0.25} }},
		Losses: map[string]layers.LossFunction{"absolute": absolute{}},
	}
	cfg := layers.ModelConfig{Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{
		{Residual: &layers.ResidualConfig{Layers: []layers.LayerConfig{
			layers.NewCustom("mgu", layers.CellConfig{Cell: minimalGatedUnit{}, Units: 3, ReturnSequences: true, Zoneout: 0.5}),
		}}},
		layers.NewCustom("reversed", &reversed{Rate: 0.5, Count: new(0), Names: []string{"ü"}, Deep: []nesting{{true}}}),
		layers.NewCustom("mgu", layers.CellConfig{Cell: minimalGatedUnit{}, Units: 4, Bidirectional: true}), {Dense: &layers.DenseConfig{}},
	}}
	head := layers.Head{Loss: "absolute", Units: 2, Custom: absolute{}, Classes: []string{"a", "b"}}
	m, err := layers.NewModel(cfg, head, tensor.Float32, graph.NewStreams(3))
	if err != nil {
		t.Fatal(err)
	}
	file := writeModel(t, m, nil)
	again, _, err := interchange.DecodeWith(bytes.NewReader(file), int64(len(file)), extensions.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Config(), again.Config()); diff != "" {
		t.Errorf("configuration (-expected +found):\n%s", diff)
	}
	if diff := cmp.Diff(m.Head(), again.Head()); diff != "" {
		t.Errorf("head (-expected +found):\n%s", diff)
	}
	if diff := cmp.Diff(graph.Tensors(m.Params()), graph.Tensors(again.Params())); diff != "" {
		t.Errorf("parameters (-expected +found):\n%s", diff)
	}

	for _, missing := range []struct {
		without  layers.Extensions
		expected string
	}{
		{layers.Extensions{Layers: extensions.Layers, Losses: extensions.Losses}, `the layer "mgu" is not built in`},
		{layers.Extensions{Cells: extensions.Cells, Losses: extensions.Losses}, `the layer "reversed" is not built in`},
		{layers.Extensions{Cells: extensions.Cells, Layers: extensions.Layers}, `the loss "absolute" is not built in`},
	} {
		_, _, err := interchange.DecodeWith(bytes.NewReader(file), int64(len(file)), missing.without.Kinds())
		if err == nil || !strings.Contains(err.Error(), missing.expected) || !strings.Contains(err.Error(), "pass the extensions") {
			t.Errorf("found error %v, expected %q and the way out in it", err, missing.expected)
		}
	}
}

// A classifier comes back as a classifier, with its loss, options and classes.
func TestModelFileKeepsTheHead(t *testing.T) {
	t.Parallel()
	head := layers.Head{
		Loss: layers.FocalLoss, Units: 3, PerStep: true, Causal: true, Truncated: true, Classes: []string{"no", "ÿes", ""},
		Options: layers.LossOptions{ClassWeights: []float64{1, 0, 0.5}, Gamma: new(0.25)},
	}
	m, err := layers.NewModel(layers.ModelConfig{Input: layers.Input{Vocabulary: 5}, Layers: []layers.LayerConfig{
		{Embedding: &layers.EmbeddingConfig{Units: 2}}, {GRU: &layers.GRUConfig{Units: 4, Stateful: true, ReturnSequences: true}}, {Dense: &layers.DenseConfig{}},
	}}, head, tensor.Float64, graph.NewStreams(3))
	if err != nil {
		t.Fatal(err)
	}
	file := writeModel(t, m, map[string]string{"gruexp.head": "replaced"})
	again, _, err := interchange.Decode(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(head, again.Head()); diff != "" {
		t.Errorf("head (-expected +found):\n%s", diff)
	}
}
