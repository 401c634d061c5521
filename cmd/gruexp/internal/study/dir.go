package study

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/data/table"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
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
}

// makeDir opens the directory of a study that is there, or makes one. Another study is rejected, and so is a directory with
// anything else in it.
func makeDir(ctx context.Context, path string, p *studies.Plan, options Options) (*dir, error) {
	if err := atomicfile.MkdirAll(path, 0o755); err != nil {
		return nil, cannotBeMade(path, err)
	}
	if !Exists(path) {
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, cannotBeMade(path, err)
		}
		if len(entries) > 0 {
			return nil, fault.Fault{Where: path, What: "is not empty and no study", Found: entries[0].Name(), Expected: "a new or empty directory, or that of the same study"}.Err()
		}
	}
	if err := removeLeftovers(path); err != nil {
		return nil, err
	}
	if options.Store != "" && (!options.StoreOptional || !Exists(path)) {
		if err := placeRecord(path, options.Store, p.Name()); err != nil {
			return nil, err
		}
	}
	store, err := openRecord(ctx, path)
	if err != nil {
		return nil, refuseRecord(ctx, path, err)
	}
	p.Base = filepath.Join(path, baseFile)
	if err := p.Begin(ctx, store); err != nil {
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

// removeLeftovers deletes the temporary files that killed processes left in the directory of a study, where nobody is at work. A
// process that begins right now is not seen yet, so the files must have some age.
func removeLeftovers(path string) error {
	if rundir.InUse(path) {
		return nil
	}
	for _, folder := range []string{"", armsDir, tunedDir, trialsDir} {
		if err := atomicfile.RemoveLeftoversOlder(filepath.Join(path, folder), time.Minute); err != nil && !errors.Is(err, os.ErrNotExist) {
			if usererr.DiskFailed(err) {
				return err
			}
			return nil // read-only storage: nothing can be removed, and the record says so
		}
	}
	return nil
}

// openDir opens the directory of a study.
func openDir(ctx context.Context, path string) (*dir, study.Definition, error) {
	if !Exists(path) {
		return nil, study.Definition{}, fault.Fault{Where: path, What: "is not a study", Found: "no " + recordFile, Expected: "a directory that 'gruexp compare' or 'gruexp tune' has made"}.Err()
	}
	store, err := openRecord(ctx, path)
	if err != nil {
		return nil, study.Definition{}, refuseRecord(ctx, path, err)
	}
	d, err := store.Definition(ctx)
	if err != nil {
		store.Close()
		return nil, study.Definition{}, refuseRecord(ctx, path, err)
	}
	return &dir{path: path, store: store}, d, nil
}

func refuseRecord(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil || usererr.DiskFailed(err) {
		return err
	}
	if fault.Of(err) != nil { // said already
		return err
	}
	record := filepath.Join(path, recordFile)
	f := fault.Fault{Kind: fault.Damaged, Where: record, What: "cannot be read", Found: err.Error(), Expected: "the record of a study", Cause: err}
	if whole, e := filepath.Abs(record); e == nil { // the error may name the file, as Where does
		f.Found = strings.TrimPrefix(f.Found, whole+": ")
	}
	switch failure := sqlite.FailureOf(err); {
	case failure == sqlite.ReadOnly:
		f.Kind, f.What, f.Expected = fault.User, "cannot be written", "storage that can be; 'gruexp report' and 'gruexp watch' only read it"
	case failure == sqlite.DiskFailed, failure == sqlite.NotOpened && openable(path):
		f.Kind, f.What, f.Expected = fault.Failed, "cannot be written", "free space on a disk that works; the same command continues"
	}
	return f.Err()
}

// openable says whether the record of a study could be opened as far as its folder and its file allow it: that it was not is then a
// failure of the disk.
func openable(path string) bool {
	record := filepath.Join(path, recordFile)
	info, err := os.Lstat(record)
	if err != nil && !errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return usererr.DiskFailed(err)
	}
	if err == nil {
		f, err := os.OpenFile(record, os.O_RDWR, 0)
		if err != nil {
			return usererr.DiskFailed(err)
		}
		f.Close()
	}
	f, err := os.CreateTemp(path, ".gruexp-*-0.tmp") // a leftover like others, if the process is killed here
	if err != nil {
		return usererr.DiskFailed(err)
	}
	f.Close()
	return os.Remove(f.Name()) == nil
}

// failed words an error of the record and of its storage; others pass.
func (d *dir) failed(ctx context.Context, err error) error {
	if usererr.DiskFailed(err) || errors.Is(err, study.ErrStop) { // of a lock of a worker, or of a trial
		return fault.Fault{Kind: fault.Failed, Where: d.path, What: "the study failed: " + err.Error() + "; the same command continues", Cause: err}.Err()
	}
	if err == nil || sqlite.FailureOf(err) == sqlite.NoFailure {
		return err
	}
	return refuseRecord(ctx, d.path, err)
}

func cannotBeMade(path string, err error) error {
	if usererr.DiskFailed(err) {
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
		if err := studies.CheckTrial(t); err != nil {
			return nil, refuseRecord(ctx, d.path, err)
		}
	}
	return trials, nil
}

// plan reads the definition of the study.
func (d *dir) plan(definition study.Definition, options run.Options) (*studies.Plan, error) {
	p, err := studies.ParsePlan(definition, studyOptions(options))
	if faults := fault.Of(err); faults != nil {
		faults[0].Where = d.path
		return nil, faults.Err()
	}
	if err != nil {
		return nil, refuseRecord(context.Background(), d.path, err)
	}
	p.Base = filepath.Join(d.path, baseFile)
	return p, nil
}

func (d *dir) close() { d.store.Close() }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// file is the path of a file in the directory; its folder is made.
func (d *dir) file(parts ...string) (string, error) {
	path := filepath.Join(append([]string{d.path}, parts...)...)
	return path, errors.Wrap(atomicfile.MkdirAll(filepath.Dir(path), 0o755), "study directory")
}

func (d *dir) write(content []byte, parts ...string) error {
	path, err := d.file(parts...)
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, 0o644, content)
}

// writeConfig writes a configuration and gives its path.
func (d *dir) writeConfig(cfg *experiment.Config, parts ...string) (string, error) {
	text, err := experiment.Marshal(cfg)
	if err != nil {
		return "", err
	}
	if err := d.write(text, parts...); err != nil {
		return "", err
	}
	return d.file(parts...)
}

// writeResult keeps what is printed, and its tables.
func (d *dir) writeResult(v any, tables []studies.Table) error {
	for _, t := range tables {
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(table.CSVRows(t.Rows)); err != nil {
			return errors.Wrap(err, t.Name)
		}
		if err := d.write(b.Bytes(), t.Name+".csv"); err != nil {
			return err
		}
	}
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
		if message, ok := strings.CutPrefix(line, "gruexp: "); ok && !strings.HasPrefix(message, "warning: ") && !strings.HasPrefix(message, "note: ") {
			last = strings.TrimSpace(message)
		}
	}
	return last
}
