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

// make opens the directory of a study that is there, or makes one. Another study is refused, and so is a directory with
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
		return nil, err
	}
	return &dir{path: path, store: store}, nil
}

// openDir opens the directory of a study.
func openDir(ctx context.Context, path string) (*dir, study.Definition, error) {
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
	return &dir{path: path, store: store}, d, nil
}

func refuseRecord(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil || errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return fault.Fault{Where: filepath.Join(path, recordFile), What: "cannot be read", Found: err.Error(), Expected: "the record of a study"}.Err()
}

func cannotBeMade(path string, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return errors.Wrap(err, "study directory")
	}
	return fault.Fault{Where: path, What: "study directory cannot be made", Found: usererr.Reason(err), Expected: "a path where a directory can be made"}.Err()
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

// lastError is the last line of a log, from a place on, that gruexp has ended with.
func lastError(log string, from int64) string {
	text, err := os.ReadFile(log)
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
