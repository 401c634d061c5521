package runtime

import (
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/spec"
)

// embedding gives each token a vector.
type embedding[F kernel.Float] struct {
	name              string
	vocabulary, units int
	table             []F // [V,units]; nil where there are weights
	weights           kernel.Weights[F]
}

func (b *builder[F]) embedding(name string, vocabulary, units int) *embedding[F] {
	e := &embedding[F]{name: name, vocabulary: vocabulary, units: units}
	e.table, e.weights = b.matrix(name+"/embeddings", units)
	return e
}

// gather writes the vector of each token [T,B].
func (e *embedding[F]) gather(p *kernel.Pool, batch int, tokens []int, vectors []F) error {
	if i := kernel.OutsideRange(tokens, e.vocabulary); i >= 0 {
		return errors.Errorf("%s: step %d: found token %d for sequence %d, expected 0 to %d", e.name, i/batch, tokens[i], i%batch, e.vocabulary-1)
	}
	if e.weights != nil {
		for i, id := range tokens {
			e.weights.Copy(id, vectors[i*e.units:(i+1)*e.units])
		}
		return nil
	}
	kernel.Gather(p, e.units, e.table, tokens, nil, vectors)
	return nil
}

func (e *embedding[F]) pass(*kernel.Pool) pass[F] {
	panic("runtime: an embedding is the first layer of a model")
}

func (e *embedding[F]) stage(*Stepper[F]) (stage[F], error) {
	return nil, errors.Errorf("%s: found an embedding after another layer, expected it first", e.name)
}

// lookup is an embedding that runs step by step, ahead of all stages.
type lookup[F kernel.Float] struct {
	*embedding[F]
	out []F // [B,units]
}

func newLookup[F kernel.Float](e *embedding[F], batch int) *lookup[F] {
	return &lookup[F]{e, make([]F, batch*e.units)}
}

// rows returns the vectors of tokens. Those that the mask leaves out are not looked at.
func (l *lookup[F]) rows(tokens []int, mask []F) ([]F, error) {
	for b, id := range tokens {
		if mask != nil && mask[b] == 0 {
			continue
		}
		if id < 0 || id >= l.vocabulary {
			return nil, errors.Errorf("%s: found token %d for sequence %d, expected 0 to %d", l.name, id, b, l.vocabulary-1)
		}
		if out := l.out[b*l.units : (b+1)*l.units]; l.weights != nil {
			l.weights.Copy(id, out)
		} else {
			copy(out, l.table[id*l.units:])
		}
	}
	return l.out, nil
}

// dense is a fully connected layer.
type dense[F kernel.Float] struct {
	inputs, units int
	kernel, bias  []F // [D,units], [units]; the first is nil where there are weights
	weights       kernel.Weights[F]
	activation    kernel.Activation[F]
}

func (b *builder[F]) dense(name string, inputs, units int, activation spec.Activation) *dense[F] {
	d := &dense[F]{inputs: inputs, units: units, activation: activationNamed[F](activation)}
	d.kernel, d.weights = b.matrix(name+"/kernel", units)
	d.bias = b.array(name + "/bias")
	return d
}

// activationNamed is the activation of a configuration that was checked.
func activationNamed[F kernel.Float](name spec.Activation) kernel.Activation[F] {
	f, _ := kernel.ActivationNamed[F](string(name))
	return f
}

func (d *dense[F]) pass(p *kernel.Pool) pass[F] { return &densePass[F]{dense: d, pool: p} }

type densePass[F kernel.Float] struct {
	*dense[F]
	pool      *kernel.Pool
	y, active []F
}

func (d *densePass[F]) run(in sequence[F]) sequence[F] {
	rows := in.rows()
	d.y = resized(d.y, rows*d.units)
	if d.weights != nil {
		kernel.AffineWeights(d.pool, rows, in.x, d.weights, d.bias, d.y)
	} else {
		kernel.Affine(d.pool, rows, d.inputs, d.units, in.x, d.kernel, d.bias, d.y)
	}
	in.x, in.width = activated(d.pool, d.activation, d.y, &d.active), d.units
	return in
}

// activated is f of x, in other memory unless f is the identity.
func activated[F kernel.Float](p *kernel.Pool, f kernel.Activation[F], x []F, memory *[]F) []F {
	if f.Identity() {
		return x
	}
	*memory = resized(*memory, len(x))
	f.Apply(p, x, *memory)
	return *memory
}

func (d *dense[F]) stage(s *Stepper[F]) (stage[F], error) {
	s.units = d.units
	stage := &denseStage[F]{activation: d.activation}
	if d.weights != nil {
		stage.affine = kernel.NewAffineWeightsStep(s.pool, s.batch, d.weights, d.bias)
	} else {
		stage.affine = kernel.NewAffineStep(s.pool, s.batch, d.kernel, d.bias)
	}
	if !d.activation.Identity() {
		stage.out = s.rows(d.units)
	}
	return stage, nil
}

// denseStage remembers nothing.
type denseStage[F kernel.Float] struct {
	affine     *kernel.AffineStep[F]
	activation kernel.Activation[F]
	out        []F // [B,units]; nil where the activation is linear
}

func (d *denseStage[F]) step(in, _ []F) []F {
	y := d.affine.Run(in)
	if d.activation.Identity() {
		return y
	}
	d.activation.Apply(nil, y, d.out)
	return d.out
}
