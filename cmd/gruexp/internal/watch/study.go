package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/report"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/trainer/study"
)

// Names in the directory of a study.
const (
	studyRecord  = "study.db" // makes it one
	trialsFolder = "trials"   // its runs and their logs
)

// studyFacts is what the record of a study said when it was read last.
type studyFacts struct {
	of, ended, done, failed int
	seconds                 float64 // of the trials that have ended, on average
	running                 []string
	over                    bool
	fault                   string
}

// recordTimeout bounds the wait for a record that another process has locked.
const recordTimeout = 5 * time.Second

// study describes a study.
func (l *looker) study(ctx context.Context, it *item, atWork bool) {
	record := l.record()
	known, ok := l.before[l.id]
	if !ok || known.version != record {
		known = facts{version: record, study: l.readStudy(ctx)}
	}
	s := known.study
	if s.fault == "" { // else it is tried again
		l.after[l.id] = known
	}
	it.Done = fmt.Sprintf("%d of %s", s.ended, report.Counted(s.of, "trial"))
	if s.failed > 0 {
		it.Done += fmt.Sprintf(", %d failed", s.failed)
	}
	under, stamps := 0.0, []string{record}
	for _, name := range s.running {
		p := l.trialProgress(name)
		under += p.Part()
		stamps = append(stamps, l.stamp(l.file(trialsFolder, name, rundir.MetricsFile)))
		it.Log = versionOf(it.Log, l.stamp(l.file(trialsFolder, name+".log")))
	}
	it.Body, it.Log = versionOf(stamps...), versionOf(it.Log, record)
	if s.of > 0 {
		it.Part = min((float64(s.ended)+under)/float64(s.of), 1)
	}
	switch {
	case atWork:
		it.State = running
		if s.ended > 0 && s.ended < s.of {
			left := s.seconds * (float64(s.of-s.ended) - under) / float64(max(1, len(s.running)))
			it.Left = timeLeft(left, false)
		}
	case s.fault != "":
		it.State, it.Done, it.Note = interrupted, "", s.fault
	case s.over && s.done == 0:
		it.State, it.Note = failed, "Every trial has failed."
	case s.over:
		it.State, it.Part = finished, 1
	default:
		it.State = interrupted
	}
}

// record is the version of the record: a database and what is not in it yet.
func (l *looker) record() string {
	if info, err := l.root.Lstat(l.file(studydir.StoreFile)); err == nil && info.Mode().IsRegular() {
		const every = 2 * time.Second // a database is asked again
		return fmt.Sprint(time.Now().Truncate(every).Unix())
	}
	stamps := []string{l.stamp(l.file(studyRecord))}
	if info, err := l.root.Lstat(l.file(studyRecord + "-wal")); err == nil && info.Size() > 0 { // whoever reads makes an empty one
		stamps = append(stamps, stampOf(info))
	}
	return versionOf(stamps...)
}

// readStudy reads the record. The library that does follows links, so there may be none.
func (l *looker) readStudy(ctx context.Context) *studyFacts {
	for _, ending := range []string{"", "-wal", "-shm", "-journal"} {
		if info, err := l.root.Lstat(l.file(studyRecord + ending)); err == nil && !info.Mode().IsRegular() {
			return &studyFacts{fault: studyRecord + ending + ": is not read (found a link, expected a file)"}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	state, err := studydir.ReadState(ctx, filepath.Join(l.folder, filepath.FromSlash(l.id)), l.extensions)
	if err != nil {
		return &studyFacts{fault: strings.Join(strings.Fields(err.Error()), " ")}
	}
	s := &studyFacts{of: state.Of, over: state.Ended}
	for _, t := range state.Trials {
		switch t.State {
		case study.Running:
			s.running = append(s.running, t.Name)
		case study.Failed:
			s.failed++
		case study.Done:
			s.done++
		}
		if t.State.Ended() {
			s.ended++
			s.seconds += t.Seconds()
		}
	}
	s.seconds /= float64(max(1, s.ended))
	return s
}

// trialProgress is how far a trial has come.
func (l *looker) trialProgress(name string) (p rundir.Progress) {
	if text, err := readSmall(l.root, l.file(trialsFolder, name, rundir.ProgressFile), mostProgress); err == nil {
		_ = json.Unmarshal(text, &p)
	}
	return p
}
