package study

import (
	"context"
	"io/fs"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// View is a study as it is now, seen from outside. What a comparison reaches on the test part is there only where somebody has
// asked for it.
type View struct {
	Compare *studies.ComparisonResult // one of these
	Tune    *studies.SearchResult
	Space   search.Space // of a search, where its record can be read
	Trials  []study.Trial
	Ended   bool // there is nothing left to do
}

// Exists says whether path is the directory of a study.
func Exists(path string) bool {
	return exists(filepath.Join(path, recordFile)) || exists(filepath.Join(path, StoreFile))
}

// InDatabase says whether the record of a study is in a database, and not in its directory.
func InDatabase(path string) bool { return exists(filepath.Join(path, StoreFile)) }

// RecordFiles are the files that a change of a study's record is written to.
func RecordFiles(path string) []string {
	record := filepath.Join(path, recordFile)
	return []string{record, record + "-wal"}
}

// Look reads a study, which may be under way. Of a record that cannot be read there is what the study has printed at its end, and
// an error with it.
func Look(ctx context.Context, path string, extensions *experiment.Extensions) (*View, error) {
	v, err := lookAtRecord(ctx, path, extensions)
	if err == nil || ctx.Err() != nil {
		return v, err
	}
	return lookAtResult(path, extensions), err
}

func lookAtRecord(ctx context.Context, path string, extensions *experiment.Extensions) (*View, error) {
	d, p, trials, err := readDir(ctx, path, extensions)
	if err != nil {
		return nil, err
	}
	defer d.close()
	v := &View{Trials: trials, Ended: p.Ended(trials), Space: p.Space()}
	if v.Compare = p.Comparison(trials); v.Compare != nil {
		d.locate(v.Compare)
	} else {
		v.Tune = p.Search(trials)
		d.locateBest(v.Tune)
	}
	return v, nil
}

// locate adds to a comparison what only its directory says: names, files, and what it has printed.
func (d *dir) locate(r *studies.ComparisonResult) {
	r.Dir = d.path
	if r.Study == "" { // a record of an older version
		r.Study = filepath.Base(d.path)
	}
	if r.Tuned != nil {
		for name, one := range r.Tuned.Arms {
			if file := filepath.Join(d.path, tunedDir, name+".yaml"); exists(file) {
				one.Config = file
				r.Tuned.Arms[name] = one
			}
		}
	}
	text, err := readResult(d.path)
	if err != nil {
		return
	}
	if printed, _, err := studies.ParseResult(text, nil); err == nil && printed != nil {
		r.Test = printed.Test
		if r.Reference == "" {
			r.Reference = printed.Reference
		}
	}
}

// locateBest gives the best trial of a search its paths.
func (d *dir) locateBest(r *studies.SearchResult) {
	r.Dir = d.path
	if file := filepath.Join(d.path, bestFile); r.Best.Trial != "" && exists(file) {
		r.Best.Config = file
	}
	if r.Best.Run != "" {
		r.Best.Run = filepath.Join(d.path, filepath.FromSlash(r.Best.Run))
	}
}

// lookAtResult is what the study has printed, nil where there is nothing.
func lookAtResult(path string, extensions *experiment.Extensions) *View {
	text, err := readResult(path)
	if err != nil {
		return nil
	}
	c, s, err := studies.ParseResult(text, extensions)
	switch {
	case err != nil:
		return nil
	case c != nil:
		return &View{Compare: c, Ended: true}
	default:
		return &View{Tune: s, Trials: s.History, Ended: true}
	}
}

func readResult(path string) ([]byte, error) {
	const most = 64 << 20
	file := filepath.Join(path, resultFile)
	text, err := rundir.Read(path, resultFile, most)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Fault{Where: file, What: "cannot be read", Found: usererr.Reason(err), Expected: "the result of a study"}.Err()
	}
	return text, errors.WithStack(err)
}
