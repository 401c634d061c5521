package infer

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// maxArray bounds the elements of an .npy output: one long sequence pads all others.
const maxArray = 1 << 31

// write writes the whole file or none.
func (o *outputs) write(path string) error {
	if o.perStep {
		if err := checkArray(path, o.steps, len(o.values), o.units()); err != nil {
			return err
		}
	}
	err := atomicfile.Write(path, 0o644, func(w io.Writer) error {
		switch filepath.Ext(path) {
		case csvEnding:
			return o.writeCSV(w)
		case jsonlEnding:
			return o.writeJSONL(w)
		default:
			return weights.EncodeNPY(w, o.array())
		}
	})
	return usererr.Output(path, err)
}

// checkArray rejects an .npy output that padding makes too large.
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

// array is [T,B,K], 0 after the end of a sequence, or [B,K].
func (o *outputs) array() weights.Tensor {
	size, units := len(o.values), o.units()
	t := weights.Tensor{Shape: []int{size, units}}
	if o.perStep {
		t.Shape = []int{o.steps, size, units}
	}
	elements := 1
	for _, n := range t.Shape {
		elements *= n
	}
	all := make([]float64, elements)
	for b, values := range o.values {
		for i, v := range values {
			all[(i/units*size+b)*units+i%units] = v
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

// time writes a date, or a number as the data have it.
func (o *outputs) time(v float64) string {
	if !o.dates {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	seconds := math.Floor(v)
	at := time.Unix(int64(seconds), int64((v-seconds)*1e9)).UTC()
	if at.Nanosecond() != 0 {
		return at.Format("2006-01-02 15:04:05.999999999")
	}
	return at.Format(time.DateTime)
}

// rows is how many rows sequence i has.
func (o *outputs) rows(i int) int { return len(o.values[i]) / o.units() }

// row is the numbers of a row; class is its class and the probability of that, empty where there are no classes.
func (o *outputs) row(i, t int) (numbers []float64, class string, probability float64) {
	numbers = o.values[i][t*o.units() : (t+1)*o.units()]
	if o.classes != nil {
		class, probability = o.classes[i][t], slices.Max(numbers)
	}
	return numbers, class, probability
}

// writeCSV writes a row for each sequence, or for each step.
func (o *outputs) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	head := []string{"sequence"}
	if o.perStep {
		head = append(head, "step")
	}
	if o.times != nil {
		head = append(head, o.timeName)
	}
	if o.classes != nil {
		head = append(head, "class", "probability")
	}
	if err := out.Write(rundir.CSVRow(append(head, o.columns...))); err != nil {
		return errors.Wrap(err, "write CSV")
	}
	for i := range o.values {
		for t := range o.rows(i) {
			row := []string{o.name(i)}
			if o.perStep {
				row = append(row, strconv.Itoa(t))
			}
			if o.times != nil {
				row = append(row, o.time(o.times[i][t]))
			}
			numbers, class, probability := o.row(i, t)
			if o.classes != nil {
				row = append(row, class, o.number(probability))
			}
			for _, v := range numbers {
				row = append(row, o.number(v))
			}
			if err := out.Write(rundir.CSVRow(row)); err != nil {
				return errors.Wrap(err, "write CSV")
			}
		}
	}
	out.Flush()
	return errors.Wrap(out.Error(), "write CSV")
}

// writeJSONL writes an object in a line for each sequence. Classes are {"sequence": NAME, "class": C, "probability": P, C: P, …}, with an
// output per step {"sequence": NAME, "steps": [{"class": …}, …]}; numbers are {"sequence": NAME, "time": T, "outputs": [K]}, with an
// output per step {"sequence": NAME, "times": [T, …], "outputs": [[K], …]}.
func (o *outputs) writeJSONL(w io.Writer) error {
	buffered := bufio.NewWriter(w)
	for i := range o.values {
		buffered.WriteByte('{')
		if o.names != nil {
			fmt.Fprintf(buffered, `"sequence": %s, `, quoted(o.names[i]))
		}
		if o.classes != nil {
			o.writeClasses(buffered, i)
		} else {
			o.writeNumbers(buffered, i)
		}
		buffered.WriteString("}\n")
	}
	return errors.Wrap(buffered.Flush(), "write JSON")
}

// quoted is a text in JSON.
func quoted(text string) string {
	encoded, _ := json.Marshal(text) // a text is always encoded
	return string(encoded)
}

func (o *outputs) writeClasses(w *bufio.Writer, i int) {
	one := func(t int) {
		numbers, class, probability := o.row(i, t)
		fmt.Fprintf(w, `"class": %s, "probability": %s`, quoted(class), o.number(probability))
		for k, v := range numbers {
			fmt.Fprintf(w, ", %s: %s", quoted(o.columns[k]), o.number(v))
		}
	}
	if !o.perStep {
		one(0)
		return
	}
	w.WriteString(`"steps": [`)
	for t := range o.rows(i) {
		if t > 0 {
			w.WriteString(", ")
		}
		w.WriteByte('{')
		one(t)
		w.WriteByte('}')
	}
	w.WriteByte(']')
}

func (o *outputs) writeNumbers(w *bufio.Writer, i int) {
	if o.times != nil {
		o.writeTimes(w, o.times[i])
	}
	w.WriteString(`"outputs": `)
	if o.perStep {
		w.WriteByte('[')
	}
	for t := range o.rows(i) {
		if t > 0 {
			w.WriteString(", ")
		}
		numbers, _, _ := o.row(i, t)
		o.writeList(w, numbers)
	}
	if o.perStep {
		w.WriteByte(']')
	}
}

func (o *outputs) writeTimes(w *bufio.Writer, times []float64) {
	key := "time"
	if o.perStep {
		key = "times"
	}
	fmt.Fprintf(w, `"%s": `, key)
	if o.perStep {
		w.WriteByte('[')
	}
	for t, v := range times {
		if t > 0 {
			w.WriteString(", ")
		}
		text := o.time(v)
		if o.dates {
			text = quoted(text)
		}
		w.WriteString(text)
	}
	if o.perStep {
		w.WriteByte(']')
	}
	w.WriteString(", ")
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
