package layers_test

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/spec"
)

// minimalGatedUnit is the cell of Zhou et al. 2016 (arXiv:1603.09420).
type minimalGatedUnit struct{}

func (minimalGatedUnit) Gates() []string { return []string{"forget", "candidate"} }

func (minimalGatedUnit) Step(e layers.Equations, h layers.Value) layers.Value {
	f := e.Gate("forget", e.Sum(e.Input("forget"), e.Recurrent("forget", h)))
	n := e.Candidate(e.Sum(e.Input("candidate"), e.Recurrent("candidate", e.Product(f, h))))
	return e.Between(f, n, h)
}

// peepholes is an LSTM without output gate whose gates read the memory, to use everything that a cell may have.
type peepholes struct{}

func (peepholes) Gates() []string { return []string{"input", "forget", "candidate"} }
func (peepholes) States() int     { return 2 }

func (peepholes) Params(units int) []spec.Param {
	return []spec.Param{
		{Name: "peephole", Role: graph.RoleScale, Shape: []int{units}},
		{Name: "mixing", Role: graph.RoleRecurrentKernel, Shape: []int{units, units}},
	}
}

func (peepholes) Step(e layers.Equations, state layers.Value) layers.Value {
	h, m := e.Part(state, 0), e.Part(state, 1)
	h = e.Scale(0.5, e.Activate(layers.Softplus, h)) // the first operation is on the first state
	i := e.Gate("input", e.Sum(e.Project("input", e.X()), e.Product(e.Param("peephole"), m)))
	f := e.Gate("forget", e.Sum(e.Input("forget"), e.Recurrent("forget", h)))
	n := e.Candidate(e.Difference(e.Input("candidate"), e.Multiply(h, "mixing")))
	m = e.Sum(e.Product(f, m), e.Product(i, n))
	return e.Join(e.Activate(layers.Tanh, m), m)
}

// gruCell is the form reset-after as a cell that is not built in.
type gruCell struct{}

func (gruCell) Gates() []string { return []string{"reset", "update", "candidate"} }

func (gruCell) Step(e layers.Equations, h layers.Value) layers.Value {
	r := e.Gate("reset", e.Sum(e.Input("reset"), e.Recurrent("reset", h)))
	z := e.Gate("update", e.Sum(e.Input("update"), e.Recurrent("update", h)))
	n := e.Candidate(e.Sum(e.Input("candidate"), e.Product(r, e.Recurrent("candidate", h))))
	return e.Between(z, h, n)
}

// scaling multiplies every number by a parameter: a layer that is not built in.
type scaling struct {
	Initial float64 `yaml:"initial"`
	Power   *int    `yaml:"power,omitempty"`
}

func (s *scaling) Validate() fault.List {
	var l fault.List
	l.Check(s.Initial != 0, "initial", s.Initial, "another number than 0")
	return l
}

func (s *scaling) OutputShape(in layers.Shape) (layers.Shape, fault.List) {
	var l fault.List
	in.ExpectNumbers(&l)
	return in, l
}

func (s *scaling) Params(in layers.Shape) []spec.Param {
	return []spec.Param{{Name: "factors", Role: graph.RoleKernel, Shape: []int{1, in.Width}}}
}

func (s *scaling) NewLayer(name string, in layers.Shape, dtype tensor.Dtype, streams *graph.Streams) (layers.Layer, error) {
	p, err := graph.NewParam(name+"/factors", graph.RoleKernel, dtype, graph.Uniform(s.Initial), streams, 1, in.Width)
	return &scalingLayer{p}, err
}

type scalingLayer struct{ factors *graph.Param }

func (s *scalingLayer) Params() []*graph.Param { return []*graph.Param{s.factors} }

func (s *scalingLayer) Apply(b *graph.Builder, in layers.Seq) (layers.Seq, error) {
	p, err := b.Param(s.factors)
	if err != nil {
		return layers.Seq{}, err
	}
	first, err := op.Columns(b.Ops(), in.X, 0, 1)
	if err != nil {
		return layers.Seq{}, err
	}
	y, err := op.Affine(b.Ops(), first, p, nil)
	if err != nil {
		return layers.Seq{}, err
	}
	y, err = gorgonia.Add(in.X, y)
	return layers.Seq{X: y, Mask: in.Mask}, err
}

// quartic is a loss that is not built in: the mean of the fourth power of the errors.
type quartic struct{}

func (quartic) Targets() spec.Targets { return spec.NumberTargets }

func (quartic) Rows(s *op.Scope, predictions, targets *gorgonia.Node) (*gorgonia.Node, error) {
	e, err := op.SquaredError(s, predictions, targets)
	if err != nil {
		return nil, err
	}
	return gorgonia.HadamardProd(e, e)
}

func extensions() layers.Extensions {
	return layers.Extensions{
		Cells:  map[string]layers.Cell{"mgu": minimalGatedUnit{}, "peepholes": peepholes{}, "own_gru": gruCell{}},
		Layers: map[string]func() layers.LayerOptions{"scaling": func() layers.LayerOptions { return &scaling{Initial: 2} }},
		Losses: map[string]layers.LossFunction{"quartic": quartic{}},
	}
}

func cell(kind string, options layers.CellConfig) layers.LayerConfig {
	options.Cell = extensions().Cells[kind]
	return layers.NewCustom(kind, options)
}

// customModels are models with cells that are not built in.
func customModels() []small {
	numbers := layers.Input{Size: 3}
	return []small{
		{"own cell", numbers, []layers.LayerConfig{cell("mgu", layers.CellConfig{Units: 3})}, layers.Head{Loss: layers.MeanSquaredError, Units: 3}},
		{
			"own cell with options", numbers,
			[]layers.LayerConfig{
				cell("mgu", layers.CellConfig{
					Units: 2, ReturnSequences: true, Bidirectional: true, Bias: layers.TwoBiases, LayerNorm: true, InitialState: layers.LearnedState,
					Dropout: 0.2, OutputDropout: 0.3, RecurrentDropout: 0.3, RecurrentDropoutGates: layers.SeparateMasks, Zoneout: 0.2, WeightDropout: 0.2,
				}),
				cell("mgu", layers.CellConfig{Units: 3, Activation: layers.Softplus, GateActivation: layers.HardSigmoid, GoBackwards: true}),
				dense(layers.DenseConfig{}),
			},
			layers.Head{Loss: layers.CrossEntropy, Units: 3},
		},
		{
			"own cell with own parameters", numbers,
			[]layers.LayerConfig{cell("peepholes", layers.CellConfig{Units: 3, ReturnSequences: true}), cell("peepholes", layers.CellConfig{Units: 2, Zoneout: 0.3})},
			layers.Head{Loss: layers.MeanSquaredError, Units: 2},
		},
	}
}

// ownLayerModels are models with layers that cannot run without a graph.
func ownLayerModels() []small {
	return []small{{
		"own layer and loss", layers.Input{Size: 3},
		[]layers.LayerConfig{gru(layers.GRUConfig{Units: 3}), layers.NewCustom("scaling", &scaling{Initial: 2}), dense(layers.DenseConfig{})},
		layers.Head{Loss: "quartic", Units: 2, Custom: quartic{}},
	}}
}

// A GRU whose equations are a cell has the bits of the engine composed.
func TestOwnCellIsTheBuiltInOne(t *testing.T) {
	t.Parallel()
	options := layers.GRUConfig{Units: 4, Engine: layers.Composed, Bias: layers.TwoBiases, Bidirectional: true, RecurrentDropout: 0.3, ReturnSequences: true}
	input, head := layers.Input{Size: 3}, layers.Head{Loss: layers.MeanSquaredError, Units: 8, PerStep: true}
	builtIn := newModel(t, layers.ModelConfig{Input: input, Layers: []layers.LayerConfig{gru(options)}}, head, tensor.Float64)
	own := newModel(t, layers.ModelConfig{Input: input, Layers: []layers.LayerConfig{cell("own_gru", layers.CellConfig{
		Units: 4, Bias: layers.TwoBiases, Bidirectional: true, RecurrentDropout: 0.3, ReturnSequences: true,
	})}}, head, tensor.Float64)
	scatter(builtIn.Params())
	for i, p := range own.Params() {
		if _, suffix, _ := strings.Cut(p.Name, "/"); "gru0/"+suffix != builtIn.Params()[i].Name {
			t.Errorf("found the parameter %s, expected %s", p.Name, builtIn.Params()[i].Name)
		}
		copy(p.Value.Float64s(), builtIn.Params()[i].Value.Float64s())
	}
	feeds := newFeeds(5, []int{5, 3, 0}, input, head)
	evaluate := func(m *layers.Model) []float64 {
		return compile(t, m, graph.Evaluate, tensor.Float64, graph.BatchShape{Steps: 5, Size: 3}).run(t, feeds).values[graph.OutputPredictions]
	}
	expectClose(t, "predictions", evaluate(own), evaluate(builtIn), 0)
}

// What is wrong with a cell, a layer or a loss is said before any training.
func TestFaultsOfExtensions(t *testing.T) {
	t.Parallel()
	broken := func(step func(e layers.Equations, h layers.Value) layers.Value) layers.LayerConfig {
		return layers.NewCustom("broken", layers.CellConfig{Units: 3, Cell: brokenCell{step}})
	}
	for name, test := range map[string]struct {
		layer    layers.LayerConfig
		expected string
	}{
		"unknown gate":      {broken(func(e layers.Equations, h layers.Value) layers.Value { return e.Input("update") }), `found the gate "update", expected one of a, b`},
		"another value":     {broken(func(e layers.Equations, h layers.Value) layers.Value { return e.Sum(h, 3) }), "found a value of type int"},
		"no value":          {broken(func(e layers.Equations, h layers.Value) layers.Value { return nil }), "found a value of type <nil>"},
		"another state":     {broken(func(e layers.Equations, h layers.Value) layers.Value { return e.Join(h, h) }), "found a state of shape (2, 6), expected (2, 3)"},
		"unknown parameter": {broken(func(e layers.Equations, h layers.Value) layers.Value { return e.Param("p") }), `found the parameter "p"`},
		"options":           {layers.NewCustom("scaling", &scaling{}), "layers.1.scaling.initial: found 0, expected another number than 0"},
		"rates":             {cell("mgu", layers.CellConfig{Dropout: 2}), "layers.0.mgu.dropout: found 2"},
		"a bias of a GRU":   {cell("mgu", layers.CellConfig{Bias: layers.HiddenBias}), "layers.0.mgu.bias: found \"hidden\""},
		"wrong parameters":  {layers.NewCustom("wrong", wrongParams{}), "wrong0: found the parameter wrong0/p (3), expected wrong0/p [2] as"},
		"another output":    {layers.NewCustom("lying", lyingShape{}), "lying0: found an output of shape (2, 3), expected one vector a sequence from layers.0.pool of 2 numbers as OutputShape says"},
		"not a layer":       {layers.NewCustom("plain", plainOptions{}), "plain0: found options of type layers_test.plainOptions, expected a layers.LayerOptions"},
	} {
		cfg := layers.ModelConfig{Input: layers.Input{Size: 3}, Layers: []layers.LayerConfig{pool(layers.PoolMax), test.layer, dense(layers.DenseConfig{})}}
		if test.layer.Custom.Kind == "mgu" || test.layer.Custom.Kind == "broken" {
			cfg.Layers = cfg.Layers[1:]
		}
		_, err := layers.NewModel(cfg, layers.Head{Loss: layers.CrossEntropy, Units: 3}, tensor.Float64, graph.NewStreams(1))
		if err == nil || !strings.Contains(err.Error(), test.expected) {
			t.Errorf("%s: found error %v, expected %q in it", name, err, test.expected)
		}
	}
	if faults := extensions().Validate(); faults != nil {
		t.Errorf("found %v, expected nothing wrong", faults)
	}
	wrong := layers.Extensions{
		Cells:  map[string]layers.Cell{"gru": gruCell{}, "both": gruCell{}, "unit2": gruCell{}, "none": brokenCell{}},
		Layers: map[string]func() layers.LayerOptions{"dense": extensions().Layers["scaling"], "both": extensions().Layers["scaling"]},
		Losses: map[string]layers.LossFunction{"huber": quartic{}, "": quartic{}},
	}
	if found := wrong.Validate(); len(found) != 7 {
		t.Errorf("found %d faults, expected 7:\n%v", len(found), found.Err())
	}
}

type brokenCell struct {
	step func(e layers.Equations, h layers.Value) layers.Value
}

func (c brokenCell) Gates() []string {
	if c.step == nil {
		return nil
	}
	return []string{"a", "b"}
}
func (c brokenCell) Step(e layers.Equations, h layers.Value) layers.Value { return c.step(e, h) }

type plainOptions struct{}

func (plainOptions) Validate() fault.List                                   { return nil }
func (plainOptions) OutputShape(in layers.Shape) (layers.Shape, fault.List) { return in, nil }

type lyingShape struct{ plainOptions }

func (lyingShape) OutputShape(in layers.Shape) (layers.Shape, fault.List) {
	in.Width--
	return in, nil
}

func (lyingShape) NewLayer(name string, _ layers.Shape, _ tensor.Dtype, _ *graph.Streams) (layers.Layer, error) {
	return layers.NewDropout(layers.DropoutConfig{Rate: 0.5}, name)
}

type wrongParams struct{ plainOptions }

func (wrongParams) Params(layers.Shape) []spec.Param {
	return []spec.Param{{Name: "p", Role: graph.RoleBias, Shape: []int{2}}}
}

func (wrongParams) NewLayer(name string, in layers.Shape, dtype tensor.Dtype, streams *graph.Streams) (layers.Layer, error) {
	p, err := graph.NewParam(name+"/p", graph.RoleBias, dtype, graph.Zeros, streams, in.Width)
	return &scalingLayer{p}, err
}

// A model of layers that exist already, one of them not built in.
func TestSequential(t *testing.T) {
	t.Parallel()
	streams := graph.NewStreams(5)
	input, head := layers.Input{Size: 3}, layers.Head{Loss: layers.CrossEntropy, Units: 2}
	recurrent, err := layers.NewGRU(layers.GRUConfig{Units: 4}, "gru0", 3, tensor.Float64, streams)
	if err != nil {
		t.Fatal(err)
	}
	own, err := (&scaling{Initial: 2}).NewLayer("scaling0", layers.Shape{Width: 4}, tensor.Float64, streams)
	if err != nil {
		t.Fatal(err)
	}
	last, err := layers.NewDense(layers.DenseConfig{Units: 2}, "dense0", 4, tensor.Float64, streams)
	if err != nil {
		t.Fatal(err)
	}
	m, err := layers.NewSequential(input, head, tensor.Float64, recurrent, own, last)
	if err != nil {
		t.Fatal(err)
	}
	described := newModel(t, layers.ModelConfig{Input: input, Layers: []layers.LayerConfig{
		gru(layers.GRUConfig{Units: 4}), layers.NewCustom("scaling", &scaling{Initial: 2}), dense(layers.DenseConfig{}),
	}}, head, tensor.Float64)
	feeds, shape := newFeeds(4, []int{4, 2}, input, head), graph.BatchShape{Steps: 4, Size: 2}
	expected := compile(t, described, graph.Train, tensor.Float64, shape).run(t, feeds)
	found := compile(t, m, graph.Train, tensor.Float64, shape).run(t, feeds)
	expectClose(t, "predictions", found.values[graph.OutputPredictions], expected.values[graph.OutputPredictions], 0)
	for name, gradient := range expected.gradients {
		expectClose(t, name, found.gradients[name], gradient, 0)
	}
	if m.Described() || !described.Described() {
		t.Error("only the model that was made of a configuration is described by it")
	}
	for name, wrong := range map[string]struct {
		head     layers.Head
		layers   []layers.Layer
		expected string
	}{
		"widths":        {head, []layers.Layer{last}, "dense0: found an input of shape (3, 2, 3)"},
		"no layers":     {head, nil, "layers: found 0"},
		"units":         {layers.Head{Loss: layers.CrossEntropy, Units: 5}, []layers.Layer{recurrent, last}, "expected [B,5] as the task wants"},
		"steps":         {layers.Head{Loss: layers.CrossEntropy, Units: 2, PerStep: true}, []layers.Layer{recurrent, last}, "expected [T,B,2] as the task wants"},
		"names":         {head, []layers.Layer{recurrent, recurrent, last}, "found two with the name gru0/kernel"},
		"a wrong head":  {layers.Head{Loss: "x", Units: 2}, []layers.Layer{last}, "head.loss"},
		"a decoder":     {layers.Head{Loss: layers.CrossEntropy, Units: 2, Sequence: true}, []layers.Layer{last}, "head.sequence"},
		"nothing to do": {layers.Head{Loss: layers.CrossEntropy, Units: 3}, []layers.Layer{own}, "layers:"},
	} {
		if _, err := layers.NewSequential(input, wrong.head, tensor.Float64, wrong.layers...); err == nil || !strings.Contains(err.Error(), wrong.expected) {
			t.Errorf("%s: found error %v, expected %q in it", name, err, wrong.expected)
		}
	}
}
