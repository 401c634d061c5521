package postgres_test

import (
	"fmt"
	"testing"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/postgres"
	"github.com/gruexp/gruexp/trainer/study/postgres/postgrestest"
	"github.com/gruexp/gruexp/trainer/study/storetest"
)

// BenchmarkRecord measures what the record costs: docs/studies.md has the numbers.
func BenchmarkRecord(b *testing.B) {
	if server == nil {
		b.Skip(postgrestest.ErrMissing)
	}
	for _, l := range []storetest.Load{
		{Trials: 1200, Reports: 25, Workers: 1, Slots: 4}, {Trials: 1200, Reports: 25, Workers: 25, Slots: 4},
		{Trials: 10000, Reports: 25, Workers: 1, Slots: 4}, {Trials: 10000, Reports: 25, Workers: 25, Slots: 4},
	} {
		b.Run(fmt.Sprintf("trials=%d/slots=%d", l.Trials, l.Workers*l.Slots), func(b *testing.B) {
			for b.Loop() {
				address := server.Address("postgres") + fmt.Sprintf("?study=load-%d", number.Add(1))
				m, err := l.Run(b.Context(), func() (study.Store, error) { return postgres.Open(b.Context(), address, postgres.Options{}) })
				if err != nil {
					b.Fatal(err)
				}
				b.Log(m)
			}
		})
	}
}
