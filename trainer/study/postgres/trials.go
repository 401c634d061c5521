package postgres

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/jackc/pgx/v5"
	pkgerrors "github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/internal/record"
)

// mostDeaths is how many workers may die at a trial before it has failed: one that needs more memory than there is kills them all.
const mostDeaths = 3

// lock is held by a transaction that adds trials, one of each study at a time.
const lock = "SELECT pg_advisory_xact_lock(hashtext('gruexp'), $1::int)"

// Add implements [study.Store].
func (s *Store) Add(ctx context.Context, trials []study.Trial) error {
	id, err := s.study(ctx)
	if err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx, _ bool) error {
		if _, err := tx.Exec(ctx, lock, id); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		for _, t := range trials {
			if err := insert(batch, id, t); err != nil {
				return err
			}
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

// insert adds a waiting trial, unless there is one of its name.
func insert(batch *pgx.Batch, id int64, t study.Trial) error {
	settings, seeds, err := record.Texts(t.Settings, t.Seeds)
	if err != nil {
		return err
	}
	batch.Queue("INSERT INTO gruexp.trials (study, id, name, arm, settings, seeds, state) SELECT $1::bigint, 1 + coalesce(max(id), 0), $2::text, $3::text, $4::text, $5::text, 'waiting' FROM gruexp.trials WHERE study = $1 ON CONFLICT (study, name) DO NOTHING",
		id, t.Name, t.Arm, settings, seeds)
	return nil
}

// Trials implements [study.Store].
func (s *Store) Trials(ctx context.Context) (trials []study.Trial, err error) {
	err = s.View(ctx, func(v *study.View) { trials = v.Copy() })
	return trials, err
}

// View implements [study.Store].
func (s *Store) View(ctx context.Context, look func(*study.View)) error {
	id, err := s.study(ctx)
	if err != nil {
		return err
	}
	return s.view.Look(func() error { return s.update(ctx, id) }, look)
}

// update adds to the view what has changed. All of it is read from one snapshot.
func (s *Store) update(ctx context.Context, id int64) error {
	return s.try(ctx, func(ctx context.Context, _ bool) error {
		return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			var seen string
			if err := tx.QueryRow(ctx, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text").Scan(&seen); err != nil {
				return err
			}
			trials, err := readTrials(ctx, tx, "study = $1 AND changed >= $2::text::xid8", id, s.seen)
			if err != nil {
				return err
			}
			if err := readRuns(ctx, tx, id, trials); err != nil {
				return err
			}
			for _, t := range trials {
				s.view.Put(t)
			}
			rows, err := tx.Query(ctx, "SELECT trial, epoch, value, seconds FROM gruexp.reports WHERE study = $1 AND changed >= $2::text::xid8 ORDER BY trial, epoch", id, s.seen)
			if err != nil {
				return err
			}
			var (
				trial int64
				p     study.Point
			)
			if _, err := pgx.ForEachRow(rows, []any{&trial, &p.Epoch, &p.Value, &p.Seconds}, func() error { return s.view.Report(trial, p) }); err != nil {
				return err
			}
			s.seen = seen
			return nil
		})
	})
}

func readTrials(ctx context.Context, tx pgx.Tx, which string, args ...any) ([]study.Trial, error) {
	rows, err := tx.Query(ctx, "SELECT id, name, arm, settings, seeds, state, attempts, value, error FROM gruexp.trials WHERE "+which+" ORDER BY id", args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t study.Trial, err error) {
		var (
			settings, seeds string
			value           *float64
		)
		if err := row.Scan(&t.ID, &t.Name, &t.Arm, &settings, &seeds, &t.State, &t.Attempts, &value, &t.Error); err != nil {
			return t, err
		}
		t.Value = study.Value(math.NaN())
		if value != nil {
			t.Value = study.Value(*value)
		}
		if t.Settings, err = record.Settings(settings); err != nil {
			return t, fmt.Errorf("damaged record: trial %d: %w", t.ID, err)
		}
		if err := json.Unmarshal([]byte(seeds), &t.Seeds); err != nil {
			return t, fmt.Errorf("damaged record: trial %d: %w", t.ID, err)
		}
		return t, nil
	})
}

// readRuns gives trials their runs.
func readRuns(ctx context.Context, tx pgx.Tx, id int64, trials []study.Trial) error {
	place, ids := map[int64]int{}, []int64{}
	for i, t := range trials {
		if t.State == study.Done {
			place[t.ID] = i
			ids = append(ids, t.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, "SELECT trial, seed, dir, value, seconds, epochs, stop_reason, test FROM gruexp.runs WHERE study = $1 AND trial = ANY($2) ORDER BY trial, number", id, ids)
	if err != nil {
		return err
	}
	var (
		trial      int64
		seed, test string
		r          study.Run
	)
	_, err = pgx.ForEachRow(rows, []any{&trial, &seed, &r.Dir, &r.Value, &r.Seconds, &r.Epochs, &r.StopReason, &test}, func() (err error) {
		if r.Seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
			return fmt.Errorf("damaged record: trial %d: %w", trial, err)
		}
		r.Test = nil
		if err := json.Unmarshal([]byte(test), &r.Test); err != nil {
			return fmt.Errorf("damaged record: trial %d: %w", trial, err)
		}
		t := &trials[place[trial]]
		t.Runs = append(t.Runs, r)
		return nil
	})
	return err
}

// Claim implements [study.Store].
func (s *Store) Claim(ctx context.Context, propose func([]study.Trial) *study.Trial) (claimed *study.Trial, busy bool, err error) {
	id, err := s.study(ctx)
	if err != nil {
		return nil, false, err
	}
	if err := s.worker.register(ctx, id); err != nil {
		return nil, false, err
	}
	claim := rand.Text()
	claimed, err = s.claim(ctx, id, claim, nil)
	if claimed == nil && err == nil && propose != nil {
		s.proposing.Lock()
		defer s.proposing.Unlock()
		claimed, err = s.claim(ctx, id, claim, propose)
	}
	if err != nil || claimed != nil {
		if err == nil {
			s.worker.took(claimed.ID, claimed.Attempts)
		}
		return claimed, false, err
	}
	err = s.try(ctx, func(ctx context.Context, _ bool) error {
		return s.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM gruexp.trials WHERE study = $1 AND state IN ('running', 'waiting'))", id).Scan(&busy)
	})
	return nil, busy, err
}

// claim makes a trial this worker's: one that waits, or what propose makes of all while nobody else proposes.
func (s *Store) claim(ctx context.Context, id int64, claim string, propose func([]study.Trial) *study.Trial) (claimed *study.Trial, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx, again bool) error {
		claimed = nil
		var (
			trial int64
			err   error
		)
		if again { // an earlier try may have been carried out, and its answer lost
			trial, err = one(tx.QueryRow(ctx, "SELECT id FROM gruexp.trials WHERE study = $1 AND worker = $2 AND claim = $3", id, s.worker.number(), claim))
		}
		if err == nil && trial == 0 {
			if err := s.bury(ctx, tx, id); err != nil {
				return err
			}
			trial, err = s.claimWaiting(ctx, tx, id, claim)
		}
		if err == nil && trial == 0 && propose != nil {
			trial, err = s.claimProposed(ctx, tx, id, claim, propose)
		}
		if err != nil || trial == 0 {
			return err
		}
		claimed, err = readTrial(ctx, tx, id, trial)
		return err
	})
	return claimed, err
}

// one is the number that a query gives; 0: it gives none.
func one(row pgx.Row) (n int64, err error) {
	err = row.Scan(&n)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return n, err
}

// bury makes the trials of workers whose lease has run out wait again. One that has had too many of those has failed.
func (s *Store) bury(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := tx.Exec(ctx, `WITH lost AS (
			SELECT t.id, t.deaths + 1 AS deaths, w.host, w.pid FROM gruexp.trials t JOIN gruexp.workers w ON w.id = t.worker
			WHERE t.study = $1 AND t.state = 'running' AND w.lease < now() FOR UPDATE OF t SKIP LOCKED)
		UPDATE gruexp.trials t SET worker = NULL, deaths = lost.deaths, changed = pg_current_xact_id(),
			state = CASE WHEN lost.deaths >= $2::int THEN 'failed' ELSE 'waiting' END,
			error = CASE WHEN lost.deaths >= $2::int THEN format('its worker died in %s attempts, the last one at %s (process %s)', lost.deaths, lost.host, lost.pid) ELSE t.error END
		FROM lost WHERE t.study = $1 AND t.id = lost.id`, id, mostDeaths)
	return err
}

// claimWaiting makes the first trial that is waiting this worker's; 0: there is none.
func (s *Store) claimWaiting(ctx context.Context, tx pgx.Tx, id int64, claim string) (trial int64, err error) {
	return one(tx.QueryRow(ctx, `UPDATE gruexp.trials SET state = 'running', worker = $2, claim = $3, attempts = attempts + 1, changed = pg_current_xact_id()
		WHERE study = $1 AND id = (SELECT id FROM gruexp.trials WHERE study = $1 AND state = 'waiting' AND id <> ALL($4::bigint[]) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING id`, id, s.worker.number(), claim, s.worker.trials()))
}

// claimProposed adds what propose makes of all trials and claims it. Nobody else does so meanwhile.
func (s *Store) claimProposed(ctx context.Context, tx pgx.Tx, id int64, claim string, propose func([]study.Trial) *study.Trial) (int64, error) {
	if _, err := tx.Exec(ctx, lock, id); err != nil {
		return 0, err
	}
	var t *study.Trial
	err := s.view.Look(func() error { return s.update(ctx, id) }, func(v *study.View) { t = propose(v.Trials()) })
	if err != nil || t == nil {
		return 0, err
	}
	batch := &pgx.Batch{}
	if err := insert(batch, id, *t); err != nil {
		return 0, err
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, err
	}
	return s.claimWaiting(ctx, tx, id, claim)
}

// readTrial reads one trial with all that belongs to it.
func readTrial(ctx context.Context, tx pgx.Tx, id, trial int64) (*study.Trial, error) {
	found, err := readTrials(ctx, tx, "study = $1 AND id = $2", id, trial)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("damaged record: found no trial %d that was claimed", trial)
	}
	rows, err := tx.Query(ctx, "SELECT epoch, value, seconds FROM gruexp.reports WHERE study = $1 AND trial = $2 ORDER BY epoch", id, trial)
	if err != nil {
		return nil, err
	}
	t := &found[0]
	t.Curve, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p study.Point, err error) {
		err = row.Scan(&p.Epoch, &p.Value, &p.Seconds)
		return p, err
	})
	if len(t.Curve) == 0 {
		t.Curve = nil
	}
	return t, err
}

// Report implements [study.Store].
func (s *Store) Report(ctx context.Context, trial int64, p study.Point) error {
	id, err := s.study(ctx)
	if err != nil {
		return err
	}
	return s.try(ctx, func(ctx context.Context, _ bool) error {
		tag, err := s.pool.Exec(ctx, `WITH mine AS (SELECT 1 FROM gruexp.trials WHERE study = $1 AND id = $2 AND worker = $3 AND attempts = $4 AND state = 'running' FOR SHARE)
			INSERT INTO gruexp.reports (study, trial, epoch, value, seconds) SELECT $1::bigint, $2::bigint, $5::bigint, $6::double precision, $7::double precision FROM mine
			ON CONFLICT (study, trial, epoch) DO UPDATE SET value = excluded.value, seconds = excluded.seconds, changed = excluded.changed`,
			id, trial, s.worker.number(), s.worker.attempt(trial), p.Epoch, p.Value, p.Seconds)
		return mine(tag.RowsAffected(), err)
	})
}

// mine is ErrNotMine where no row was changed.
func mine(rows int64, err error) error {
	if err == nil && rows == 0 {
		err = pkgerrors.WithStack(study.ErrNotMine)
	}
	return err
}

// Finish implements [study.Store].
func (s *Store) Finish(ctx context.Context, t *study.Trial) error {
	id, err := s.study(ctx)
	if err != nil {
		return err
	}
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx, again bool) error {
		var value *float64
		if t.Value.Known() {
			v := float64(t.Value)
			value = &v
		}
		tag, err := tx.Exec(ctx, `UPDATE gruexp.trials SET state = $5, worker = NULL, ended_by = $3, value = $6, error = $7, changed = pg_current_xact_id()
			WHERE study = $1 AND id = $2 AND worker = $3 AND attempts = $4 AND state = 'running'`, id, t.ID, s.worker.number(), t.Attempts, string(t.State), value, storable(t.Error))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			if again { // an earlier try may have been carried out, and its answer lost
				n, err := one(tx.QueryRow(ctx, "SELECT 1 FROM gruexp.trials WHERE study = $1 AND id = $2 AND ended_by = $3 AND attempts = $4 AND state = $5", id, t.ID, s.worker.number(), t.Attempts, string(t.State)))
				if err != nil || n == 1 {
					return err
				}
			}
			return pkgerrors.WithStack(study.ErrNotMine)
		}
		batch := &pgx.Batch{}
		for number, r := range t.Runs {
			test, err := json.Marshal(r.Test)
			if err != nil {
				return err
			}
			batch.Queue("INSERT INTO gruexp.runs (study, trial, number, seed, dir, value, seconds, epochs, stop_reason, test) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
				id, t.ID, number, strconv.FormatUint(r.Seed, 10), storable(r.Dir), r.Value, r.Seconds, r.Epochs, storable(r.StopReason), string(test))
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	s.worker.gave(t.ID)
	return err
}

// Release implements [study.Store].
func (s *Store) Release(ctx context.Context, trial int64) error {
	id, err := s.study(ctx)
	if err != nil {
		return err
	}
	err = s.try(ctx, func(ctx context.Context, again bool) error {
		tag, err := s.pool.Exec(ctx, "UPDATE gruexp.trials SET state = 'waiting', worker = NULL, changed = pg_current_xact_id() WHERE study = $1 AND id = $2 AND worker = $3 AND attempts = $4 AND state = 'running'",
			id, trial, s.worker.number(), s.worker.attempt(trial))
		if again && err == nil {
			return nil // it was given back by an earlier try, or is lost: nobody needs to know which
		}
		return mine(tag.RowsAffected(), err)
	})
	s.worker.gave(trial)
	return err
}

// Retry implements [study.Store].
func (s *Store) Retry(ctx context.Context) (n int, err error) {
	id, err := s.study(ctx)
	if err != nil {
		return 0, err
	}
	err = s.try(ctx, func(ctx context.Context, _ bool) error {
		tag, err := s.pool.Exec(ctx, "UPDATE gruexp.trials SET state = 'waiting', value = NULL, error = '', deaths = 0, changed = pg_current_xact_id() WHERE study = $1 AND state = 'failed'", id)
		n += int(tag.RowsAffected())
		return err
	})
	return n, err
}
