package files

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/predict"
)

// WriteRows writes the rows that a model has continued sequences with as CSV: the sequence, if the rows of the training had such a
// column, and the numbers in the units of the data. The rows can be put after those that they continue; there is no time.
func WriteRows(w io.Writer, p *predict.Predictor, generated []predict.Generated) error {
	out, preparation := csv.NewWriter(w), p.Preparation()
	named := false
	for _, one := range generated {
		named = named || one.Name != ""
	}
	var head []string
	if named {
		head = append(head, preparation.Table.Sequence)
	}
	if err := out.Write(append(head, preparation.TargetNames...)); err != nil {
		return errors.Wrap(err, "write CSV")
	}
	for _, one := range generated {
		for _, row := range one.Rows {
			var cells []string
			if named {
				cells = append(cells, one.Name)
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
