package report

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/studies"
	"github.com/gruexp/gruexp/trainer/study"
)

// Study is what the directory of a comparison or a search says.
type Study struct {
	Path   string
	Name   string
	State  string
	View   *studies.View   // nil: nothing can be read
	Runs   map[string]*Run // by directory, relative to the study's, as the record has them
	Faults []string
}

func readStudy(ctx context.Context, path string) *Study {
	s := &Study{Path: path, Name: nameOf(path), State: Unreadable, Runs: map[string]*Run{}}
	var err error
	if s.View, err = studies.Look(ctx, path); err != nil {
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
		for _, dir := range runsOf(t) {
			whole := filepath.Join(path, filepath.FromSlash(dir))
			if !filepath.IsLocal(filepath.FromSlash(dir)) || rundir.Exists(whole) != nil {
				continue
			}
			r := readRun(whole)
			s.Runs[dir] = r
			s.Faults = append(s.Faults, r.Faults...)
			if r.State == Running && !s.View.Ended {
				s.State = Running
			}
		}
	}
	return s
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
	return []string{"trials/" + t.Name}
}
