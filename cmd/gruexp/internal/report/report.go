package report

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// Report is what directories say of runs and studies at one moment.
type Report struct {
	Paths   []string // as they were asked for
	Made    time.Time
	Runs    []*Run // those that belong to no study
	Studies []*Study

	extensions *experiment.Extensions // that configurations may select
	seen       map[string]bool        // whole paths of those: each is reported once
}

// Read reads directories: those of runs and of studies, and folders that have some of them below. Whatever can be read is
// reported: a run may be under way or interrupted, and what is damaged is named in the report. Only a path that is not
// there, and one with nothing to report, are errors.
func Read(ctx context.Context, paths []string, extensions *experiment.Extensions) (*Report, error) {
	r := &Report{Paths: paths, Made: time.Now(), extensions: extensions, seen: map[string]bool{}}
	var faults fault.List
	for _, path := range paths {
		found, err := r.add(ctx, path)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			faults = append(faults, fault.Fault{Where: path, What: "cannot be read", Found: usererr.Reason(err), Expected: "the directory of a run or a study, or a folder with some"})
		case found == 0:
			faults = append(faults, fault.Fault{Where: path, What: "nothing to report", Found: "no run and no study", Expected: "a directory that gruexp train, compare or tune has made, or a folder with some"})
		}
	}
	if faults != nil {
		return nil, faults.Err()
	}
	return r, nil
}

// add reads what is at a path and below it, and says how much that is.
func (r *Report) add(ctx context.Context, root string) (found int, err error) {
	if _, err := os.ReadDir(root); err != nil {
		return 0, err
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil || !entry.IsDir(): // what may not be read is not ours
			return nil
		case !studydir.Exists(path) && rundir.Exists(path) != nil:
			return nil
		}
		found++
		switch {
		case r.again(path):
		case studydir.Exists(path):
			r.Studies = append(r.Studies, readStudy(ctx, path, r.extensions))
		default:
			r.Runs = append(r.Runs, readRun(path, r.extensions))
		}
		return fs.SkipDir
	})
	return found, err
}

// again says whether a directory was met before.
func (r *Report) again(path string) bool {
	whole, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	before := r.seen[whole]
	r.seen[whole] = true
	return before
}

// Title names what is reported.
func (r *Report) Title() string {
	switch {
	case len(r.Runs) == 1 && len(r.Studies) == 0:
		return r.Runs[0].title()
	case len(r.Runs) == 0 && len(r.Studies) == 1:
		return r.Studies[0].title()
	default:
		return "Runs and studies"
	}
}

// title is the experiment and where it is.
func (r *Run) title() string {
	if r.Config == nil || r.Config.Name == r.Name {
		return r.Name
	}
	return r.Config.Name + ": " + r.Name
}

// title is the study and where it is.
func (s *Study) title() string {
	name := s.Name
	switch {
	case s.View == nil:
	case s.View.Compare != nil:
		name = s.View.Compare.Study
	case s.View.Tune != nil:
		name = s.View.Tune.Study
	}
	if name == s.Name || name == "" {
		return s.Name
	}
	return name + ": " + s.Name
}
