package data

import (
	"context"
	"fmt"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// FromRows makes inputs of rows in memory, with the columns that the model was trained on; others are not read. Rows of equal
// sequence, if the model has such a column, are a sequence, ordered by time; without one all rows are.
func (s Preparation) FromRows(rows []Row) (*Sequences, error) {
	if err := s.checkTable(); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.WithStack(fault.Fault{Where: rowsInMemory, What: "no rows", Expected: "at least one"}.Err())
	}
	t, err := ParseTable(context.Background(), rowsInMemory, newRowRecords(rows, nil), s.Table.Layout(), &MemoryStore{})
	if err != nil {
		return nil, err
	}
	return s.Table.FromTable(t, s.Alphabet)
}

// FromSequences makes inputs of sequences of numbers, x[i][t][d] of the columns that the model was trained on in their order. NaN is
// missing.
func (s Preparation) FromSequences(x [][][]float64) (*Sequences, error) {
	if err := s.checkTable(); err != nil {
		return nil, err
	}
	width := s.Table.RawColumns()
	raw := &Sequences{Inputs: make([][]float64, len(x))}
	for i, sequence := range x {
		for t, step := range sequence {
			if len(step) != width {
				return nil, errors.WithStack(fault.Fault{
					Where: sequencesInMemory, What: fmt.Sprintf("sequence %d, step %d", i, t), Found: fmt.Sprintf("%d numbers", len(step)),
					Expected: fmt.Sprintf("%d, as the model was trained on", width),
				}.Err())
			}
			raw.Inputs[i] = append(raw.Inputs[i], step...)
		}
	}
	return s.Table.Prepare(raw)
}

func (s Preparation) checkTable() error {
	if s.Table == nil {
		return errors.WithStack(fault.Fault{
			Where: "model", What: "its inputs are not made of the columns of a table", Expected: "inputs as the model reads them",
		}.Err())
	}
	return nil
}
