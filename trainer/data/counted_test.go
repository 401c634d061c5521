package data_test

import (
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// countedRows is a file of very many rows, which says so.
type countedRows struct {
	data.Columns
	rows, read int
}

func (r *countedRows) Next() ([]data.Cell, int, error) {
	r.read++
	return []data.Cell{{Kind: data.NumberCell, Number: 1}}, r.read, nil
}

func (r *countedRows) Count(most int) (int, bool) { return min(r.rows, most), true }

// A table that will have too many numbers is rejected before they are in memory.
func TestTooManyNumbersAreKnownEarly(t *testing.T) {
	t.Parallel()
	r := &countedRows{Columns: data.Columns{Names: []string{"x"}}, rows: data.MaxNumbers}
	_, err := data.Parse(t.Context(), "a.csv", r, data.Layout{}, &data.MemoryStore{})
	if len(fault.Of(err)) != 1 || !strings.Contains(err.Error(), "data.stream") || r.read > 1<<20 {
		t.Errorf("found error %v after %d rows, expected a fault after few", err, r.read)
	}
}
