package report

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
)

// Study is what the directory of a comparison or a search says.
type Study struct {
	Path   string
	Name   string
	State  string
	View   *studydir.View  // nil: nothing can be read
	Runs   map[string]*Run // by directory, relative to the study's, as the record has them
	Faults []string
}

func readStudy(ctx context.Context, path string, extensions *experiment.Extensions) *Study {
	s := &Study{Path: path, Name: nameOf(path), State: Unreadable, Runs: map[string]*Run{}}
	touched := s.touched() // before a look, which may put what is written aside into the record
	var err error
	if s.View, err = studydir.Look(ctx, path, extensions); err != nil {
		s.Faults = append(s.Faults, strings.Join(strings.Fields(err.Error()), " "))
	}
	if s.View == nil {
		return s
	}
	s.State = Interrupted
	if s.View.Ended {
		s.State = Finished
	}
	for _, t := range s.View.Trials {
		if t.State == study.Running && (touched || studydir.InDatabase(path)) {
			s.State = Running // its run has no directory yet
		}
		for _, dir := range runsOf(t) {
			whole := filepath.Join(path, filepath.FromSlash(dir))
			if !filepath.IsLocal(filepath.FromSlash(dir)) || rundir.Exists(whole) != nil {
				continue
			}
			r := readRun(whole, extensions)
			s.Runs[dir] = r
			s.Faults = append(s.Faults, r.Faults...)
			if r.State == Running {
				s.State = Running
			}
		}
	}
	return s
}

// touched says whether something was written to the record a moment ago: trials that are said to be running are so, or were until
// then. A time further ahead than that is not one of a write: the file was copied or its clock was wrong.
func (s *Study) touched() bool {
	const moment = 15 * time.Second // longer than a process takes from its trial to its directory
	for _, path := range studydir.RecordFiles(s.Path) {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		if age := time.Since(info.ModTime()); -moment < age && age < moment {
			return true
		}
	}
	return false
}

// runsOf are the directories of a trial's runs, those of one under way too.
func runsOf(t study.Trial) []string {
	if len(t.Runs) > 0 {
		var dirs []string
		for _, r := range t.Runs {
			dirs = append(dirs, r.Dir)
		}
		return dirs
	}
	if len(t.Seeds) > 1 {
		dirs := make([]string, len(t.Seeds))
		for i := range dirs {
			dirs[i] = fmt.Sprintf("trials/%s-%d", t.Name, i+1)
		}
		return dirs
	}
	return []string{"trials/" + t.Name}
}
