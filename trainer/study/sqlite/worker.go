package sqlite

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"
)

// worker is this process as one that carries out trials.
type worker struct {
	claims sync.Mutex // one at a time, until a registration that was rolled back is forgotten
	folder string

	mu   sync.Mutex   // of what follows
	id   int64        // 0: not one yet
	lock *flock.Flock // held for life
}

// number is the worker's ID, 0 before it is one.
func (w *worker) number() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.id
}

func (w *worker) set(id int64, lock *flock.Flock) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.id, w.lock = id, lock
}

func (w *worker) path(id int64) string {
	return filepath.Join(w.folder, strconv.FormatInt(id, 10)+".lock")
}

// register makes this process a worker. Its lock is held before anybody can see a trial of it. A transaction that fails after it
// takes the number back: see [worker.forget].
func (w *worker) register(ctx context.Context, tx *sql.Tx) (registered bool, err error) {
	if w.id != 0 {
		return false, w.hold()
	}
	result, err := tx.ExecContext(ctx, "INSERT INTO workers (pid) VALUES (?)", os.Getpid())
	if err != nil {
		return false, err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return false, err
	}
	lock, err := w.take(id)
	if err != nil {
		return false, err
	}
	w.set(id, lock)
	return true, nil
}

// take locks the file of a number.
func (w *worker) take(id int64) (*flock.Flock, error) {
	if err := os.MkdirAll(w.folder, 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(w.path(id), flock.SetPermissions(0o644))
	ok, err := lock.TryLock()
	if err == nil && !ok {
		err = errors.Errorf("%s: found it locked, expected a new file", lock.Path())
	}
	return lock, err
}

// forget takes back a registration whose transaction was not carried out: another worker may be given the number.
func (w *worker) forget() error {
	lock := w.lock
	w.set(0, nil)
	return release(lock)
}

// hold makes the file of the lock again where somebody has removed it.
func (w *worker) hold() error {
	if _, err := os.Lstat(w.path(w.id)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	lock, err := w.take(w.id)
	if err != nil {
		return err
	}
	old := w.lock
	w.set(w.id, lock)
	return old.Unlock()
}

// alive says whether the process of another worker, with the process ID pid, is. A lock tells it. Where the file of the lock is
// missing, somebody has removed it: then the process is looked for, on the systems that show it.
func (w *worker) alive(id int64, pid int) (bool, error) {
	if _, err := os.Lstat(w.path(id)); errors.Is(err, fs.ErrNotExist) {
		return sameProgram(pid), nil
	}
	lock := flock.New(w.path(id), flock.SetPermissions(0o644))
	free, err := lock.TryLock()
	if err != nil {
		return false, err
	}
	if free {
		err = release(lock)
	}
	return !free, err
}

// release removes a lock's file with it: its number is never given again.
func release(lock *flock.Flock) error {
	_ = os.Remove(lock.Path()) // where an open file cannot be removed, it stays
	return lock.Unlock()
}

func (w *worker) close() error {
	if w.lock == nil {
		return nil
	}
	return release(w.lock)
}

// sameProgram says whether a process runs and is another one of this program, as far as Linux shows it.
func sameProgram(pid int) bool {
	if pid == os.Getpid() {
		return false
	}
	own, err := os.Stat("/proc/self/exe")
	if err != nil {
		return false
	}
	other, err := os.Stat("/proc/" + strconv.Itoa(pid) + "/exe")
	return err == nil && os.SameFile(own, other)
}
