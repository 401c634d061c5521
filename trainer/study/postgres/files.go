package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/gruexp/gruexp/trainer/study"
)

var _ study.Files = (*Store)(nil)

// chunk is how many bytes of a file a row has: messages of the server are held in memory.
const chunk = 1 << 20

// WriteFiles implements [study.Files].
func (s *Store) WriteFiles(ctx context.Context, trial int64, files map[string][]byte, remove []string) error {
	id, err := s.study(ctx)
	if err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx, _ bool) error {
		if trial != 0 {
			n, err := one(tx.QueryRow(ctx, "SELECT 1 FROM gruexp.trials WHERE study = $1 AND id = $2 AND worker = $3 AND attempts = $4 AND state = 'running' FOR SHARE", id, trial, s.worker.number(), s.worker.attempt(trial)))
			if err := mine(n, err); err != nil {
				return err
			}
		}
		batch := &pgx.Batch{}
		batch.Queue("DELETE FROM gruexp.files WHERE study = $1 AND name = ANY($2)", id, append(slices.Sorted(maps.Keys(files)), remove...))
		for _, name := range slices.Sorted(maps.Keys(files)) {
			content := files[name]
			sum := sha256.Sum256(content)
			batch.Queue("INSERT INTO gruexp.files (study, name, sha256, size) VALUES ($1, $2, $3, $4)", id, name, sum[:], len(content))
			number := 0
			for part := range slices.Chunk(content, chunk) {
				batch.Queue("INSERT INTO gruexp.chunks (study, name, number, content) VALUES ($1, $2, $3, $4)", id, name, number, part)
				number++
			}
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

// ReadFiles implements [study.Files]. What does not have its checksum is an error.
func (s *Store) ReadFiles(ctx context.Context, prefix string, each func(name string, content []byte) error) error {
	id, err := s.study(ctx)
	if err != nil {
		return err
	}
	var names []string
	err = s.try(ctx, func(ctx context.Context, _ bool) error {
		rows, err := s.pool.Query(ctx, "SELECT name FROM gruexp.files WHERE study = $1 AND starts_with(name, $2) ORDER BY name", id, prefix)
		if err != nil {
			return err
		}
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		content, err := s.readFile(ctx, id, name)
		if err != nil {
			return err
		}
		if content == nil {
			continue // it was removed meanwhile
		}
		if err := each(name, content); err != nil {
			return err
		}
	}
	return nil
}

// readFile reads one file, nil where there is none.
func (s *Store) readFile(ctx context.Context, id int64, name string) (content []byte, err error) {
	err = s.try(ctx, func(ctx context.Context, _ bool) error {
		return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			content = nil
			rows, err := tx.Query(ctx, "SELECT sha256, size FROM gruexp.files WHERE study = $1 AND name = $2", id, name)
			if err != nil {
				return err
			}
			var (
				sum  []byte
				size int64
			)
			if tag, err := pgx.ForEachRow(rows, []any{&sum, &size}, func() error { return nil }); err != nil || tag.RowsAffected() == 0 {
				return err
			}
			if rows, err = tx.Query(ctx, "SELECT content FROM gruexp.chunks WHERE study = $1 AND name = $2 ORDER BY number", id, name); err != nil {
				return err
			}
			whole := []byte{}
			var part []byte
			if _, err := pgx.ForEachRow(rows, []any{&part}, func() error { whole = append(whole, part...); return nil }); err != nil {
				return err
			}
			if found := sha256.Sum256(whole); !bytes.Equal(found[:], sum) || int64(len(whole)) != size {
				return fmt.Errorf("damaged record: file %s: found the SHA-256 %x of %d bytes, expected %x of %d", name, found, len(whole), sum, size)
			}
			content = whole
			return nil
		})
	})
	return content, err
}

// Kernels implements [study.Files].
func (s *Store) Kernels(ctx context.Context, own string) (kernels string, err error) {
	id, err := s.study(ctx)
	if err != nil {
		return "", err
	}
	err = s.try(ctx, func(ctx context.Context, _ bool) error {
		return s.pool.QueryRow(ctx, "UPDATE gruexp.studies SET kernels = CASE WHEN kernels = '' THEN $2 ELSE kernels END WHERE id = $1 RETURNING kernels", id, own).Scan(&kernels)
	})
	return kernels, err
}
