package runtime

import (
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Batch is sequences side by side, time-major: element b of step t of a [T,B] field is at t·B+b. Sequences shorter than T
// have a mask of 0 where they are padded.
type Batch[F kernel.Float] struct {
	Steps, Size int   // T and B, at least 1
	Inputs      []F   // [T,B,D], of a model of numbers
	Tokens      []int // [T,B], of a model of tokens; 0 is the unknown token
	Mask        []F   // [T,B]: 1 where there is data, 0 at padding; nil: no padding
}

// Runner runs a model over whole sequences. Every kind of layer can, also those that look ahead. It works on the goroutine
// that calls it, with as many others as it has threads, and must not be used by two goroutines at the same time.
type Runner[F kernel.Float] struct {
	network *network[F]
	pool    *kernel.Pool
	passes  []pass[F]
	words   []F // what an embedding makes of tokens
}

// NewRunner makes a runner that uses the given number of threads, 0 for as many as the machine has cores. The number changes
// no bit of a result. F is the model's type of numbers. A decoder is run by a [Translator].
func NewRunner[F kernel.Float](m *Model, threads int) (*Runner[F], error) {
	n, err := networkOf[F](m)
	if err != nil {
		return nil, errors.WithMessage(err, "runner")
	}
	if n.decoder != nil {
		return nil, errors.Errorf("runner: found a model with a decoder, expected one without: see Translator")
	}
	return newRunner(n, kernel.NewPool(threads)), nil
}

// newRunner makes a runner of all layers.
func newRunner[F kernel.Float](n *network[F], pool *kernel.Pool) *Runner[F] {
	r := &Runner[F]{network: n, pool: pool}
	for _, l := range n.layers {
		r.passes = append(r.passes, l.pass(pool))
	}
	return r
}

// Run returns the outputs of the model's last layer, logits or numbers: [T,B,K] where it gives a vector at every step, else
// [B,K]. What is at padding has no meaning. The result is the runner's memory and holds until the next run.
func (r *Runner[F]) Run(b Batch[F]) ([]F, error) {
	out, err := r.run(b)
	return out.x, err
}

func (r *Runner[F]) run(b Batch[F]) (sequence[F], error) {
	in, err := r.begin(b)
	if err != nil {
		return sequence[F]{}, err
	}
	for _, p := range r.passes {
		if in = p.run(in); in.err != nil {
			return sequence[F]{}, in.err
		}
	}
	return in, nil
}

// begin checks a batch and makes vectors of it.
func (r *Runner[F]) begin(b Batch[F]) (sequence[F], error) {
	var none sequence[F]
	cells := b.Steps * b.Size
	if b.Steps < 1 || b.Size < 1 {
		return none, errors.Errorf("run: found %d steps of %d sequences, expected at least 1 of each", b.Steps, b.Size)
	}
	if b.Mask != nil && len(b.Mask) != cells {
		return none, errors.Errorf("run: found a mask of %d, expected %d for %d steps of %d sequences", len(b.Mask), cells, b.Steps, b.Size)
	}
	s := sequence[F]{steps: b.Steps, batch: b.Size, width: r.network.inputs, mask: b.Mask}
	if words := r.network.tokens; words != nil {
		if len(b.Tokens) != cells {
			return none, errors.Errorf("run: found %d tokens, expected %d for %d steps of %d sequences", len(b.Tokens), cells, b.Steps, b.Size)
		}
		s.width = words.units
		r.words = resized(r.words, cells*s.width)
		s.x = r.words
		return s, words.gather(r.pool, b.Size, b.Tokens, s.x)
	}
	if len(b.Inputs) != cells*s.width {
		return none, errors.Errorf("run: found %d inputs, expected %d for %d steps of %d sequences of %d numbers", len(b.Inputs), cells*s.width, b.Steps, b.Size, s.width)
	}
	s.x = b.Inputs
	return s, nil
}

// sequence is what flows from layer to layer of whole sequences.
type sequence[F kernel.Float] struct {
	x                   []F // [T,B,width], or [B,width] where steps is 0
	steps, batch, width int
	mask                []F // [T,B], or nil where there is no padding or no step

	err error // of a layer that is not built in; then the others mean nothing
}

// rows is how many vectors there are.
func (s sequence[F]) rows() int { return len(s.x) / s.width }

// pass runs one layer over whole sequences. What it returns is its memory until its next run.
type pass[F kernel.Float] interface {
	run(in sequence[F]) sequence[F]
}

// resized returns n numbers over the memory of s where that is large enough, else over other memory.
func resized[F kernel.Float](s []F, n int) []F {
	if cap(s) < n {
		return make([]F, n)
	}
	return s[:n]
}
