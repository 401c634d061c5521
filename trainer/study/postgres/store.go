package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pkgerrors "github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/study"
)

// Options are the times of a store. The zero value is what studies should have.
type Options struct {
	Lease    time.Duration // for which a worker has its trials without renewing them; 0: one minute
	Renew    time.Duration // between two renewals; 0: a quarter of the lease
	Patience time.Duration // for which a store that was open waits for its server; 0: five minutes
}

func (o Options) withDefaults() Options {
	if o.Lease == 0 {
		o.Lease = time.Minute
	}
	if o.Renew == 0 {
		o.Renew = o.Lease / 4
	}
	if o.Patience == 0 {
		o.Patience = 5 * time.Minute
	}
	return o
}

// connections are those that a store uses at the most: one that waits to propose, one that reads meanwhile, one that renews the lease,
// and one for reports.
const connections = 4

// Store is the record of one study in a database.
type Store struct {
	pool    *pgxpool.Pool
	where   string // the server, for messages
	name    string // of the study
	options Options

	idMu sync.Mutex
	id   int64 // of the study; 0: not looked up yet

	worker    *worker
	proposing sync.Mutex // one at a time: others would wait for the same lock in the database, each with a connection

	view study.View
	seen string // the number of the transaction before which the view has everything
}

var _ study.Store = (*Store)(nil)

// Open opens the record of the study that an address names: see [ParseAddress]. The tables are made where they are missing. The study need
// not be there yet: [Store.Begin] makes it.
func Open(ctx context.Context, address string, options Options) (*Store, error) {
	a, err := ParseAddress(address)
	if err != nil {
		return nil, err
	}
	if a.Study == "" {
		return nil, fault.Fault{Where: a.String(), What: "names no study", Expected: "postgres://…?study=NAME; 'gruexp list studies --store' lists those of a database"}.Err()
	}
	pool, where, err := connect(ctx, a)
	if err != nil {
		return nil, err
	}
	s := &Store{pool: pool, where: where, name: a.Study, options: options.withDefaults(), seen: "0"}
	s.worker = &worker{store: s, held: map[int64]*holding{}}
	return s, nil
}

// connect opens a database and makes or migrates its tables.
func connect(ctx context.Context, a Address) (*pgxpool.Pool, string, error) {
	c, err := a.config()
	if err != nil {
		return nil, "", fault.Fault{Where: "address of a store", What: "cannot be read", Cause: err}.Err()
	}
	c.MaxConns, c.MaxConnIdleTime = connections, time.Minute
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	// A transaction of a machine that has vanished ends by itself, and so does its lock.
	for name, value := range map[string]string{
		"application_name": "gruexp", "idle_in_transaction_session_timeout": "60s", "tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
	} {
		c.ConnConfig.RuntimeParams[name] = value
	}
	where := server(c)
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, "", worded(where, err)
	}
	if err := prepare(ctx, pool); err != nil {
		pool.Close()
		return nil, "", worded(where, err)
	}
	return pool, where, nil
}

// prepare makes the tables where they are not those of this version.
func prepare(ctx context.Context, pool *pgxpool.Pool) error {
	found, err := versionOf(ctx, pool)
	switch {
	case err != nil:
		return err
	case found == version:
		return nil
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('gruexp'), -1)"); err != nil {
			return err
		}
		found, err := versionOf(ctx, tx) // another process may have made them
		if err != nil {
			return err
		}
		if found > version {
			return fault.Fault{
				Where: "database", What: "has the tables of another version of gruexp", Found: fmt.Sprintf("version %d", found),
				Expected: fmt.Sprintf("version %d or earlier; a newer gruexp reads it", version),
			}.Err()
		}
		if found == 0 {
			if _, err := tx.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS gruexp; CREATE TABLE gruexp.version (version integer NOT NULL); INSERT INTO gruexp.version VALUES (0)"); err != nil {
				return err
			}
		}
		for i := found; i < version; i++ {
			if _, err := tx.Exec(ctx, migrations[i]); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, "UPDATE gruexp.version SET version = $1", version)
		return err
	})
}

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// versionOf is the version of the tables; 0: there are none.
func versionOf(ctx context.Context, q querier) (found int, err error) {
	there := false
	if err := q.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'gruexp' AND tablename = 'version')").Scan(&there); err != nil || !there {
		return 0, err
	}
	err = q.QueryRow(ctx, "SELECT version FROM gruexp.version").Scan(&found)
	return found, err
}

// try carries out f until it is not an error that passes. F may have been carried out although its error says otherwise, so it has to find
// out when again says that it is called again.
func (s *Store) try(ctx context.Context, f func(ctx context.Context, again bool) error) error {
	const least, most = 20 * time.Millisecond, 2 * time.Second
	begun, pause := time.Now(), least
	for n := 0; ; n++ {
		// A server that does not answer is given up in time for the lease.
		one, cancel := context.WithTimeout(ctx, s.options.Lease)
		err := f(one, n > 0)
		late := one.Err() != nil && ctx.Err() == nil
		cancel()
		if err == nil || ctx.Err() != nil || !late && !passes(err) || time.Since(begun) > s.options.Patience {
			return pkgerrors.Wrap(worded(s.where, err), "record of the study")
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, most)
	}
}

// write carries out f as one transaction.
func (s *Store) write(ctx context.Context, f func(ctx context.Context, tx pgx.Tx, again bool) error) error {
	return s.try(ctx, func(ctx context.Context, again bool) error {
		return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return f(ctx, tx, again) })
	})
}

// study is the ID of the study.
func (s *Store) study(ctx context.Context) (int64, error) {
	s.idMu.Lock()
	defer s.idMu.Unlock()
	if s.id != 0 {
		return s.id, nil
	}
	var id int64
	err := s.try(ctx, func(ctx context.Context, _ bool) error {
		return s.pool.QueryRow(ctx, "SELECT id FROM gruexp.studies WHERE name = $1", s.name).Scan(&id)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fault.Fault{Where: s.where, What: fmt.Sprintf("has no study %q", s.name), Expected: "one that 'gruexp compare' or 'gruexp tune' has begun; 'gruexp list studies --store' lists them"}.Err()
	}
	if err == nil {
		s.id = id
	}
	return id, err
}

// Begin implements [study.Store].
func (s *Store) Begin(ctx context.Context, d study.Definition) error {
	text := append([]byte{}, d.Text...) // nil would be NULL
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx, _ bool) error {
		_, err := tx.Exec(ctx, "INSERT INTO gruexp.studies (name, kind, fingerprint, definition) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING", s.name, d.Kind, d.Fingerprint, text)
		if err != nil {
			return err
		}
		var found study.Definition
		if err := tx.QueryRow(ctx, "SELECT kind, fingerprint FROM gruexp.studies WHERE name = $1", s.name).Scan(&found.Kind, &found.Fingerprint); err != nil {
			return err
		}
		if found.Kind != d.Kind || found.Fingerprint != d.Fingerprint {
			return pkgerrors.WithStack(study.ErrOtherStudy)
		}
		// What does not make it another study, as a budget, may have changed.
		_, err = tx.Exec(ctx, "UPDATE gruexp.studies SET definition = $2 WHERE name = $1 AND definition <> $2", s.name, text)
		return err
	})
}

// Definition implements [study.Store].
func (s *Store) Definition(ctx context.Context) (study.Definition, error) {
	var d study.Definition
	id, err := s.study(ctx)
	if err != nil {
		return d, err
	}
	err = s.try(ctx, func(ctx context.Context, _ bool) error {
		return s.pool.QueryRow(ctx, "SELECT kind, fingerprint, definition FROM gruexp.studies WHERE id = $1", id).Scan(&d.Kind, &d.Fingerprint, &d.Text)
	})
	return d, err
}

// Look implements [study.Store].
func (s *Store) Look(ctx context.Context) (looks int, err error) {
	id, err := s.study(ctx)
	if err != nil {
		return 0, err
	}
	// Not tried again: where the answer is lost, it may have been counted.
	err = s.pool.QueryRow(ctx, "UPDATE gruexp.studies SET looks = looks + 1 WHERE id = $1 RETURNING looks", id).Scan(&looks)
	return looks, pkgerrors.Wrap(worded(s.where, err), "record of the study")
}

// Close gives back the trials that are still this worker's and closes the connections. Where that cannot be written, the end of the lease
// gives them back.
func (s *Store) Close() error {
	s.worker.close()
	s.pool.Close()
	return nil
}

// Listed is a study of a database.
type Listed struct {
	Name    string    `json:"name"`
	Kind    string    `json:"kind"`
	Begun   time.Time `json:"begun"`
	Trials  int       `json:"trials"`  // that there are
	Ended   int       `json:"ended"`   // of them
	Failed  int       `json:"failed"`  // of those
	Workers int       `json:"workers"` // that live
}

// List lists the studies of a database, by name.
func List(ctx context.Context, address string) ([]Listed, error) {
	a, err := ParseAddress(address)
	if err != nil {
		return nil, err
	}
	pool, where, err := connect(ctx, a)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	rows, err := pool.Query(ctx, `SELECT s.name, s.kind, s.begun, count(t.id), count(t.id) FILTER (WHERE t.state IN ('done', 'pruned', 'failed')), count(t.id) FILTER (WHERE t.state = 'failed'),
		(SELECT count(*) FROM gruexp.workers w WHERE w.study = s.id AND w.lease > now())
		FROM gruexp.studies s LEFT JOIN gruexp.trials t ON t.study = s.id GROUP BY s.id ORDER BY s.name`)
	if err != nil {
		return nil, worded(where, err)
	}
	listed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Listed, err error) {
		err = row.Scan(&l.Name, &l.Kind, &l.Begun, &l.Trials, &l.Ended, &l.Failed, &l.Workers)
		return l, err
	})
	return listed, worded(where, err)
}

// host names this machine in the list of workers.
func host() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return storable(name)
}

// storable is a text as a column takes it: valid UTF-8 without zero bytes.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", "�")
}
