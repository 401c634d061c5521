package layers

import (
	"strings"

	"gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// record keeps the gates [T,B,H] of every step by their names, and the states, in a graph to inspect. The states before
// each step are known by then, so the equations of a step are those of all steps at once.
func (d direction) record(b *graph.Builder, cfg spec.Recurrence, in recurrenceInput, states *gorgonia.Node) error {
	if b.Mode() != graph.Inspect {
		return nil
	}
	before, err := op.Before(b.Ops(), states, in.initial, d.reverse)
	if err != nil {
		return err
	}
	c := newCell(b, cfg, in)
	c.allSteps = true
	c.traces = map[string][]*gorgonia.Node{}
	if in.decay != nil {
		before = c.product(in.decay, before)
	}
	c.step(0, before)
	if c.err != nil {
		return c.err
	}
	for _, gate := range c.traced {
		if err := b.Record(d.label()+"/"+gate, c.traces[gate][0]); err != nil {
			return err
		}
	}
	for i, name := range []string{graph.RecordHidden, graph.RecordMemory}[:cfg.States] {
		part := states
		if cfg.States > 1 {
			if part, err = op.Columns(b.Ops(), states, i*cfg.Units, (i+1)*cfg.Units); err != nil {
				return err
			}
		}
		if err := b.Record(d.label()+"/"+name, part); err != nil {
			return err
		}
	}
	return nil
}

// label is the name of a direction in a graph to inspect, which shows whether it is backward.
func (d direction) label() string {
	if d.reverse && !strings.HasSuffix(d.name, "/"+graph.Backward) {
		return d.name + "/" + graph.Backward
	}
	return d.name
}

// perturbed is x, to which a graph to inspect adds the perturbation of that name.
func perturbed(b *graph.Builder, name string, x *gorgonia.Node) (*gorgonia.Node, error) {
	perturbation, err := b.Perturb(name, x.Shape()...)
	if err != nil || perturbation == nil {
		return x, err
	}
	return op.Add(b.Ops(), x, perturbation)
}
