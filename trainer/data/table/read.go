package table

import (
	"context"

	"github.com/gruexp/gruexp/trainer/data"
)

// ReadTable reads a file row by row into a store.
func ReadTable(ctx context.Context, path string, want data.Layout, store data.RowStore) (*data.Table, error) {
	f, err := openRecords(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return data.ParseTable(ctx, path, f.Records, want, store)
}

// columnNames reads the names of the columns of a file.
func columnNames(path string) ([]string, error) {
	f, err := openRecords(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Header()
}
