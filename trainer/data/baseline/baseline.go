package baseline

import (
	"runtime/debug"

	"github.com/gruexp/gruexp/trainer/data"
)

// Of returns what simple methods reach on the test part of data. Sets with a name have methods of their own; of a table, a text
// and of sequences in memory they follow from the task. The error is that of rows in mapped files that cannot be read.
func Of(d *data.Data) (found []data.Baseline, err error) {
	if rows, ok := d.Train.(*data.RowSet); ok && rows.Panel.Mapped {
		defer data.GuardMapped(debug.SetPanicOnFault(true), rows.Panel.Path, &err)
	}
	if d.Baselines != nil {
		return d.Baselines(), nil
	}
	return OfBasis(d.Basis), nil
}

// OfBasis returns what simple methods that follow from the task reach; none where there is no basis.
func OfBasis(b *data.Basis) []data.Baseline {
	if b == nil {
		return nil
	}
	switch fitted := b.Train.(type) {
	case *data.RowSet:
		return tableBaselines(fitted, b.Test.(*data.RowSet), b.Season, b.RidgeRows)
	case *data.TokenSeries:
		return Tokens([][]int{fitted.Tokens}, [][]int{b.Test.(*data.TokenSeries).Tokens}, fitted.Spec().Vocabulary)
	case *data.TokenPairs:
		return pairBaselines(fitted, b.Test.(*data.TokenPairs))
	default:
		return nil
	}
}
