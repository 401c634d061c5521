package predict

import (
	"context"
	"slices"
	"sync"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/trainer/data"
)

// Bounds of what is predicted at once.
const (
	batchSize = 64
	maxCells  = 1 << 15 // steps × sequences
)

// engine runs the model, whatever its type of numbers.
type engine interface {
	// outputs are those of the last layer for each sequence, [steps,K] of a model that predicts at every step, else [K].
	outputs(ctx context.Context, in *data.Sequences) ([][]float64, error)
	// stepper runs one sequence step by step.
	stepper() (stepper, error)
	// generate continues sequences.
	generate(ctx context.Context, c *continued, steps int) error
	// translator writes sequences.
	translator() (translator, error)
}

// engineOf is an engine for numbers of type F.
type engineOf[F kernel.Float] struct {
	model *runtime.Model
	options
	inputs int

	mu   sync.Mutex
	idle []*runtime.Runner[F] // a runner serves one call at a time
}

func newEngine[F kernel.Float](m *runtime.Model, o options) (engine, error) {
	e := &engineOf[F]{model: m, options: o, inputs: m.Config().Input.Size}
	if o.steps && !m.Head().Sequence {
		if _, err := e.newStepper(1); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// outputs runs sequences of similar length together.
func (e *engineOf[F]) outputs(ctx context.Context, in *data.Sequences) ([][]float64, error) {
	lengths := make([]int, in.Len())
	longest := 0
	for i := range lengths {
		lengths[i] = e.length(in, i)
		longest = max(longest, lengths[i])
	}
	outputs := make([][]float64, in.Len())
	size := min(batchSize, max(1, maxCells/max(longest, 1)))
	for _, indices := range data.Batches(lengths, size, nil, true) {
		if err := ctx.Err(); err != nil {
			return nil, errors.WithStack(err)
		}
		if err := e.batch(in, indices, lengths, outputs); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

func (e *engineOf[F]) length(in *data.Sequences, i int) int {
	if in.Tokens != nil {
		return len(in.Tokens[i])
	}
	return len(in.Inputs[i]) / e.inputs
}

// batch runs some of the sequences, padded to the longest of them. A sequence without a step has nothing to be streamed.
func (e *engineOf[F]) batch(in *data.Sequences, indices, lengths []int, outputs [][]float64) error {
	isEmpty := func(i int) bool { return lengths[i] == 0 }
	if e.steps && !slices.ContainsFunc(indices, isEmpty) {
		return e.batchBySteps(in, indices, lengths, outputs)
	}
	b := runtime.Batch[F]{Steps: 1, Size: len(indices)}
	for _, i := range indices {
		b.Steps = max(b.Steps, lengths[i])
	}
	b.Mask = make([]F, b.Steps*b.Size)
	if in.Tokens != nil {
		b.Tokens = make([]int, len(b.Mask))
	} else {
		b.Inputs = make([]F, len(b.Mask)*e.inputs)
	}
	for column, i := range indices {
		for t := range lengths[i] {
			at := t*b.Size + column
			b.Mask[at] = 1
			if in.Tokens != nil {
				b.Tokens[at] = in.Tokens[i][t]
			} else {
				narrow(in.Inputs[i][t*e.inputs:(t+1)*e.inputs], b.Inputs[at*e.inputs:])
			}
		}
	}
	runner, err := e.take()
	if err != nil {
		return err
	}
	defer e.put(runner)
	found, err := runner.Run(b)
	if err != nil {
		return err
	}
	units := e.model.Outputs()
	for column, i := range indices {
		steps, at := 1, func(int) int { return column }
		if e.model.Head().PerStep {
			steps, at = lengths[i], func(t int) int { return t*b.Size + column }
		}
		outputs[i] = make([]float64, 0, steps*units)
		for t := range steps {
			outputs[i] = widen(outputs[i], found[at(t)*units:(at(t)+1)*units])
		}
	}
	return nil
}

// batchBySteps is batch with a stepper.
func (e *engineOf[F]) batchBySteps(in *data.Sequences, indices, lengths []int, outputs [][]float64) error {
	s, err := e.newStepper(len(indices))
	if err != nil {
		return err
	}
	steps, units, perStep := 0, e.model.Outputs(), e.model.Head().PerStep
	for _, i := range indices {
		steps = max(steps, lengths[i])
		outputs[i] = nil
	}
	present, tokens, inputs := make([]bool, len(indices)), make([]int, len(indices)), make([]F, len(indices)*e.inputs)
	for t := range steps {
		for column, i := range indices {
			if present[column] = t < lengths[i]; !present[column] {
				continue
			}
			if in.Tokens != nil {
				tokens[column] = in.Tokens[i][t]
			} else {
				narrow(in.Inputs[i][t*e.inputs:(t+1)*e.inputs], inputs[column*e.inputs:])
			}
		}
		var found []F
		if in.Tokens != nil {
			found, err = s.StepTokens(tokens, present)
		} else {
			found, err = s.Step(inputs, present)
		}
		if err != nil {
			return errors.WithMessagef(err, "step %d", t)
		}
		for column, i := range indices {
			if present[column] && (perStep || t == lengths[i]-1) {
				outputs[i] = widen(outputs[i], found[column*units:(column+1)*units])
			}
		}
	}
	return nil
}

func narrow[F kernel.Float](from []float64, into []F) {
	for i, v := range from {
		into[i] = F(v)
	}
}

func widen[F kernel.Float](into []float64, from []F) []float64 {
	for _, v := range from {
		into = append(into, float64(v))
	}
	return into
}

func (e *engineOf[F]) take() (*runtime.Runner[F], error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.idle); n > 0 {
		r := e.idle[n-1]
		e.idle = e.idle[:n-1]
		return r, nil
	}
	return runtime.NewRunner[F](e.model, e.threads)
}

func (e *engineOf[F]) put(r *runtime.Runner[F]) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.idle = append(e.idle, r)
}

// newStepper fails for a model that reads later steps.
func (e *engineOf[F]) newStepper(batch int) (*runtime.Stepper[F], error) {
	s, err := runtime.NewStepper[F](e.model, batch)
	if err != nil {
		return nil, fault.Fault{
			Where: "step by step", What: "the model cannot run step by step", Found: err.Error(),
			Expected: "layers that read no later step; whole sequences can be predicted", Cause: err,
		}.Err()
	}
	return s, nil
}

// stepper runs one sequence, whatever the type of numbers. What a step returns holds until the next one.
type stepper interface {
	step(features []float64) ([]float64, error)
	stepToken(token int) ([]float64, error)
	reset()
	state() ([]float64, error)
	setState(state []float64) error
}

func (e *engineOf[F]) stepper() (stepper, error) {
	s, err := e.newStepper(1)
	return &stepperOf[F]{stepper: s, in: make([]F, e.inputs), tokens: make([]int, 1)}, err
}

type stepperOf[F kernel.Float] struct {
	stepper *runtime.Stepper[F]
	in      []F
	tokens  []int
	out     []float64
}

func (s *stepperOf[F]) step(features []float64) ([]float64, error) {
	narrow(features, s.in)
	found, err := s.stepper.Step(s.in, nil)
	s.out = widen(s.out[:0], found)
	return s.out, err
}

func (s *stepperOf[F]) stepToken(token int) ([]float64, error) {
	s.tokens[0] = token
	found, err := s.stepper.StepTokens(s.tokens, nil)
	s.out = widen(s.out[:0], found)
	return s.out, err
}

func (s *stepperOf[F]) reset() { s.stepper.Reset() }

func (s *stepperOf[F]) state() ([]float64, error) {
	found, err := s.stepper.State(0)
	return widen(nil, found), err
}

func (s *stepperOf[F]) setState(state []float64) error {
	own := make([]F, len(state))
	narrow(state, own)
	return s.stepper.SetState(0, own)
}

// translator writes what a model with a decoder makes of one sequence after the other.
type translator interface {
	read(in *data.Sequences, i int) (steps int, err error)
	greedy(maxSteps int) (runtime.Hypothesis, error)
	beam(runtime.BeamConfig) ([]runtime.Hypothesis, error)
}

func (e *engineOf[F]) translator() (translator, error) {
	t, err := runtime.NewTranslator[F](e.model, data.StartToken, data.EndToken)
	return &translatorOf[F]{t, e.inputs}, err
}

type translatorOf[F kernel.Float] struct {
	*runtime.Translator[F]
	inputs int
}

func (t *translatorOf[F]) read(in *data.Sequences, i int) (steps int, err error) {
	if in.Tokens != nil {
		return len(in.Tokens[i]), t.ReadTokens(in.Tokens[i])
	}
	own := make([]F, len(in.Inputs[i]))
	narrow(in.Inputs[i], own)
	return len(own) / t.inputs, t.Read(own)
}

func (t *translatorOf[F]) greedy(maxSteps int) (runtime.Hypothesis, error) { return t.Greedy(maxSteps) }

func (t *translatorOf[F]) beam(c runtime.BeamConfig) ([]runtime.Hypothesis, error) { return t.Beam(c) }
