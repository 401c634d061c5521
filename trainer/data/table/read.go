package table

import (
	"context"

	"github.com/gruexp/gruexp/trainer/data"
)

// ReadTable reads a file row by row into a store.
func ReadTable(ctx context.Context, path string, want data.Layout, store data.RowStore) (*data.Table, error) {
	f, err := openRecords(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := data.ParseTable(ctx, path, f.Records, want, store)
	if err != nil {
		return nil, err
	}
	return t, f.Finish()
}

// columnNames reads the names of the columns of a file.
func columnNames(ctx context.Context, path string) ([]string, error) {
	f, err := openRecords(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Header()
}
