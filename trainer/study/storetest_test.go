package study_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/storetest"
)

// Records in memory have no addresses: they are numbered here.
var (
	memories sync.Map
	memory   atomic.Int64
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Suite{
		New: func(*testing.T) string {
			address := fmt.Sprint(memory.Add(1))
			memories.Store(address, study.NewMemory())
			return address
		},
		Open: func(_ context.Context, address string) (study.Store, error) {
			s, _ := memories.Load(address)
			return s.(study.Store), nil
		},
		OneProcess: true,
	}.Run(t)
}
