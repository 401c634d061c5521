package layers

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// MinGRU is a layer of minimal gated recurrent units (Feng et al. 2024, arXiv:2410.01201). Its gates do not depend on the
// previous state h', so all products of all steps are one product ahead of the recurrence, and a step is elementwise:
//
//	z = σ(x·W_z + b_z)
//	n = g(x·W_n + b_n)        g(x) = x+½ where x ≥ 0, else σ(x)
//	h = (1−z)⊙h' + z⊙n
//
// σ and g are GateActivation and Activation; the paper calls them so in appendix B, where it computes the logarithm of h for all steps at once.
// With `activation: linear` the layer is that of section 3. As h is an average of h' and n, it is computed here step by
// step, unit by unit, without logarithms: goroutines share the units.
//
// Parameters: kernel W [D,2H] with the blocks of columns z, n, and bias b [2H]; initial_state [H], if the layer learns it, and
// with LayerNorm kernel_gain [2H]. There is no recurrent kernel. Options, noise and shapes are those of a [GRU].
type MinGRU struct{ recurrent }

// NewMinGRU makes a minGRU for inputs of that size. Parameters are called NAME/kernel and so on, and are filled from the
// streams of those names. The error of a wrong configuration is a [*fault.Error].
func NewMinGRU(cfg MinGRUConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*MinGRU, error) {
	cfg = cfg.WithDefaults()
	r, err := newRecurrent(cfg.Recurrence(), cfg.Validate(), name, inputs, dtype, streams)
	return &MinGRU{r}, err
}

// minimal are the equations of a minGRU.
type minimal struct{}

func (minimal) Gates() []string { return []string{"update", "candidate"} }

func (minimal) Step(e Equations, h Value) Value {
	z := e.Gate("update", e.Input("update"))
	n := e.Candidate(e.Input("candidate"))
	return e.Between(z, n, h)
}

// scan is the engine fused of a recurrence whose gates do not depend on the state: gates are the input's share of all gates of all
// steps.
func (d direction) scan(b *graph.Builder, cfg spec.Recurrence, in recurrenceInput, gates *gorgonia.Node) (*gorgonia.Node, error) {
	return op.Scan(b.Ops(), op.ScanNodes{
		Gates: gates, Initial: in.initial, Mask: in.mask, Zoneout: in.zoneout, Perturbation: in.perturbation,
	}, op.ScanOptions{
		Activation: string(cfg.Activation), GateActivation: string(cfg.GateActivation), ZoneoutRate: cfg.Zoneout, Reverse: d.reverse,
	})
}
