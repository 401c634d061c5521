package experiment

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/trainer"
)

// progress writes what [Progress] says.
type progress struct{ w io.Writer }

// On writes a line. What cannot be written is lost: a training does not end for it.
func (p progress) On(_ context.Context, e *trainer.Event) error {
	switch e.Kind {
	case trainer.Warning:
		fmt.Fprintln(p.w, "warning:", e.Message)
	case trainer.Notice:
		fmt.Fprintln(p.w, "note:", e.Message)
	case trainer.EpochEnd:
		epoch := e.History.Epochs[len(e.History.Epochs)-1]
		var line strings.Builder
		fmt.Fprintf(&line, "epoch %d of %d", e.Epoch, e.Config.MaxEpochs)
		for _, part := range []struct {
			name    string
			metrics map[string]float64
		}{{"train", epoch.Train}, {"valid", epoch.Valid}} {
			for _, name := range slices.Sorted(maps.Keys(part.metrics)) {
				fmt.Fprintf(&line, "  %s.%s %.4g", part.name, name, part.metrics[name])
			}
		}
		fmt.Fprintln(p.w, line.String())
	}
	return nil
}
