package rundir

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/request"
	"github.com/gruexp/gruexp/trainer"
)

// RewriteMetrics writes the metrics of all epochs anew: before a run goes on, whatever an interruption has left of
// later epochs must go.
func (d *Dir) RewriteMetrics(epochs []trainer.Epoch) error {
	err := d.WriteTo(MetricsFile, func(w io.Writer) error { return appendJSONL(w, epochs) })
	if err != nil {
		return err
	}
	return d.WriteTo(MetricsCSVFile, func(w io.Writer) error { return appendCSV(w, epochs, true) })
}

// AppendMetrics adds the metrics of one epoch.
func (d *Dir) AppendMetrics(epoch trainer.Epoch) error {
	one := []trainer.Epoch{epoch}
	if err := d.append(MetricsFile, func(w io.Writer, _ bool) error { return appendJSONL(w, one) }); err != nil {
		return err
	}
	return d.append(MetricsCSVFile, func(w io.Writer, empty bool) error { return appendCSV(w, one, empty) })
}

func (d *Dir) append(name string, write func(w io.Writer, empty bool) error) (err error) {
	f, err := os.OpenFile(d.Path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return errors.Wrap(err, name)
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = errors.Wrap(e, name)
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return errors.Wrap(err, name)
	}
	return write(f, info.Size() == 0)
}

func appendJSONL(w io.Writer, epochs []trainer.Epoch) error {
	for _, e := range epochs {
		line, err := json.Marshal(e)
		if err != nil {
			return errors.Wrap(err, MetricsFile)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return errors.Wrap(err, MetricsFile)
		}
	}
	return nil
}

// appendCSV writes the columns of metrics.jsonl, metrics by "train.NAME" and "valid.NAME" in the order of their names.
func appendCSV(w io.Writer, epochs []trainer.Epoch, header bool) error {
	out := csv.NewWriter(w)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for i, e := range epochs {
		train, valid := slices.Sorted(maps.Keys(e.Train)), slices.Sorted(maps.Keys(e.Valid))
		if header && i == 0 {
			columns := []string{"epoch", "step", "seconds", "learning_rate"}
			for _, name := range train {
				columns = append(columns, "train."+name)
			}
			for _, name := range valid {
				columns = append(columns, "valid."+name)
			}
			if err := out.Write(columns); err != nil {
				return errors.Wrap(err, MetricsCSVFile)
			}
		}
		row := []string{strconv.Itoa(e.Epoch), strconv.Itoa(e.Step), number(e.Seconds), number(e.LearningRate)}
		for _, name := range train {
			row = append(row, number(e.Train[name]))
		}
		for _, name := range valid {
			row = append(row, number(e.Valid[name]))
		}
		if err := out.Write(row); err != nil {
			return errors.Wrap(err, MetricsCSVFile)
		}
	}
	out.Flush()
	return errors.Wrap(out.Error(), MetricsCSVFile)
}

// CountEpochs is how many epochs the metrics of the run in a directory have.
func CountEpochs(path string) (int, error) {
	content, err := os.ReadFile(filepath.Join(path, MetricsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, &request.Error{Where: filepath.Join(path, MetricsFile), What: "cannot be read", Found: request.Reason(err), Expected: "the metrics of the run"}
	}
	return bytes.Count(content, []byte("\n")), nil
}
