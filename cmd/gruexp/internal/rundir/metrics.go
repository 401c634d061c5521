package rundir

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
)

// RewriteMetrics writes the metrics of all epochs anew: before a run goes on, whatever an interruption has left of
// later epochs must go.
func (d *Dir) RewriteMetrics(epochs []trainer.Epoch) error {
	err := d.WriteTo(MetricsFile, func(w io.Writer) error { return appendJSONL(w, epochs) })
	if err != nil {
		return err
	}
	d.columns = columnsOf(epochs)
	if err := d.WriteTo(MetricsCSVFile, func(w io.Writer) error { return d.appendCSV(w, epochs, true) }); err != nil {
		return err
	}
	return d.WriteTo(EventsFile, func(w io.Writer) error {
		if err := WriteHeader(w, now()); err != nil {
			return err
		}
		return appendEvents(w, epochs)
	})
}

// AppendMetrics adds the metrics of one epoch.
func (d *Dir) AppendMetrics(epoch trainer.Epoch) error {
	one := []trainer.Epoch{epoch}
	if err := d.append(MetricsFile, func(w io.Writer, _ bool) error { return appendJSONL(w, one) }); err != nil {
		return err
	}
	if err := d.append(EventsFile, func(w io.Writer, _ bool) error { return appendEvents(w, one) }); err != nil {
		return err
	}
	return d.append(MetricsCSVFile, func(w io.Writer, empty bool) error {
		if empty {
			d.columns = columnsOf(one)
		}
		return d.appendCSV(w, one, empty)
	})
}

func (d *Dir) append(name string, write func(w io.Writer, empty bool) error) (err error) {
	f, err := OpenAppend(d.path, name)
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

// cells are the numbers of an epoch by the names of their columns, those of metrics.jsonl with dots between.
func cells(e trainer.Epoch) map[string]float64 {
	named := map[string]float64{"epoch": float64(e.Epoch), "step": float64(e.Step), "seconds": e.Seconds, "learning_rate": e.LearningRate}
	for part, metrics := range map[string]map[string]float64{"train": e.Train, "valid": e.Valid, "gradient_norms": e.GradientNorms} {
		for name, v := range metrics {
			named[part+"."+name] = v
		}
	}
	return named
}

// columnsOf are the columns of the first epoch. What only later ones have is in metrics.jsonl.
func columnsOf(epochs []trainer.Epoch) []string {
	if len(epochs) == 0 {
		return nil
	}
	columns := []string{"epoch", "step", "seconds", "learning_rate"}
	for _, part := range []struct {
		name    string
		metrics map[string]float64
	}{{"train", epochs[0].Train}, {"valid", epochs[0].Valid}, {"gradient_norms", epochs[0].GradientNorms}} {
		for _, name := range slices.Sorted(maps.Keys(part.metrics)) {
			columns = append(columns, part.name+"."+name)
		}
	}
	return columns
}

func (d *Dir) appendCSV(w io.Writer, epochs []trainer.Epoch, header bool) error {
	out := csv.NewWriter(w)
	if header && len(epochs) > 0 {
		if err := out.Write(d.columns); err != nil {
			return errors.Wrap(err, MetricsCSVFile)
		}
	}
	for _, e := range epochs {
		values := cells(e)
		row := make([]string, len(d.columns))
		for i, column := range d.columns {
			if v, ok := values[column]; ok {
				row[i] = strconv.FormatFloat(v, 'g', -1, 64)
			}
		}
		if err := out.Write(row); err != nil {
			return errors.Wrap(err, MetricsCSVFile)
		}
	}
	out.Flush()
	return errors.Wrap(out.Error(), MetricsCSVFile)
}

// appendEvents writes the curves of TensorBoard, "train/loss" and the like over the steps of the solver. Times are as if the run had
// not been interrupted and the last epoch ended now.
func appendEvents(w io.Writer, epochs []trainer.Epoch) error {
	for _, e := range epochs {
		var scalars []Scalar
		values := cells(e)
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if name != "step" && name != "seconds" {
				scalars = append(scalars, Scalar{Tag: strings.Replace(name, ".", "/", 1), Value: values[name]})
			}
		}
		at := now() - epochs[len(epochs)-1].Seconds + e.Seconds
		if err := WriteScalars(w, at, e.Step, scalars); err != nil {
			return err
		}
	}
	return nil
}

// now is the time in seconds since 1970.
func now() float64 { return float64(time.Now().UnixNano()) / 1e9 }

// MostMetrics is the greatest size of the metrics of a run that are read, in bytes.
const MostMetrics = 256 << 20

// CountEpochs is how many epochs the metrics of the run in a directory have.
func CountEpochs(path string) (int, error) {
	content, err := Read(path, MetricsFile, MostMetrics)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fault.Fault{Where: filepath.Join(path, MetricsFile), What: "cannot be read", Found: usererr.Reason(err), Expected: "the metrics of the run"}.Err()
	}
	return bytes.Count(content, []byte("\n")), nil
}
