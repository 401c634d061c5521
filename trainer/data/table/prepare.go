package table

import (
	"context"
	"fmt"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// Read reads a file of rows for a model whose inputs were prepared as t says, other columns left out; alphabet is that of the tokens, if the inputs are such.
// Sequences stand in the order of their first rows; of each, where there is a Window, its last rows are taken.
func Read(ctx context.Context, t *data.TableInputs, path string, alphabet []string) (*data.Sequences, error) {
	read, err := ReadTable(ctx, path, t.Layout(), &data.MemoryStore{})
	if err != nil {
		return nil, err
	}
	return t.FromTable(read, alphabet)
}

// ReadInputs reads a table for a model that was trained elsewhere: the column sequence groups rows and the column time
// orders them, where there are such; all others, features of them, are the inputs in their order and as
// they are. No number may be missing.
func ReadInputs(ctx context.Context, path string, features int) (*data.Sequences, error) {
	names, err := columnNames(ctx, path)
	if err != nil {
		return nil, err
	}
	t := &data.TableInputs{Fill: data.FillZero}
	for _, name := range names {
		switch name {
		case data.SequenceColumn:
			t.Sequence = name
		case "time":
			t.Time = name
		default:
			t.Columns = append(t.Columns, data.InputColumn{Name: name, Scale: 1})
		}
	}
	if len(t.Columns) != features {
		return nil, errors.WithStack(fault.Fault{
			Where: path, Line: 1, What: "header", Found: fmt.Sprintf("%d columns beside sequence and time: %s", len(t.Columns), quote.List(names)),
			Expected: fmt.Sprintf("%d, as the model has inputs", features),
		}.Err())
	}
	return Read(ctx, t, path, nil)
}

// ReadFor reads a file of rows for a model that was prepared as p says. It fails where the model's inputs do not come from a table.
func ReadFor(ctx context.Context, p data.Preparation, path string) (*data.Sequences, error) {
	if p.Table == nil {
		return nil, errors.WithStack(fault.Fault{
			Where: path, What: "the model does not say how its inputs are made of a table", Expected: "a model that was trained on a table",
		}.Err())
	}
	return Read(ctx, p.Table, path, p.Alphabet)
}
