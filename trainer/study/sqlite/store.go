package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/gruexp/gruexp/trainer/study"
)

// Store is a record in a file.
type Store struct {
	db     *sql.DB // for transactions that write
	reader *sql.DB // for those that do not: they never take the lock of the others
	worker *worker
	old    bool // tables of version 1 on storage that can only be read

	view study.View
	seen int64 // the number of the last change that the view has; below 0: none
}

var _ study.Store = (*Store)(nil)

// Open opens the file, or makes it. A process that only reads may open it too: it becomes a worker with its first Claim. A file on
// storage that cannot be written is opened for reading; every method that writes is then an error.
func Open(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, errors.Wrap(err, "record of a study")
	}
	// A transaction that writes takes the lock at once, so that none has to give up half way.
	s, err := open(ctx, path, "_txlock=immediate&"+wait+"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)", (*Store).prepare)
	if err == nil || !cannotWrite(err) {
		return s, err
	}
	// What is not in the file yet is in its log, which only the first of these reads. Without a log the file is whole, and
	// nobody changes it: it needs none of the files for locks that could not be made.
	if readable, e := open(ctx, path, "mode=ro&"+wait, (*Store).expectReadable); e == nil {
		return readable, nil
	}
	if info, e := os.Stat(path + "-wal"); e == nil && info.Size() > 0 {
		return nil, err
	}
	if readable, e := open(ctx, path, "mode=ro&immutable=1", (*Store).expectReadable); e == nil {
		return readable, nil
	}
	return nil, err
}

// wait is the setting for how long one process waits for another.
const wait = "_pragma=busy_timeout(60000)"

// open opens the file with settings and calls first.
func open(ctx context.Context, path, settings string, first func(*Store, context.Context) error) (*Store, error) {
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: settings}
	db, err := sql.Open("sqlite", file.String())
	if err != nil {
		return nil, errors.Wrap(err, path)
	}
	db.SetMaxOpenConns(1)
	reader, err := sql.Open("sqlite", file.String())
	if err != nil {
		db.Close()
		return nil, errors.Wrap(err, path)
	}
	reader.SetMaxOpenConns(1)
	s := &Store{db: db, reader: reader, worker: &worker{folder: path + "-workers"}, seen: -1}
	if err := first(s, ctx); err != nil {
		s.Close()
		return nil, errors.WithMessage(err, path)
	}
	return s, nil
}

// cannotWrite says whether an error is that of a place where nothing can be written.
func cannotWrite(err error) bool {
	var failed *driver.Error
	if !errors.As(err, &failed) {
		return false
	}
	const kind = 0xff // the other bits say more of the same
	switch failed.Code() & kind {
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return true
	default:
		return false
	}
}

// A Failure is why a record could not be read or written, as far as SQLite says it.
type Failure int

// The failures of a record.
const (
	NoFailure  Failure = iota // neither of the storage nor of the content
	DiskFailed                // the disk is full or gives errors
	NotOpened                 // a file of the record could not be opened or made; SQLite does not say why
	ReadOnly                  // the storage can only be read
	Damaged                   // the content is not what this package writes
)

// FailureOf says which failure an error is.
func FailureOf(err error) Failure {
	var content *contentError
	if errors.As(err, &content) {
		return Damaged
	}
	var failed *driver.Error
	if !errors.As(err, &failed) {
		return NoFailure
	}
	const kind = 0xff // the other bits say more of the same
	switch failed.Code() & kind {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR:
		return DiskFailed
	case lib.SQLITE_CANTOPEN:
		return NotOpened
	case lib.SQLITE_READONLY:
		return ReadOnly
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return Damaged
	default:
		return NoFailure
	}
}

// prepare makes the tables where they are not those of this version.
func (s *Store) prepare(ctx context.Context) error {
	current := false
	err := s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		found, err := versionOf(ctx, tx)
		if current = found == version; current && err == nil {
			err = expectTables(ctx, tx)
		}
		return err
	})
	if current || err != nil {
		return err
	}
	return s.write(ctx, migrate)
}

// migrate makes the tables of a new file, and changes those of an earlier version.
func migrate(ctx context.Context, tx *sql.Tx) error {
	found, err := versionOf(ctx, tx)
	if err != nil {
		return err
	}
	if found < 0 || found > version {
		return otherVersion(found)
	}
	if found == 0 {
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return err
		}
	}
	if err := expectTables(ctx, tx); err != nil || found == version {
		return err
	}
	_, err = tx.ExecContext(ctx, changes+fmt.Sprintf("PRAGMA user_version = %d;", version))
	return err
}

// expectReadable rejects tables of a version that cannot be read. Storage that can only be read keeps the version that it has.
func (s *Store) expectReadable(ctx context.Context) error {
	return s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		found, err := versionOf(ctx, tx)
		switch {
		case err != nil:
			return err
		case found < 1 || found > version:
			return otherVersion(found)
		}
		s.old = found == 1
		return expectTables(ctx, tx)
	})
}

func otherVersion(found int) error {
	return errors.Errorf("found tables of version %d, expected %d or earlier", found, version)
}

func versionOf(ctx context.Context, tx *sql.Tx) (found int, err error) {
	err = tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&found)
	return found, err
}

// expectTables rejects a file in which something else has the name of a table: a query of a view or of a virtual table may run for
// ever.
func expectTables(ctx context.Context, tx *sql.Tx) error {
	var tables, others int
	const query = "SELECT count(*) FILTER (WHERE type = 'table' AND name IN ('study', 'workers', 'trials', 'runs', 'reports')), " +
		"count(*) FILTER (WHERE type != 'table') FROM pragma_table_list WHERE schema = 'main'"
	if err := tx.QueryRowContext(ctx, query).Scan(&tables, &others); err != nil {
		return err
	}
	var triggers int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'").Scan(&triggers); err != nil {
		return err
	}
	if tables != 5 || others+triggers != 0 {
		return errors.Errorf("damaged record: found %d of its tables and %d views, virtual tables and triggers, expected 5 and none", tables, others+triggers)
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

// read carries out f as one transaction, which sees one state of the record and waits for no process that writes.
func (s *Store) read(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return errors.Wrap(err, "record of the study")
	}
	defer func() { _ = tx.Rollback() }() // nothing was changed
	return errors.Wrap(f(ctx, tx), "record of the study")
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
	err := s.reader.QueryRowContext(ctx, "SELECT kind, fingerprint, definition FROM study").Scan(&d.Kind, &d.Fingerprint, &d.Text)
	if errors.Is(err, sql.ErrNoRows) {
		return d, errors.New("the study was interrupted before it began; the command that began it continues it")
	}
	return d, errors.Wrap(err, "record of the study")
}

// Look implements [study.Store].
func (s *Store) Look(ctx context.Context) (int, error) {
	var looks int
	err := s.db.QueryRowContext(ctx, "UPDATE study SET looks = looks + 1 RETURNING looks").Scan(&looks)
	return looks, errors.Wrap(err, "record of the study")
}

// Close gives back the trials that are still this worker's and closes the file. Where that cannot be written, the death of the
// worker gives them back.
func (s *Store) Close() error {
	if s.worker.number() != 0 {
		_ = s.write(context.Background(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE trials SET state = ?, worker = NULL, changed = "+tick+" WHERE worker = ?", study.Waiting, s.worker.number())
			return err
		})
	}
	err := s.reader.Close()
	if e := s.db.Close(); err == nil {
		err = e
	}
	if e := s.worker.close(); err == nil {
		err = e
	}
	return errors.Wrap(err, "record of the study")
}
