package rundir

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Presence is this process at work in the directory of a run or of a study: others can see it and ask it to stop.
//
// Why not by the lock of the directory: whoever tries a lock holds it for an instant, and a run that begins at that instant
// would find its own directory in use. Presence has locks of its own, .alive-1.lock, .alive-2.lock and so on, which guard
// nothing. A process takes the first that is free; where one is taken, be it by somebody who only looks, it takes the next. A
// reader tries each of them shared, so that readers do not mistake each other for runs. Neither waits for the other, no run fails
// because somebody watches, and the system lets the locks of a killed process go. Process numbers would be given again, and times
// of files are those of somebody else's clock.
type Presence struct {
	path   string
	lock   *flock.Flock // nil where none could be had: nobody sees the process, and it does its work
	cancel context.CancelCauseFunc
	before fs.FileInfo // a request that was there at the beginning, and concerns others
	asked  bool        // to stop
	news   chan *Progress
	quit   chan struct{}
	gone   chan struct{}
}

// beat is how often a process looks whether it is to stop, and writes how far it has come.
const beat = time.Second / 4

// mostPresent bounds the locks that are tried.
const mostPresent = 64

// StopRequest is the cause of a context that ended because somebody asked for it.
type StopRequest struct{ File string }

func (r *StopRequest) Error() string { return "the request to stop " + r.File }

// Announce makes this process known as at work in a directory. The context ends with a [*StopRequest] as its cause once
// somebody makes the file [StopFile] there; one that is older does not count. Close must be called.
func Announce(ctx context.Context, path string) (context.Context, *Presence) {
	p := &Presence{path: path, news: make(chan *Progress, 1), quit: make(chan struct{}), gone: make(chan struct{})}
	// An old request goes before anybody can see this process and make a new one. Where others are at work it is theirs.
	if p.before, _ = os.Lstat(p.file(StopFile)); p.before != nil && !InUse(path) {
		_ = os.Remove(p.file(StopFile))
	}
	for n := 1; n <= mostPresent && p.lock == nil; n++ {
		lock := flock.New(presenceFile(path, n), flock.SetPermissions(0o644))
		free, err := lock.TryLock()
		if err != nil {
			break
		}
		if free {
			p.lock = lock
		}
	}
	ctx, p.cancel = context.WithCancelCause(ctx)
	go p.attend()
	return ctx, p
}

func presenceFile(path string, n int) string {
	return filepath.Join(path, fmt.Sprintf(".alive-%d.lock", n))
}

func (p *Presence) file(name string) string { return filepath.Join(p.path, name) }

// attend is the goroutine of a presence: training waits for none of it.
func (p *Presence) attend() {
	defer close(p.gone)
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-ticker.C:
		}
		select {
		case progress := <-p.news:
			progress.write(p.path)
		default:
		}
		if request, err := os.Lstat(p.file(StopFile)); err == nil && !p.asked && !p.old(request) {
			p.asked = true
			p.cancel(&StopRequest{p.file(StopFile)})
		}
	}
}

// old says whether a request is the one that was there before.
func (p *Presence) old(request fs.FileInfo) bool {
	return p.before != nil && os.SameFile(p.before, request) && p.before.ModTime().Equal(request.ModTime())
}

// Report notes how far the work has come. It is written within a quarter of a second; what comes sooner replaces it.
func (p *Presence) Report(progress Progress) {
	for {
		select {
		case p.news <- &progress:
			return
		default:
		}
		select {
		case <-p.news: // older
		default:
		}
	}
}

// Close ends the presence. The directory keeps last as its progress, and none where that is nil.
func (p *Presence) Close(last *Progress) {
	p.silence()
	if last != nil {
		last.write(p.path)
	} else {
		_ = os.Remove(p.file(ProgressFile))
	}
	p.release()
}

// Cancel ends the presence of a process that has found nothing to do, and leaves the directory as it was.
func (p *Presence) Cancel() {
	p.silence()
	p.release()
}

// silence ends the goroutine.
func (p *Presence) silence() {
	close(p.quit)
	<-p.gone
	p.cancel(nil)
}

// release gives the lock back. A request that was obeyed is removed by the last who does.
func (p *Presence) release() {
	if p.lock != nil {
		_ = p.lock.Unlock()
	}
	if p.asked && !InUse(p.path) {
		_ = os.Remove(p.file(StopFile))
	}
}

// InUse says whether a process is at work in the directory of a run or of a study. It disturbs none, see [Presence], and makes
// no file. What cannot be seen, in a directory of another user or on a system without locks, counts as nobody.
func InUse(path string) bool {
	for n := 1; n <= mostPresent; n++ {
		file := presenceFile(path, n)
		if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
			return false // locks are taken in their order and not removed: there are no further ones
		}
		lock := flock.New(file, flock.SetFlag(os.O_RDONLY))
		free, err := lock.TryRLock()
		if err != nil {
			return false
		}
		if !free {
			return true
		}
		_ = lock.Unlock()
	}
	return false
}
