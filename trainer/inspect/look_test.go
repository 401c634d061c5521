package inspect_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
	"github.com/gruexp/gruexp/trainer/inspect"
)

const (
	features, units = 2, 3
)

// sequences are random numbers of these lengths, with a random target each.
type sequences struct {
	inputs  [][]float64 // [T,D]
	targets []float64
}

func newSequences(lengths ...int) *sequences {
	r := rand.New(rand.NewPCG(7, 0))
	s := &sequences{}
	for _, n := range lengths {
		x := make([]float64, n*features)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		s.inputs, s.targets = append(s.inputs, x), append(s.targets, r.NormFloat64())
	}
	return s
}

func (s *sequences) Spec() data.Spec {
	return data.Spec{Features: features, Targets: 1, Task: data.Regress, TargetKind: data.ValuesPerSequence, FeatureNames: []string{"wind & rain", "sun"}}
}
func (s *sequences) Len() int        { return len(s.inputs) }
func (s *sequences) Steps(i int) int { return len(s.inputs[i]) / features }

func (s *sequences) Fill(b *data.Batch, indices []int) error {
	steps := 1
	for _, i := range indices {
		if i >= s.Len() {
			return fmt.Errorf("found sequence %d, expected 0 to %d", i, s.Len()-1)
		}
		steps = max(steps, s.Steps(i))
	}
	b.Resize(s.Spec(), max(b.Steps, steps), len(indices))
	for column, i := range indices {
		for t := range s.Steps(i) {
			at := t*b.Size + column
			copy(b.Inputs[at*features:], s.inputs[i][t*features:(t+1)*features])
			b.Mask[at] = 1
		}
		b.Targets[column], b.Weights[column] = s.targets[i], 1
	}
	return nil
}

// newModel is a GRU of 3 units, whose noise must not be seen, and a dense layer of 1.
func newModel(t *testing.T, cfg layers.GRUConfig) *layers.Model {
	t.Helper()
	cfg.Units, cfg.Dropout, cfg.RecurrentDropout = units, 0.5, 0.5
	m, err := layers.NewModel(layers.ModelConfig{
		Input: layers.Input{Size: features}, Layers: []layers.LayerConfig{{GRU: &cfg}, {Dense: &layers.DenseConfig{}}},
	}, layers.Head{Loss: layers.MeanSquaredError, Units: 1}, tensor.Float64, graph.NewStreams(3))
	if err != nil {
		t.Fatalf("%+v", err)
	}
	r := rand.New(rand.NewPCG(11, 0))
	for _, p := range m.Params() {
		for i := range p.Value.Float64s() {
			p.Value.Float64s()[i] = 0.7 * r.NormFloat64()
		}
	}
	return m
}

// scalar is the same model for one sequence, with nothing but loops.
type scalar struct {
	kernel, recurrent, bias, recurrentBias, dense, denseBias []float64
}

func scalarOf(m *layers.Model) scalar {
	values := map[string][]float64{}
	for _, p := range m.Params() {
		values[p.Name] = p.Value.Float64s()
	}
	return scalar{
		values["gru0/kernel"], values["gru0/recurrent_kernel"], values["gru0/bias"], values["gru0/recurrent_bias"],
		values["dense0/kernel"], values["dense0/bias"],
	}
}

// loss runs the sequence, with e added to element j of the state after step at, and gives all gates [T][r,z,n,h][H].
func (s scalar) loss(x []float64, target float64, backward bool, at, j int, e float64) (loss float64, steps [][4][]float64) {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	h := make([]float64, units)
	n := len(x) / features
	steps = make([][4][]float64, n)
	for i := range n {
		t := i
		if backward {
			t = n - 1 - i
		}
		share := func(gate, j int) (a, q float64) {
			a, q = s.bias[gate*units+j], 0.0
			if s.recurrentBias != nil {
				q = s.recurrentBias[gate*units+j]
			}
			for k := range features {
				a += x[t*features+k] * s.kernel[k*3*units+gate*units+j]
			}
			for k, v := range h {
				q += v * s.recurrent[k*3*units+gate*units+j]
			}
			return a, q
		}
		var step [4][]float64
		for j := range units {
			ar, qr := share(0, j)
			az, qz := share(1, j)
			an, qn := share(2, j)
			r, z := sigmoid(ar+qr), sigmoid(az+qz)
			candidate := math.Tanh(an + r*qn)
			for k, v := range []float64{r, z, candidate, (1-z)*candidate + z*h[j]} {
				step[k] = append(step[k], v)
			}
		}
		if h = step[3]; t == at {
			h[j] += e
		}
		steps[t] = step
	}
	prediction := s.denseBias[0]
	for j, v := range h {
		prediction += v * s.dense[j]
	}
	return (prediction - target) * (prediction - target), steps
}

func TestLookIsAnIndependentComputation(t *testing.T) {
	t.Parallel()
	set := newSequences(6, 1, 4)
	for _, backward := range []bool{false, true} {
		t.Run(fmt.Sprint("backward ", backward), func(t *testing.T) {
			m := newModel(t, layers.GRUConfig{GoBackwards: backward})
			s := scalarOf(m)
			looks, err := inspect.Sequences(context.Background(), m, set, []int{2, 0, 1, 0}, nil)
			if err != nil {
				t.Fatalf("%+v", err)
			}
			for i, index := range []int{2, 0, 1, 0} {
				look, x, target := looks[i], set.inputs[index], set.targets[index]
				loss, steps := s.loss(x, target, backward, -1, 0, 0)
				if look.Sequence != index || look.Steps != len(steps) || math.Abs(look.Loss-loss) > 1e-12 {
					t.Errorf("found sequence %d of %d steps with loss %v, expected %d, %d and %v", look.Sequence, look.Steps, look.Loss, index, len(steps), loss)
				}
				if len(look.Recurrences) != 1 || len(look.Inputs) != 1 || look.Recurrences[0].Backward() != backward {
					t.Fatalf("found %+v", look)
				}
				r, in := look.Recurrences[0], look.Inputs[0]
				for k, name := range []string{"reset", "update", "candidate", "hidden"} {
					gate := r.Gates[k]
					if gate.Name != name {
						t.Errorf("found gate %s, expected %s", gate.Name, name)
					}
					for at, step := range steps {
						expectClose(t, name, gate.RawRowView(at), step[k], 1e-12) // the same sums in another order
					}
				}
				const nudge = 1e-5
				for at := range steps {
					state, input := make([]float64, units), make([]float64, features)
					for j := range state {
						above, _ := s.loss(x, target, backward, at, j, nudge)
						below, _ := s.loss(x, target, backward, at, j, -nudge)
						state[j] = (above - below) / (2 * nudge)
					}
					for j := range input {
						moved := slices.Clone(x)
						moved[at*features+j] += nudge
						above, _ := s.loss(moved, target, backward, -1, 0, 0)
						moved[at*features+j] -= 2 * nudge
						below, _ := s.loss(moved, target, backward, -1, 0, 0)
						input[j] = (above - below) / (2 * nudge)
					}
					expectClose(t, "∂loss/∂state", r.Gradient.RawRowView(at), state, 1e-8) // of central differences
					expectClose(t, "∂loss/∂x", in.Gradient.RawRowView(at), input, 1e-8)
				}
				if !slices.Equal(in.Gradient.Columns, set.Spec().FeatureNames) {
					t.Errorf("found the columns %v, expected the names of the features", in.Gradient.Columns)
				}
			}
		})
	}
}

func expectClose(t *testing.T, what string, found, expected []float64, tolerance float64) {
	t.Helper()
	if len(found) != len(expected) {
		t.Fatalf("%s: found %v, expected %v", what, found, expected)
	}
	for i, v := range expected {
		if !(math.Abs(found[i]-v) <= tolerance*max(1, math.Abs(v))) {
			t.Errorf("%s: found %v, expected %v", what, found, expected)
			return
		}
	}
}

func TestSequencesThatCannotBeLookedAt(t *testing.T) {
	t.Parallel()
	m, set := newModel(t, layers.GRUConfig{}), newSequences(2, 0)
	if _, err := inspect.Sequences(context.Background(), m, set, []int{0, 1}, nil); err == nil || !strings.Contains(err.Error(), "sequence 1: found no steps") {
		t.Errorf("found error %v, expected one about the empty sequence 1", err)
	}
	if _, err := inspect.Sequences(context.Background(), m, set, []int{2}, nil); err == nil {
		t.Error("found no error for a sequence that is not there")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := inspect.Sequences(ctx, m, set, []int{0}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("found error %v, expected %v", err, context.Canceled)
	}
	set.inputs[0][0] = math.NaN()
	if _, err := inspect.Sequences(context.Background(), m, set, []int{0}, nil); err == nil || !strings.Contains(err.Error(), "loss NaN") {
		t.Errorf("found error %v, expected one about the loss", err)
	}
}

// Every kind of layer is found by its name, in a model of both directions and in one with a decoder.
func TestNamesOfWhatIsSeen(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		task  data.Task
		set   string
		model layers.ModelConfig
		want  string // recurrences with the columns of their states, inputs
	}{
		{data.Classify, "languages", layers.ModelConfig{Layers: []layers.LayerConfig{
			{Embedding: &layers.EmbeddingConfig{Units: 2}}, {GRU: &layers.GRUConfig{Units: 2, Bidirectional: true, ReturnSequences: true}},
			{LSTM: &layers.LSTMConfig{Units: 3, ReturnSequences: true}}, {MinGRU: &layers.MinGRUConfig{Units: 2, ReturnSequences: true}}, {RNN: &layers.RNNConfig{Units: 4}}, {Dense: &layers.DenseConfig{}},
		}}, "gru0:reset update candidate hidden:2 gru0/backward:reset update candidate hidden:2 " +
			"lstm0:input forget candidate output hidden memory:6 mingru0:update candidate hidden:2 rnn0:candidate hidden:4 embedding0:2"},
		{data.Translate, "dates", layers.ModelConfig{
			Layers:  []layers.LayerConfig{{Embedding: &layers.EmbeddingConfig{Units: 2}}, {GRU: &layers.GRUConfig{Units: 2, ReturnSequences: true}}},
			Decoder: &layers.DecoderConfig{Embedding: layers.EmbeddingConfig{Units: 3}, GRU: layers.GRUConfig{Units: 2}},
		}, "gru0:reset update candidate hidden:2 decoder/gru:reset update candidate hidden:2 embedding0:2 decoder/embedding:3"},
	} {
		t.Run(x.set, func(t *testing.T) {
			loaded, err := sets.Load(context.Background(), data.Config{Name: x.set}, x.task, sets.Options{})
			if err != nil {
				t.Fatal(err)
			}
			x.model.Input.Vocabulary = loaded.Spec.Vocabulary
			head := layers.Head{Loss: layers.CrossEntropy, Units: loaded.Spec.Targets, Sequence: x.task == data.Translate}
			m, err := layers.NewModel(x.model, head, tensor.Float32, graph.NewStreams(3))
			if err != nil {
				t.Fatalf("%+v", err)
			}
			looks, err := inspect.Sequences(context.Background(), m, loaded.Test, []int{3}, nil)
			if err != nil {
				t.Fatalf("%+v", err)
			}
			var found []string
			for _, r := range looks[0].Recurrences {
				var gates []string
				for _, gate := range r.Gates {
					gates = append(gates, gate.Name)
				}
				_, columns := r.Gradient.Dims()
				found = append(found, fmt.Sprintf("%s:%s:%d", r.Name, strings.Join(gates, " "), columns))
			}
			for _, in := range looks[0].Inputs {
				_, columns := in.Gradient.Dims()
				found = append(found, fmt.Sprintf("%s:%d", in.Name, columns))
			}
			if got := strings.Join(found, " "); got != x.want {
				t.Errorf("found\n%s, expected\n%s", got, x.want)
			}
			first := looks[0].Inputs[0].Gradient
			if rows, _ := first.Dims(); rows != loaded.Test.Steps(3) || len(first.Steps) != rows {
				t.Errorf("found %d steps called %q, expected %d characters", rows, first.Steps, loaded.Test.Steps(3))
			}
		})
	}
}
