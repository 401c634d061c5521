package files

import (
	"fmt"
	"io"
	"slices"

	"github.com/pkg/errors"
	"gitlab.com/gomidi/midi/v2"
	"gitlab.com/gomidi/midi/v2/smf"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/predict"
)

// Bounds of the tempo of music, in steps a minute.
const (
	LeastTempo = 4 // a MIDI file has 24 bits for the microseconds of a step
	MostTempo  = 6000
)

// midiNotes is how many notes MIDI has.
const midiNotes = 128

// A step of music is a quarter note of so many ticks.
const ticksPerStep = 480

const velocity = 80 // of every note: mezzo forte

// WriteMIDI writes music as a Standard MIDI File of format 0: one track, one channel, a quarter note for each step, and that many
// steps a minute. A note that sounds in steps one after the other is held. Notes must be from 0 to 127, and the tempo from
// [LeastTempo] to [MostTempo].
func WriteMIDI(w io.Writer, chords predict.Chords, tempo float64) error {
	if !(tempo >= LeastTempo && tempo <= MostTempo) {
		return fault.Fault{Path: "tempo", Found: fmt.Sprint(tempo), Expected: fmt.Sprintf("%d to %d steps a minute", LeastTempo, MostTempo)}.Err()
	}
	for t, notes := range chords {
		for _, note := range notes {
			if note < 0 || note >= midiNotes {
				return fault.Fault{Where: "chords", What: fmt.Sprintf("step %d", t), Found: fmt.Sprintf("note %d", note), Expected: "0 to 127"}.Err()
			}
		}
	}
	file := smf.New()
	file.TimeFormat = smf.MetricTicks(ticksPerStep)
	if err := file.Add(track(chords, tempo)); err != nil {
		return errors.Wrap(err, "MIDI file")
	}
	_, err := file.WriteTo(w)
	return errors.Wrap(err, "MIDI file")
}

// track is chords as events.
func track(chords predict.Chords, tempo float64) smf.Track {
	const channel = 0
	var t smf.Track
	t.Add(0, smf.MetaTempo(tempo))
	var before [midiNotes]bool
	passed := uint32(0) // ticks since the last event
	add := func(message midi.Message) {
		t.Add(passed, message)
		passed = 0
	}
	for _, notes := range append(slices.Clip(chords), nil) { // silence ends what still sounds
		var chord [midiNotes]bool
		for _, note := range notes {
			chord[note] = true
		}
		for k, sounds := range chord {
			if before[k] && !sounds {
				add(midi.NoteOff(channel, uint8(k)))
			}
		}
		for k, sounds := range chord {
			if sounds && !before[k] {
				add(midi.NoteOn(channel, uint8(k), velocity))
			}
		}
		before = chord
		passed += ticksPerStep
	}
	t.Close(passed - ticksPerStep)
	return t
}
