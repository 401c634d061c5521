package run

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/inspect"
)

// inspectionWriter writes the files of an inspection. After the first error it writes nothing.
type inspectionWriter struct {
	found *Inspection
	err   error
}

func (w *inspectionWriter) write(looks []inspect.Look) {
	if err := os.MkdirAll(w.found.Out, 0o755); err != nil {
		w.err = fault.Fault{Where: w.found.Out, What: "folder cannot be made", Found: usererr.Reason(err), Expected: "a path where a folder can be made"}.Err()
		return
	}
	w.table("parameters.csv", w.parameters())
	if looks == nil {
		return
	}
	split := w.found.Split
	if len(looks[0].Recurrences) > 0 {
		w.table("gradient-flow.csv", flowTable(looks))
		w.file("gradient-flow.svg", func(to io.Writer) error { return inspect.DrawFlow(to, looks, split) })
	}
	if len(looks[0].Inputs) > 0 {
		w.table("saliency.csv", saliencyTable(looks))
	}
	for i := range looks {
		l := &looks[i]
		name := fmt.Sprintf("%s-%d", split, l.Sequence)
		if tensors := l.Tensors(); len(tensors) > 0 {
			w.file(name+".npz", func(to io.Writer) error { return weights.EncodeNPZ(to, tensors) })
		}
		for j := range l.Recurrences {
			r := &l.Recurrences[j]
			w.file(name+"-"+fileName(r.Name)+".svg", func(to io.Writer) error { return l.DrawGates(to, r, split) })
		}
		for j := range l.Inputs {
			in := &l.Inputs[j]
			w.file(name+"-"+fileName(in.Name)+".svg", func(to io.Writer) error { return l.DrawInput(to, in, split) })
		}
	}
}

func (w *inspectionWriter) file(name string, write func(io.Writer) error) {
	if w.err != nil {
		return
	}
	path := filepath.Join(w.found.Out, name)
	var drawn error
	err := atomicfile.Write(path, 0o644, func(to io.Writer) error {
		drawn = write(to)
		return drawn
	})
	if drawn == nil {
		err = usererr.Output(path, err)
	}
	if w.err = err; err == nil {
		w.found.Files = append(w.found.Files, name)
	}
}

func (w *inspectionWriter) table(name string, rows [][]string) {
	w.file(name, func(to io.Writer) error {
		return errors.Wrap(csv.NewWriter(to).WriteAll(rows), name)
	})
}

func (w *inspectionWriter) parameters() [][]string {
	rows := [][]string{{
		"name", "role", "shape", "elements", "norm", "rms", "min", "max", "zeros", "largest_singular_values", "spectral_radii",
	}}
	for _, p := range w.found.Parameters {
		rows = append(rows, []string{
			p.Name, string(p.Role), join(p.Shape, "x"), strconv.Itoa(p.Elements), numeral(p.Norm), numeral(p.RMS), numeral(p.Min), numeral(p.Max),
			numeral(p.Zeros), join(p.SingularValues, " "), join(p.SpectralRadii, " "),
		})
	}
	return rows
}

// flowTable has a row for each recurrence, sequence and step.
func flowTable(looks []inspect.Look) [][]string {
	rows := [][]string{{"layer", "sequence", "step", "gradient_norm"}}
	for _, l := range looks {
		for _, r := range l.Recurrences {
			for t, norm := range r.Gradient.Norms() {
				rows = append(rows, []string{r.Name, strconv.Itoa(l.Sequence), strconv.Itoa(t), numeral(norm)})
			}
		}
	}
	return rows
}

// saliencyTable has a row for each input, sequence and step.
func saliencyTable(looks []inspect.Look) [][]string {
	rows := [][]string{{"input", "sequence", "step", "token", "gradient_norm"}}
	for _, l := range looks {
		for _, in := range l.Inputs {
			for t, norm := range in.Gradient.Norms() {
				token := ""
				if in.Gradient.Steps != nil {
					token = in.Gradient.Steps[t]
				}
				rows = append(rows, []string{in.Name, strconv.Itoa(l.Sequence), strconv.Itoa(t), token, numeral(norm)})
			}
		}
	}
	return rows
}

// numeral is a number that reads back as itself.
func numeral(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func join[T any](values []T, between string) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, between)
}

// fileName is the name of a layer as a part of a file's.
func fileName(layer string) string { return strings.ReplaceAll(layer, "/", "-") }
