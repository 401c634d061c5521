package sqlite

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"
)

// worker is this process as one that carries out trials.
type worker struct {
	folder string
	id     int64        // 0: not one yet
	lock   *flock.Flock // held for life
}

func (w *worker) path(id int64) string {
	return filepath.Join(w.folder, strconv.FormatInt(id, 10)+".lock")
}

// register makes this process a worker. Its lock is held before anybody can see a trial of it.
func (w *worker) register(ctx context.Context, tx *sql.Tx) error {
	if w.id != 0 {
		return nil
	}
	result, err := tx.ExecContext(ctx, "INSERT INTO workers (pid) VALUES (?)", os.Getpid())
	if err != nil {
		return err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(w.folder, 0o755); err != nil {
		return err
	}
	lock := flock.New(w.path(id), flock.SetPermissions(0o644))
	ok, err := lock.TryLock()
	if err == nil && !ok {
		err = errors.Errorf("%s: found it locked, expected a new file", lock.Path())
	}
	if err != nil {
		return err
	}
	w.id, w.lock = id, lock
	return nil
}

// alive says whether another worker's process is.
func (w *worker) alive(id int64) (bool, error) {
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
