package op_test

import (
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/op"
)

func TestFaultsOfInputs(t *testing.T) {
	g := G.NewGraph()
	s := op.NewScope(nil, true)
	float := func(name string, shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	x := float("x", 4, 3, 6) // [T,B,D]
	row := float("row", 3, 6)
	vector := float("vector", 6)
	scalar := G.NewScalar(g, tensor.Float64, G.WithName("scalar"))
	single := G.NewTensor(g, tensor.Float32, 2, G.WithShape(6, 5), G.WithName("single"))
	ids := G.NewTensor(g, tensor.Int, 2, G.WithShape(4, 3), G.WithName("ids"))
	elsewhere := G.NewTensor(G.NewGraph(), tensor.Float64, 2, G.WithShape(6, 5), G.WithName("elsewhere"))

	node := func(n *G.Node, err error) error { return err }
	for _, test := range []struct {
		want string
		err  error
	}{
		{"Affine: w: found shape [3,6], expected [6,_]", node(op.Affine(s, x, row, nil))},
		{"Affine: x: found none, expected a node", node(op.Affine(s, nil, row, nil))},
		{"Affine: x: found shape [6], expected [_,_]", node(op.Affine(s, vector, row, nil))},
		{"Affine: x: found shape [], expected [_,_]", node(op.Affine(s, scalar, row, nil))},
		{"Affine: x: found int, expected float32 or float64", node(op.Affine(s, ids, row, nil))},
		{"Affine: w: found float32, expected float64", node(op.Affine(s, x, single, nil))},
		{"Affine: b: found shape [6], expected [2]", node(op.Affine(s, x, float("w62", 6, 2), vector))},
		{"Affine#", node(op.Affine(s, x, elsewhere, nil))},
		{"Gather: ids: found float64, expected int", node(op.Gather(s, row, row, nil))},
		{"Gather: keep: found shape [3,6], expected [4,3]", node(op.Gather(s, row, ids, row))},
		{"Recurrence: Gates: found 5 columns, expected a multiple of 3", node(op.Recurrence(s, op.RecurrenceNodes{Gates: float("x435", 4, 3, 5)}, op.RecurrenceOptions{}))},
		{"Recurrence: RecurrentKernel: found none, expected a node", node(op.Recurrence(s, op.RecurrenceNodes{Gates: x}, op.RecurrenceOptions{}))},
		{"Recurrence: RecurrentKernel: found shape [3,6], expected [2,6]", node(op.Recurrence(s, op.RecurrenceNodes{Gates: x, RecurrentKernel: row}, op.RecurrenceOptions{}))},
		{"Recurrence: Mask: found shape [3,6], expected [4,3]", node(op.Recurrence(s, op.RecurrenceNodes{Gates: x, RecurrentKernel: float("u", 2, 6), Mask: row}, op.RecurrenceOptions{}))},
		{"Recurrence: RecurrentDropout: found shape [4,3,6], expected [3,3,2]", node(op.Recurrence(s, op.RecurrenceNodes{Gates: x, RecurrentKernel: float("u2", 2, 6), RecurrentDropout: float("d", 4, 3, 6)}, op.RecurrenceOptions{}))},
		{"Recurrence: ZoneoutRate: found 1.5, expected 0 to 1", node(op.Recurrence(s, op.RecurrenceNodes{Gates: x}, op.RecurrenceOptions{ZoneoutRate: 1.5}))},
		{"Recurrence: Activation: found sine, expected [linear relu", node(op.Recurrence(s, op.RecurrenceNodes{Gates: x}, op.RecurrenceOptions{Activation: "sine"}))},
		{
			"Recurrence: GateActivation: found tanh, expected sigmoid in an LSTM",
			node(op.Recurrence(s, op.RecurrenceNodes{Gates: x}, op.RecurrenceOptions{Form: kernel.LSTM, GateActivation: "tanh"})),
		},
		{"Recurrence: Epsilon: found 0, expected more than 0", node(op.Recurrence(s, op.RecurrenceNodes{Gates: x, RecurrentKernel: float("u4", 2, 6), RecurrentGain: vector}, op.RecurrenceOptions{}))},
		{"Recurrence: Decay: found shape [3,6], expected [4,3,2]", node(op.Recurrence(s, op.RecurrenceNodes{Gates: x, RecurrentKernel: float("u3", 2, 6), Decay: row}, op.RecurrenceOptions{}))},
		{"Recurrence: Form: found 17, expected a form of kernel.Form", node(op.Recurrence(s, op.RecurrenceNodes{Gates: x}, op.RecurrenceOptions{Form: 17}))},
		{"Recurrence: Heads: found 2, expected a divisor of 3 units", node(op.Recurrence(s, op.RecurrenceNodes{Gates: float("g439", 4, 3, 9)}, op.RecurrenceOptions{Heads: 2}))},
		{"Recurrence: RecurrentKernel: found shape [2,6], expected [1,6]", node(op.Recurrence(s, op.RecurrenceNodes{Gates: x, RecurrentKernel: float("u26", 2, 6)}, op.RecurrenceOptions{Heads: 2}))},
		{"Scan: Gates: found 5 columns, expected a multiple of 2", node(op.Scan(s, op.ScanNodes{Gates: float("g435", 4, 3, 5)}, op.ScanOptions{}))},
		{"Scan: Mask: found shape [3,6], expected [4,3]", node(op.Scan(s, op.ScanNodes{Gates: x, Mask: row}, op.ScanOptions{}))},
		{"Scan: Initial: found shape [3,6], expected [3,3]", node(op.Scan(s, op.ScanNodes{Gates: x, Initial: row}, op.ScanOptions{}))},
		{"Scan: ZoneoutRate: found -1, expected 0 to 1", node(op.Scan(s, op.ScanNodes{Gates: x}, op.ScanOptions{ZoneoutRate: -1}))},
		{"Scan: GateActivation: found sine, expected [linear relu", node(op.Scan(s, op.ScanNodes{Gates: x}, op.ScanOptions{GateActivation: "sine"}))},
		{"Scale: factors: found shape [3,6], expected [4,3,6]", node(op.Scale(s, x, row))},
		{"ScaleSteps: factors: found shape [6], expected [3,6]", node(op.ScaleSteps(s, x, vector))},
		{"Activate: name: found nothing, expected [linear relu", node(op.Activate(s, "nothing", x))},
		{"Activate: x: found none, expected a node", node(op.Tanh(s, nil))},
		{"Decay: x: found none, expected a node", node(op.Decay(s, nil))},
		{"Impute: x: found 4 columns, expected a multiple of 3", node(op.Impute(s, float("x434", 4, 3, 4), vector, vector))},
		{"Impute: b: found shape [6], expected [2]", node(op.Impute(s, x, float("w2", 2), vector))},
		{"Last: x: found shape [3,6], expected [_,_,_]", node(op.Last(s, row, nil, false))},
		{"MeanPool: mask: found shape [3,6], expected [4,3]", node(op.MeanPool(s, x, row))},
		{"MaxPool: x: found none, expected a node", node(op.MaxPool(s, nil, nil))},
		{"At: t: found 4, expected 0 to 3", node(op.At(s, x, 4))},
		{"Columns: lo and hi: found 2 and 7, expected 0 ≤ lo < hi ≤ 6", node(op.Columns(s, row, 2, 7))},
		{"ConcatLast: xs: found no nodes, expected at least one", node(op.ConcatLast(s))},
		{"ConcatLast: node 1: found shape [4,3,6], expected [3,_]", node(op.ConcatLast(s, row, x))},
		{"Stack: node 1: found shape [4,3,6], expected [3,6]", node(op.Stack(s, row, x))},
		{"Stack: xs: found no nodes, expected at least one", node(op.Stack(s))},
		{"Where: a: found shape [3,6], expected [6,_]", node(op.Where(s, vector, row, row))},
		{"SoftmaxCrossEntropy: labels: found shape [4,3], expected [3]", node(op.SoftmaxCrossEntropy(s, row, ids, 0))},
		{"SoftmaxCrossEntropy: smoothing: found 1.5, expected 0 to 1", node(op.SoftmaxCrossEntropy(s, x, ids, 1.5))},
		{"BinaryCrossEntropy: targets: found shape [4,3,6], expected [3,6]", node(op.BinaryCrossEntropy(s, row, x))},
		{"SquaredError: targets: found none, expected a node", node(op.SquaredError(s, row, nil))},
		{"AbsoluteError: targets: found shape [4,3,6], expected [3,6]", node(op.AbsoluteError(s, row, x))},
		{"Huber: delta: found 0, expected more than 0", node(op.Huber(s, row, row, 0))},
		{"LogCosh: predictions: found none, expected a node", node(op.LogCosh(s, nil, row))},
		{"Quantile: quantiles: found [1], expected numbers between 0 and 1", node(op.Quantile(s, row, row, []float64{1}))},
		{"Quantile: predictions: found 6 columns, expected a multiple of 4", node(op.Quantile(s, row, row, []float64{.1, .2, .3, .4}))},
		{"Poisson: targets: found none, expected a node", node(op.Poisson(s, row, nil))},
		{"WeightedBinaryCrossEntropy: weights: found 2, expected 6", node(op.WeightedBinaryCrossEntropy(s, row, row, []float64{1, 2}, 0))},
		{"Focal: labels: found shape [4,3], expected [6]", node(op.Focal(s, vector, ids, nil, 2))},
		{"Points: columns: found [6], expected 0 to 5", node(op.Points(s, row, []int{6}, false))},
		{"SortedPoints: group: found 4, expected a divisor of 6", node(op.SortedPoints(s, row, 4, 0))},
		{"SortedPoints: place: found 3, expected 0 to 2", node(op.SortedPoints(s, row, 3, 3))},
		{"ActivityPenalty: mask: found shape [6], expected [4,3]", node(op.ActivityPenalty(s, x, vector, 1, 1))},
		{"Total: scalars: found none, expected at least one", node(op.Total(s))},
		{"Total: scalar: found shape [6], expected []", node(op.Total(s, vector))},
		{"WeightedMean: weights: found shape [6], expected [3,6]", node(op.WeightedMean(s, row, vector))},
	} {
		if test.err == nil || !strings.HasPrefix(test.err.Error(), test.want) {
			t.Errorf("found %v, expected %s", test.err, test.want)
		}
	}
}

// A fed value that does not fit is an error of the run, and the next run is not affected by it.
func TestFaultsOfValues(t *testing.T) {
	in := inputs{"table": random(1, 5, 3), "ids": below(5, 2, 4, 2)}
	p := mustCompile[float64](t, 1, true, in, gatherExample)
	want := p.results(t)
	for _, id := range []int{5, -1} {
		ids := p.inputs["ids"].Value().(*tensor.Dense).Ints()
		good := ids[3]
		ids[3] = id
		p.machine.Reset()
		if err := p.machine.RunAll(); err == nil || !strings.Contains(err.Error(), "ids: element 3: found") {
			t.Errorf("id %d: found %v, expected an error that names it", id, err)
		}
		ids[3] = good
		expectSame(t, "after an error", p.results(t), want)
	}

	labels := inputs{"logits": random(1, 2, 3), "labels": feed{shape: []int{2}, ints: []int{0, 3}, fixed: true}}
	p = mustCompile[float64](t, 1, true, labels, softmax(0))
	if err := p.machine.RunAll(); err == nil || !strings.Contains(err.Error(), "labels: element 1: found 3, expected 0 to 2") {
		t.Errorf("found %v, expected an error that names the label", err)
	}
}

func TestDoRefusesWhatTheGraphDidNotPromise(t *testing.T) {
	_, ns := addInputs[float64](inputs{"x": random(1, 2, 3), "w": random(2, 3, 4)})
	y, err := op.Affine(op.NewScope(nil, true), ns["x"], ns["w"], nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newDense[float64](random(2, 3, 4))
	transposed := newDense[float64](random(1, 3, 2))
	if err := transposed.T(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		want string
		x    G.Value
	}{
		{"input 0: found 8 elements, expected 6", newDense[float64](random(1, 2, 4))},
		{"input 0: found float32, expected float64", newDense[float32](random(1, 2, 3))},
		{"input 0: found 1 elements, expected 6", G.NewF64(1)},
		{"input 0: found a view with strides [1 2], expected contiguous rows", transposed},
		{"input 0: found a view with strides [1 2], expected contiguous rows",
			tensor.New(tensor.WithShape(2, 3), tensor.AsFortran(make([]float64, 6)))},
	} {
		if _, err := y.Op().Do(test.x, w); err == nil || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("found %v, expected %s", err, test.want)
		}
	}
	if _, err := y.Op().Do(w); err == nil || !strings.HasSuffix(err.Error(), "found 1 inputs, expected 2") {
		t.Errorf("found %v", err)
	}
	if _, err := y.Op().Do(newDense[float64](random(1, 2, 3)), w); err != nil {
		t.Error(err)
	}
}

func TestEvaluationGraphHasNoGradient(t *testing.T) {
	_, ns := addInputs[float64](inputs{"rows": random(1, 3), "weights": uniform(2, 3)})
	cost, err := weightedMean(op.NewScope(nil, false), ns)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := G.Grad(cost, ns["rows"]); err == nil || !strings.Contains(err.Error(), "found a gradient of a graph for evaluation") {
		t.Errorf("found %v, expected an error", err)
	}
}

// Two scopes in one graph count the same numbers, so their nodes could be taken for each other.
func TestTwoScopesInOneGraphAreAnError(t *testing.T) {
	_, ns := addInputs[float64](inputs{"x": random(1, 2, 3), "w": random(2, 3, 4)})
	if _, err := affine(op.NewScope(nil, true), ns); err != nil {
		t.Fatal(err)
	}
	if _, err := affine(op.NewScope(nil, true), ns); err == nil || !strings.Contains(err.Error(), "equal hash") {
		t.Errorf("found %v, expected an error", err)
	}
}

func TestLinearAddsNoNode(t *testing.T) {
	_, ns := addInputs[float64](inputs{"x": random(1, 2, 3)})
	if y, err := op.Activate(op.NewScope(nil, true), "linear", ns["x"]); err != nil || y != ns["x"] {
		t.Errorf("found %v and %v, expected x itself", y, err)
	}
}

// What no output needs is not run: the gradient of an affine map's input where the input is data.
func TestUnreadGradientsAreNotRun(t *testing.T) {
	in := inputs{"x": random(1, 3, 2, 4), "w": random(2, 4, 5), "b": random(3, 5)}
	x := in["x"]
	x.fixed = true
	in["x"] = x
	var cost *G.Node
	p := mustCompile[float64](t, 1, true, in, func(s *op.Scope, ns nodes) (*G.Node, error) {
		y, err := affine(s, ns)
		if err != nil {
			return nil, err
		}
		rows, err := op.SquaredError(s, y, y)
		if err != nil {
			return nil, err
		}
		cost, err = G.Sum(rows)
		return cost, err
	})
	p.run(t)
	found := named(cost.Graph())
	for name, want := range map[string]bool{
		"Affine": true, "AffineKernelGradient": true, "AffineBiasGradient": true, "AffineInputGradient": false,
	} {
		if len(found[name]) != 1 || (found[name][0].Value() != nil) != want {
			t.Errorf("%s: found nodes %v, expected one, that was run: %v", name, found[name], want)
		}
	}
}

// named returns the nodes of a graph by the name of their operation.
func named(g *G.ExprGraph) map[string]G.Nodes {
	found := map[string]G.Nodes{}
	for _, n := range g.AllNodes() {
		if n.Op() != nil {
			name, _, _ := strings.Cut(n.Op().String(), "#")
			found[name] = append(found[name], n)
		}
	}
	return found
}

// All gradients of a recurrence come from one pass back through time.
func TestOneBackwardPassOfRecurrence(t *testing.T) {
	in := inputs{"gates": random(1, 3, 2, 6), "kernel": random(2, 2, 6), "bias": random(3, 6), "initial": random(4, 2, 2)}
	p := mustCompile[float64](t, 1, true, in, gru(op.RecurrenceOptions{}))
	if found := len(named(p.inputs["gates"].Graph())["RecurrenceGradient"]); found != 1 {
		t.Errorf("found %d nodes, expected one", found)
	}
}

// The gradients of all parts of a node together take the memory of one whole.
func TestPartsShareOneGradient(t *testing.T) {
	in := inputs{"x": random(1, 5, 2, 3)}
	p := mustCompile[float64](t, 1, true, in, func(s *op.Scope, in nodes) (*G.Node, error) {
		var steps []*G.Node
		for t := range 5 {
			x, err := op.At(s, in["x"], t)
			if err != nil {
				return nil, err
			}
			steps = append(steps, x)
		}
		return op.Stack(s, steps...)
	})
	wholes := 0
	gradients := named(p.inputs["x"].Graph())["AtGradient"]
	for _, n := range gradients {
		if n.Dims() == 3 {
			wholes++
		}
	}
	if len(gradients) != 5 || wholes != 1 {
		t.Errorf("found %d gradients, %d of the whole, expected 5 and 1", len(gradients), wholes)
	}
}

// layer is an affine map, a recurrence, a dense layer on its last state and a loss.
func layer(s *op.Scope, in nodes) (*G.Node, error) {
	gates, err := op.Affine(s, in["x"], in["w"], in["b"])
	if err != nil {
		return nil, err
	}
	hidden, err := op.Recurrence(s, op.RecurrenceNodes{Gates: gates, RecurrentKernel: in["kernel"], RecurrentBias: in["bias"], Mask: in["mask"]}, op.RecurrenceOptions{})
	if err != nil {
		return nil, err
	}
	state, err := op.Last(s, hidden, in["mask"], false)
	if err != nil {
		return nil, err
	}
	logits, err := op.Affine(s, state, in["w2"], in["b2"])
	if err != nil {
		return nil, err
	}
	rows, err := op.SoftmaxCrossEntropy(s, logits, in["labels"], 0)
	if err != nil {
		return nil, err
	}
	return op.WeightedMean(s, rows, in["weights"])
}

func layerInputs(steps, batch, inputSize, units, classes int) inputs {
	return inputs{
		"x": random(1, steps, batch, inputSize), "w": scaled(0.2, 2, inputSize, 3*units), "b": random(3, 3*units),
		"kernel": scaled(0.2, 4, units, 3*units), "bias": random(5, 3*units), "mask": uniform(6, steps, batch),
		"w2": scaled(0.2, 7, units, classes), "b2": random(8, classes), "labels": below(classes, 9, batch),
		"weights": uniform(10, batch),
	}
}

// The shapes are large enough for every kernel to divide its work.
func TestThreadsDoNotChangeBits(t *testing.T) {
	large := []example{
		{name: "layer", in: layerInputs(12, 40, 48, 64, 36), build: layer},
		{name: "Gather", in: inputs{"table": random(1, 500, 96), "ids": below(500, 2, 80, 80)}, build: gatherExample},
		{name: "Affine of Gather", in: lookedUp(60, 96, 40, 64, 192), build: affineOfGather},
		{name: "MaxPool", in: inputs{"x": random(1, 16, 128, 256), "mask": uniform(2, 16, 128)}, build: maxPool},
		{name: "MeanPool", in: inputs{"x": random(1, 16, 128, 256), "mask": uniform(2, 16, 128)}, build: meanPool},
		{name: "swish", in: inputs{"x": random(1, 16, 64, 128)}, build: activate("swish")},
		{name: "BinaryCrossEntropy", in: inputs{"logits": random(1, 64, 16, 88), "targets": uniform(2, 64, 16, 88)}, build: binary},
		{name: "SquaredError", in: inputs{"predictions": random(1, 64, 16, 88), "targets": uniform(2, 64, 16, 88)}, build: squared},
	}
	for _, e := range large {
		t.Run(e.name, func(t *testing.T) {
			want := mustCompile[float32](t, 1, true, e.in, e.build).results(t)
			for _, threads := range []int{2, 5} {
				expectSame(t, "threads", mustCompile[float32](t, threads, true, e.in, e.build).results(t), want)
			}
		})
	}
}

func TestAllocationsDoNotGrowWithShapes(t *testing.T) {
	allocations := func(in inputs) float64 {
		p := mustCompile[float32](t, 1, true, in, layer)
		p.run(t)
		return testing.AllocsPerRun(20, func() { p.run(t) })
	}
	small, large := allocations(layerInputs(3, 2, 4, 8, 5)), allocations(layerInputs(24, 32, 40, 64, 36))
	t.Logf("%.0f allocations", small)
	// The bar of a whole training step is 200; 2 are left for what the runtime does in addition to the test.
	if small > 200 || large > small+2 {
		t.Errorf("found %.0f allocations for a small layer and %.0f for a large one, expected at most 200 and as many", small, large)
	}
}

// The header of an output may be changed by a built-in operation; the next run has the right shape again.
func TestChangedHeadersAreMadeAnew(t *testing.T) {
	_, ns := addInputs[float64](inputs{"x": random(1, 2, 3), "w": random(2, 3, 4)})
	y, err := op.Affine(op.NewScope(kernel.NewPool(1), true), ns["x"], ns["w"], nil)
	if err != nil {
		t.Fatal(err)
	}
	do := func() *tensor.Dense {
		v, err := y.Op().Do(ns["x"].Value(), ns["w"].Value())
		if err != nil {
			t.Fatal(err)
		}
		return v.(*tensor.Dense)
	}
	if err := do().Reshape(8); err != nil {
		t.Fatal(err)
	}
	if err := do().T(); err != nil {
		t.Fatal(err)
	}
	v := do()
	if !v.Shape().Eq(tensor.Shape{2, 4}) || v.RequiresIterator() {
		t.Errorf("found shape %v, expected (2, 4)", v.Shape())
	}
}
