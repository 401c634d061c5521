package layers

import (
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
)

// GRU is a layer of gated recurrent units (Cho et al. 2014, arXiv:1406.1078). With input x, previous state h', logistic
// function σ and element-wise product ⊙, its forms are
//
//	reset-after    r = σ(x·W_r + b_r + h'·U_r + c_r)           cuDNN, PyTorch, Keras
//	               z = σ(x·W_z + b_z + h'·U_z + c_z)
//	               n = tanh(x·W_n + b_n + r⊙(h'·U_n + c_n))
//	               h = (1−z)⊙n + z⊙h'
//	reset-before   r, z as above
//	               n = tanh(x·W_n + b_n + (r⊙h')·U_n + c_n)
//	               h = (1−z)⊙n + z⊙h'                          update: past (Cho et al. 2014, version 3)
//	               h = (1−z)⊙h' + z⊙n                          update: new (Chung et al. 2014, arXiv:1412.3555)
//	three-gate     i, f, z = σ(x·W + b + h'·U + c), each with its own blocks
//	               n = tanh(x·W_n + b_n + h'·U_n + c_n)        gating: literal
//	               n = tanh((i⊙x)·W_n + b_n + (f⊙h')·U_n + c_n)  gating: input; where D ≠ H, i⊙(x·W_n) for (i⊙x)·W_n
//	               h = (1−z)⊙h' + z⊙n
//	tied           g = σ(x·W + b + h'·U + c)
//	               n = tanh(x·W + b + (h'·U + c)⊙(1−g))
//	               h = g⊙h' + (1−g)⊙n
//
// σ and tanh are GateActivation and Activation. A step that the mask leaves out has h = h', so that padding
// changes nothing. With LayerNorm, N(x·W) and N(h'·U) take the place of the products, gate by gate, with a gain for every
// element; the biases are the shifts (Ba et al. 2016, arXiv:1607.06450).
//
// Parameters: kernel W [D,GH] and recurrent_kernel U [H,GH] with the G blocks of columns r, z, n (Keras has z, r, n;
// PyTorch has r, z, n in rows), i, f, z, n of three-gate, or one block of tied. Bias says which biases there are: bias b
// [GH], and recurrent_bias c, [GH] of "two", or of "hidden" [H], which is c_n while all other c are 0. A layer that learns
// its initial state has initial_state [H], one with LayerNorm kernel_gain and recurrent_gain [GH]. A bidirectional layer has
// a second set under NAME/backward.
//
// With N Heads the units are N groups of H/N, and h'·U connects units of the same group alone (FlashRNN, Pöppel et al. 2024,
// arXiv:2412.07752): recurrent_kernel is [H/N,GH], N matrices [H/N,H/N] for each gate, next to each other in the order of the units.
// Only these are initialized, trained and multiplied. Layer normalization is over all units of a gate.
//
// In training graphs only, there are
//
//	Dropout            on x before W; both directions see the same
//	OutputDropout      on what the layer returns
//	RecurrentDropout   on h' where it is multiplied by U, nowhere else; a draw [B,H] for each sequence, the same at all its
//	                   steps, for each direction (Gal and Ghahramani 2016, arXiv:1512.05287)
//	WeightDropout      on U; a draw [H,GH] for each run (Merity et al. 2018, arXiv:1708.02182)
//	Zoneout            at every step each unit keeps h' with that probability; evaluation takes the expectation,
//	                   ρ⊙h' + (1−ρ)⊙h (Krueger et al. 2016, arXiv:1606.01305)
//
// All but zoneout is inverted dropout. The dropout between two layers is the input dropout of the second.
//
// The input is [T,B,D]. The output is the state of every step [T,B,H], aligned with its input in either direction, or
// without ReturnSequences the last one [B,H]: that of step T−1 forward, of step 0 backward. A bidirectional layer merges
// both directions: to 2H side by side, forward first, or to H element by element. A sequence without any step that counts
// has its initial state.
//
// A Stateful layer begins with the final states of the run before, row by row, of any program that shares its
// [graph.Carried]; no gradient flows from run to run.
type GRU struct{ recurrent }

// NewGRU makes a GRU for inputs of that size. Parameters are called NAME/kernel and so on, and are filled from the
// streams of those names. The error of a wrong configuration is a [*fault.Error].
func NewGRU(cfg GRUConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*GRU, error) {
	cfg = cfg.WithDefaults()
	r, err := newRecurrent(cfg.Recurrence(), cfg.Validate(), name, inputs, dtype, streams)
	return &GRU{r}, err
}
