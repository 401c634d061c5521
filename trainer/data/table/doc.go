// Package table reads tables and texts from files: CSV, TSV, JSON lines, .npy, .npz, Parquet and plain text, packed by gzip or not.
//
// A table has named columns and a row for each time step; the ending of its file's name tells the format, see docs/data.md. Rows of
// equal [data.TableConfig].Sequence are one sequence, ordered by [data.TableConfig].Time. [LoadOwn] reads what a configuration
// names, [Read] the rows that a trained model predicts from. With [data.Config].Stream the rows are kept in mapped files instead
// of memory.
package table
