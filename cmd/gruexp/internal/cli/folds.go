package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// trainFolds carries out a cross-validation and shows the metrics of all folds, with their mean and standard deviation.
func (a *app) trainFolds(ctx context.Context, cfg *experiment.Config, folds int, out string, options run.Options) error {
	if folds < 2 {
		return fault.Fault{Where: "train", What: "wrong value of --folds", Found: fmt.Sprint(folds), Expected: "at least 2"}.Err()
	}
	if out == "" {
		return fault.Fault{Where: "train --folds", What: "missing flag", Found: "no --out", Expected: "--out DIR, for the directories of the folds"}.Err()
	}
	result, err := run.TrainFolds(ctx, cfg, folds, out, options)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(result)
	}
	var b strings.Builder
	kind := data.KFold
	if cfg.Data.Fold != nil {
		kind = cfg.Data.Fold.Kind
	}
	fmt.Fprintf(&b, "\n%s, %d folds (%s)\n", cfg.Name, folds, kind)
	for _, part := range []struct {
		name            string
		of              func(*run.Result) map[string]float64
		mean, deviation map[string]float64
	}{
		{"valid", func(r *run.Result) map[string]float64 { return r.Valid }, result.Mean.Valid, result.Deviation.Valid},
		{"test", func(r *run.Result) map[string]float64 { return r.Test }, result.Mean.Test, result.Deviation.Test},
	} {
		columns := make([]column, 0, folds+2)
		for i, r := range result.Folds {
			columns = append(columns, column{fmt.Sprintf("%s %d", part.name, i+1), part.of(r)})
		}
		columns = append(columns, column{"mean", part.mean}, column{"deviation", part.deviation})
		b.WriteString("\n")
		if err := writeTable(&b, columns); err != nil {
			return err
		}
	}
	fmt.Fprintf(&b, "\nThe folds are in %s\n", out)
	_, err = io.WriteString(a.stdout, b.String())
	return err
}
