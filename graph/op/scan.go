package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
)

// ScanNodes are the inputs of [Scan]. All but the first may be nil.
type ScanNodes struct {
	Gates        *G.Node // A [T,B,2H] = x·kernel + bias: the update gate's, then the candidate's
	Initial      *G.Node // the state before the first step [B,H]; nil for zeros
	Mask         *G.Node // [T,B]; where it is 0 the state is carried over
	Zoneout      *G.Node // ζ [T,B,H], fed noise: 1 where a unit keeps its previous value, else 0
	Perturbation *G.Node // ε [T,B,H]: is added to the state of a step, masked or not; fed zeros, its gradient is of interest
}

// ScanOptions say which scan [Scan] is.
type ScanOptions struct {
	// g and σ below, of [kernel.ActivationNames]; empty for positive and sigmoid.
	Activation, GateActivation string

	ZoneoutRate float64 // ρ in [0,1]: where there is no Zoneout node, as in evaluation, ζ = ρ everywhere
	Reverse     bool    // runs from the last step to the first; the states stay at the steps of their inputs
}

// Scan is the recurrence of the minGRU (Feng et al. 2024, arXiv:2410.01201) over a whole sequence. Its gates do not depend on
// the state h' of the step before, so all products are in A. It returns the states of all steps [T,B,H]:
//
//	z = σ(A_z), n = g(A_n), h = (1−z)⊙h' + z⊙n
//
// With zoneout the state is ζ⊙h' + (1−ζ)⊙h in place of h. The gradient of the perturbation is that of the states through all
// later steps. Mask and Zoneout have no gradient.
func Scan(s *Scope, in ScanNodes, options ScanOptions) (*G.Node, error) {
	c := check{op: "Scan"}
	for _, a := range []struct{ name, found string }{{"Activation", options.Activation}, {"GateActivation", options.GateActivation}} {
		_, known := kernel.ActivationNamed[float64](a.found)
		c.that(a.found == "" || known, a.name, a.found, kernel.ActivationNames())
	}
	c.that(0 <= options.ZoneoutRate && options.ZoneoutRate <= 1, "ZoneoutRate", options.ZoneoutRate, "0 to 1")
	gates := c.floats("Gates", in.Gates, anySize, anySize, anySize)
	steps, batch, units := gates[0], gates[1], gates[2]/2
	c.that(gates[2] == 2*units, "Gates", fmt.Sprintf("%d columns", gates[2]), "a multiple of 2")
	c.optional("Initial", in.Initial, batch, units)
	c.optional("Mask", in.Mask, steps, batch)
	c.optional("Zoneout", in.Zoneout, steps, batch, units)
	c.optional("Perturbation", in.Perturbation, steps, batch, units)
	if c.err != nil {
		return nil, c.err
	}
	shape := kernel.ScanShape{
		Activation: options.Activation, GateActivation: options.GateActivation, Steps: steps, Batch: batch, Units: units, Reverse: options.Reverse,
	}
	return byDtype(c.dtype, scan[float32], scan[float64])(s, in, shape, options.ZoneoutRate)
}

func scan[F kernel.Float](s *Scope, in ScanNodes, shape kernel.ScanShape, zoneoutRate float64) (*G.Node, error) {
	inputs := []*G.Node{in.Gates, in.Initial, in.Perturbation, in.Mask, in.Zoneout}
	read := func(in values[F]) kernel.ScanInput[F] {
		f := in.floats
		return kernel.ScanInput[F]{Gates: f[0], Initial: f[1], Perturbation: f[2], Mask: f[3], Zoneout: f[4], ZoneoutRate: F(zoneoutRate)}
	}
	number := s.count + 1 // of the node added below
	memory := func() *kernel.Scan[F] { return working[kernel.Scan[F]](s.memory, number) }
	var out kernel.ScanGradient[F] // all but Gates

	backward := memoized(func(hidden, dHidden *G.Node) (*G.Node, error) {
		return add(s, operation[F]{
			name: "ScanGradient", inputs: append(inputs, hidden, dHidden), shape: in.Gates.Shape(),
			run: func(in values[F], dGates []F) {
				out.Gates = dGates
				memory().Backward(s.pool, shape, read(in), in.floats[5], in.floats[6], out)
			},
		})
	})
	return add(s, operation[F]{
		name: "Scan", inputs: inputs, shape: []int{shape.Steps, shape.Batch, shape.Units},
		run: func(in values[F], hidden []F) { memory().Forward(s.pool, shape, read(in), hidden, s.training) },
		gradients: []gradient{
			backward,
			sideOutput(s, "ScanInitialGradient", backward, in.Initial, &out.Initial),
			sideOutput(s, "ScanPerturbationGradient", backward, in.Perturbation, &out.Perturbation),
		},
	})
}
