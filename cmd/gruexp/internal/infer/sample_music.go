package infer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"
	"gitlab.com/gomidi/midi/v2"
	"gitlab.com/gomidi/midi/v2/smf"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

const jsonEnding = ".json"

// music is sequences of chords: for each of the notes from data.LowestNote on, whether it sounds.
type music struct {
	chords [][][]bool
	hidden int // chords at the beginning that are no part of the music
	tempo  float64
	draws  []draw
}

// pianoKeys is the number of notes.
const pianoKeys = data.HighestNote - data.LowestNote + 1

func (o SampleOptions) beginMusic() (sequences, error) {
	prime, hidden := [][]bool{make([]bool, pianoKeys)}, 1 // silence
	if o.Prime != "" {
		var err error
		if prime, err = o.readChords(); err != nil {
			return nil, err
		}
		hidden = 0
	}
	if err := o.checkTotal(o.Count, len(prime)); err != nil {
		return nil, err
	}
	s := &music{hidden: hidden, tempo: o.Tempo}
	for i := range o.Count {
		s.chords = append(s.chords, slices.Clone(prime))
		s.draws = append(s.draws, o.draw(i))
	}
	return s, nil
}

// readChords reads a list of steps, each a list of the MIDI notes that sound, as a piece in a file of music is.
func (o SampleOptions) readChords() ([][]bool, error) {
	where, content := "--prime", []byte(o.Prime)
	if filepath.Ext(o.Prime) == jsonEnding {
		var err error
		if content, err = readPrime(o.Prime); err != nil {
			return nil, err
		}
		where = o.Prime
	}
	refuse := func(what, found string) error {
		return fault.Fault{
			Where: where, What: what, Found: found,
			Expected: fmt.Sprintf("chords as [[60,64,67],[]]: in each step the notes that sound, MIDI numbers from %d to %d", data.LowestNote, data.HighestNote),
		}.Err()
	}
	var steps [][]int
	if err := json.NewDecoder(bytes.NewReader(content)).Decode(&steps); err != nil {
		return nil, refuse("music to begin with", err.Error())
	}
	if len(steps) == 0 {
		return nil, refuse("music to begin with", "no step")
	}
	var chords [][]bool
	for t, notes := range steps {
		chord := make([]bool, pianoKeys)
		for _, note := range notes {
			if note < data.LowestNote || note > data.HighestNote {
				return nil, refuse(fmt.Sprintf("step %d", t), fmt.Sprintf("note %d", note))
			}
			chord[note-data.LowestNote] = true
		}
		chords = append(chords, chord)
	}
	return chords, nil
}

func (s *music) lengths() []int     { return lengths(s.chords) }
func (s *music) token(int, int) int { return 0 }
func (s *music) endings() []string  { return []string{".mid", ".midi"} }

func (s *music) numbers(i, t int) []float64 {
	inputs := make([]float64, pianoKeys)
	for k, sounds := range s.chords[i][t] {
		if sounds {
			inputs[k] = 1
		}
	}
	return inputs
}

func (s *music) extend(i int, outputs []float64) {
	s.chords[i] = append(s.chords[i], s.draws[i].each(outputs))
}

// A step of music is a quarter note of so many ticks.
const ticksPerStep = 480

const velocity = 80 // of every note: mezzo forte

func (s *music) write(w io.Writer, i int) error {
	file := smf.New()
	file.TimeFormat = smf.MetricTicks(ticksPerStep)
	if err := file.Add(track(s.chords[max(i, 0)][s.hidden:], s.tempo)); err != nil {
		return errors.Wrap(err, "MIDI file")
	}
	_, err := file.WriteTo(w)
	return errors.Wrap(err, "MIDI file")
}

// track is chords as events. A note that sounds in steps one after the other is held.
func track(chords [][]bool, tempo float64) smf.Track {
	const channel = 0
	var t smf.Track
	t.Add(0, smf.MetaTempo(tempo))
	before, passed := make([]bool, pianoKeys), uint32(0) // ticks since the last event
	add := func(message midi.Message) {
		t.Add(passed, message)
		passed = 0
	}
	for _, chord := range append(slices.Clip(chords), make([]bool, pianoKeys)) { // silence ends what still sounds
		for k, sounds := range chord {
			if before[k] && !sounds {
				add(midi.NoteOff(channel, uint8(data.LowestNote+k)))
			}
		}
		for k, sounds := range chord {
			if sounds && !before[k] {
				add(midi.NoteOn(channel, uint8(data.LowestNote+k), velocity))
			}
		}
		before = chord
		passed += ticksPerStep
	}
	t.Close(passed - ticksPerStep)
	return t
}
