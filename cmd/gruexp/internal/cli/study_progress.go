package cli

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
)

// studyProgress shows a study: a line for every trial that has ended, and on a terminal below them a bar with what is left.
// What cannot be shown is left out.
type studyProgress struct {
	out      io.Writer
	terminal bool

	lock sync.Mutex
	bar  *progressbar.ProgressBar
	now  studydir.Progress
}

func newStudyProgress(w io.Writer) *studyProgress {
	f, ok := w.(*os.File)
	return &studyProgress{out: w, terminal: ok && term.IsTerminal(int(f.Fd()))}
}

// told shows how far the study has come; nil where that is not shown, since then it need not be known.
func (p *studyProgress) told() func(studydir.Progress) {
	if !p.terminal {
		return nil
	}
	return func(now studydir.Progress) {
		p.lock.Lock()
		defer p.lock.Unlock()
		p.now = now
		p.show()
	}
}

// show draws the bar again.
func (p *studyProgress) show() {
	if p.now.Of == 0 || p.now.Ended >= p.now.Of {
		p.hide()
		return
	}
	if p.bar == nil || p.bar.GetMax() != p.now.Of {
		p.hide()
		p.bar = progressbar.NewOptions(p.now.Of,
			progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetWidth(barColumns),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionClearOnFinish(),
		)
	}
	width := 80
	if f, ok := p.out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			width = columns
		}
	}
	p.bar.Describe(progressText(p.now, width-barColumns-len("  100% ||")-1))
	_ = p.bar.Set(p.now.Ended)
}

// barColumns are those of the bar itself.
const barColumns = 12

// progressText says as much of the progress as there is room for: a line that is broken cannot be drawn over.
func progressText(now studydir.Progress, room int) string {
	text := fmt.Sprintf("%d/%d trials", now.Ended, now.Of)
	more := []string{"", "", ""} // as they are shown; what is left comes before what is under way
	if now.Best != "" {
		more[0] = "  best " + now.Best + " " + known(now.Value)
	}
	if now.Trial != "" {
		more[1] = fmt.Sprintf("  now %s, epoch %d: %s", now.Trial, now.Epoch, number(now.Last))
	}
	if now.Left > 0 {
		more[2] = "  about " + duration(now.Left) + " left"
	}
	room -= len(text)
	fits := make([]bool, len(more))
	for _, i := range []int{2, 0, 1} {
		if fits[i] = len(more[i]) <= room; fits[i] {
			room -= len(more[i])
		}
	}
	for i, part := range more {
		if fits[i] {
			text += part
		}
	}
	return text
}

func (p *studyProgress) hide() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}

// begun says that trials of the study have ended before.
func (p *studyProgress) begun(now studies.Progress) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if now.Ended > 0 {
		p.hide()
		fmt.Fprintf(p.out, "continuing: %d of %d done\n", now.Ended, now.Of)
	}
}

// ended writes the line of a trial above the bar.
func (p *studyProgress) ended(t study.Trial, now studies.Progress) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.hide()
	trialLine(p.out, t, now)
}

// warn writes a warning above the bar.
func (p *studyProgress) warn(message string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.hide()
	fmt.Fprintf(p.out, "gruexp: warning: %s\n", oneLine(message))
}

// clear ends the bar.
func (p *studyProgress) clear() {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.hide()
}
