package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/study"
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
	settings, err := json.Marshal(t.Settings)
	if err != nil {
		return err
	}
	seeds, err := json.Marshal(t.Seeds)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO trials (name, arm, settings, seeds, state) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
		t.Name, t.Arm, string(settings), string(seeds), study.Waiting)
	return err
}

// Trials implements [study.Store].
func (s *Store) Trials(ctx context.Context) (trials []study.Trial, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		trials, err = all(ctx, tx)
		return err
	})
	return trials, err
}

func all(ctx context.Context, tx *sql.Tx) ([]study.Trial, error) {
	var trials []study.Trial
	place := map[int64]int{} // of a trial by its ID
	err := each(ctx, tx, "SELECT id, name, arm, settings, seeds, state, attempts, value, error FROM trials ORDER BY id", func(rows *sql.Rows) error {
		var (
			t               study.Trial
			settings, seeds string
			value           sql.NullFloat64
		)
		if err := rows.Scan(&t.ID, &t.Name, &t.Arm, &settings, &seeds, &t.State, &t.Attempts, &value, &t.Error); err != nil {
			return err
		}
		t.Value = study.Value(math.NaN())
		if value.Valid {
			t.Value = study.Value(value.Float64)
		}
		read, err := readSettings(settings)
		if err != nil {
			return err
		}
		t.Settings = read
		place[t.ID] = len(trials)
		trials = append(trials, t)
		return json.Unmarshal([]byte(seeds), &trials[len(trials)-1].Seeds)
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, tx, "SELECT trial, seed, dir, value, seconds, epochs, stop_reason, test FROM runs ORDER BY trial, number", func(rows *sql.Rows) error {
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
		i, known := place[trial]
		if !known {
			return damaged("a run", trial)
		}
		t := &trials[i]
		t.Runs = append(t.Runs, r)
		return json.Unmarshal([]byte(test), &t.Runs[len(t.Runs)-1].Test)
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, tx, "SELECT trial, epoch, value, seconds FROM reports ORDER BY trial, epoch", func(rows *sql.Rows) error {
		var (
			trial int64
			p     study.Point
		)
		if err := rows.Scan(&trial, &p.Epoch, &p.Value, &p.Seconds); err != nil {
			return err
		}
		i, known := place[trial]
		if !known {
			return damaged("a report", trial)
		}
		t := &trials[i]
		t.Curve = append(t.Curve, p)
		return nil
	})
	return trials, err
}

func damaged(what string, trial int64) error {
	return errors.Errorf("found %s of the trial %d, which is not there", what, trial)
}

// contentError says that a record holds what this package does not write.
type contentError struct{ err error }

func (e *contentError) Error() string { return "damaged record: " + e.err.Error() }

// Unwrap returns what it is.
func (e *contentError) Unwrap() error { return e.err }

// readSettings reads the settings of a trial. Numbers are float64, but for integers that float64 cannot hold.
func readSettings(text string) (map[string]any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var settings map[string]any
	if err := decoder.Decode(&settings); err != nil {
		return nil, err
	}
	for name, v := range settings {
		settings[name] = exact(v)
	}
	return settings, nil
}

func exact(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, _ := v.Float64()
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil && (int64(f) != i || f >= 1<<63) {
			return i
		}
		if u, err := strconv.ParseUint(v.String(), 10, 64); err == nil && (f >= 1<<64 || uint64(f) != u) {
			return u
		}
		return f
	case []any:
		for i := range v {
			v[i] = exact(v[i])
		}
		return v
	case map[string]any:
		for name := range v {
			v[name] = exact(v[name])
		}
		return v
	default:
		return v
	}
}

// each calls f for every row of a query.
func each(ctx context.Context, tx *sql.Tx, query string, f func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query)
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
	registered := false
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		claimed = nil
		if registered, err = s.worker.register(ctx, tx); err != nil {
			return err
		}
		if err := s.bury(ctx, tx); err != nil {
			return err
		}
		trials, err := all(ctx, tx)
		if err != nil {
			return err
		}
		claimed, busy = firstWaiting(trials)
		if claimed == nil && propose != nil {
			if t := propose(trials); t != nil {
				if err := insert(ctx, tx, *t); err != nil {
					return err
				}
				if trials, err = all(ctx, tx); err != nil {
					return err
				}
				claimed, _ = firstWaiting(trials)
			}
		}
		if claimed == nil {
			return nil
		}
		claimed.State = study.Running
		claimed.Attempts++
		_, err = tx.ExecContext(ctx, "UPDATE trials SET state = ?, worker = ?, attempts = ? WHERE id = ?", study.Running, s.worker.id, claimed.Attempts, claimed.ID)
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

// firstWaiting is the trial to carry out next; busy says that some trials are being carried out.
func firstWaiting(trials []study.Trial) (first *study.Trial, busy bool) {
	for i := range trials {
		switch t := &trials[i]; {
		case t.State == study.Waiting && first == nil:
			first = t
		case t.State == study.Running:
			busy = true
		}
	}
	return first, busy
}

// bury makes the trials of dead workers wait again.
func (s *Store) bury(ctx context.Context, tx *sql.Tx) error {
	others := map[int64]int{} // process IDs
	err := each(ctx, tx, "SELECT DISTINCT trials.worker, coalesce(workers.pid, 0) FROM trials LEFT JOIN workers ON workers.id = trials.worker WHERE trials.worker IS NOT NULL", func(rows *sql.Rows) error {
		var (
			id  int64
			pid int
		)
		err := rows.Scan(&id, &pid)
		if id != s.worker.id {
			others[id] = pid
		}
		return err
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
		if _, err := tx.ExecContext(ctx, "UPDATE trials SET state = ?, worker = NULL WHERE worker = ?", study.Waiting, id); err != nil {
			return err
		}
	}
	return nil
}

// Report implements [study.Store].
func (s *Store) Report(ctx context.Context, id int64, p study.Point) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.check(tx.ExecContext(ctx, "UPDATE trials SET attempts = attempts WHERE id = ? AND worker = ?", id, s.worker.id)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO reports (trial, epoch, value, seconds) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, seconds = excluded.seconds",
			id, p.Epoch, p.Value, p.Seconds)
		return err
	})
}

// Finish implements [study.Store].
func (s *Store) Finish(ctx context.Context, t *study.Trial) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		value := sql.NullFloat64{Float64: float64(t.Value), Valid: t.Value.Known()}
		if err := s.check(tx.ExecContext(ctx, "UPDATE trials SET state = ?, worker = NULL, value = ?, error = ? WHERE id = ? AND worker = ?", t.State, value, t.Error, t.ID, s.worker.id)); err != nil {
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
		return s.check(tx.ExecContext(ctx, "UPDATE trials SET state = ?, worker = NULL WHERE id = ? AND worker = ?", study.Waiting, id, s.worker.id))
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
		result, err := tx.ExecContext(ctx, "UPDATE trials SET state = ?, value = NULL, error = '' WHERE state = ?", study.Waiting, study.Failed)
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		n = int(changed)
		return err
	})
	return n, err
}
