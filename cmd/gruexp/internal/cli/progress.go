package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/report"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/trainer"
)

// newProgress shows a run on w: a bar that moves where w is a terminal, with the time left of the run and, in brackets, of the epoch, and everywhere a line per epoch; quiet shows warnings alone.
func newProgress(w io.Writer, quiet bool) *progress {
	p := &progress{out: w, quiet: quiet}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.terminal = true
	}
	return p
}

// progress never ends a run: what cannot be shown, since the terminal is gone or a log is on a full disk, is left out.
type progress struct {
	out      io.Writer
	terminal bool
	quiet    bool
	best     string // of the epochs so far
	bar      *progressbar.ProgressBar
	left     run.TimeLeft
}

// On shows one event.
func (p *progress) On(_ context.Context, e *trainer.Event) error {
	if p.quiet && e.Kind != trainer.Warning {
		return nil
	}
	switch e.Kind {
	case trainer.RunStart:
		p.left.StartRun(e)
		if n := len(e.History.Epochs); n > 0 {
			fmt.Fprintf(p.out, "continuing: %d of %s done\n", n, counted(e.Config.MaxEpochs, "epoch"))
		}
	case trainer.EpochStart:
		p.left.StartEpoch(e)
		if p.terminal {
			p.best = bestSoFar(e.History)
			p.bar = progressbar.NewOptions(e.Of,
				progressbar.OptionSetWriter(p.out),
				progressbar.OptionSetDescription(fmt.Sprintf("epoch %d of %d", e.Epoch, e.Config.MaxEpochs)),
				progressbar.OptionShowCount(),
				progressbar.OptionSetWidth(20),
				progressbar.OptionSetPredictTime(true),
				progressbar.OptionClearOnFinish(),
				progressbar.OptionThrottle(100_000_000),
			)
			_ = p.bar.Set(e.Step)
		}
	case trainer.StepEnd:
		if p.bar != nil {
			p.bar.Describe(fmt.Sprintf("epoch %d of %d  loss %s%s  learning rate %.3g  %.0f sequences/s%s",
				e.Epoch, e.Config.MaxEpochs, number(e.Loss), p.best, e.LearningRate, e.Rate, p.timeLeft(e)))
			_ = p.bar.Set(e.Step)
		}
	case trainer.EpochEnd:
		p.clear()
		epochs := e.History.Epochs
		fmt.Fprintln(p.out, epochLine(epochs[len(epochs)-1], e.Config.MaxEpochs, e.History.BestEpoch))
	case trainer.RunEnd:
		p.clear()
	case trainer.Warning:
		p.clear()
		fmt.Fprintln(p.out, "gruexp: warning:", oneLine(e.Message))
	case trainer.Notice:
		p.clear()
		fmt.Fprintln(p.out, "gruexp: note:", oneLine(e.Message))
	}
	return nil
}

// Failed shows why a run has ended before its time: the lines that the program itself ends with.
func (p *progress) Failed(err error) {
	_, lines := describe(err, "train")
	for _, line := range lines {
		fmt.Fprintln(p.out, "gruexp:", line)
	}
}

// timeLeft is the text after a step, empty where nothing is known yet.
func (p *progress) timeLeft(e *trainer.Event) string {
	seconds, atMost, known := p.left.After(e)
	switch {
	case !known:
		return ""
	case atMost:
		return "  at most " + duration(seconds) + " left"
	default:
		return "  " + duration(seconds) + " left"
	}
}

// bestSoFar is the loss of the best epoch, empty before there is one.
func bestSoFar(h *trainer.History) string {
	best := h.Best()
	if best == nil {
		return ""
	}
	loss, ok := best.Valid[trainer.MetricLoss]
	if !ok {
		loss = best.Train[trainer.MetricLoss]
	}
	return "  best " + number(loss)
}

func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}

// epochLine is an epoch in a line, with a star where it is the best so far.
func epochLine(e trainer.Epoch, of, best int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "epoch %*d of %d  %7s  rate %-8.3g  train%s", len(strconv.Itoa(of)), e.Epoch, of, duration(e.Seconds), e.LearningRate, inLine(e.Train))
	if len(e.Valid) > 0 {
		fmt.Fprintf(&b, "   valid%s", inLine(e.Valid))
	}
	if e.Epoch == best {
		b.WriteString("  *")
	}
	return b.String()
}

// inLine is the loss and the metric that people look at first.
func inLine(metrics map[string]float64) string {
	text := " loss " + number(metrics[trainer.MetricLoss])
	for _, name := range report.MetricOrder() {
		if v, ok := metrics[name]; ok && name != trainer.MetricLoss {
			return text + " " + name + " " + number(v)
		}
	}
	return text
}
