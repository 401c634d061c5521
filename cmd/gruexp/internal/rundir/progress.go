package rundir

import (
	"encoding/json"
	"io"
	"path/filepath"

	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// Progress is how far a run has come, the JSON of [ProgressFile].
type Progress struct {
	Epoch       int      `json:"epoch"`                  // under way, from 1
	MaxEpochs   int      `json:"max_epochs"`             // the last one, unless the run ends earlier
	Step        int      `json:"step"`                   // finished ones of this epoch
	Of          int      `json:"of"`                     // steps of an epoch
	SecondsLeft *float64 `json:"seconds_left,omitempty"` // null where nothing is known yet
	AtMost      bool     `json:"at_most,omitempty"`      // the run may well end earlier
	Ended       string   `json:"ended,omitempty"`        // a trainer.StopReason: how a run ended that has no result
	Error       string   `json:"error,omitempty"`        // and why
}

// Part is how much of the run is over, from 0 to 1.
func (p Progress) Part() float64 {
	if p.MaxEpochs < 1 {
		return 0
	}
	done := float64(max(p.Epoch-1, 0))
	if p.Of > 0 {
		done += float64(p.Step) / float64(p.Of)
	}
	return min(max(done/float64(p.MaxEpochs), 0), 1)
}

// write leaves out what cannot be written: whoever looks sees an older state, and what counts is written by others.
func (p *Progress) write(path string) {
	_ = atomicfile.Write(filepath.Join(path, ProgressFile), 0o644, func(w io.Writer) error { return json.NewEncoder(w).Encode(p) })
}
