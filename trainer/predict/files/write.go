package files

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/table"
	"github.com/gruexp/gruexp/trainer/predict"
)

// Endings of the files that are read and written.
const (
	CSV   = ".csv"
	JSONL = ".jsonl"
	NPY   = ".npy"
)

// Endings are those of the files that predictions can be written to.
func Endings() []string { return []string{NPY, CSV, JSONL} }

// Output is predictions as they are written: of a classifier the class, its probability and that of every class; of a model of numbers
// the numbers in the units of the data, with the times of the rows if there are times; of a model with a decoder its texts or tokens.
type Output interface {
	// WriteCSV writes a row for each sequence, or for each step of a model that predicts at every step.
	WriteCSV(w io.Writer) error
	// WriteJSONL writes an object in a line for each sequence.
	WriteJSONL(w io.Writer) error
	// WriteNPY writes an array [B,K], or [T,B,K] of a model that predicts at every step, 0 after the end of a sequence; tokens are
	// [U,B], padded with the end token. An array that padding makes too large is an error of type [*fault.Error].
	WriteNPY(w io.Writer) error
}

// NewOutput makes an output of the predictions of [predict.Predictor.PredictPrepared] for an input. Raw takes the outputs of the
// last layer, logits or scaled numbers, in place of what they mean. A number that is not finite is an error.
func NewOutput(p *predict.Predictor, in *Input, found []predict.Prediction, raw bool) (Output, error) {
	if p.Kind() == predict.OfTexts {
		return &translations{names: in.Names, texts: p.Preparation().TargetAlphabet != nil, found: found}, nil
	}
	o := newOutputs(p, in, found, raw)
	return o, o.checkFinite()
}

// Write writes an output in the format of an ending, one of [Endings].
func Write(w io.Writer, o Output, ending string) error {
	switch ending {
	case CSV:
		return o.WriteCSV(w)
	case JSONL:
		return o.WriteJSONL(w)
	case NPY:
		return o.WriteNPY(w)
	default:
		return fault.Fault{Where: "output", What: "unknown kind of file", Found: fmt.Sprintf("%q", ending), Expected: "a name that ends in .npy, .csv or .jsonl"}.Err()
	}
}

// outputs are what is written for sequences.
type outputs struct {
	names    []string // of the sequences, nil where they have none
	steps    int      // T: the longest sequence, or what the input was padded to
	perStep  bool     // a row at every step
	wide     bool     // the numbers are float64, else float32
	columns  []string // of the numbers
	values   [][]float64
	classes  [][]string  // of each row; nil: there are none
	times    [][]float64 // of each row; nil: there are none
	timeName string
	dates    bool  // the times are seconds since 1970
	base     int64 // to be added to times that are large whole numbers
}

// units is how many numbers a row has.
func (o *outputs) units() int { return len(o.columns) }

// newOutputs chooses what to write: classes with probabilities, numbers in the units of the data, or the outputs of the last layer.
func newOutputs(p *predict.Predictor, in *Input, found []predict.Prediction, raw bool) *outputs {
	preparation := p.Preparation()
	classes := !raw && p.Kind() == predict.OfClasses && preparation.Continues == ""
	units := !raw && p.Kind() == predict.OfNumbers
	out := &outputs{names: in.Names, perStep: p.PerStep(), wide: p.Model().Double(), columns: columnsOf(p), values: make([][]float64, len(found)), steps: in.Steps}
	if units && in.Times != nil && preparation.TargetScale != nil {
		out.times, out.dates, out.base, out.timeName = make([][]float64, len(found)), in.Dates, in.TimeBase, timeName(preparation.Table)
	}
	if classes {
		out.classes = make([][]string, len(found))
	}
	for i, one := range found {
		outcomes := one.Steps
		if !out.perStep {
			outcomes = []predict.Outcome{one.Outcome}
		}
		out.steps = max(out.steps, len(outcomes))
		for t := range outcomes {
			outcome := &outcomes[t]
			switch {
			case classes:
				out.classes[i] = append(out.classes[i], outcome.Class)
				for _, c := range outcome.Probabilities {
					out.values[i] = append(out.values[i], c.Probability)
				}
			case units:
				out.values[i] = appendNumbers(out.values[i], outcome)
			default:
				out.values[i] = append(out.values[i], outcome.Raw...)
			}
		}
		if out.times != nil {
			out.times[i] = in.Times[i]
			if n := len(in.Times[i]); !out.perStep && n > 0 {
				out.times[i] = in.Times[i][n-1:]
			}
		}
	}
	return out
}

// appendNumbers adds the numbers of an outcome, or the quantiles of each.
func appendNumbers(values []float64, o *predict.Outcome) []float64 {
	for _, v := range o.Values {
		if v.Quantiles == nil {
			values = append(values, v.Value)
		}
		for _, q := range v.Quantiles {
			values = append(values, q.Value)
		}
	}
	return values
}

// timeName is what the column of the times is called.
func timeName(t *data.TableInputs) string {
	if t.Date != nil || t.Time == "" {
		return "time"
	}
	return t.Time
}

// columnsOf names the outputs by the classes or the targets of the training, with their quantiles, or output_0, output_1, ….
func columnsOf(p *predict.Predictor) []string {
	preparation := p.Preparation()
	names, classes := preparation.TargetNames, preparation.Classes != nil
	if classes {
		names = preparation.Classes
	} else if p.Kind() == predict.OfClasses && preparation.Continues == "" {
		names, classes = p.Names(), true
	}
	if q := p.Quantiles(); q != nil {
		var each []string
		for _, name := range names {
			for _, level := range q {
				each = append(each, fmt.Sprintf("%s q%v", name, level))
			}
		}
		names = each
	}
	taken := []string{"sequence", "step"}
	if classes {
		taken = append(taken, "class", "probability")
	} else if t := preparation.Table; t != nil {
		taken = append(taken, timeName(t))
	}
	if len(names) == p.Outputs() && !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(taken, name) }) {
		return names
	}
	names = make([]string, p.Outputs())
	for k := range names {
		names[k] = fmt.Sprintf("output_%d", k)
	}
	return names
}

// checkFinite rejects numbers that no file but .npy could hold.
func (o *outputs) checkFinite() error {
	for i, values := range o.values {
		for at, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fault.Fault{
					Where: fmt.Sprintf("sequence %d", i), What: fmt.Sprintf("output %d of step %d cannot be written", at%o.units(), at/o.units()),
					Found: fmt.Sprint(v), Expected: "a finite number; the inputs are too large for the model's precision",
				}.Err()
			}
		}
	}
	return nil
}

// maxArray bounds the elements of an .npy output: one long sequence pads all others.
const maxArray = 1 << 31

// checkArray rejects an array that padding makes too large.
func checkArray(steps, sequences, outputs int) error {
	if steps <= maxArray/sequences/outputs {
		return nil
	}
	return fault.Fault{
		Where: "array", What: "the array is too large",
		Found:    fmt.Sprintf("%d steps of %d sequences with %d outputs", steps, sequences, outputs),
		Expected: fmt.Sprintf("at most %d elements, or a .csv or .jsonl file, which is not padded", maxArray),
	}.Err()
}

// WriteNPY writes [T,B,K], 0 after the end of a sequence, or [B,K].
func (o *outputs) WriteNPY(w io.Writer) error {
	if o.perStep {
		if err := checkArray(o.steps, len(o.values), o.units()); err != nil {
			return err
		}
	}
	return weights.EncodeNPY(w, o.array())
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
	switch {
	case o.dates:
	case o.base != 0:
		return strconv.FormatInt(o.base+int64(v), 10)
	case v == math.Trunc(v) && math.Abs(v) < 1<<53:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
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

// WriteCSV writes a row for each sequence, or for each step.
func (o *outputs) WriteCSV(w io.Writer) error {
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
	if err := out.Write(table.CSVRow(append(head, o.columns...))); err != nil {
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
			if err := out.Write(table.CSVRow(row)); err != nil {
				return errors.Wrap(err, "write CSV")
			}
		}
	}
	out.Flush()
	return errors.Wrap(out.Error(), "write CSV")
}

// WriteJSONL writes an object in a line for each sequence. Classes are {"sequence": NAME, "class": C, "probability": P, C: P, …}, with an
// output per step {"sequence": NAME, "steps": [{"class": …}, …]}; numbers are {"sequence": NAME, "time": T, "outputs": [K]}, with an
// output per step {"sequence": NAME, "times": [T, …], "outputs": [[K], …]}.
func (o *outputs) WriteJSONL(w io.Writer) error {
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
