package layers

import "github.com/gruexp/gruexp/graph/kernel"

// categoryStage remembers nothing.
type categoryStage[F kernel.Float] struct {
	inputs, units int
	spans         []spanStep[F]
	out           []F // [B,units]
}

// spanStep is a span of a [CategoryEmbedding].
type spanStep[F kernel.Float] struct {
	CategoryBlock
	units  int
	part   []F                   // [B,Count]
	affine *kernel.AffineStep[F] // nil: handed on as they are
}

func (s *Stepper[F]) newCategoryStage(e *CategoryEmbedding, pool *kernel.Pool) stage[F] {
	stage := &categoryStage[F]{inputs: e.inputs}
	for _, of := range e.spans {
		step := spanStep[F]{CategoryBlock: of.CategoryBlock, units: of.units(), part: s.rows(of.Count)}
		if of.embeddings != nil {
			step.affine = kernel.NewAffineStep(pool, s.batch, numbers[F](of.embeddings), make([]F, step.units))
		}
		stage.spans = append(stage.spans, step)
		stage.units += step.units
	}
	s.units = stage.units
	stage.out = s.rows(s.units)
	return stage
}

func (c *categoryStage[F]) step(in, _ []F) []F {
	batch, at := len(in)/c.inputs, 0
	for _, s := range c.spans {
		for b := range batch {
			copy(s.part[b*s.Count:(b+1)*s.Count], in[b*c.inputs+s.First:])
		}
		made := s.part
		if s.affine != nil {
			made = s.affine.Run(s.part)
		}
		for b := range batch {
			copy(c.out[b*c.units+at:b*c.units+at+s.units], made[b*s.units:])
		}
		at += s.units
	}
	return c.out
}
