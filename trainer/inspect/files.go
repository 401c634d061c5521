package inspect

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/weights"
)

// File is a file of what was seen in a model.
type File struct {
	Name  string // without a folder
	Write func(w io.Writer) error
}

// Files are all files of what was seen in a model when it read sequences of a data set, which is called split:
//
//	parameters.csv                   a row for each parameter
//	gradient-flow.csv, .svg          ‖∂loss/∂state‖ of every step of every recurrence
//	saliency.csv                     ‖∂loss/∂x‖ of every step
//	SPLIT-I-LAYER.svg                gates and states of sequence I over time, or the saliency of an input
//	SPLIT-I.npz                      the same as arrays, see [Look.Tensors]
//
// Without looks there are the parameters alone.
func Files(parameters []Parameter, looks []Look, split string) []File {
	files := []File{table("parameters.csv", parameterTable(parameters))}
	if len(looks) == 0 {
		return files
	}
	add := func(name string, write func(io.Writer) error) { files = append(files, File{name, write}) }
	if len(looks[0].Recurrences) > 0 {
		files = append(files, table("gradient-flow.csv", flowTable(looks)))
		add("gradient-flow.svg", func(w io.Writer) error { return DrawFlow(w, looks, split) })
	}
	if len(looks[0].Inputs) > 0 {
		files = append(files, table("saliency.csv", saliencyTable(looks)))
	}
	for i := range looks {
		l := &looks[i]
		name := fmt.Sprintf("%s-%d", split, l.Sequence)
		if tensors := l.Tensors(); len(tensors) > 0 {
			add(name+".npz", func(w io.Writer) error { return weights.EncodeNPZ(w, tensors) })
		}
		for j := range l.Recurrences {
			r := &l.Recurrences[j]
			add(name+"-"+fileName(r.Name)+".svg", func(w io.Writer) error { return l.DrawGates(w, r, split) })
		}
		for j := range l.Inputs {
			in := &l.Inputs[j]
			add(name+"-"+fileName(in.Name)+".svg", func(w io.Writer) error { return l.DrawInput(w, in, split) })
		}
	}
	return files
}

func table(name string, rows [][]string) File {
	return File{name, func(w io.Writer) error { return errors.Wrap(csv.NewWriter(w).WriteAll(rows), name) }}
}

func parameterTable(parameters []Parameter) [][]string {
	rows := [][]string{{
		"name", "role", "shape", "elements", "norm", "rms", "min", "max", "zeros", "largest_singular_values", "spectral_radii",
	}}
	for _, p := range parameters {
		rows = append(rows, []string{
			p.Name, string(p.Role), join(p.Shape, "x"), strconv.Itoa(p.Elements), numeral(p.Norm), numeral(p.RMS), numeral(p.Min), numeral(p.Max),
			numeral(p.Zeros), join(p.SingularValues, " "), join(p.SpectralRadii, " "),
		})
	}
	return rows
}

// flowTable has a row for each recurrence, sequence and step.
func flowTable(looks []Look) [][]string {
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
func saliencyTable(looks []Look) [][]string {
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
