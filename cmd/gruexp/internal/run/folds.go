package run

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// foldsFile is the configuration that all folds share, in the directory that they are in.
const foldsFile = "folds.yaml"

// FoldsResult is what a cross-validation says.
type FoldsResult struct {
	Folds     []*Result `json:"folds"`
	Mean      Summary   `json:"mean"`      // over the folds
	Deviation Summary   `json:"deviation"` // standard deviation of the sample
}

// Summary is a number for every metric.
type Summary struct {
	Valid map[string]float64 `json:"valid"`
	Test  map[string]float64 `json:"test"`
}

// TrainFolds carries out a run for each of so many folds, each in a directory of its own in dir, and goes on with those that are
// there. Another configuration than that of the folds that are there is refused.
func TrainFolds(ctx context.Context, cfg *experiment.Config, folds int, dir string, options Options) (*FoldsResult, error) {
	fold := data.FoldConfig{}
	if cfg.Data.Fold != nil {
		fold = *cfg.Data.Fold
	}
	fold.Of = folds
	fold = fold.WithDefaults()
	whole := *cfg
	whole.Data.Fold = &fold
	if err := sameFolds(&whole, dir); err != nil {
		return nil, err
	}
	result := &FoldsResult{}
	for number := 1; number <= folds; number++ {
		one := whole
		mine := fold
		mine.Number = number
		one.Data.Fold = &mine
		path := filepath.Join(dir, fmt.Sprintf("fold-%d", number))
		var r *Result
		var err error
		if rundir.Exists(path) == nil {
			r, err = Resume(ctx, path, options)
		} else {
			r, err = Train(ctx, &one, func() (*rundir.Dir, error) { return rundir.Create(path) }, options)
		}
		if err != nil {
			return nil, err
		}
		result.Folds = append(result.Folds, r)
	}
	for _, part := range []struct {
		of              func(*Result) map[string]float64
		mean, deviation *map[string]float64
	}{
		{func(r *Result) map[string]float64 { return r.Valid }, &result.Mean.Valid, &result.Deviation.Valid},
		{func(r *Result) map[string]float64 { return r.Test }, &result.Mean.Test, &result.Deviation.Test},
	} {
		*part.mean, *part.deviation = summarize(result.Folds, part.of)
	}
	return result, nil
}

// sameFolds writes the shared configuration, or compares it with the one that is there.
func sameFolds(cfg *experiment.Config, dir string) error {
	text, err := experiment.Marshal(cfg)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, foldsFile)
	before, err := os.ReadFile(path)
	switch {
	case err == nil && string(before) == string(text):
		return nil
	case err == nil:
		return fault.Fault{Where: path, What: "other folds than these", Found: "another configuration, or another number of folds", Expected: "those that the directory began with, or a new directory"}.Err()
	case !errors.Is(err, os.ErrNotExist):
		return fault.Fault{Where: path, What: "cannot be read", Found: usererr.Reason(err), Expected: "a file that can be"}.Err()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Fault{Where: dir, What: "directory cannot be made", Found: usererr.Reason(err), Expected: "a path where a directory can be made"}.Err()
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return fault.Fault{Where: dir, What: "is not empty", Found: entries[0].Name(), Expected: "a new or empty directory"}.Err()
	}
	if err != nil {
		return errors.Wrap(err, "folds")
	}
	return atomicfile.WriteBytes(path, 0o644, text)
}

// summarize gives the mean and the sample's standard deviation of every metric.
func summarize(results []*Result, of func(*Result) map[string]float64) (mean, deviation map[string]float64) {
	mean, deviation = map[string]float64{}, map[string]float64{}
	n := float64(len(results))
	for name := range of(results[0]) {
		for _, r := range results {
			mean[name] += of(r)[name] / n
		}
		for _, r := range results {
			d := of(r)[name] - mean[name]
			deviation[name] += d * d / (n - 1)
		}
		deviation[name] = math.Sqrt(deviation[name])
	}
	return mean, deviation
}
