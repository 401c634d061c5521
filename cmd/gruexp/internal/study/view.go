package study

import (
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// View is a study as it stands, seen from outside. What a comparison reaches on the test part is there only where somebody has
// asked for it.
type View struct {
	Compare *CompareResult // one of these
	Tune    *TuneResult
	Space   search.Space // of a search, where its record can be read
	Trials  []study.Trial
	Ended   bool // there is nothing left to do
}

// Exists says whether path is the directory of a study.
func Exists(path string) bool { return exists(filepath.Join(path, recordFile)) }

// RecordFiles are the files that a change of a study's record is written to.
func RecordFiles(path string) []string {
	record := filepath.Join(path, recordFile)
	return []string{record, record + "-wal"}
}

// Look reads a study, which may be under way. Of a record that cannot be read there is what the study has printed at its end, and
// an error beside it.
func Look(ctx context.Context, path string, extensions *experiment.Extensions) (*View, error) {
	v, err := lookAtRecord(ctx, path, extensions)
	if err == nil || ctx.Err() != nil {
		return v, err
	}
	if printed := lookAtResult(path, extensions); printed != nil {
		return printed, err
	}
	return nil, err
}

func lookAtRecord(ctx context.Context, path string, extensions *experiment.Extensions) (*View, error) {
	d, definition, err := openDir(ctx, path, extensions)
	if err != nil {
		return nil, err
	}
	defer d.close()
	trials, err := d.trials(ctx)
	if err != nil {
		return nil, refuseRecord(ctx, path, err)
	}
	v := &View{Trials: trials, Ended: allEnded(trials)}
	switch definition.Kind {
	case compareKind:
		var c compareDefinition
		if c, err = d.comparison(definition); err == nil {
			v.Ended = v.Ended && !c.goesOn(trials)
			v.Compare = c.view(path, trials)
		}
	case tuneKind:
		var t tuneDefinition
		if t, err = d.search(definition); err == nil {
			v.Ended = v.Ended && t.Config.spent(trials)
			v.Tune, v.Space = t.view(path, trials), t.Config.Space
		}
	default:
		err = errors.Errorf("found a study of kind %q", definition.Kind)
	}
	if err != nil {
		return nil, refuseRecord(ctx, path, err)
	}
	return v, nil
}

// lookAtResult is what the study has printed, nil where there is nothing.
func lookAtResult(path string, extensions *experiment.Extensions) *View {
	text, err := readResult(path)
	if err != nil {
		return nil
	}
	var written struct {
		Metric         string `json:"metric"`
		HigherIsBetter *bool  `json:"higher_is_better"` // nil in those of older versions
	}
	if json.Unmarshal(text, &written) != nil {
		return nil
	}
	higher, err := directionOf(path, written.Metric, written.HigherIsBetter, extensions)
	if err != nil {
		return nil
	}
	var t TuneResult
	if json.Unmarshal(text, &t) == nil && len(t.History) > 0 {
		t.HigherIsBetter = *higher
		return &View{Tune: &t, Trials: t.History, Ended: true}
	}
	var c CompareResult
	if json.Unmarshal(text, &c) == nil && len(c.Arms) > 0 {
		c.HigherIsBetter = *higher
		return &View{Compare: &c, Ended: true}
	}
	return nil
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

// view is the table of the trials that have ended.
func (c compareDefinition) view(path string, trials []study.Trial) *CompareResult {
	r := &CompareResult{Study: c.Name, Dir: path, Metric: c.Metric, HigherIsBetter: *c.Higher, Reference: c.Reference, Split: SplitFixed, trials: trials}
	if r.Study == "" {
		r.Study = filepath.Base(path)
	}
	arms := map[string]bool{}
	for _, t := range c.compared(trials) {
		arms[t.Arm] = true
		for _, seed := range t.Seeds {
			if !slices.Contains(r.Seeds, seed) {
				r.Seeds = append(r.Seeds, seed)
			}
		}
		if _, folds := t.Settings[foldPath]; folds {
			r.Split = splitFolds
		}
	}
	if c.Varied {
		r.Split = SplitVaried
	}
	if c.Tuning != nil {
		r.Tuned = c.Tuning.view(path, *c.Higher, trials)
	}
	var printed CompareResult
	if text, err := readResult(path); err == nil && json.Unmarshal(text, &printed) == nil {
		r.Test = printed.Test
		if r.Reference == "" {
			r.Reference = printed.Reference
		}
	}
	least, most := trainer.Bounds(r.Metric)
	r.Table = *study.Comparison{
		Arms: slices.Sorted(maps.Keys(arms)), Reference: r.Reference, Seeds: r.Seeds, HigherIsBetter: r.HigherIsBetter, Least: least, Most: most,
	}.Table(trials)
	return r
}

// compared are the trials that are compared, or will be.
func (c compareDefinition) compared(trials []study.Trial) []study.Trial {
	if c.Tuning != nil {
		return c.Tuning.Plan
	}
	return trials
}

// goesOn says whether there are trials to come that the record does not have yet.
func (c compareDefinition) goesOn(trials []study.Trial) bool {
	return c.Tuning != nil && c.Tuning.propose(*c.Higher, trials) != nil
}

// view is the result so far; its best trial has no name where there is none yet.
func (t tuneDefinition) view(path string, trials []study.Trial) *TuneResult {
	r, best := t.summary(path, trials)
	if best == nil {
		r.Best.Value = study.Unknown()
		return r
	}
	r.Best = Best{Trial: best.Name, Value: best.Value, Settings: best.Settings}
	if file := filepath.Join(path, bestFile); exists(file) {
		r.Best.Config = file
	}
	if len(best.Runs) > 0 {
		r.Best.Run = filepath.Join(path, filepath.FromSlash(best.Runs[0].Dir))
	}
	return r
}

// summary is what the trials come to, and the best of them, nil where there is none.
func (t tuneDefinition) summary(path string, trials []study.Trial) (*TuneResult, *study.Trial) {
	r := &TuneResult{
		Study: t.Config.Name, Dir: path, Metric: t.Config.Metric, HigherIsBetter: *t.Higher, Trials: len(trials), Failures: study.Failures(trials), History: trials,
		Importance: search.Importance(t.Config.Space, slices.Concat(t.Earlier, trials), t.Config.Seed),
	}
	r.Failed, r.Pruned = len(r.Failures), count(trials, study.Pruned)
	return r, bestOf(trials, *t.Higher)
}
