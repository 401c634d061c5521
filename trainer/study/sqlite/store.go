package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/pkg/errors"
	_ "modernc.org/sqlite" // the driver

	"github.com/gruexp/gruexp/trainer/study"
)

// Store is a record in a file.
type Store struct {
	db     *sql.DB
	worker *worker
}

var _ study.Store = (*Store)(nil)

// Open opens the file, or makes it. A process that only reads may open it too: it becomes a worker with its first Claim.
func Open(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, errors.Wrap(err, "record of a study")
	}
	// Every transaction writes or could, so all take the lock at once and none has to give up half way.
	query := "_txlock=immediate&_pragma=busy_timeout(60000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query}
	db, err := sql.Open("sqlite", file.String())
	if err != nil {
		return nil, errors.Wrap(err, path)
	}
	db.SetMaxOpenConns(1)
	s := &Store{db: db, worker: &worker{folder: path + "-workers"}}
	if err := s.write(ctx, migrate); err != nil {
		db.Close()
		return nil, errors.WithMessage(err, path)
	}
	return s, nil
}

// migrate makes the tables of a new file.
func migrate(ctx context.Context, tx *sql.Tx) error {
	var found int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&found); err != nil {
		return err
	}
	switch found {
	case version:
		return checkTables(ctx, tx)
	case 0:
		_, err := tx.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d;", version))
		return err
	default:
		return errors.Errorf("found tables of version %d, expected %d", found, version)
	}
}

// checkTables rejects a file in which something else has the name of a table: a query of a view may run for ever.
func checkTables(ctx context.Context, tx *sql.Tx) error {
	var tables, others int
	const query = "SELECT count(*) FILTER (WHERE type = 'table' AND name IN ('study', 'workers', 'trials', 'runs', 'reports')), count(*) FILTER (WHERE type IN ('view', 'trigger')) FROM sqlite_schema"
	if err := tx.QueryRowContext(ctx, query).Scan(&tables, &others); err != nil {
		return err
	}
	if tables != 5 || others != 0 {
		return errors.Errorf("damaged record: found %d of its tables and %d views and triggers, expected 5 and none", tables, others)
	}
	return nil
}

// write carries out f as one transaction.
func (s *Store) write(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return errors.Wrap(err, "record of the study")
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	if err := f(ctx, tx); err != nil {
		return errors.Wrap(err, "record of the study")
	}
	return errors.Wrap(tx.Commit(), "record of the study")
}

// Begin implements [study.Store].
func (s *Store) Begin(ctx context.Context, d study.Definition) error {
	text := append([]byte{}, d.Text...) // nil would be NULL
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO study (one, kind, fingerprint, definition) VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING", d.Kind, d.Fingerprint, text)
		if err != nil {
			return err
		}
		var found study.Definition
		if err := tx.QueryRowContext(ctx, "SELECT kind, fingerprint FROM study").Scan(&found.Kind, &found.Fingerprint); err != nil {
			return err
		}
		if found.Kind != d.Kind || found.Fingerprint != d.Fingerprint {
			return errors.WithStack(study.ErrOtherStudy)
		}
		// What does not make it another study, as a budget, may have changed.
		_, err = tx.ExecContext(ctx, "UPDATE study SET definition = ?", text)
		return err
	})
}

// Definition implements [study.Store].
func (s *Store) Definition(ctx context.Context) (study.Definition, error) {
	var d study.Definition
	err := s.db.QueryRowContext(ctx, "SELECT kind, fingerprint, definition FROM study").Scan(&d.Kind, &d.Fingerprint, &d.Text)
	return d, errors.Wrap(err, "record of the study")
}

// Look implements [study.Store].
func (s *Store) Look(ctx context.Context) (int, error) {
	var looks int
	err := s.db.QueryRowContext(ctx, "UPDATE study SET looks = looks + 1 RETURNING looks").Scan(&looks)
	return looks, errors.Wrap(err, "record of the study")
}

// Close gives back the trials that are still this worker's, by its death, and closes the file.
func (s *Store) Close() error {
	err := s.db.Close()
	if e := s.worker.close(); err == nil {
		err = e
	}
	return errors.Wrap(err, "record of the study")
}
