package predict

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/data"
)

// maxArray bounds the elements of an .npy output: one long sequence pads all others.
const maxArray = 1 << 31

// write writes the whole file or none.
func (o *outputs) write(path string, signature data.Preparation) error {
	if o.perStep {
		if err := checkArray(path, o.steps, len(o.values), o.units); err != nil {
			return err
		}
	}
	err := atomicfile.Write(path, 0o644, func(w io.Writer) error {
		switch filepath.Ext(path) {
		case csvEnding:
			return o.writeCSV(w, signature)
		case jsonlEnding:
			return o.writeJSONL(w)
		default:
			return weights.EncodeNPY(w, o.array())
		}
	})
	return usererr.Output(path, err)
}

// checkArray refuses an .npy output that padding makes too large.
func checkArray(path string, steps, sequences, outputs int) error {
	if filepath.Ext(path) != npyEnding || steps <= maxArray/sequences/outputs {
		return nil
	}
	return fault.Fault{
		Where: "--output " + path, What: "the array is too large",
		Found:    fmt.Sprintf("%d steps of %d sequences with %d outputs", steps, sequences, outputs),
		Expected: fmt.Sprintf("at most %d elements, or a .csv or .jsonl file, which is not padded", maxArray),
	}.Err()
}

// array is [T,B,K], 0 behind the end of a sequence, or [B,K].
func (o *outputs) array() weights.Tensor {
	size := len(o.values)
	t := weights.Tensor{Shape: []int{size, o.units}}
	if o.perStep {
		t.Shape = []int{o.steps, size, o.units}
	}
	all := make([]float64, product(t.Shape))
	for b, values := range o.values {
		for i, v := range values {
			all[(i/o.units*size+b)*o.units+i%o.units] = v
		}
	}
	t.Data = all
	if !o.wide {
		narrow := make([]float32, len(all))
		for i, v := range all {
			narrow[i] = float32(v)
		}
		t.Data = narrow
	}
	return t
}

func product(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

func (o *outputs) number(v float64) string {
	if o.wide {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 32)
}

func (o *outputs) name(i int) string {
	if o.names == nil {
		return strconv.Itoa(i)
	}
	return o.names[i]
}

// writeCSV writes a row per sequence, or per step of each.
func (o *outputs) writeCSV(w io.Writer, signature data.Preparation) error {
	out := csv.NewWriter(w)
	head := []string{"sequence"}
	if o.perStep {
		head = append(head, "step")
	}
	if err := out.Write(append(head, o.columns(signature)...)); err != nil {
		return errors.Wrap(err, "write CSV")
	}
	for i, values := range o.values {
		for at := 0; at < len(values); at += o.units {
			row := []string{o.name(i)}
			if o.perStep {
				row = append(row, strconv.Itoa(at/o.units))
			}
			for _, v := range values[at : at+o.units] {
				row = append(row, o.number(v))
			}
			if err := out.Write(row); err != nil {
				return errors.Wrap(err, "write CSV")
			}
		}
	}
	out.Flush()
	return errors.Wrap(out.Error(), "write CSV")
}

// columns names the outputs by the classes or the targets of the training, with their quantiles, or output_0, output_1, ….
func (o *outputs) columns(signature data.Preparation) []string {
	names := signature.Classes
	if names == nil {
		names = signature.TargetNames
	}
	if signature.Quantiles != nil {
		var each []string
		for _, name := range names {
			for _, q := range signature.Quantiles {
				each = append(each, fmt.Sprintf("%s q%v", name, q))
			}
		}
		names = each
	}
	if len(names) == o.units && !slices.Contains(names, "sequence") && !slices.Contains(names, "step") {
		return names
	}
	names = make([]string, o.units)
	for k := range names {
		names[k] = fmt.Sprintf("output_%d", k)
	}
	return names
}

// writeJSONL writes {"sequence": NAME, "outputs": [[…], …]} in a line, or [K] where there is no output per step.
func (o *outputs) writeJSONL(w io.Writer) error {
	buffered := bufio.NewWriter(w)
	for i, values := range o.values {
		buffered.WriteByte('{')
		if o.names != nil {
			name, err := json.Marshal(o.names[i])
			if err != nil {
				return errors.Wrap(err, "write JSON")
			}
			fmt.Fprintf(buffered, `"sequence": %s, `, name)
		}
		buffered.WriteString(`"outputs": `)
		if o.perStep {
			buffered.WriteByte('[')
		}
		for at := 0; at < len(values); at += o.units {
			if at > 0 {
				buffered.WriteString(", ")
			}
			o.writeList(buffered, values[at:at+o.units])
		}
		if o.perStep {
			buffered.WriteByte(']')
		}
		buffered.WriteString("}\n")
	}
	return errors.Wrap(buffered.Flush(), "write JSON")
}

func (o *outputs) writeList(w *bufio.Writer, values []float64) {
	separator := "["
	for _, v := range values {
		w.WriteString(separator)
		w.WriteString(o.number(v))
		separator = ", "
	}
	w.WriteByte(']')
}
