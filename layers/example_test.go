package layers_test

import (
	"fmt"
	"log"
	"math/rand/v2"
	"slices"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
)

// A classifier of sequences into three classes: its graph for batches of 2 sequences of at most 5 steps, and one run.
func Example() {
	model, err := layers.NewModel(layers.ModelConfig{
		Input: layers.Input{Size: 4},
		Layers: []layers.LayerConfig{
			{GRU: &layers.GRUConfig{Units: 16, Bidirectional: true, Dropout: 0.2}},
			{Dense: &layers.DenseConfig{}}, // as many units as there are classes
		},
	}, layers.Head{Loss: layers.CrossEntropy, Units: 3}, tensor.Float32, graph.NewStreams(1))
	if err != nil {
		log.Fatal(err)
	}

	b := graph.NewBuilder(graph.Evaluate, tensor.Float32, graph.NewStreams(1), kernel.NewPool(0))
	outputs, err := model.Build(b, graph.BatchShape{Steps: 5, Size: 2})
	if err != nil {
		log.Fatal(err)
	}
	program, err := b.Compile(outputs)
	if err != nil {
		log.Fatal(err)
	}
	defer program.Close()

	err = program.Run(graph.Feeds{
		graph.FeedInputs:  make([]float32, 5*2*4),
		graph.FeedMask:    []float32{1, 1, 1, 1, 1, 1, 1, 0, 1, 0}, // the second sequence has 3 steps
		graph.FeedLabels:  []int{2, 0},
		graph.FeedWeights: []float32{1, 1},
	})
	if err != nil {
		log.Fatal(err)
	}
	logits, err := program.Value(graph.OutputPredictions)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("parameters:", graph.CountElements(model.Params()))
	fmt.Println("logits:", logits.Shape())
	fmt.Printf("cost: %.4f\n", program.Cost()) // ln 3: without inputs and biases no class is likelier
	// Output:
	// parameters: 2211
	// logits: (2, 3)
	// cost: 1.0986
}

// A model of the next token goes on by itself from a first one: each prediction is the next input. (This one is not
// trained, so that what it says is noise.)
func ExampleStepper() {
	model, err := layers.NewModel(layers.ModelConfig{
		Input: layers.Input{Vocabulary: 10},
		Layers: []layers.LayerConfig{
			{Embedding: &layers.EmbeddingConfig{Units: 8}},
			{GRU: &layers.GRUConfig{Units: 16, ReturnSequences: true}},
			{Dense: &layers.DenseConfig{}},
		},
	}, layers.Head{Loss: layers.CrossEntropy, Units: 10, PerStep: true, Causal: true}, tensor.Float32, graph.NewStreams(1))
	if err != nil {
		log.Fatal(err)
	}
	stepper, err := layers.NewStepper[float32](model, 1)
	if err != nil {
		log.Fatal(err)
	}

	tokens := []int{1} // one for each sequence
	for range 6 {
		logits, err := stepper.StepTokens(tokens, nil)
		if err != nil {
			log.Fatal(err)
		}
		tokens[0] = slices.Index(logits, slices.Max(logits))
		fmt.Print(tokens[0], " ")
	}
	// Output:
	// 4 3 9 6 5 2
}

// A model with a decoder writes a sequence of its own: the three most probable ones by a beam. (This one is not trained, so
// that what it says is noise.)
func ExampleTranslator() {
	const start, end = 1, 2
	model, err := layers.NewModel(layers.ModelConfig{
		Input: layers.Input{Vocabulary: 10},
		Layers: []layers.LayerConfig{
			{Embedding: &layers.EmbeddingConfig{Units: 8}},
			{GRU: &layers.GRUConfig{Units: 8, Bidirectional: true, ReturnSequences: true}},
		},
		Decoder: &layers.DecoderConfig{GRU: layers.GRUConfig{Units: 16}},
	}, layers.Head{Loss: layers.CrossEntropy, Units: 6, Sequence: true}, tensor.Float32, graph.NewStreams(1))
	if err != nil {
		log.Fatal(err)
	}
	translator, err := layers.NewTranslator[float32](model, start, end)
	if err != nil {
		log.Fatal(err)
	}
	if err := translator.ReadTokens([]int{7, 3, 9}); err != nil {
		log.Fatal(err)
	}
	found, err := translator.Beam(layers.BeamConfig{Width: 3, MaxSteps: 4, LengthPenalty: 1})
	if err != nil {
		log.Fatal(err)
	}
	for _, h := range found {
		fmt.Printf("%v, finished: %v, %.2f nats\n", h.Tokens, h.Finished, h.LogProbability)
	}
	// Output:
	// [5 5 5 5], finished: false, -7.03 nats
	// [4 3 4 3], finished: false, -7.05 nats
	// [5 5 5 0], finished: false, -7.06 nats
}

// A small GRU learns whether the steps of a noisy walk tend up or down, with nothing but a loop over gradients.
func Example_training() {
	const steps, batch = 12, 32
	model, err := layers.NewModel(layers.ModelConfig{
		Input:  layers.Input{Size: 1},
		Layers: []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 8}}, {Dense: &layers.DenseConfig{}}},
	}, layers.Head{Loss: layers.CrossEntropy, Units: 2}, tensor.Float64, graph.NewStreams(1))
	if err != nil {
		log.Fatal(err)
	}

	b := graph.NewBuilder(graph.Train, tensor.Float64, graph.NewStreams(1), kernel.NewPool(1))
	outputs, err := model.Build(b, graph.BatchShape{Steps: steps, Size: batch})
	if err != nil {
		log.Fatal(err)
	}
	program, err := b.Compile(outputs)
	if err != nil {
		log.Fatal(err)
	}
	defer program.Close()

	// Normal steps of mean ±1, in sequences of 6 to 12 of them.
	r := rand.New(rand.NewPCG(1, 2))
	draw := func() graph.Feeds {
		inputs, mask, labels := make([]float64, steps*batch), make([]float64, steps*batch), make([]int, batch)
		for i := range batch {
			labels[i] = r.IntN(2)
			for t := range 6 + r.IntN(7) {
				inputs[t*batch+i] = r.NormFloat64() + float64(2*labels[i]-1)
				mask[t*batch+i] = 1
			}
		}
		return graph.Feeds{
			graph.FeedInputs: inputs, graph.FeedMask: mask,
			graph.FeedLabels: labels, graph.FeedWeights: slices.Repeat([]float64{1}, batch),
		}
	}

	const learningRate = 0.5
	for range 200 {
		if err := program.Run(draw()); err != nil {
			log.Fatal(err)
		}
		for _, g := range program.Gradients() {
			values, slopes := g.Param.Value.Float64s(), g.Tensor.Float64s()
			for i, slope := range slopes {
				values[i] -= learningRate * slope
			}
		}
	}

	right, total := 0, 0
	for range 20 {
		feeds := draw()
		if err := program.Run(feeds); err != nil {
			log.Fatal(err)
		}
		logits, err := program.Value(graph.OutputPredictions)
		if err != nil {
			log.Fatal(err)
		}
		for i, label := range feeds[graph.FeedLabels].([]int) {
			down, up := logits.Float64s()[2*i], logits.Float64s()[2*i+1]
			total++
			if up > down == (label == 1) {
				right++
			}
		}
	}
	fmt.Printf("right in at least 95%% of %d unseen sequences: %t\n", total, 100*right >= 95*total)
	// Output:
	// right in at least 95% of 640 unseen sequences: true
}

// minimalUnit is the minimal gated unit (Zhou et al. 2016, arXiv:1603.09420).
type minimalUnit struct{}

func (minimalUnit) Gates() []string { return []string{"forget", "candidate"} }

func (minimalUnit) Step(e layers.Equations, h layers.Value) layers.Value {
	f := e.Gate("forget", e.Sum(e.Input("forget"), e.Recurrent("forget", h)))
	n := e.Candidate(e.Sum(e.Input("candidate"), e.Recurrent("candidate", e.Product(f, h))))
	return e.Between(f, n, h)
}

// A cell that is not built in, as a layer of a model with the options that all recurrent layers have. A configuration knows it by its
// key once it is handed in as one of the Extensions.
func ExampleCell() {
	extensions := layers.Extensions{Cells: map[string]layers.Cell{"mgu": minimalUnit{}}}
	if err := extensions.Validate().Err(); err != nil {
		log.Fatal(err)
	}
	model, err := layers.NewModel(layers.ModelConfig{
		Input: layers.Input{Size: 4},
		Layers: []layers.LayerConfig{
			layers.NewCustom("mgu", layers.CellConfig{Cell: minimalUnit{}, Units: 16, Bidirectional: true, Dropout: 0.2}),
			{Dense: &layers.DenseConfig{}},
		},
	}, layers.Head{Loss: layers.CrossEntropy, Units: 3}, tensor.Float32, graph.NewStreams(1))
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range model.Params()[:3] {
		fmt.Println(p.Name, p.Value.Shape())
	}
	// Output:
	// mgu0/kernel (4, 32)
	// mgu0/recurrent_kernel (16, 32)
	// mgu0/bias (32)
}

// A model of layers that exist already, without a configuration.
func ExampleNewSequential() {
	streams := graph.NewStreams(1)
	recurrent, err := layers.NewGRU(layers.GRUConfig{Units: 16}, "gru0", 4, tensor.Float32, streams)
	if err != nil {
		log.Fatal(err)
	}
	last, err := layers.NewDense(layers.DenseConfig{Units: 3}, "dense0", 8, tensor.Float32, streams)
	if err != nil {
		log.Fatal(err)
	}
	_, err = layers.NewSequential(layers.Input{Size: 4}, layers.Head{Loss: layers.CrossEntropy, Units: 3}, tensor.Float32, recurrent, last)
	fmt.Println(err)
	// Output:
	// layers: dense0: found an input of shape (2, 16), expected rank [2 3] with last dimension 8
}

// A model begins with the recurrent layer of another one, which training then leaves as it is; its last layer is new.
func ExampleModel_Start() {
	build := func(classes int, seed uint64) *layers.Model {
		m, err := layers.NewModel(layers.ModelConfig{
			Input:  layers.Input{Size: 4},
			Layers: []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 16}}, {Dense: &layers.DenseConfig{}}},
		}, layers.Head{Loss: layers.CrossEntropy, Units: classes}, tensor.Float32, graph.NewStreams(seed))
		if err != nil {
			log.Fatal(err)
		}
		return m
	}
	trained, model := build(10, 1), build(3, 2)
	taken, err := model.Start(graph.Tensors(trained.Params()), layers.Transfer{Take: []string{"gru0"}, Freeze: []string{"gru0"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("taken:", taken)
	_, err = model.Start(graph.Tensors(trained.Params()), layers.Transfer{Take: []string{"dense0"}})
	fmt.Println(err)
	// Output:
	// taken: [gru0/kernel gru0/recurrent_kernel gru0/bias gru0/recurrent_bias]
	// take.0: found dense0/kernel [16 10] in the trained model, expected (16, 3): leave dense0 out to draw it again; take.0: found dense0/bias [10] in the trained model, expected (3): leave dense0 out to draw it again
}

// One unit of a minGRU with the weights of the update gate at 0, so that z = ½ at every step, and of the candidate at 1: its
// state is a running average of g(x).
func ExampleMinGRU() {
	model, err := layers.NewModel(layers.ModelConfig{
		Input:  layers.Input{Size: 1},
		Layers: []layers.LayerConfig{{MinGRU: &layers.MinGRUConfig{Units: 1, ReturnSequences: true}}},
	}, layers.Head{Loss: layers.MeanSquaredError, Units: 1, PerStep: true}, tensor.Float64, graph.NewStreams(1))
	if err != nil {
		log.Fatal(err)
	}
	copy(model.Params()[0].Value.Float64s(), []float64{0, 1}) // mingru0/kernel: columns z, n
	stepper, err := layers.NewStepper[float64](model, 1)
	if err != nil {
		log.Fatal(err)
	}
	for _, x := range []float64{1.5, 0, -1} {
		h, err := stepper.Step([]float64{x}, nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("x = %4.1f  h = %.4f\n", x, h[0])
	}
	// Output:
	// x =  1.5  h = 1.0000
	// x =  0.0  h = 0.7500
	// x = -1.0  h = 0.5095
}
