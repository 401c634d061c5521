package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/gruexp/gruexp/trainer"
)

// newProgress shows a run on w: a bar that moves where w is a terminal, a line per epoch elsewhere.
func newProgress(w io.Writer) trainer.Callback {
	p := &progress{out: w}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.terminal = true
	}
	return p
}

type progress struct {
	out      io.Writer
	terminal bool
	bar      *progressbar.ProgressBar
}

// On shows one event.
func (p *progress) On(_ context.Context, e *trainer.Event) error {
	switch e.Kind {
	case trainer.EpochStart:
		if p.terminal {
			p.bar = progressbar.NewOptions(e.Of,
				progressbar.OptionSetWriter(p.out),
				progressbar.OptionSetDescription(fmt.Sprintf("epoch %d", e.Epoch)),
				progressbar.OptionShowCount(),
				progressbar.OptionSetWidth(20),
				progressbar.OptionSetPredictTime(true),
				progressbar.OptionClearOnFinish(),
				progressbar.OptionThrottle(100_000_000),
			)
			return p.bar.Set(e.Step)
		}
	case trainer.StepEnd:
		if p.bar != nil {
			p.bar.Describe(fmt.Sprintf("epoch %d  loss %.4f  rate %.3g  %.0f sequences/s", e.Epoch, e.Loss, e.LearningRate, e.Rate))
			return p.bar.Set(e.Step)
		}
	case trainer.EpochEnd:
		p.clear()
		epochs := e.History.Epochs
		_, err := fmt.Fprintln(p.out, epochLine(epochs[len(epochs)-1], e.History.BestEpoch))
		return err
	case trainer.RunEnd:
		p.clear()
	case trainer.Warning:
		p.clear()
		_, err := fmt.Fprintln(p.out, "gruexp: warning:", oneLine(e.Message))
		return err
	}
	return nil
}

func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear() // what cannot be shown cannot be cleared either
		p.bar = nil
	}
}

// epochLine is an epoch in a line, with a star where it is the best so far.
func epochLine(e trainer.Epoch, best int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "epoch %3d  %6.1fs  rate %-8.3g train", e.Epoch, e.Seconds, e.LearningRate)
	writeMetrics(&b, e.Train)
	if len(e.Valid) > 0 {
		b.WriteString("  valid")
		writeMetrics(&b, e.Valid)
	}
	if e.Epoch == best {
		b.WriteString(" *")
	}
	return b.String()
}

func writeMetrics(b *strings.Builder, metrics map[string]float64) {
	names := make([]string, 0, len(metrics))
	for name := range metrics {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(b, " %s %.4f", name, metrics[name])
	}
}
