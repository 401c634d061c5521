package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/postgres"
	"github.com/gruexp/gruexp/trainer/study/postgres/postgrestest"
	"github.com/gruexp/gruexp/trainer/study/storetest"
)

// lease is shorter than that of studies, so that the tests are.
const lease = time.Second

var (
	server *postgrestest.Server // of all tests; nil: there is none
	number atomic.Int64
)

var suite = storetest.Suite{
	New: func(t *testing.T) string {
		t.Helper()
		return address(t, "postgres")
	},
	Open: func(ctx context.Context, address string) (study.Store, error) {
		return postgres.Open(ctx, address, postgres.Options{Lease: lease, Patience: 20 * time.Second})
	},
	Lease: lease,
}

func TestMain(m *testing.M) {
	os.Setenv("PGPASSWORD", postgrestest.Password)
	suite.Main()
	var err error
	if server, err = postgrestest.Start(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "tests with a server are skipped:", err)
		if !errors.Is(err, postgrestest.ErrMissing) {
			os.Exit(1)
		}
	}
	result := m.Run()
	if server != nil {
		server.Close()
	}
	os.Exit(result)
}

// address is that of a study that is not there yet.
func address(t *testing.T, database string) string {
	t.Helper()
	if server == nil {
		t.Skip(postgrestest.ErrMissing)
	}
	return server.Address(database) + fmt.Sprintf("?study=study-%d", number.Add(1))
}

func TestStore(t *testing.T) {
	t.Parallel()
	if server == nil {
		t.Skip(postgrestest.ErrMissing)
	}
	suite.Run(t)
}
