package study

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/trainer/study"
)

// Keeping files of trials in the record.
const (
	keepEvery = time.Minute
	mostFile  = 256 << 20 // bytes
	logTail   = 64 << 10
)

// uploader keeps the files of a run in the record while it is carried out.
type uploader struct {
	files study.Files
	trial int64
	path  string // of the study
	name  string // of the run, below it
	known []string
}

// begin fetches the files that another machine has uploaded, where there are none here.
func (u *uploader) begin(ctx context.Context) error {
	if rundir.Exists(filepath.Join(u.path, u.name)) == nil {
		return nil
	}
	return fetch(ctx, u.files, u.path, filepath.ToSlash(u.name)+"/")
}

// during keeps the files every minute until the context ends.
func (u *uploader) during(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(keepEvery):
		}
		_ = u.keep(ctx, false) // the next time, or the trial is lost, which its worker hears of
	}
}

// keep writes the files of the run to the record, those that are gone are removed there. Of a run that has ended no checkpoints are kept.
func (u *uploader) keep(ctx context.Context, ended bool) error {
	files, err := u.snapshot(ended)
	for range 5 {
		again, e := u.snapshot(ended)
		if err == nil && e == nil && slices.Equal(slices.Sorted(maps.Keys(files)), slices.Sorted(maps.Keys(again))) {
			break // no checkpoint was replaced meanwhile
		}
		files, err = again, e
	}
	if err != nil {
		return err
	}
	var gone []string
	for _, name := range u.known {
		if files[name] == nil {
			gone = append(gone, name)
		}
	}
	if err := u.files.WriteFiles(ctx, u.trial, files, gone); err != nil {
		return err
	}
	u.known = slices.Sorted(maps.Keys(files))
	return nil
}

// snapshot reads the files of the run: its checkpoints first, so that nothing else is older than they are.
func (u *uploader) snapshot(ended bool) (map[string][]byte, error) {
	run := filepath.Join(u.path, u.name)
	files := map[string][]byte{}
	read := func(path string) error {
		info, err := os.Lstat(path)
		if err != nil {
			return errors.Wrap(err, "files of a trial")
		}
		if !info.Mode().IsRegular() || info.Size() > mostFile {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return errors.Wrap(err, "files of a trial")
		}
		if strings.HasSuffix(path, ".log") && len(content) > logTail {
			content = content[len(content)-logTail:]
		}
		name, err := filepath.Rel(u.path, path)
		files[filepath.ToSlash(name)] = content
		return errors.Wrap(err, "files of a trial")
	}
	var names []string
	if !ended {
		checkpoints, err := filepath.Glob(filepath.Join(run, rundir.CheckpointsDir, "checkpoint-*.safetensors"))
		if err != nil {
			return nil, errors.Wrap(err, "files of a trial")
		}
		if n := len(checkpoints); n > 0 {
			names = checkpoints[n-1:] // the newest one is enough
		}
	}
	entries, err := os.ReadDir(run)
	if err != nil {
		return nil, errors.Wrap(err, "files of a trial")
	}
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasSuffix(e.Name(), ".tmp") && !strings.HasSuffix(e.Name(), ".lock") {
			names = append(names, filepath.Join(run, e.Name()))
		}
	}
	for _, name := range names {
		if err := read(name); err != nil {
			return nil, err
		}
	}
	if log := run + ".log"; exists(log) {
		return files, read(log)
	}
	return files, nil
}
