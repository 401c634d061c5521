package rundir_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
)

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPresence(t *testing.T) {
	dir := t.TempDir()
	stop := filepath.Join(dir, rundir.StopFile)
	if rundir.InUse(dir) {
		t.Error("found somebody in an empty directory")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("found %v (%v), expected that a look makes no file", entries, err)
	}
	put(t, stop, "") // of a run that was killed
	ctx, first := rundir.Announce(t.Context(), dir)
	if !rundir.InUse(dir) || exists(stop) {
		t.Error("found nobody at work, or an old request")
	}
	other, second := rundir.Announce(t.Context(), dir)
	put(t, stop, "")
	for name, c := range map[string]context.Context{"first": ctx, "second": other} {
		<-c.Done()
		var asked *rundir.StopRequest
		if err := context.Cause(c); !errors.As(err, &asked) || asked.File != stop {
			t.Errorf("%s: found the cause %v, expected the request", name, err)
		}
	}
	first.Cancel()
	if !rundir.InUse(dir) || !exists(stop) {
		t.Error("found that the first one to leave takes the request with it")
	}
	third, late := rundir.Announce(t.Context(), dir) // is not meant by a request from before
	late.Cancel()
	if err := context.Cause(third); !errors.Is(err, context.Canceled) {
		t.Errorf("found the cause %v, expected that of leaving", err)
	}
	second.Cancel()
	if rundir.InUse(dir) || exists(stop) {
		t.Error("found somebody, or a request that was obeyed")
	}
}

// Somebody who looks at the very moment when a run begins keeps it from nothing.
func TestLookersDoNotDisturb(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		_, p := rundir.Announce(t.Context(), dir)
		p.Cancel()
	}
	looker := flock.New(filepath.Join(dir, ".alive-1.lock"), flock.SetFlag(os.O_RDONLY))
	if ok, err := looker.TryRLock(); err != nil || !ok {
		t.Fatal(ok, err)
	}
	_, p := rundir.Announce(t.Context(), dir)
	if !rundir.InUse(dir) {
		t.Error("found nobody at work while somebody else looks")
	}
	if err := looker.Unlock(); err != nil {
		t.Fatal(err)
	}
	if !rundir.InUse(dir) {
		t.Error("found nobody at work after somebody has looked")
	}
	p.Cancel()
	if rundir.InUse(dir) {
		t.Error("found somebody at work")
	}
}

func TestProgressIsKept(t *testing.T) {
	dir := t.TempDir()
	_, p := rundir.Announce(t.Context(), dir)
	for epoch := range 100 { // far more often than it is written
		p.Report(rundir.Progress{Epoch: epoch, MaxEpochs: 100})
	}
	p.Close(&rundir.Progress{Epoch: 100, MaxEpochs: 100, Step: 1, Of: 2, Ended: "diverged"})
	var found rundir.Progress
	if ok, err := rundir.ReadJSON(dir, rundir.ProgressFile, &found); err != nil || !ok || found.Ended != "diverged" || found.Part() != 0.995 {
		t.Errorf("found %+v, %g (%v)", found, found.Part(), err)
	}
	_, p = rundir.Announce(t.Context(), dir)
	p.Close(nil)
	if exists(filepath.Join(dir, rundir.ProgressFile)) {
		t.Error("found the progress of a run that has its result")
	}
}
