package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/report"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// kind is what an item is.
type kind string

const (
	kindRun   kind = "run"
	kindStudy kind = "study"
)

// state is how far an item has come.
type state string

const (
	running     state = "running"
	finished    state = "finished"
	interrupted state = "interrupted"
	failed      state = "failed"
	imported    state = "imported" // weights from elsewhere: nothing was trained here
)

// item is a run or a study as the list shows it.
type item struct {
	ID       string // path below the folder, with slashes; "." is the folder itself
	Kind     kind
	Title    string
	State    state
	Part     float64 // of the work that is done, from 0 to 1
	Done     string  // the same in words
	Left     string  // time, empty where nothing is known
	Note     string  // why it failed
	Stopping bool    // somebody has asked it to stop
	Begun    time.Time

	Head, Body, Log string // versions of what is shown of it
}

// facts are what a file said when it was read last: files are read when they have changed.
type facts struct {
	version  string
	progress *rundir.Progress
	result   *run.Result
	epochs   int
	imported bool
	study    *studyFacts
}

// looker looks at one directory.
type looker struct {
	root   *os.Root
	folder string
	id     string
	before map[string]facts // of the last look
	after  map[string]facts // of this one

	extensions *experiment.Extensions // that configurations may select
}

// item is what the directory is, nil where it is neither a run nor a study.
func (l *looker) item(ctx context.Context) *item {
	it := &item{ID: l.id, Title: l.id}
	if l.id == "." {
		it.Title = filepath.Base(l.folder)
	}
	for _, mark := range []struct {
		file string
		kind kind
	}{{studyRecord, kindStudy}, {studydir.StoreFile, kindStudy}, {rundir.ConfigFile, kindRun}} {
		if info, err := l.root.Lstat(l.file(mark.file)); err == nil && info.Mode().IsRegular() {
			it.Kind, it.Begun = mark.kind, info.ModTime()
			break
		}
	}
	if it.Kind == "" {
		return nil
	}
	atWork := rundir.InUse(filepath.Join(l.folder, filepath.FromSlash(l.id)))
	if _, err := l.root.Lstat(l.file(rundir.StopFile)); err == nil && atWork {
		it.Stopping = true
	}
	if it.Kind == kindStudy {
		l.study(ctx, it, atWork)
	} else {
		l.run(it, atWork)
	}
	it.Head = versionOf(fmt.Sprint(it.Kind, it.Title, it.State, it.Stopping, it.Done, it.Left, it.Note))
	it.Body = versionOf(it.Body, string(it.State))
	return it
}

func (l *looker) file(name ...string) string { return path.Join(append([]string{l.id}, name...)...) }

// stamp is another one after a file was written to.
func (l *looker) stamp(name string) string {
	info, err := l.root.Lstat(name)
	if err != nil {
		return "-"
	}
	return stampOf(info)
}

func stampOf(info fs.FileInfo) string {
	return fmt.Sprintf("%d@%d", info.Size(), info.ModTime().UnixNano())
}

// run describes a run.
func (l *looker) run(it *item, atWork bool) {
	progress, result, metrics := l.stamp(l.file(rundir.ProgressFile)), l.stamp(l.file(rundir.ResultFile)), l.stamp(l.file(rundir.MetricsFile))
	it.Body = versionOf(metrics, result, l.stamp(l.file(rundir.ConfigFile)))
	it.Log = l.stamp(l.file(rundir.LogFile))
	version := versionOf(progress, result, metrics)
	known, ok := l.before[l.id]
	if !ok || known.version != version {
		known = l.readRun(version)
	}
	l.after[l.id] = known
	switch {
	case atWork:
		it.State = running
		if p := known.progress; p != nil && p.Ended == "" {
			it.Part, it.Done = p.Part(), inEpochs(p)
			if p.SecondsLeft != nil {
				it.Left = timeLeft(*p.SecondsLeft, p.AtMost)
			}
		} else {
			it.Done = "begins"
		}
	case known.result != nil:
		it.State, it.Part = finished, 1
		it.Done = report.Counted(known.result.Epochs, "epoch") + ", ended by " + strings.ReplaceAll(known.result.StopReason, "_", " ")
	case known.imported:
		it.State, it.Part, it.Done = imported, 1, "weights from elsewhere"
	default:
		it.State, it.Done = interrupted, "after "+report.Counted(known.epochs, "epoch")
		if p := known.progress; p != nil {
			it.Part, it.Done = p.Part(), "in epoch "+fmt.Sprintf("%d of %d", p.Epoch, p.MaxEpochs)
			if p.Ended != "" && p.Ended != string(trainer.StopInterrupted) {
				it.State, it.Note = failed, p.Error
			}
		}
	}
}

// inEpochs says how far a run has come.
func inEpochs(p *rundir.Progress) string {
	return fmt.Sprintf("epoch %d of %d", p.Epoch, p.MaxEpochs)
}

// Bounds of the files that are read, far above what gruexp writes.
const (
	mostProgress = 64 << 10
	mostResult   = 64 << 20
	mostMetrics  = 256 << 20
)

// readRun reads what a run says of itself. What is damaged counts as not there: the report says what is wrong with it.
func (l *looker) readRun(version string) facts {
	known := facts{version: version}
	var progress rundir.Progress
	if text, err := readSmall(l.root, l.file(rundir.ProgressFile), mostProgress); err == nil && json.Unmarshal(text, &progress) == nil {
		known.progress = &progress
	}
	var result run.Result
	if text, err := readSmall(l.root, l.file(rundir.ResultFile), mostResult); err == nil && json.Unmarshal(text, &result) == nil {
		known.result = &result
	}
	if known.progress == nil && known.result == nil {
		known.epochs = l.countEpochs()
		known.imported = known.epochs == 0 && l.isImported()
	}
	return known
}

// countEpochs counts the lines of the metrics.
func (l *looker) countEpochs() int {
	f, info, err := openRegular(l.root, l.file(rundir.MetricsFile))
	if err != nil {
		return 0
	}
	defer f.Close()
	lines, chunk := 0, make([]byte, 64<<10)
	for r := io.LimitReader(f, min(info.Size(), mostMetrics)); ; {
		n, err := r.Read(chunk)
		lines += bytes.Count(chunk[:n], []byte("\n"))
		if err != nil {
			return lines
		}
	}
}

// isImported says whether the directory has weights that were trained elsewhere: import writes no environment.
func (l *looker) isImported() bool {
	_, noEnvironment := l.root.Lstat(l.file(rundir.EnvironmentFile))
	_, noModel := l.root.Lstat(l.file(rundir.ModelFile))
	return noEnvironment != nil && noModel == nil
}

// timeLeft is a duration in words that do not change with every look.
func timeLeft(seconds float64, atMost bool) string {
	text := "about "
	if atMost {
		text = "at most "
	}
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return "a few seconds left"
	case d < time.Minute:
		d = (d + 5*time.Second).Truncate(5 * time.Second)
	case d < time.Hour:
		d = d.Round(10 * time.Second)
	default:
		d = d.Round(time.Minute)
	}
	short := d.String()
	if strings.HasSuffix(short, "m0s") {
		short = strings.TrimSuffix(short, "0s")
	}
	if strings.HasSuffix(short, "h0m") {
		short = strings.TrimSuffix(short, "0m")
	}
	return text + short + " left"
}
