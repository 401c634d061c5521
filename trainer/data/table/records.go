package table

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/input"
)

// Limits of a table: far above real ones, low enough that a damaged file cannot fill the memory.
const (
	maxRecordBytes = 1 << 20 // give or take what a reader has read ahead
)

// A format is how a file holds a table.
type format struct {
	open func(*tableInput) (data.Records, error)
}

// formats returns those that are told by the ending of a file's name, which may be followed by .gz.
func formats() map[string]format {
	comma := format{open: func(in *tableInput) (data.Records, error) { return newSeparated(in.path, in, ',') }}
	tab := format{open: func(in *tableInput) (data.Records, error) { return newSeparated(in.path, in, '\t') }}
	lines := format{open: func(in *tableInput) (data.Records, error) { return newLineRecords(in.path, in) }}
	return map[string]format{
		".csv": comma, ".tsv": tab, ".tab": tab, ".jsonl": lines, ".ndjson": lines,
		".npy": {open: openNPY}, ".npz": {open: openNPZ}, ".parquet": {open: openParquet},
	}
}

// IsTable says whether a file's name ends as one of the formats of tables does.
func IsTable(path string) bool {
	_, known := formats()[ending(path)]
	return known
}

// ending is that of a name, in lower case and without that of gzip.
func ending(path string) string {
	name := strings.ToLower(path)
	return filepath.Ext(strings.TrimSuffix(name, ".gz"))
}

// refused are endings of tables that are not read, with what to do instead.
func refused() map[string]string {
	return map[string]string{
		".json": "an object for each sequence, in a line of its own, in a file that ends in .jsonl", ".xlsx": "a table exported as .csv", ".xls": "a table exported as .csv",
		".ods": "a table exported as .csv", ".zip": "what is in it, or .gz", ".feather": "the table as .parquet", ".arrow": "the table as .parquet", ".rds": "the table as .csv",
		".rda": "the table as .csv", ".pkl": "the table as .csv or .parquet", ".h5": "the arrays as .npz", ".mat": "the arrays as .npz",
	}
}

// formatOf is the format of a file; one of another ending is taken for comma-separated values.
func formatOf(path string) format {
	all := formats()
	if f, known := all[ending(path)]; known {
		return f
	}
	return all[".csv"]
}

// tableInput is a file to read a table from, unpacked where it is packed by gzip.
type tableInput struct {
	*bufio.Reader
	path   string
	file   *input.File
	packed bool
}

// Bounds of a packed file of a format that cannot be read in its order: of what it unpacks to, and of how many times its own
// size that may be.
const (
	maxUnpacked = 1 << 30
	maxPacking  = 100
)

// whole is the file for those who read here and there.
func (in *tableInput) whole() (io.ReaderAt, int64, error) {
	info, err := in.file.Stat()
	if err != nil {
		return nil, 0, input.Unreadable(in.path, err)
	}
	if !in.packed {
		return in.file, info.Size(), nil
	}
	most := min(maxUnpacked, 1<<20+maxPacking*info.Size())
	content, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, 0, input.Unreadable(in.path, err)
	}
	if int64(len(content)) > most {
		return nil, 0, errors.WithStack(fault.Fault{
			Where: in.path, What: "file", Found: fmt.Sprintf("more than %d bytes unpacked", most), Expected: "fewer, or the file without .gz",
		}.Err())
	}
	return bytes.NewReader(content), int64(len(content)), nil
}

// tableFile is a file that is being read as a table.
type tableFile struct {
	data.Records
	*input.File
}

// openRecords opens a file in the format that its name ends in.
func openRecords(ctx context.Context, path string) (*tableFile, error) {
	f, err := input.Open(ctx, path, "a table")
	if err != nil {
		return nil, err
	}
	if instead, known := refused()[ending(path)]; known {
		f.Close()
		return nil, errors.WithStack(fault.Fault{Where: path, What: "format", Found: "the ending " + ending(path), Expected: instead}.Err())
	}
	in := &tableInput{path: path, file: f}
	var r data.Records
	if in.Reader, in.packed, err = input.Unpacked(path, f); err == nil {
		r, err = formatOf(path).open(in)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &tableFile{r, f}, nil
}
