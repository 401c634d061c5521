package runtime

import (
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
)

// maxStreams bounds the sequences of one stepper.
const maxStreams = 1 << 16

// Stepper runs a model one time step at a time: for data that arrive step by step, and for predictions that are fed back.
// After each step the output is what the model predicts for the sequence so far: of a model with a prediction per step that
// of its last step, of any other that of a sequence which ends here. The numbers are those of an evaluation graph and of a
// [Runner], to the bit, except for layers with the engine composed and attention pools.
//
// A stepper advances several sequences at once, its batch. They are independent of each other: each may miss a step,
// start again, or be saved and continue elsewhere.
//
// A stepper reads the parameters where the model has them and sees every change, so they must not change during a step. It
// works on the goroutine that calls it and must not be used by two at the same time; several steppers may share a model. A
// step allocates nothing.
type Stepper[F kernel.Float] struct {
	batch  int
	inputs int // numbers of a step, 0 for tokens
	tokens *lookup[F]
	stages []stage[F]
	pool   *kernel.Pool

	memory []piece[F] // all that a sequence carries from step to step
	mask   []F        // [B], of a step that some sequences miss
	output []F        // [B,units], the last piece of memory
	units  int
}

// piece is a matrix [B,·] that is carried from step to step.
type piece[F kernel.Float] struct {
	rows    []F
	initial []F // what a row is before its sequence begins: a parameter, or nil for zeros
}

// stage is a layer that runs step by step. Its input and output are [B,·]; what it gives to a sequence that the mask [B]
// leaves out has no meaning, unless it remembers.
type stage[F kernel.Float] interface {
	step(in, mask []F) []F
}

// NewStepper makes a stepper for batch sequences at their beginning. F is the model's type of numbers. A layer that needs
// the end of a sequence before it can give anything, as a bidirectional GRU does, is an error; so is a decoder, which a
// [Translator] runs.
func NewStepper[F kernel.Float](m *Model, batch int) (*Stepper[F], error) {
	if batch < 1 || batch > maxStreams {
		return nil, errors.Errorf("stepper: found a batch of %d, expected 1 to %d", batch, maxStreams)
	}
	n, err := networkOf[F](m)
	if err != nil {
		return nil, errors.WithMessage(err, "stepper")
	}
	if n.decoder != nil {
		return nil, errors.Errorf("stepper: found a model with a decoder, expected one without: see Translator")
	}
	s := &Stepper[F]{batch: batch, inputs: n.inputs, units: n.inputs, mask: make([]F, batch), pool: kernel.NewPool(1)}
	if n.tokens != nil {
		s.tokens, s.units = newLookup(n.tokens, batch), n.tokens.units
	}
	for _, l := range n.layers {
		if err := s.add(l); err != nil {
			return nil, err
		}
	}
	s.output = s.remember(s.units, nil)
	s.Reset()
	return s, nil
}

// add appends a layer.
func (s *Stepper[F]) add(l layer[F]) error {
	made, err := l.stage(s)
	if err == nil {
		s.stages = append(s.stages, made)
	}
	return err
}

// rows makes a matrix [B,width].
func (s *Stepper[F]) rows(width int) []F { return make([]F, s.batch*width) }

// remember makes a matrix [B,width] that is part of the state. Its rows begin with initial [width], whatever that holds
// then, or with zeros where it is nil.
func (s *Stepper[F]) remember(width int, initial []F) []F {
	rows := s.rows(width)
	s.memory = append(s.memory, piece[F]{rows, initial})
	return rows
}

// Batch is the number of sequences.
func (s *Stepper[F]) Batch() int { return s.batch }

// Units is the size of the output of one sequence.
func (s *Stepper[F]) Units() int { return s.units }

// Step takes the next step of every sequence, inputs [B,D], and returns the output [B,units] of the model's last layer:
// logits or numbers, before any loss. Where present [B] is false, a sequence has no data in this step: its inputs are not
// looked at, and its state and output stay as they are, 0 if it has not begun; a convolution takes it for a step of zeros.
// A nil present stands for all true.
//
// The result is the stepper's memory and holds until the next step. After an error the state is as before.
func (s *Stepper[F]) Step(inputs []F, present []bool) ([]F, error) {
	if s.tokens != nil {
		return nil, errors.Errorf("step: found numbers for a model of tokens, expected StepTokens")
	}
	if len(inputs) != s.batch*s.inputs {
		return nil, errors.Errorf("step: found %d inputs, expected %d for %d sequences of %d", len(inputs), s.batch*s.inputs, s.batch, s.inputs)
	}
	mask, err := s.maskOf(present)
	if err != nil {
		return nil, err
	}
	return s.run(inputs, mask), nil
}

// StepTokens is [Stepper.Step] of a model whose input is tokens: one id for each sequence. An id that is not in the
// vocabulary is an error.
func (s *Stepper[F]) StepTokens(tokens []int, present []bool) ([]F, error) {
	if s.tokens == nil {
		return nil, errors.Errorf("step: found tokens for a model of numbers, expected Step")
	}
	if len(tokens) != s.batch {
		return nil, errors.Errorf("step: found %d tokens, expected one for each of %d sequences", len(tokens), s.batch)
	}
	mask, err := s.maskOf(present)
	if err != nil {
		return nil, err
	}
	embedded, err := s.tokens.rows(tokens, mask)
	if err != nil {
		return nil, err
	}
	return s.run(embedded, mask), nil
}

// maskOf returns the mask of a step, nil where all sequences are present.
func (s *Stepper[F]) maskOf(present []bool) ([]F, error) {
	if present == nil {
		return nil, nil
	}
	if len(present) != s.batch {
		return nil, errors.Errorf("step: found a mask of %d, expected one for each of %d sequences", len(present), s.batch)
	}
	for b, p := range present {
		s.mask[b] = 0
		if p {
			s.mask[b] = 1
		}
	}
	return s.mask, nil
}

func (s *Stepper[F]) run(x, mask []F) []F {
	kernel.KeepStep(s.units, s.through(x, mask), mask, s.output)
	return s.output
}

// through takes a step of all stages.
func (s *Stepper[F]) through(x, mask []F) []F {
	for _, stage := range s.stages {
		x = stage.step(x, mask)
	}
	return x
}

// Reset takes all sequences back to their beginning.
func (s *Stepper[F]) Reset() {
	for i := range s.batch {
		s.reset(i)
	}
}

// ResetSequence takes sequence i back to its beginning and leaves the others as they are.
func (s *Stepper[F]) ResetSequence(i int) error {
	if err := s.checkSequence(i); err != nil {
		return err
	}
	s.reset(i)
	return nil
}

func (s *Stepper[F]) reset(i int) {
	for _, p := range s.memory {
		if row := s.rowOf(p, i); p.initial == nil {
			clear(row)
		} else {
			copy(row, p.initial)
		}
	}
}

// State returns a copy of all that sequence i carries from step to step, its last output included. What is where follows
// from the model's configuration alone.
func (s *Stepper[F]) State(i int) ([]F, error) {
	if err := s.checkSequence(i); err != nil {
		return nil, err
	}
	var state []F
	for _, piece := range s.memory {
		state = append(state, s.rowOf(piece, i)...)
	}
	return state, nil
}

// SetState lets sequence i continue from a state that [Stepper.State] returned for any sequence of any stepper of the model.
func (s *Stepper[F]) SetState(i int, state []F) error {
	if err := s.checkSequence(i); err != nil {
		return err
	}
	size := 0
	for _, piece := range s.memory {
		size += len(piece.rows) / s.batch
	}
	if len(state) != size {
		return errors.Errorf("state: found %d numbers, expected %d", len(state), size)
	}
	for _, piece := range s.memory {
		state = state[copy(s.rowOf(piece, i), state):]
	}
	return nil
}

func (s *Stepper[F]) checkSequence(i int) error {
	if i < 0 || i >= s.batch {
		return errors.Errorf("stepper: found sequence %d, expected 0 to %d", i, s.batch-1)
	}
	return nil
}

// rowOf is the part of a piece of memory that belongs to sequence i.
func (s *Stepper[F]) rowOf(p piece[F], i int) []F {
	width := len(p.rows) / s.batch
	return p.rows[i*width : (i+1)*width]
}
