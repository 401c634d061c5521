package layers

import (
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
)

// lookup is an embedding, which stands before all stages.
type lookup[F kernel.Float] struct {
	name  string
	table []F // [V,units]
	out   []F // [B,units]
}

// rows returns the vectors of tokens. Those that the mask leaves out are not looked at.
func (l *lookup[F]) rows(tokens []int, mask []F) ([]F, error) {
	units := len(l.out) / len(tokens)
	vocabulary := len(l.table) / units
	for b, id := range tokens {
		if mask != nil && mask[b] == 0 {
			continue
		}
		if id < 0 || id >= vocabulary {
			return nil, errors.Errorf("%s: found token %d for sequence %d, expected 0 to %d", l.name, id, b, vocabulary-1)
		}
		copy(l.out[b*units:(b+1)*units], l.table[id*units:])
	}
	return l.out, nil
}

// denseStage remembers nothing.
type denseStage[F kernel.Float] struct {
	affine     *kernel.AffineStep[F]
	activation kernel.Activation[F]
	out        []F // [B,units]; nil where the activation is linear
}

// newDenseStage makes the stage of a dense layer.
func (s *Stepper[F]) newDenseStage(d *Dense, affine *kernel.AffineStep[F]) stage[F] {
	stage := &denseStage[F]{affine: affine}
	stage.activation, _ = kernel.ActivationNamed[F](string(d.config.Activation)) // there is one: the configuration was checked
	if !stage.activation.Identity() {
		stage.out = s.rows(d.config.Units)
	}
	return stage
}

func (d *denseStage[F]) step(in, _ []F) []F {
	y := d.affine.Run(in)
	if d.activation.Identity() {
		return y
	}
	d.activation.Apply(nil, y, d.out)
	return d.out
}

// newPoolStage makes a pool over the steps so far.
func (s *Stepper[F]) newPoolStage(kind PoolKind) stage[F] {
	pooled := s.remember(s.units, nil)
	switch kind {
	case PoolMean:
		return &meanStage[F]{width: s.units, sums: s.remember(s.units, nil), counts: s.remember(1, nil), mean: pooled}
	case PoolMax:
		return &maxStage[F]{width: s.units, begun: s.remember(1, nil), greatest: pooled}
	default:
		return &lastStage[F]{width: s.units, last: pooled}
	}
}

type meanStage[F kernel.Float] struct {
	width              int
	sums, counts, mean []F
}

func (m *meanStage[F]) step(in, mask []F) []F {
	kernel.MeanStep(m.width, in, mask, m.sums, m.counts, m.mean)
	return m.mean
}

type maxStage[F kernel.Float] struct {
	width           int
	begun, greatest []F
}

func (m *maxStage[F]) step(in, mask []F) []F {
	kernel.MaxStep(m.width, in, mask, m.begun, m.greatest)
	return m.greatest
}

type lastStage[F kernel.Float] struct {
	width int
	last  []F
}

func (l *lastStage[F]) step(in, mask []F) []F {
	kernel.KeepStep(l.width, in, mask, l.last)
	return l.last
}
