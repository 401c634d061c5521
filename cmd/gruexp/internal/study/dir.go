package study

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/sqlite"
)

// File names within the directory of a study.
const (
	recordFile = "study.db"
	resultFile = "result.json"
	baseFile   = "base.yaml"
	bestFile   = "best.yaml"
	armsDir    = "arms"
	tunedDir   = "tuned"
	trialsDir  = "trials"
)

// dir is the directory of a study with its record open.
type dir struct {
	path  string
	store study.Store

	extensions *experiment.Extensions // that the configurations of trials may select; nil: none
}

// make opens the directory of a study that is there, or makes one. Another study is rejected, and so is a directory with
// anything else in it.
func makeDir(ctx context.Context, path string, d study.Definition) (*dir, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, cannotBeMade(path, err)
	}
	if !exists(filepath.Join(path, recordFile)) {
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, cannotBeMade(path, err)
		}
		if len(entries) > 0 {
			return nil, fault.Fault{Where: path, What: "is not empty and no study", Found: entries[0].Name(), Expected: "a new or empty directory, or that of the same study"}.Err()
		}
	}
	store, err := sqlite.Open(ctx, filepath.Join(path, recordFile))
	if err != nil {
		return nil, refuseRecord(ctx, path, err)
	}
	if err := store.Begin(ctx, d); err != nil {
		store.Close()
		if errors.Is(err, study.ErrOtherStudy) {
			return nil, fault.Fault{
				Where: path, What: "holds another study", Found: "a record with other arms, seeds, settings or data, or of another verb",
				Expected: "the same study, or --out with a new directory",
			}.Err()
		}
		return nil, refuseRecord(ctx, path, err)
	}
	return &dir{path: path, store: store}, nil
}

// openDir opens the directory of a study.
func openDir(ctx context.Context, path string, extensions *experiment.Extensions) (*dir, study.Definition, error) {
	if !exists(filepath.Join(path, recordFile)) {
		return nil, study.Definition{}, fault.Fault{Where: path, What: "is not a study", Found: "no " + recordFile, Expected: "a directory that 'gruexp compare' or 'gruexp tune' has made"}.Err()
	}
	store, err := sqlite.Open(ctx, filepath.Join(path, recordFile))
	if err != nil {
		return nil, study.Definition{}, refuseRecord(ctx, path, err)
	}
	d, err := store.Definition(ctx)
	if err != nil {
		store.Close()
		return nil, study.Definition{}, refuseRecord(ctx, path, err)
	}
	return &dir{path: path, store: store, extensions: extensions}, d, nil
}

func refuseRecord(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil || errors.Is(err, syscall.ENOSPC) {
		return err
	}
	if fault.Of(err) != nil { // said already
		return err
	}
	f := fault.Fault{Kind: fault.Damaged, Where: filepath.Join(path, recordFile), What: "cannot be read", Found: err.Error(), Expected: "the record of a study", Cause: err}
	if strings.Contains(err.Error(), "disk is full") || strings.Contains(err.Error(), "disk I/O error") { // as SQLite says it
		f.Kind, f.What, f.Expected = fault.Failed, "cannot be written", "free space on a disk that works"
	}
	return f.Err()
}

func cannotBeMade(path string, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return errors.Wrap(err, "study directory")
	}
	return fault.Fault{Where: path, What: "study directory cannot be made", Found: usererr.Reason(err), Expected: "a path where a directory can be made"}.Err()
}

// trials are those of the record, which may be damaged: what is not as this program writes it is an error.
func (d *dir) trials(ctx context.Context) ([]study.Trial, error) {
	trials, err := d.store.Trials(ctx)
	if err != nil {
		return nil, refuseRecord(ctx, d.path, err)
	}
	for _, t := range trials {
		if err := checkTrial(t); err != nil {
			return nil, refuseRecord(ctx, d.path, err)
		}
	}
	return trials, nil
}

// isTrialName says whether a trial or an arm can have this name, which is a path below the directory of the trials: a file name, or that
// of a folder and a file in it, as the trials of a tuning that comes before a comparison have.
func isTrialName(name string) bool {
	folder, file, nested := strings.Cut(name, "/")
	return isFileName(folder) && (!nested || isFileName(file))
}

// checkTrial holds a trial of the record to what the program relies on. Names become paths.
func checkTrial(t study.Trial) error {
	switch {
	case !isTrialName(t.Name):
		return errors.Errorf("the name of a trial %q", t.Name)
	case t.Arm != "" && !isTrialName(t.Arm):
		return errors.Errorf("trial %s: the name of an arm %q", t.Name, t.Arm)
	case len(t.Seeds) == 0:
		return errors.Errorf("trial %s: no seed", t.Name)
	case t.State == study.Done && len(t.Runs) == 0 || len(t.Runs) > len(t.Seeds):
		return errors.Errorf("trial %s: %d runs for %d seeds", t.Name, len(t.Runs), len(t.Seeds))
	case t.State == study.Pruned && len(t.Curve) == 0:
		return errors.Errorf("trial %s: ended early without a report", t.Name)
	}
	for _, r := range t.Runs {
		if !filepath.IsLocal(filepath.FromSlash(r.Dir)) {
			return errors.Errorf("trial %s: the directory %q", t.Name, r.Dir)
		}
	}
	return nil
}

// checkMetric holds the metric of a record to those that a study can have.
func checkMetric(path, metric string) error {
	if !strings.HasPrefix(metric, validPrefix) || metric == validPrefix {
		return refuseRecord(context.Background(), path, errors.Errorf("the metric %q", metric))
	}
	return nil
}

// comparison reads the definition of a comparison.
func (d *dir) comparison(definition study.Definition) (c compareDefinition, err error) {
	if err := json.Unmarshal(definition.Text, &c); err != nil {
		return c, errors.Wrap(err, "definition of the study")
	}
	if err := checkMetric(d.path, c.Metric); err != nil {
		return c, err
	}
	c.Higher, err = directionOf(d.path, c.Metric, c.Higher, d.extensions)
	return c, err
}

// search reads the definition of a search.
func (d *dir) search(definition study.Definition) (t tuneDefinition, err error) {
	if err := json.Unmarshal(definition.Text, &t); err != nil {
		return t, errors.Wrap(err, "definition of the study")
	}
	if err := checkMetric(d.path, t.Config.Metric); err != nil {
		return t, err
	}
	t.Higher, err = directionOf(d.path, t.Config.Metric, t.Higher, d.extensions)
	return t, err
}

// directionOf is whether higher is better, as a record says. Records of older versions say nothing: then it is what this program
// knows of the metric.
func directionOf(path, metric string, recorded *bool, extensions *experiment.Extensions) (*bool, error) {
	if recorded != nil {
		return recorded, nil
	}
	higher, err := extensions.HigherIsBetter(metric)
	if faults := fault.Of(err); faults != nil {
		faults[0].Where = path
		err = faults.Err()
	}
	return &higher, err
}

func (d *dir) close() { d.store.Close() }

// file is the path of a file in the directory; its folder is made.
func (d *dir) file(parts ...string) (string, error) {
	path := filepath.Join(append([]string{d.path}, parts...)...)
	return path, errors.Wrap(os.MkdirAll(filepath.Dir(path), 0o755), "study directory")
}

func (d *dir) write(text []byte, parts ...string) error {
	path, err := d.file(parts...)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, 0o644, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// writeResult keeps what is printed.
func (d *dir) writeResult(v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return errors.Wrap(err, resultFile)
	}
	return d.write(append(text, '\n'), resultFile)
}

// mostLog is the greatest size of a trial's log that is read, in bytes.
const mostLog = 64 << 20

// lastError is the last line of a log, from a place on, that gruexp has ended with.
func lastError(log string, from int64) string {
	text, err := rundir.Read(filepath.Dir(log), filepath.Base(log), mostLog)
	if err != nil || from > int64(len(text)) {
		return ""
	}
	last := ""
	for line := range strings.Lines(string(text[from:])) {
		if message, ok := strings.CutPrefix(line, "gruexp: "); ok && !strings.HasPrefix(message, "warning: ") {
			last = strings.TrimSpace(message)
		}
	}
	return last
}
