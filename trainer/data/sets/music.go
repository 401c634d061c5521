package sets

import (
	"math"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
)

// chord is the set of PianoKeys that sound in one step; bit n is the MIDI note LowestNote + n.
type chord [2]uint64

func (c *chord) add(note int)     { c[note/64] |= 1 << (note % 64) }
func (c chord) has(note int) bool { return c[note/64]>>(note%64)&1 == 1 }

// piece is the chords of a piece of music, a chord per step.
type piece []chord

// music is pieces in which the next chord is to be predicted. A piece of fewer than two chords has no steps.
type music struct {
	spec   data.Spec
	pieces []piece
}

func newMusic(pieces []piece) *music {
	return &music{pieces: pieces, spec: data.Spec{Features: data.PianoKeys, Task: data.Next, Targets: data.PianoKeys, TargetKind: data.BinaryPerStep, Continues: data.ContinuesNotes}}
}

func (d *music) Spec() data.Spec { return d.spec }
func (d *music) Len() int        { return len(d.pieces) }
func (d *music) Steps(i int) int { return max(0, len(d.pieces[i])-1) }

func (d *music) Fill(b *data.Batch, indices []int) error {
	if err := b.Prepare(d, indices); err != nil {
		return err
	}
	for column, i := range indices {
		piece := d.pieces[i]
		for t := range d.Steps(i) {
			at := t*b.Size + column
			b.Mask[at] = 1
			b.Weights[at] = 1
			for note := range data.PianoKeys {
				if piece[t].has(note) {
					b.Inputs[at*data.PianoKeys+note] = 1
				}
				if piece[t+1].has(note) {
					b.Targets[at*data.PianoKeys+note] = 1
				}
			}
		}
	}
	return nil
}

// Added to every count of a note that sounds and of one that does not.
const noteSmoothing = 0.5

// noteCounts counts, for each note, whether it sounds.
type noteCounts [data.PianoKeys][2]float64

func (c *noteCounts) add(note int, sounds bool) { c[note][calc.One(sounds)]++ }

// nll is -log of the smoothed share of the steps in which the note sounds, or does not.
func (c *noteCounts) nll(note int, sounds bool) float64 {
	count := c[note]
	return -math.Log((count[calc.One(sounds)] + noteSmoothing) / (count[0] + count[1] + 2*noteSmoothing))
}

// musicBaselines predicts every note on its own: "unigram" from how often it sounds in the training part, "markov" from
// how often it sounds there after a step in which it does, or does not. The nll is in nats per predicted step, summed
// over the 88 PianoKeys.
func musicBaselines(trainPieces, testPieces []piece) []data.Baseline {
	var unigram noteCounts
	var markov [2]noteCounts // by whether the note sounds in the step before
	eachNote(trainPieces, func(note int, before, now bool) {
		unigram.add(note, now)
		markov[calc.One(before)].add(note, now)
	})
	var unigramSum, markovSum, cells float64
	ofUnigram, ofMarkov, lengths := make([]float64, len(testPieces)), make([]float64, len(testPieces)), make([]float64, len(testPieces))
	for i := range testPieces {
		before := cells
		eachNote(testPieces[i:i+1], func(note int, before, now bool) {
			one, other := unigram.nll(note, now), markov[calc.One(before)].nll(note, now)
			unigramSum += one
			markovSum += other
			ofUnigram[i] += one
			ofMarkov[i] += other
			cells++
		})
		if lengths[i] = (cells - before) / data.PianoKeys; lengths[i] > 0 {
			ofUnigram[i] /= lengths[i]
			ofMarkov[i] /= lengths[i]
		}
	}
	steps := cells / data.PianoKeys
	return []data.Baseline{
		{Name: "unigram", Metrics: map[string]float64{"nll": unigramSum / steps}, Scores: map[string][]float64{"nll": ofUnigram}, Weights: lengths},
		{Name: "markov", Metrics: map[string]float64{"nll": markovSum / steps}, Scores: map[string][]float64{"nll": ofMarkov}, Weights: lengths},
	}
}

// eachNote calls f with every note of every step but the first of a piece.
func eachNote(pieces []piece, f func(note int, before, now bool)) {
	for _, piece := range pieces {
		for t := 1; t < len(piece); t++ {
			for note := range data.PianoKeys {
				f(note, piece[t-1].has(note), piece[t].has(note))
			}
		}
	}
}
