package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/internal/record"
)

// Add implements [study.Store].
func (s *Store) Add(ctx context.Context, trials []study.Trial) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, t := range trials {
			if err := insert(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// insert adds a waiting trial, unless there is one of its name.
func insert(ctx context.Context, tx *sql.Tx, t study.Trial) error {
	settings, seeds, err := record.Texts(t.Settings, t.Seeds)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO trials (name, arm, settings, seeds, state, changed) VALUES (?, ?, ?, ?, ?, "+tick+") ON CONFLICT (name) DO NOTHING",
		t.Name, t.Arm, settings, seeds, study.Waiting)
	return err
}

// Trials implements [study.Store].
func (s *Store) Trials(ctx context.Context) (trials []study.Trial, err error) {
	err = s.View(ctx, func(v *study.View) { trials = v.Copy() })
	return trials, err
}

// View implements [study.Store].
func (s *Store) View(ctx context.Context, look func(*study.View)) error {
	return s.view.Look(func() error { return s.read(ctx, s.update) }, look)
}

// update adds to the view what has changed. In a transaction that writes it comes first: what is not committed is not in the view.
func (s *Store) update(ctx context.Context, tx *sql.Tx) error {
	changed := "changed"
	if s.old { // everything is read each time
		changed, s.seen = "0", -1
	}
	trials, err := readTrials(ctx, tx, changed, "WHERE "+changed+" > ?", s.seen)
	if err != nil {
		return err
	}
	which := "WHERE trial IN (SELECT id FROM trials WHERE changed > ?)"
	if s.seen < 0 {
		which = "WHERE ? < 0" // all, including those of trials that are missing
	}
	if err := readRuns(ctx, tx, trials, which, s.seen); err != nil {
		return err
	}
	seen := s.seen
	for _, t := range trials {
		s.view.Put(t.Trial)
		seen = max(seen, t.changed)
	}
	err = readReports(ctx, tx, changed, "WHERE "+changed+" > ?", s.seen, func(trial int64, p study.Point, changed int64) error {
		seen = max(seen, changed)
		if s.view.Report(trial, p) != nil {
			return damaged("a report", trial)
		}
		return nil
	})
	if err == nil {
		s.seen = seen
	}
	return err
}

// recorded is a trial as it is in the table.
type recorded struct {
	study.Trial
	changed int64
}

func readTrials(ctx context.Context, tx *sql.Tx, changed, which string, args ...any) ([]recorded, error) {
	var trials []recorded
	err := each(ctx, tx, "SELECT id, name, arm, settings, seeds, state, attempts, value, error, "+changed+" FROM trials "+which+" ORDER BY id", args, func(rows *sql.Rows) (err error) {
		var (
			t               recorded
			settings, seeds string
			value           sql.NullFloat64
		)
		if err := rows.Scan(&t.ID, &t.Name, &t.Arm, &settings, &seeds, &t.State, &t.Attempts, &value, &t.Error, &t.changed); err != nil {
			return err
		}
		t.Value = study.Value(math.NaN())
		if value.Valid {
			t.Value = study.Value(value.Float64)
		}
		if t.Settings, err = record.Settings(settings); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(seeds), &t.Seeds); err != nil {
			return err
		}
		trials = append(trials, t)
		return nil
	})
	return trials, err
}

// readRuns gives trials, in the order of their IDs, their runs.
func readRuns(ctx context.Context, tx *sql.Tx, trials []recorded, which string, args ...any) error {
	return each(ctx, tx, "SELECT trial, seed, dir, value, seconds, epochs, stop_reason, test FROM runs "+which+" ORDER BY trial, number", args, func(rows *sql.Rows) (err error) {
		var (
			trial      int64
			seed, test string
			r          study.Run
		)
		if err := rows.Scan(&trial, &seed, &r.Dir, &r.Value, &r.Seconds, &r.Epochs, &r.StopReason, &test); err != nil {
			return err
		}
		if r.Seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(test), &r.Test); err != nil {
			return err
		}
		i, known := slices.BinarySearchFunc(trials, trial, func(t recorded, id int64) int { return cmp.Compare(t.ID, id) })
		if !known {
			return damaged("a run", trial)
		}
		trials[i].Runs = append(trials[i].Runs, r)
		return nil
	})
}

func readReports(ctx context.Context, tx *sql.Tx, changed, which string, arg any, f func(trial int64, p study.Point, changed int64) error) error {
	return each(ctx, tx, "SELECT trial, epoch, value, seconds, "+changed+" FROM reports "+which+" ORDER BY trial, epoch", []any{arg}, func(rows *sql.Rows) error {
		var (
			trial, changed int64
			p              study.Point
		)
		if err := rows.Scan(&trial, &p.Epoch, &p.Value, &p.Seconds, &changed); err != nil {
			return err
		}
		return f(trial, p, changed)
	})
}

func damaged(what string, trial int64) error {
	return errors.Errorf("found %s of the trial %d, which is not there", what, trial)
}

// contentError says that a record holds what this package does not write.
type contentError struct{ err error }

func (e *contentError) Error() string { return "damaged record: " + e.err.Error() }

// Unwrap returns what it is.
func (e *contentError) Unwrap() error { return e.err }

// each calls f for every row of a query.
func each(ctx context.Context, tx *sql.Tx, query string, args []any, f func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return &contentError{err}
		}
	}
	return rows.Err()
}

// Claim implements [study.Store].
func (s *Store) Claim(ctx context.Context, propose func([]study.Trial) *study.Trial) (claimed *study.Trial, busy bool, err error) {
	s.worker.claims.Lock()
	defer s.worker.claims.Unlock()
	if err := s.bury(ctx); err != nil {
		return nil, false, err
	}
	registered := false
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		claimed = nil
		if registered, err = s.worker.register(ctx, tx); err != nil {
			return err
		}
		id, err := s.claimWaiting(ctx, tx)
		if err == nil && id == 0 && propose != nil {
			id, err = s.claimProposed(ctx, tx, propose)
		}
		if err != nil {
			return err
		}
		if id == 0 {
			return tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM trials WHERE worker IS NOT NULL)").Scan(&busy)
		}
		claimed, err = readTrial(ctx, tx, id)
		return err
	})
	if err != nil {
		if registered {
			_ = s.worker.forget() // the error that is first is the one that counts
		}
		return nil, false, err
	}
	return claimed, busy, nil
}

// claimWaiting makes the first trial that is waiting this worker's; 0: there is none.
func (s *Store) claimWaiting(ctx context.Context, tx *sql.Tx) (id int64, err error) {
	err = tx.QueryRowContext(ctx, "UPDATE trials SET state = ?, worker = ?, attempts = attempts + 1, changed = "+tick+
		" WHERE id = (SELECT id FROM trials WHERE state = 'waiting' ORDER BY id LIMIT 1) RETURNING id", study.Running, s.worker.number()).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return id, err
}

// claimProposed adds what propose makes of all trials and claims it. Nobody else does so meanwhile.
func (s *Store) claimProposed(ctx context.Context, tx *sql.Tx, propose func([]study.Trial) *study.Trial) (id int64, err error) {
	var t *study.Trial
	err = s.view.Look(func() error { return s.update(ctx, tx) }, func(v *study.View) { t = propose(v.Trials()) })
	if err != nil || t == nil {
		return 0, err
	}
	if err := insert(ctx, tx, *t); err != nil {
		return 0, err
	}
	return s.claimWaiting(ctx, tx)
}

// readTrial reads one trial with all that belongs to it.
func readTrial(ctx context.Context, tx *sql.Tx, id int64) (*study.Trial, error) {
	found, err := readTrials(ctx, tx, "changed", "WHERE id = ?", id)
	if err != nil {
		return nil, err
	}
	if err := readRuns(ctx, tx, found, "WHERE trial = ?", id); err != nil {
		return nil, err
	}
	t := &found[0].Trial
	return t, readReports(ctx, tx, "changed", "WHERE trial = ?", id, func(_ int64, p study.Point, _ int64) error {
		t.Curve = append(t.Curve, p)
		return nil
	})
}

// bury makes the trials of dead workers wait again. A dead worker stays dead, so nothing is locked while this looks.
func (s *Store) bury(ctx context.Context) error {
	others := map[int64]int{} // process IDs
	err := s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		const query = "SELECT DISTINCT trials.worker, coalesce(workers.pid, 0) FROM trials LEFT JOIN workers ON workers.id = trials.worker WHERE trials.worker IS NOT NULL"
		return each(ctx, tx, query, nil, func(rows *sql.Rows) error {
			var (
				id  int64
				pid int
			)
			err := rows.Scan(&id, &pid)
			if id != s.worker.number() {
				others[id] = pid
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	for id, pid := range others {
		alive, err := s.worker.alive(id, pid)
		if err != nil {
			return err
		}
		if alive {
			continue
		}
		err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE trials SET state = ?, worker = NULL, changed = "+tick+" WHERE worker = ?", study.Waiting, id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Hold implements [study.Store]. A process has its trials as long as it lives.
func (s *Store) Hold(ctx context.Context, _ int64) (held context.Context, release context.CancelFunc) {
	return context.WithCancel(ctx)
}

// Report implements [study.Store].
func (s *Store) Report(ctx context.Context, id int64, p study.Point) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.check(tx.ExecContext(ctx, "UPDATE trials SET attempts = attempts WHERE id = ? AND worker = ?", id, s.worker.number())); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO reports (trial, epoch, value, seconds, changed) VALUES (?, ?, ?, ?, "+tick+") ON CONFLICT DO UPDATE SET value = excluded.value, seconds = excluded.seconds, changed = excluded.changed",
			id, p.Epoch, p.Value, p.Seconds)
		return err
	})
}

// Finish implements [study.Store].
func (s *Store) Finish(ctx context.Context, t *study.Trial) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		value := sql.NullFloat64{Float64: float64(t.Value), Valid: t.Value.Known()}
		if err := s.check(tx.ExecContext(ctx, "UPDATE trials SET state = ?, worker = NULL, value = ?, error = ?, changed = "+tick+" WHERE id = ? AND worker = ?", t.State, value, t.Error, t.ID, s.worker.number())); err != nil {
			return err
		}
		for number, r := range t.Runs {
			test, err := json.Marshal(r.Test)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, "INSERT INTO runs (trial, number, seed, dir, value, seconds, epochs, stop_reason, test) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
				t.ID, number, strconv.FormatUint(r.Seed, 10), r.Dir, r.Value, r.Seconds, r.Epochs, r.StopReason, string(test))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Release implements [study.Store].
func (s *Store) Release(ctx context.Context, id int64) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return s.check(tx.ExecContext(ctx, "UPDATE trials SET state = ?, worker = NULL, changed = "+tick+" WHERE id = ? AND worker = ?", study.Waiting, id, s.worker.number()))
	})
}

// check is ErrNotMine where no row was changed.
func (s *Store) check(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errors.WithStack(study.ErrNotMine)
}

// Retry implements [study.Store].
func (s *Store) Retry(ctx context.Context) (n int, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE trials SET state = ?, value = NULL, error = '', changed = "+tick+" WHERE state = ?", study.Waiting, study.Failed)
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		n = int(changed)
		return err
	})
	return n, err
}
