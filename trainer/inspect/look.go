package inspect

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// Look is what happens in a model when it reads one sequence.
type Look struct {
	Sequence    int     // its index in the data set
	Steps       int     // T
	Loss        float64 // of the sequence alone, the mean over its targets
	Recurrences []Recurrence
	Inputs      []Input
}

// Recurrence is one direction of a recurrent layer.
type Recurrence struct {
	Name     string   // of the layer, as gru0; it ends in /backward where the steps run from the last to the first
	Gates    []Values // [T,H] each, in the layer's order; after them the hidden states and, of an LSTM, the memory
	Gradient Values   // [T,SH]: ∂loss/∂state of every step, through all later steps; of an LSTM the state is h and m side by side
}

// Backward tells whether the steps run from the last to the first.
func (r *Recurrence) Backward() bool { return strings.HasSuffix(r.Name, "/"+graph.Backward) }

// Input is what the first layer computes with: the numbers of every step, or the vectors of its tokens.
type Input struct {
	Name     string // inputs, or that of the embedding
	Gradient Values // [T,D]: ∂loss/∂x
}

// Values are numbers over time, in rows of steps.
type Values struct {
	Name string
	*mat.Dense
	Steps   []string // what the steps are called, as the characters of a text; nil: by number
	Columns []string // what the columns are called; nil: by number
}

// Norms are the Euclidean norms of the rows.
func (v Values) Norms() []float64 {
	rows, _ := v.Dims()
	norms := make([]float64, rows)
	for i := range norms {
		norms[i] = mat.Norm(v.RowView(i), 2)
	}
	return norms
}

// Sequences looks at those sequences of a data set, each by itself, in the order of the indices. The pool says how many
// threads an operation may use; nil is one. A sequence without steps and a loss that is not finite are errors; ctx.Err()
// is returned once ctx is canceled.
func Sequences(ctx context.Context, model trainer.Model, ds data.Dataset, indices []int, pool *kernel.Pool) ([]Look, error) {
	runner, err := trainer.NewRunner(model, graph.Inspect, pool)
	if err != nil {
		return nil, err
	}
	var looks []Look
	err = runner.Each(ctx, ds, indices, func(index int, b *data.Batch, p *graph.Program) error {
		look := Look{Sequence: index, Steps: ds.Steps(index), Loss: p.Cost()}
		if math.IsNaN(look.Loss) || math.IsInf(look.Loss, 0) {
			return errors.Errorf("found the loss %v, expected a finite number", look.Loss)
		}
		l := &looker{spec: ds.Spec(), batch: b, program: p}
		if err := l.read(&look); err != nil {
			return err
		}
		looks = append(looks, look)
		return nil
	})
	if closing := runner.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, err
	}
	return looks, nil
}

// looker reads what a run on one sequence has left.
type looker struct {
	spec    data.Spec
	batch   *data.Batch
	program *graph.Program
}

// read takes what the program has left, layer by layer.
func (l *looker) read(look *Look) error {
	for _, path := range l.program.Recorded() {
		layer, name := cut(path)
		i := slices.IndexFunc(look.Recurrences, func(r Recurrence) bool { return r.Name == layer })
		if i < 0 {
			i = len(look.Recurrences)
			look.Recurrences = append(look.Recurrences, Recurrence{Name: layer})
		}
		value, err := l.program.Value(path)
		if err != nil {
			return err
		}
		look.Recurrences[i].Gates = append(look.Recurrences[i].Gates, l.values(name, value))
	}
	for _, path := range l.program.Perturbations() {
		value, err := l.program.Sensitivity(path)
		if err != nil {
			return err
		}
		layer, name := cut(path)
		switch i := slices.IndexFunc(look.Recurrences, func(r Recurrence) bool { return r.Name == layer }); {
		case name == graph.PerturbState && i >= 0:
			look.Recurrences[i].Gradient = l.values("gradient", value)
		case name == graph.PerturbVectors:
			look.Inputs = append(look.Inputs, Input{layer, l.values("gradient", value)})
		case path == graph.PerturbInputs:
			gradient := l.values("gradient", value)
			gradient.Columns = l.spec.FeatureNames
			look.Inputs = append(look.Inputs, Input{path, gradient})
		default:
			return errors.Errorf("perturbation %s: found no such layer, expected a recurrence, an embedding or the inputs", path)
		}
	}
	return nil
}

// cut divides a path into a layer and what is in it.
func cut(path string) (layer, name string) {
	i := strings.LastIndex(path, "/")
	return path[:max(i, 0)], path[i+1:]
}

// values are those of the only sequence of a batch.
func (l *looker) values(name string, t *tensor.Dense) Values {
	shape := t.Shape()
	v := Values{Name: name, Dense: mat.NewDense(shape[0], shape[2], float64s(t))}
	if l.batch.Steps == l.batch.TargetSteps {
		return v // it cannot be told whose steps these are
	}
	switch shape[0] {
	case l.batch.Steps:
		v.Steps = texts(l.spec.Alphabet, l.batch.Tokens)
	case l.batch.TargetSteps:
		v.Steps = texts(l.spec.TargetAlphabet, l.batch.Previous)
	}
	return v
}

// texts are what tokens mean, nil where that is not known.
func texts(alphabet []string, tokens []int) []string {
	if len(alphabet) == 0 {
		return nil
	}
	names := make([]string, len(tokens))
	for i, token := range tokens {
		if names[i] = alphabet[token]; names[i] == "" {
			names[i] = fmt.Sprintf("#%d", token)
		}
	}
	return names
}

// absolute are the absolute values.
func (v Values) absolute() Values {
	var positive mat.Dense
	positive.Apply(func(_, _ int, x float64) float64 { return math.Abs(x) }, v.Dense)
	v.Dense = &positive
	return v
}

// greatest is the greatest of the values, 1 where all are 0.
func (v Values) greatest() float64 {
	if most := mat.Max(v.Dense); most > 0 {
		return most
	}
	return 1
}
