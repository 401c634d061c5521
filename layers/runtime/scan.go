package runtime

import (
	"slices"

	"github.com/gruexp/gruexp/graph/kernel"
)

// scanShape is the shape of a minGRU's recurrence.
func (r *recurrent[F]) scanShape(steps, batch int, reverse bool) kernel.ScanShape {
	return kernel.ScanShape{
		Activation: string(r.Activation), GateActivation: string(r.GateActivation), Steps: steps, Batch: batch, Units: r.Units, Reverse: reverse,
	}
}

// byScan runs a recurrence whose gates do not depend on the state.
func (d *directionPass[F]) byScan(in sequence[F]) {
	r := d.recurrent
	d.scan.Forward(d.pool, r.scanShape(in.steps, in.batch, d.reverse), kernel.ScanInput[F]{
		Gates: d.gates(in), Initial: d.initial, Mask: in.mask, ZoneoutRate: F(r.Zoneout),
	}, d.states, false)
}

// scanStage takes steps of a minGRU. It remembers the states [B,H], which the scan replaces.
type scanStage[F kernel.Float] struct {
	gates             *kernel.AffineStep[F]
	blocks            int // of columns of the gates
	kernelGain, shift []F // [2H]: of layer normalization, or nil; nil without a bias too
	scan              *kernel.ScanStep[F]
	states            []F
}

func newScanStage[F kernel.Float](r *recurrent[F], s *Stepper[F], states []F) *scanStage[F] {
	d := &r.directions[0]
	made := &scanStage[F]{
		blocks: r.Gates, kernelGain: d.kernelGain, states: states,
		scan: kernel.NewScanStep(s.pool, r.scanShape(1, s.batch, false), F(r.Zoneout), states),
	}
	bias := d.bias
	if made.kernelGain != nil {
		bias, made.shift = nil, bias
	}
	if bias == nil {
		bias = make([]F, r.Columns())
	}
	made.gates = kernel.NewAffineStep(s.pool, s.batch, d.kernel, bias)
	return made
}

func (c *scanStage[F]) step(in, mask []F) []F {
	gates := c.gates.Run(in)
	if c.kernelGain != nil {
		for row := range slices.Chunk(gates, len(c.kernelGain)) {
			kernel.LayerNormRow(c.blocks, normEpsilon, row, c.kernelGain, c.shift, row)
		}
	}
	c.scan.Run(gates, mask)
	return c.states
}
