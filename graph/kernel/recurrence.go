package kernel

import (
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

// Form is a recurrence: a form of the gated recurrent unit, or another one. With A the input's part of the gates, h' the
// previous state, d the recurrent dropout and c the recurrent bias, the first three have the gates
//
//	r = σ(A_r + (h'⊙d)·U_r + c_r)   reset
//	z = σ(A_z + (h'⊙d)·U_z + c_z)   update
type Form uint8

const (
	// ResetAfter applies the reset gate after the product, as cuDNN, PyTorch and Keras do:
	// n = tanh(A_n + r⊙((h'⊙d)·U_n + c_n)), h = (1−z)⊙n + z⊙h'.
	ResetAfter Form = iota
	// ResetBeforePast applies it before, and the update gate keeps the past (Cho et al. 2014, arXiv:1406.1078v3):
	// n = tanh(A_n + (r⊙h'⊙d)·U_n + c_n), h = (1−z)⊙n + z⊙h'.
	ResetBeforePast
	// ResetBeforeNew has the candidate of ResetBeforePast, and the update gate takes the new (Chung et al. 2014,
	// arXiv:1412.3555): h = (1−z)⊙h' + z⊙n.
	ResetBeforeNew
	// ThreeGate has the gates i, f, z = σ(A + (h'⊙d)·U + c), of which only the update gate z has an effect:
	// n = tanh(A_n + (h'⊙d)·U_n + c_n), h = (1−z)⊙h' + z⊙n.
	ThreeGate
	// Tied has one gate and one kernel for gate and candidate: q = (h'⊙d)·U + c, g = σ(A + q), n = tanh(A + q⊙(1−g)),
	// h = g⊙h' + (1−g)⊙n.
	Tied
	// LSTM is the long short-term memory (Hochreiter and Schmidhuber 1997; with a forget gate, Gers et al. 2000), in the
	// order of PyTorch: i, f, g, o = σ, σ, tanh, σ of A + (h'⊙d)·U + c, m = f⊙m' + i⊙g, h = o⊙tanh(m). Its state is h
	// and m next to each other.
	LSTM
	// Tanh is the recurrent network of Elman (1990): h = tanh(A + (h'⊙d)·U + c).
	Tanh

	forms // how many there are
)

// Valid reports whether the form is one of those above.
func (f Form) Valid() bool { return f < forms }

// Gates is G, how many blocks of H columns the kernels have.
func (f Form) Gates() int { return portableCells(plainActivations[float64]())[f].gates }

// States is S, how many blocks of H columns a state has. The first is h.
func (f Form) States() int { return portableCells(plainActivations[float64]())[f].states }

// RecurrenceShape is what is computed: the form and the size of one recurrence over a whole sequence, T steps of a batch of B
// rows with H units, G gates and S blocks of states. Reverse runs the steps T−1 … 0; outputs stay aligned with inputs.
//
// Activation and GateActivation replace tanh and σ by an activation of [ActivationNamed]; empty for these. An LSTM has no
// others.
type RecurrenceShape struct {
	Form                Form
	Activation          string
	GateActivation      string
	Steps, Batch, Units int
	Reverse             bool

	// Heads is N, which divides H; 0 is 1. The units are N groups of H/N, and the recurrent kernel connects units of the same
	// group alone (FlashRNN, Pöppel et al. 2024, arXiv:2412.07752): each gate has N blocks of H/N × H/N on the diagonal of a
	// matrix of H×H. Only the blocks are kept and multiplied, side by side: row i of column j of a gate is the weight of unit
	// i of the group of j.
	Heads int
}

// headUnits is H/N, the number of units of a head.
func (s RecurrenceShape) headUnits() int { return s.Units / max(1, s.Heads) }

// RecurrenceInput is what the recurrence reads. Where the equations have h', they mean γ⊙h' if there is a decay.
type RecurrenceInput[F Float] struct {
	Gates            []F // [T,B,GH]: x·W + bias
	RecurrentKernel  []F // [H/N,GH]
	RecurrentBias    []F // [GH], or nil
	Initial          []F // [B,SH], the state before the first step, or nil for zeros
	Mask             []F // [T,B], 0 where the state is carried over, or nil
	RecurrentGain    []F // [GH], or nil: normalizes each block of products, as below
	RecurrentDropout []F // multiplies the previous state before the recurrent kernel: [B,H], or [G,B,H], one for each gate; or nil

	// Layer normalization (Ba et al. 2016, arXiv:1607.06450) puts RecurrentGain⊙(q − μ)/√(σ² + Epsilon) in place of each
	// product q of a row with a block of U, with the mean μ and the variance σ² of the H elements.
	Epsilon F

	// ζ of zoneout (Krueger et al. 2017, arXiv:1606.01305): the state is ζ⊙h' + (1−ζ)⊙h in place of h. [T,B,SH], 1 where a
	// unit keeps its previous value and else 0; or nil for the same number everywhere, the expectation of such noise or 0.
	Zoneout     []F
	ZoneoutRate F

	// γ, multiplies the state before a step (GRU-D, Che et al. 2018, arXiv:1606.01865); [T,B,SH], or nil.
	Decay []F

	// ε, is added to the state after a step, also where the mask is 0; [T,B,SH], or nil. Its gradient is that with respect to
	// the states themselves, through all later steps.
	Perturbation []F
}

// RecurrenceGradient is where the backward pass writes the gradient with respect to each input.
type RecurrenceGradient[F Float] struct {
	Gates           []F // [T,B,GH]
	RecurrentKernel []F // [H/N,GH]
	RecurrentBias   []F // [GH], or nil
	RecurrentGain   []F // [GH], or nil
	Initial         []F // [B,SH], or nil
	Decay           []F // [T,B,SH], or nil
	Perturbation    []F // [T,B,SH], or nil
}

// Recurrence runs a recurrence and its backward pass over whole sequences. [Form] has the equations of a step. Where the
// mask is 0, h = h': such a step adds exactly nothing to the gradients of parameters and inputs, and passes the gradient of
// the state through. A mask without zeros costs nothing.
//
// A Recurrence is working memory, reused from call to call: what the forward pass saves for the backward pass, and
// scratch. Its zero value is ready. It must not be used by two goroutines at the same time.
type Recurrence[F Float] struct {
	// What a forward pass with training saves for every pair of step and row where the mask is not 0. Such pairs are
	// numbered in order, by their slot. The cell decides what is saved of a row.
	trained RecurrenceShape
	slotOf  []int // [T·B]: the slot of a pair, −1 where the mask is 0; not in use if it is 0 nowhere
	firsts  []int // [B]: how many steps run before a row's first with a mask that is not 0; not in use if it is 0 nowhere
	active  int
	saved   []F

	// What the backward pass keeps for the products over all steps, by slot: the gradient with respect to q. Blocks of
	// columns that are equal to those of the gradient of the gates are left out.
	dProducts []F

	// For normalized products: by slot the products without the gain and 1/√(σ² + ε) of each gate, and by row of the batch
	// the sums over time of the gradients of gain and bias.
	normalized, scales, normSums []F

	products []recurrentProduct[F]
	rates    []F // of zoneout for a row, if it is the same everywhere
	carry    []F // gradient with respect to the state between two steps, of all rows
	zeros    []F // never written: replaces a missing bias or initial state

	// The cell of the last activations that are not σ and tanh.
	activated   cell[F]
	activatedAs RecurrenceShape

	workers []recurrenceWorker[F]
	run     recurrenceRun[F] // the current pass, kept here so that it is allocated once
}

// Forward computes hidden [T,B,SH], the states of all steps. With training it saves what [Recurrence.Backward] needs.
func (g *Recurrence[F]) Forward(p *Pool, s RecurrenceShape, in RecurrenceInput[F], hidden []F, training bool) {
	g.trained = RecurrenceShape{}
	if s.Steps == 0 || s.Batch == 0 || s.Units == 0 {
		return
	}
	r := g.start(p, s, in, hidden)
	if training {
		g.trained = s
		g.number(s, r.in.Mask)
		g.saved = resize(g.saved, g.active*r.cell.saved*s.Units)
		if r.normalizes() {
			g.normalized, g.scales = resize(g.normalized, g.active*r.columns), resize(g.scales, g.active*r.cell.gates)
		}
	}
	r.training = training
	r.multiplyBy(false)
	r.work(p)
	g.forget()
}

// cellOf returns the cell of a shape.
func (g *Recurrence[F]) cellOf(p *Pool, s RecurrenceShape) *cell[F] {
	if s.plain() {
		return cellOf[F](p, s.Form)
	}
	as := RecurrenceShape{Form: s.Form, Activation: s.Activation, GateActivation: s.GateActivation}
	if as != g.activatedAs {
		g.activated, g.activatedAs = portableCells(cellActivationsOf[F](s))[s.Form], as
	}
	return &g.activated
}

// number assigns a slot to every pair of step and row where the mask is not 0.
func (g *Recurrence[F]) number(s RecurrenceShape, mask []F) {
	g.active = s.Steps * s.Batch
	if mask == nil {
		return
	}
	g.slotOf = resize(g.slotOf, g.active)
	g.active = 0
	for i, m := range mask {
		g.slotOf[i] = -1
		if m != 0 {
			g.slotOf[i] = g.active
			g.active++
		}
	}
}

// Backward computes the gradients of all inputs from dHidden [T,B,SH], the gradient with respect to hidden. It follows a
// Forward with training, of the same shape, inputs and hidden, and may follow it more than once. What out holds is
// overwritten.
//
// The cell's file has the gradients of a step. Those of U and of the recurrent bias are sums over the steps and rows where
// the mask is not 0, in the order of time and row. Steps that are added after the end and masked everywhere therefore
// change no bit of any gradient.
func (g *Recurrence[F]) Backward(p *Pool, s RecurrenceShape, in RecurrenceInput[F], hidden, dHidden []F, out RecurrenceGradient[F]) {
	if s.Steps == 0 || s.Batch == 0 || s.Units == 0 {
		clear(out.RecurrentKernel)
		clear(out.RecurrentBias)
		clear(out.RecurrentGain)
		clear(out.Initial)
		return
	}
	if g.trained != s {
		panic("kernel: Recurrence.Backward without a Forward with training of the same shape")
	}
	r := g.start(p, s, in, hidden)
	r.training = true
	r.dHidden, r.gradient = dHidden, out
	r.kept = r.columns
	if r.normalizes() {
		g.normSums = resize(g.normSums, 2*s.Batch*r.columns)
		clear(g.normSums)
	} else if !r.masked() { // a slot is a row of out.Gates
		r.kept = r.cell.own * s.Units
		r.shared = r.columns - r.kept
	}
	g.carry = resize(g.carry, s.Batch*r.stateWidth)
	clear(g.carry)
	g.dProducts = resize(g.dProducts, g.active*r.kept)
	r.multiplyBy(true)
	r.work(p)
	r.sum(p)
	g.forget()
}

// forget drops what belongs to the caller of a pass.
func (g *Recurrence[F]) forget() {
	g.run = recurrenceRun[F]{}
	for i := range g.products {
		g.products[i].kernel, g.products[i].dropout = nil, nil
	}
	for i := range g.workers {
		w := &g.workers[i]
		clear(w.blocks)
		w.tile, w.gates, w.gradients, w.prefetch = simd.Tile[F]{}, simd.GateRows[F]{}, simd.GradientRows[F]{}, fetches[F]{}
		w.recurrenceRun, w.previous = nil, simd.Lines[F]{}
	}
}
