package runtime

import (
	"strings"
	"unsafe"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers/spec"
)

// Model is a trained model: its description and its parameters. It holds no state of any sequence, so several runners,
// steppers and translators may share it.
type Model struct {
	plan     *spec.Plan
	metadata map[string]string
	format   Format
	size     int              // bytes of all parameters
	arrays   []weights.Tensor // that the model was made of, nil where they are quantized

	single *network[float32] // exactly one of the two is not nil
	double *network[float64]
}

// New makes a model of its configuration, its head and its parameters by name, as "gru0/kernel". All of them are float32 or
// all are float64. The model reads the parameters where they are and sees every change, so they must not change while it
// runs. Everything that is wrong is listed in an error of type [*fault.Error].
func New(cfg spec.ModelConfig, head spec.Head, arrays []weights.Tensor) (*Model, error) {
	plan, err := spec.NewPlan(cfg, head)
	if err != nil {
		return nil, err
	}
	return newModel(plan, arrays)
}

// newModel makes the model of a plan.
func newModel(plan *spec.Plan, arrays []weights.Tensor) (*Model, error) {
	if err := checkEquations(plan.Layers); err != nil { // before its parameters, which may not be known, are missed
		return nil, err
	}
	if err := weights.Compare(arrays, expected(plan, arrays)).Err(); err != nil {
		return nil, err
	}
	m := &Model{plan: plan, arrays: arrays}
	for _, a := range arrays {
		m.size += a.Elements() * a.DType().Size()
	}
	var err error
	if isDouble(arrays) {
		m.double, err = newNetwork(plan, newBuilder[float64](arrays))
	} else {
		m.single, err = newNetwork(plan, newBuilder[float32](arrays))
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// expected is what the arrays of a plan must be, without their numbers. The first array of the file decides on the type.
func expected(plan *spec.Plan, arrays []weights.Tensor) []weights.Tensor {
	var numbers any = []float32(nil)
	if isDouble(arrays) {
		numbers = []float64(nil)
	}
	var all []weights.Tensor
	for _, p := range plan.Params() {
		all = append(all, weights.Tensor{Name: p.Name, Shape: p.Shape, Data: numbers})
	}
	return all
}

func isDouble(arrays []weights.Tensor) bool {
	return len(arrays) > 0 && arrays[0].DType() == weights.F64
}

// Config is the model's configuration with every default and every size set.
func (m *Model) Config() spec.ModelConfig { return m.plan.Model.WithDefaults() }

// Head is what the model was trained for. A file that does not say it has a head that takes any numbers: see
// [spec.PredictionHead].
func (m *Model) Head() spec.Head { return m.plan.Head }

// Metadata is all metadata of the model file, nil for a model that was made in memory.
func (m *Model) Metadata() map[string]string { return m.metadata }

// Double tells whether the model's numbers are float64. Otherwise they are float32.
func (m *Model) Double() bool { return m.double != nil }

// Outputs is the number of outputs of a sequence, or of a step.
func (m *Model) Outputs() int {
	if m.plan.Head.Sequence {
		return m.plan.Head.Units
	}
	return m.plan.Output.Width
}

// networkOf returns the layers of a model whose numbers are of type F.
func networkOf[F kernel.Float](m *Model) (*network[F], error) {
	var found any = m.single
	if m.double != nil {
		found = m.double
	}
	n, ok := found.(*network[F])
	if !ok {
		dtype := "float32"
		if m.double != nil {
			dtype = "float64"
		}
		first := "model"
		if params := m.plan.Params(); len(params) > 0 {
			first = params[0].Name
		}
		return nil, errors.Errorf("%s: found a parameter of %s, expected %T as the numbers of the caller", first, dtype, F(0))
	}
	return n, nil
}

// network is the layers of a model over its parameters.
type network[F kernel.Float] struct {
	tokens  *embedding[F] // nil where the input is numbers
	inputs  int           // numbers of a step, 0 for tokens
	layers  []layer[F]    // without the embedding of tokens, and without those that do nothing in a prediction
	decoder *decoder[F]   // nil: none; then the last layer is a recurrent one
	outputs int
}

// layer is a layer over its parameters.
type layer[F kernel.Float] interface {
	// pass returns what runs the layer over whole sequences.
	pass(p *kernel.Pool) pass[F]
	// stage returns what runs the layer step by step, and sets the stepper's units to the size of its output.
	stage(s *Stepper[F]) (stage[F], error)
}

func newNetwork[F kernel.Float](plan *spec.Plan, b *builder[F]) (*network[F], error) {
	n := &network[F]{inputs: plan.Model.Input.Size, outputs: plan.Output.Width}
	layers := plan.Layers
	if plan.Model.Input.Vocabulary > 0 {
		n.tokens = b.embedding(layers[0].Name, layers[0].In.Width, layers[0].Out.Width)
		layers = layers[1:]
	}
	var err error
	if n.layers, err = b.layers(layers); err != nil {
		return nil, err
	}
	if plan.Model.Decoder != nil {
		encoder := n.layers[len(n.layers)-1].(*recurrent[F]) // the plan has seen to it
		n.decoder = b.decoder(*plan.Model.Decoder, encoder, plan.Head.Units)
		n.outputs = plan.Head.Units
	}
	return n, nil
}

// builder makes layers of arrays that fit them.
type builder[F kernel.Float] struct {
	arrays   map[string][]F
	quantize func(w []F, units int) kernel.Weights[F] // nil: matrices stay as they are
	saved    int                                      // bytes, by quantized matrices
}

func newBuilder[F kernel.Float](arrays []weights.Tensor) *builder[F] {
	b := &builder[F]{arrays: make(map[string][]F, len(arrays))}
	for _, a := range arrays {
		b.arrays[a.Name], _ = a.Data.([]F) // they were compared with the plan
	}
	return b
}

func (b *builder[F]) array(name string) []F { return b.arrays[name] }

// matrix is an array [·,units], or what it is quantized to.
func (b *builder[F]) matrix(name string, units int) ([]F, kernel.Weights[F]) {
	w := b.array(name)
	if b.quantize == nil {
		return w, nil
	}
	q := b.quantize(w, units)
	b.saved += len(w)*int(unsafe.Sizeof(F(0))) - q.Bytes()
	return nil, q
}

// arraysBelow are the arrays whose names begin with the prefix, by the rest of their names.
func (b *builder[F]) arraysBelow(prefix string) map[string][]F {
	found := map[string][]F{}
	for name, values := range b.arrays {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			found[rest] = values
		}
	}
	return found
}

// layers makes layers. Those that do nothing in a prediction are left out.
func (b *builder[F]) layers(planned []spec.PlannedLayer) ([]layer[F], error) {
	var made []layer[F]
	for _, p := range planned {
		l, err := b.layer(p)
		if err != nil {
			return nil, err
		}
		if l != nil {
			made = append(made, l)
		}
	}
	return made, nil
}

// layer makes one layer, nil for one that does nothing in a prediction.
func (b *builder[F]) layer(p spec.PlannedLayer) (layer[F], error) {
	switch c := p.Config.(type) {
	case spec.GRUDConfig:
		return b.gruD(p.Name, c, p.In.Width), nil
	case spec.Recurrent:
		r := b.recurrent(p.Name, c.Recurrence(), p.In.Width)
		return r, r.checkCell()
	case spec.DenseConfig:
		return b.dense(p.Name, p.In.Width, p.Out.Width, c.Activation), nil
	case spec.PoolConfig:
		return &pool[F]{kind: c.Kind}, nil
	case spec.AttentionPoolConfig:
		return b.attentionPool(p.Name, p.In.Width, c.Units), nil
	case spec.Conv1DConfig:
		return b.convolution(p.Name, p.In.Width, c), nil
	case spec.BatchNormConfig:
		return b.batchNorm(p.Name, c.Epsilon), nil
	case spec.LayerNormConfig:
		return b.layerNorm(p.Name, c.Epsilon), nil
	case spec.ResidualConfig:
		inner, err := b.layers(c.Inside(p.Name, p.In))
		return &residual[F]{inner}, err
	case spec.CategoryEmbeddingConfig:
		return b.categoryEmbedding(p, c), nil
	case spec.DropoutConfig, spec.ActivityRegularizationConfig:
		return nil, nil
	default:
		return b.custom(p)
	}
}
