package infer

import (
	"context"
	"encoding/csv"
	"io"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/table"
)

// rows is sequences of the rows of a table.
type rows struct {
	signature data.Preparation
	names     []string      // of the sequences, nil where they have none
	features  [][][]float64 // of the rows, those of the prime first
	written   [][][]float64 // the rows after the prime, in the units of the table
}

func (o SampleOptions) beginRows(ctx context.Context, signature data.Preparation) (sequences, error) {
	if filepath.Ext(o.Prime) != csvEnding {
		found := "no --prime"
		if o.Prime != "" {
			found = o.Prime
		}
		return nil, fault.Fault{
			Where: "--prime", What: "rows to begin with", Found: found, Expected: "--prime FILE that ends in .csv, with the columns of the training",
		}.Err()
	}
	given, err := table.ReadFor(ctx, signature, o.Prime)
	if err != nil {
		return nil, err
	}
	if err := o.checkTotal(given.Len(), 0); err != nil { // what is given has fit already
		return nil, err
	}
	s := &rows{signature: signature, names: given.Names, written: make([][][]float64, given.Len())}
	width := signature.Table.Features()
	for _, features := range given.Inputs {
		var prime [][]float64
		for at := 0; at < len(features); at += width {
			prime = append(prime, features[at:at+width])
		}
		s.features = append(s.features, prime)
	}
	return s, nil
}

func (s *rows) lengths() []int             { return lengths(s.features) }
func (s *rows) token(int, int) int         { return 0 }
func (s *rows) numbers(i, t int) []float64 { return s.features[i][t] }
func (s *rows) endings() []string          { return []string{csvEnding} }

func (s *rows) extend(i int, outputs []float64) {
	row := slices.Clone(outputs)
	s.signature.Original(row, 0)
	s.written[i] = append(s.written[i], row)
	s.features[i] = append(s.features[i], s.signature.Table.Follow(row))
}

// write writes the rows after the prime of all sequences, with the columns of the table but its time.
func (s *rows) write(w io.Writer, _ int) error {
	out := csv.NewWriter(w)
	var head []string
	if s.names != nil {
		head = append(head, s.signature.Table.Sequence)
	}
	if err := out.Write(append(head, s.signature.TargetNames...)); err != nil {
		return errors.Wrap(err, "write CSV")
	}
	for i, written := range s.written {
		for _, row := range written {
			var cells []string
			if s.names != nil {
				cells = append(cells, s.names[i])
			}
			for _, v := range row {
				cells = append(cells, strconv.FormatFloat(v, 'g', -1, 64))
			}
			if err := out.Write(cells); err != nil {
				return errors.Wrap(err, "write CSV")
			}
		}
	}
	out.Flush()
	return errors.Wrap(out.Error(), "write CSV")
}
