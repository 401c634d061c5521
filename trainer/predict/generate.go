package predict

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/trainer/data"
)

// Generation says how a model of the next step continues sequences. The zero value writes one sequence of 200 steps, drawn from
// what the model predicts.
type Generation struct {
	Steps int // to write after those that are given; default 200
	Count int // how many sequences to draw that begin in the same way; default 1

	// Temperature is what logits are divided by before one of them is drawn: below 1 what is probable becomes more so; at 0
	// nothing is drawn, and the most probable is taken. Default 1.
	Temperature *float64
	TopK        int    // how many of the largest logits to draw from; 0: all
	Seed        uint64 // of the draws; sequence i draws from its own stream of it, so it is the same for any Count
}

// Bounds of a generation.
const (
	mostSteps     = 1 << 20
	mostSequences = 1 << 10
	mostInAll     = 1 << 22 // steps of all sequences, given ones and written ones

	defaultSteps = 200
)

// WithDefaults replaces zeros by the defaults.
func (g Generation) WithDefaults() Generation {
	g.Steps, g.Count = cmp.Or(g.Steps, defaultSteps), cmp.Or(g.Count, 1)
	if g.Temperature == nil {
		g.Temperature = new(1.0)
	}
	return g
}

// Validate lists what is wrong with a generation that has its defaults, by the paths steps, count, temperature and top_k.
func (g Generation) Validate() fault.List {
	var faults fault.List
	faults.Check(g.Steps >= 1 && g.Steps <= mostSteps, "steps", g.Steps, "1 to %d", mostSteps)
	faults.Check(g.Count >= 1 && g.Count <= mostSequences, "count", g.Count, "1 to %d", mostSequences)
	faults.Check(*g.Temperature >= 0 && !math.IsInf(*g.Temperature, 0), "temperature", *g.Temperature, "a finite number of 0 or more")
	faults.Check(g.TopK >= 0, "top_k", g.TopK, "1 or more, or 0 for all")
	return faults
}

// Generated is a sequence that a model has continued. Texts and music hold the steps that were given, rows do not.
type Generated struct {
	Name   string // of the sequence; empty where the input has no names
	Tokens []int  // of text
	Text   string
	Chords Chords      // of music
	Rows   [][]float64 // [Steps][K] of a table: the numbers of [Predictor.Names] in the units of the data
}

// Places in the faults of a generation: what is wrong with the sequences to continue, with the model, and with their size.
const (
	AtBeginning  = "beginning"
	AtModel      = "model"
	AtGeneration = "generation"
)

// Generate continues a sequence with steps that the model writes itself, each chosen from what it predicts after all before it:
//
//   - of a text, [Text] or [Tokens], a token is drawn with the probability softmax(logits/temperature); never the unknown one,
//   - of music, [Chords], every note is drawn by itself with the probability σ(logit/temperature),
//   - of a table, [Rows], [Columns] or [Numbers], the row is what the model predicts, and nothing is drawn; rows of several
//     sequences are continued each.
//
// Without a beginning, nil, a text begins after a line break and music after a silence, which are not part of what is returned.
// The model must have been trained to predict the next step, and must not read later steps. Any other is an error, as are a
// beginning that does not fit it and numbers that are not finite; errors are of type [*fault.Error] with the place [AtBeginning],
// [AtModel] or [AtGeneration]. ctx.Err() is returned once ctx is canceled.
func (p *Predictor) Generate(ctx context.Context, beginning Sequence, g Generation) ([]Generated, error) {
	if err := p.checkContinues(); err != nil {
		return nil, err
	}
	hidden := 0
	if beginning == nil {
		var err error
		if beginning, err = p.defaultBeginning(); err != nil {
			return nil, err
		}
		hidden = 1
	}
	in, _, err := p.read([]Sequence{beginning})
	if err != nil {
		return nil, fault.In(AtBeginning, err)
	}
	if err := p.checkBeginning(beginning, in); err != nil {
		return nil, err
	}
	return p.generate(ctx, in, hidden, g)
}

// GeneratePrepared is [Predictor.Generate] for sequences that are already prepared, as a reader of files returns them.
func (p *Predictor) GeneratePrepared(ctx context.Context, in *data.Sequences, g Generation) ([]Generated, error) {
	if err := p.checkContinues(); err != nil {
		return nil, err
	}
	return p.generate(ctx, in, 0, g)
}

// Continues says what the model continues with its own steps; it is empty where its outputs are not the next inputs.
func (p *Predictor) Continues() data.Continuation { return p.preparation.Continues }

func (p *Predictor) checkContinues() error {
	if p.preparation.Continues != "" {
		return nil
	}
	return fault.Fault{
		Where: AtModel, What: "cannot be sampled", Found: "a model whose outputs are not the next inputs",
		Expected: "one that 'gruexp train' has made with the task next, of text, music or a table",
	}.Err()
}

// lineBreak is what is read before a text that has no beginning.
const lineBreak = "\n"

// defaultBeginning is one step that is read before the sequence.
func (p *Predictor) defaultBeginning() (Sequence, error) {
	switch p.preparation.Continues {
	case data.ContinuesTokens:
		if !slices.Contains(p.preparation.Alphabet, lineBreak) {
			return nil, fault.Fault{Where: AtBeginning, What: "no text to begin with", Expected: "a text: the model knows no line break to begin after"}.Err()
		}
		return Text(lineBreak), nil
	case data.ContinuesNotes:
		return Chords{{}}, nil
	default:
		return nil, fault.Fault{Where: AtBeginning, What: "no rows to begin with", Expected: "rows with the columns of the training"}.Err()
	}
}

// checkBeginning rejects texts and music without a step, and tokens that the model was not trained on.
func (p *Predictor) checkBeginning(beginning Sequence, in *data.Sequences) error {
	if in.Tokens == nil {
		return nil
	}
	tokens := in.Tokens[0]
	if len(tokens) == 0 {
		return fault.Fault{Where: AtBeginning, What: "nothing to begin with", Found: "an empty text", Expected: "a character or more"}.Err()
	}
	at := slices.Index(tokens, data.UnknownToken)
	if at < 0 {
		return nil
	}
	found, unit := fmt.Sprint("token ", data.UnknownToken), cmp.Or(p.preparation.Unit, data.UnitCharacter)
	if text, ok := beginning.(Text); ok {
		found = fmt.Sprintf("%q", unit.Tokens(string(text))[at])
	}
	return fault.Fault{
		Where: AtBeginning, What: fmt.Sprintf("%s %d", unit, at+1), Found: found,
		Expected: fmt.Sprintf("one of those that the model was trained on, %q", strings.Join(p.preparation.Alphabet, "")),
	}.Err()
}

// generate continues prepared sequences. The first hidden steps are left out of what is returned.
func (p *Predictor) generate(ctx context.Context, in *data.Sequences, hidden int, g Generation) ([]Generated, error) {
	g = g.WithDefaults()
	if err := g.Validate().Err(); err != nil {
		return nil, err
	}
	if g.Count > 1 && p.preparation.Continues == data.ContinuesValues {
		return nil, fault.Fault{Path: "count", Found: fmt.Sprint(g.Count), Expected: "1: nothing is drawn, so all would be the same"}.Err()
	}
	if err := p.checkFinite(in); err != nil {
		return nil, fault.In(AtBeginning, err)
	}
	longest, shortest := 0, in.Len()
	for i := range in.Len() {
		longest, shortest = max(longest, p.steps(in, i)), min(shortest, p.steps(in, i))
	}
	if shortest == 0 {
		return nil, fault.Fault{Where: AtBeginning, What: "nothing to begin with", Found: "a sequence without a step", Expected: "at least one"}.Err()
	}
	if n := in.Len() * g.Count; n > mostInAll/(longest+g.Steps) {
		return nil, fault.Fault{
			Where: AtGeneration, What: "too many steps", Found: fmt.Sprintf("%d sequences of %d steps", n, longest+g.Steps),
			Expected: fmt.Sprintf("at most %d in all", mostInAll),
		}.Err()
	}
	s := p.continued(in, g)
	if err := p.engine.generate(ctx, s, g.Steps); err != nil {
		return nil, err
	}
	return s.generated(hidden), nil
}

// continued begins to continue each sequence Count times.
func (p *Predictor) continued(in *data.Sequences, g Generation) *continued {
	c := &continued{preparation: &p.preparation, steps: g.Steps}
	for i := range in.Len() {
		for range g.Count {
			one := growing{draw: draw{*g.Temperature, g.TopK, rand.New(kernel.RandomSource(g.Seed, fmt.Sprintf("sample/%d", len(c.sequences))))}}
			if in.Names != nil {
				one.name = in.Names[i]
			}
			if in.Tokens != nil {
				one.tokens = slices.Clone(in.Tokens[i])
			}
			for at := 0; in.Tokens == nil && at < len(in.Inputs[i]); at += p.size {
				if inputs := in.Inputs[i][at : at+p.size]; p.preparation.Continues == data.ContinuesNotes {
					one.chords = append(one.chords, soundsOf(inputs))
				} else {
					one.inputs = append(one.inputs, inputs)
				}
			}
			c.sequences = append(c.sequences, one)
		}
	}
	return c
}

// continued are sequences that a model continues.
type continued struct {
	preparation *data.Preparation
	steps       int // to write
	sequences   []growing
}

// growing is one of them.
type growing struct {
	draw
	name   string
	tokens []int
	chords [][]bool    // of each step, for a model of notes: which of them sound
	inputs [][]float64 // of each step, for a model of rows
	rows   [][]float64 // that were written, in the units of the data
}

func (s *growing) len() int { return max(len(s.tokens), len(s.chords), len(s.inputs)) }

// readStep writes the inputs of a step.
func readStep[F kernel.Float](s *growing, t int, into []F) {
	if s.chords == nil {
		narrow(s.inputs[t], into)
		return
	}
	for k, sounds := range s.chords[t] {
		into[k] = 0
		if sounds {
			into[k] = 1
		}
	}
}

// extend adds the step that follows from the outputs of the model.
func (c *continued) extend(s *growing, outputs []float64) {
	switch c.preparation.Continues {
	case data.ContinuesTokens:
		const known = data.UnknownToken + 1 // the unknown token is no text
		s.tokens = append(s.tokens, known+s.one(outputs[known:]))
	case data.ContinuesNotes:
		s.chords = append(s.chords, s.each(outputs))
	default:
		row := slices.Clone(outputs)
		c.preparation.Original(row, 0)
		s.rows, s.inputs = append(s.rows, row), append(s.inputs, c.preparation.Table.Follow(row))
	}
}

func (c *continued) generated(hidden int) []Generated {
	all := make([]Generated, len(c.sequences))
	for i, s := range c.sequences {
		one := Generated{Name: s.name, Rows: s.rows}
		switch c.preparation.Continues {
		case data.ContinuesTokens:
			one.Tokens = s.tokens[hidden:]
			texts := make([]string, len(one.Tokens))
			for at, token := range one.Tokens {
				texts[at] = c.preparation.Alphabet[token]
			}
			one.Text = strings.Join(texts, c.preparation.Unit.Separator())
		case data.ContinuesNotes:
			one.Chords = chordsOf(s.chords[hidden:])
		}
		all[i] = one
	}
	return all
}

// generate adds that many steps to every sequence. The model reads all of them side by side; a sequence that begins with fewer
// steps than another ends earlier.
func (e *engineOf[F]) generate(ctx context.Context, c *continued, steps int) error {
	goals := make([]int, len(c.sequences))
	for i := range goals {
		goals[i] = c.sequences[i].len() + steps
	}
	stepper, err := runtime.NewStepper[F](e.model, len(goals))
	if err != nil {
		return fault.Fault{
			Where: AtModel, What: "the model cannot run step by step", Found: err.Error(), Expected: "layers that need no later step", Cause: err,
		}.Err()
	}
	present, tokens, inputs := make([]bool, len(goals)), make([]int, len(goals)), make([]F, len(goals)*e.inputs)
	outputs := make([]float64, 0, stepper.Units())
	for t := 0; ; t++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		ready := true
		for i := range goals {
			s := &c.sequences[i]
			present[i] = s.len() < goals[i]
			switch {
			case !present[i]:
				continue
			case e.inputs == 0:
				tokens[i] = s.tokens[t]
			default:
				readStep(s, t, inputs[i*e.inputs:])
			}
			ready = false
		}
		if ready {
			return nil
		}
		var found []F
		if e.inputs == 0 {
			found, err = stepper.StepTokens(tokens, present)
		} else {
			found, err = stepper.Step(inputs, present)
		}
		if err != nil {
			return errors.WithMessagef(err, "step %d", t)
		}
		for i := range goals {
			s := &c.sequences[i]
			if !present[i] || t != s.len()-1 {
				continue
			}
			outputs = widen(outputs[:0], found[i*stepper.Units():(i+1)*stepper.Units()])
			for k, v := range outputs {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					return fault.Fault{
						Where: AtModel, What: fmt.Sprintf("output %d after step %d of sequence %d", k, t, i+1), Found: fmt.Sprint(v),
						Expected: "a finite number; what the model has written itself has led it too far away",
					}.Err()
				}
			}
			c.extend(s, outputs)
		}
	}
}
