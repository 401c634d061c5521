package postgres

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gruexp/gruexp/trainer/study"
)

// worker is this process as one that carries out trials.
type worker struct {
	store *Store

	registering sync.Mutex

	mu      sync.Mutex
	id      int64              // 0: not one yet
	held    map[int64]*holding // trials that it carries out
	renewed time.Time          // when the last renewal that succeeded was sent, by the clock that only counts on
	stop    context.CancelFunc // ends the renewals
	stopped chan struct{}
}

// holding is a trial that is carried out.
type holding struct {
	attempt int
	running int // calls of Hold that were not released
	lose    []context.CancelCauseFunc
}

// number is the worker's ID, 0 before it is one.
func (w *worker) number() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.id
}

// register makes this process a worker and keeps renewing its lease.
func (w *worker) register(ctx context.Context, id int64) error {
	w.registering.Lock()
	defer w.registering.Unlock()
	if w.number() != 0 {
		return nil
	}
	var number int64
	sent := time.Now()
	err := w.store.try(ctx, func(ctx context.Context, _ bool) error { // a row too many does no harm
		return w.store.pool.QueryRow(ctx, "INSERT INTO gruexp.workers (study, host, pid, lease) VALUES ($1, $2, $3, now() + $4::interval) RETURNING id",
			id, host(), os.Getpid(), w.store.options.Lease).Scan(&number)
	})
	if err != nil {
		return err
	}
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.mu.Lock()
	w.id, w.renewed, w.stop, w.stopped = number, sent, stop, make(chan struct{})
	w.mu.Unlock()
	go w.renew(renewing, id, number)
	return nil
}

// renew renews the lease until the context ends.
func (w *worker) renew(ctx context.Context, id, number int64) {
	defer close(w.stopped)
	ticker := time.NewTicker(w.store.options.Renew)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		w.renewOnce(ctx, id, number)
	}
}

// renewOnce renews the lease and stops the trials that are no longer this worker's.
func (w *worker) renewOnce(ctx context.Context, id, number int64) {
	mine := map[int64]bool{}
	candidates := w.holdings() // those claimed while the server is asked are not judged by its answer
	sent := time.Now()
	ctx, cancel := context.WithTimeout(ctx, w.store.options.Renew)
	defer cancel()
	err := pgx.BeginFunc(ctx, w.store.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE gruexp.workers SET lease = now() + $2::interval WHERE id = $1", number, w.store.options.Lease); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT id, attempts FROM gruexp.trials WHERE study = $1 AND worker = $2 AND state = 'running'", id, number)
		if err != nil {
			return err
		}
		var trial, attempt int64
		_, err = pgx.ForEachRow(rows, []any{&trial, &attempt}, func() error {
			if h := candidates[trial]; h != nil && int64(h.attempt) == attempt {
				mine[trial] = true
			}
			return nil
		})
		return err
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		w.renewed = sent
		for trial, h := range candidates {
			if !mine[trial] {
				h.lost()
			}
		}
	case time.Since(w.renewed) > w.store.options.Lease: // others may have them by now
		for _, h := range candidates {
			h.lost()
		}
	}
}

// lost stops a trial that another worker may have.
func (h *holding) lost() {
	for _, lose := range h.lose {
		lose(study.ErrNotMine)
	}
}

func (w *worker) holdings() map[int64]*holding {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[int64]*holding, len(w.held))
	for trial, h := range w.held {
		all[trial] = h
	}
	return all
}

// trials are those that are still carried out here, lost or not: this process claims none of them a second time.
func (w *worker) trials() []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]int64, 0, len(w.held))
	for id := range w.held {
		ids = append(ids, id)
	}
	return ids
}

// took notes a trial that was claimed.
func (w *worker) took(id int64, attempt int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held[id] = &holding{attempt: attempt}
}

// attempt is the attempt of a trial that is carried out here; 0: it is not.
func (w *worker) attempt(id int64) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h := w.held[id]; h != nil {
		return h.attempt
	}
	return 0
}

// gave notes that a trial has ended or was given back.
func (w *worker) gave(id int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h := w.held[id]; h != nil && h.running == 0 {
		delete(w.held, id)
	}
}

// Hold implements [study.Store].
func (s *Store) Hold(ctx context.Context, id int64) (held context.Context, release context.CancelFunc) {
	held, lose := context.WithCancelCause(ctx)
	w := s.worker
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.held[id]
	if h == nil {
		lose(study.ErrNotMine)
		return held, func() {}
	}
	h.running++
	h.lose = append(h.lose, lose)
	return held, sync.OnceFunc(func() {
		lose(nil)
		w.mu.Lock()
		defer w.mu.Unlock()
		if h.running--; h.running == 0 && w.held[id] == h {
			delete(w.held, id)
		}
	})
}

// close gives back what this worker has.
func (w *worker) close() {
	number := w.number()
	if number == 0 {
		return
	}
	w.stop()
	<-w.stopped
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = pgx.BeginFunc(ctx, w.store.pool, func(tx pgx.Tx) error { // the end of the lease does it, too
		if _, err := tx.Exec(ctx, "UPDATE gruexp.trials SET state = 'waiting', worker = NULL, changed = pg_current_xact_id() WHERE study = $1 AND worker = $2 AND state = 'running'", w.store.id, number); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE gruexp.workers SET lease = now() WHERE id = $1", number)
		return err
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.id = 0
}
