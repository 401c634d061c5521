package runtime

import (
	"fmt"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/spec"
)

// categories gives each category of each column of categories a vector and passes all other numbers on.
type categories[F kernel.Float] struct {
	inputs, units int
	spans         []span[F]
}

// span is adjacent numbers of an input.
type span[F kernel.Float] struct {
	first, count, units int
	embeddings          []F // [count,units]; nil: passed on as they are
}

func (b *builder[F]) categoryEmbedding(p spec.PlannedLayer, cfg spec.CategoryEmbeddingConfig) layer[F] {
	c := &categories[F]{inputs: p.In.Width}
	add := func(s span[F]) {
		if s.count > 0 {
			c.spans = append(c.spans, s)
			c.units += s.units
		}
	}
	next := 0
	for i, block := range p.In.Categories {
		add(span[F]{first: next, count: block.First - next, units: block.First - next})
		add(span[F]{block.First, block.Count, cfg.UnitsOf(block.Count), b.array(fmt.Sprintf("%s/embeddings%d", p.Name, i))})
		next = block.End()
	}
	add(span[F]{first: next, count: p.In.Width - next, units: p.In.Width - next})
	return c
}

func (c *categories[F]) pass(p *kernel.Pool) pass[F] {
	return &categoriesPass[F]{categories: c, pool: p}
}

type categoriesPass[F kernel.Float] struct {
	*categories[F]
	pool          *kernel.Pool
	part, made, y []F
}

func (c *categoriesPass[F]) run(in sequence[F]) sequence[F] {
	rows, at := in.rows(), 0
	c.y = resized(c.y, rows*c.units)
	for _, s := range c.spans {
		c.part = resized(c.part, rows*s.count)
		kernel.CopyMatrix(c.pool, rows, s.count, in.x[s.first:], c.inputs, c.part, s.count)
		made := c.part
		if s.embeddings != nil {
			c.made = resized(c.made, rows*s.units)
			kernel.Affine(c.pool, rows, s.count, s.units, c.part, s.embeddings, nil, c.made)
			made = c.made
		}
		kernel.CopyMatrix(c.pool, rows, s.units, made, s.units, c.y[at:], c.units)
		at += s.units
	}
	in.x, in.width = c.y, c.units
	return in
}

// categoriesStage remembers nothing.
type categoriesStage[F kernel.Float] struct {
	*categories[F]
	steps []spanStep[F]
	out   []F // [B,units]
}

type spanStep[F kernel.Float] struct {
	part   []F                   // [B,count]
	affine *kernel.AffineStep[F] // nil: passed on as they are
}

func (c *categories[F]) stage(s *Stepper[F]) (stage[F], error) {
	made := &categoriesStage[F]{categories: c, out: s.rows(c.units)}
	for _, of := range c.spans {
		step := spanStep[F]{part: s.rows(of.count)}
		if of.embeddings != nil {
			step.affine = kernel.NewAffineStep(s.pool, s.batch, of.embeddings, make([]F, of.units))
		}
		made.steps = append(made.steps, step)
	}
	s.units = c.units
	return made, nil
}

func (c *categoriesStage[F]) step(in, _ []F) []F {
	batch, at := len(in)/c.inputs, 0
	for i, s := range c.spans {
		step := c.steps[i]
		for b := range batch {
			copy(step.part[b*s.count:(b+1)*s.count], in[b*c.inputs+s.first:])
		}
		made := step.part
		if step.affine != nil {
			made = step.affine.Run(step.part)
		}
		for b := range batch {
			copy(c.out[b*c.units+at:b*c.units+at+s.units], made[b*s.units:])
		}
		at += s.units
	}
	return c.out
}
