package predict

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// Chords are the time steps of a piece of music: the notes that sound in each, as MIDI numbers from [data.LowestNote] to
// [data.HighestNote]. It is for models that read one input for each of these notes.
type Chords [][]int

func (Chords) isSequence() {}

// ReadChords reads chords as JSON: [[60,64,67],[]].
func ReadChords(r io.Reader) (Chords, error) {
	var chords Chords
	if err := json.NewDecoder(r).Decode(&chords); err != nil {
		return nil, wrongChords("music to begin with", err.Error())
	}
	return chords, chords.check()
}

// check rejects music without a step and notes that no model has.
func (c Chords) check() error {
	if len(c) == 0 {
		return wrongChords("music to begin with", "no step")
	}
	for t, notes := range c {
		for _, note := range notes {
			if note < data.LowestNote || note > data.HighestNote {
				return wrongChords(fmt.Sprintf("step %d", t), fmt.Sprintf("note %d", note))
			}
		}
	}
	return nil
}

func wrongChords(what, found string) error {
	return fault.Fault{
		Where: "chords", What: what, Found: found,
		Expected: fmt.Sprintf("chords as [[60,64,67],[]]: in each step the notes that sound, MIDI numbers from %d to %d", data.LowestNote, data.HighestNote),
	}.Err()
}

// chords makes inputs of chords, one for each note.
func (p *Predictor) chords(where string, c Chords) (*data.Sequences, error) {
	switch {
	case p.words > 0:
		return nil, p.expectTokens(where, "chords")
	case p.size != data.PianoKeys || p.preparation.Table != nil:
		return nil, p.expectNumbers(where, "chords")
	}
	if err := c.check(); err != nil {
		return nil, fault.In(where, err)
	}
	inputs := make([]float64, len(c)*data.PianoKeys)
	for t, notes := range c {
		for _, note := range notes {
			inputs[t*data.PianoKeys+note-data.LowestNote] = 1
		}
	}
	return &data.Sequences{Inputs: [][]float64{inputs}}, nil
}

// soundsOf tells which notes sound, from one input for each.
func soundsOf(inputs []float64) []bool {
	sounds := make([]bool, len(inputs))
	for k, v := range inputs {
		sounds[k] = v != 0
	}
	return sounds
}

// chordsOf are the notes that sound in each step.
func chordsOf(steps [][]bool) Chords {
	c := make(Chords, len(steps))
	for t, sounds := range steps {
		c[t] = []int{}
		for k, on := range sounds {
			if on {
				c[t] = append(c[t], data.LowestNote+k)
			}
		}
	}
	return c
}
