package weights

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
)

// FromParams gives the parameters as tensors that share their memory: encode them before training goes on.
func FromParams(params []*graph.Param) []Tensor {
	tensors := make([]Tensor, len(params))
	for i, p := range params {
		tensors[i] = Tensor{Name: p.Name, Shape: p.Value.Shape().Clone(), Data: backing(p)}
	}
	return tensors
}

// backing is the memory of a parameter, which is contiguous and of float32 or float64.
func backing(p *graph.Param) any {
	if p.Value.Dtype() == tensor.Float32 {
		return p.Value.Float32s()
	}
	return p.Value.Float64s()
}

// Assign copies the tensors of file into params. They must agree one to one in name, dtype and shape; if they do not,
// nothing is copied and the error is an [*AssignError] that lists every disagreement.
func Assign(file *File, params []*graph.Param) error {
	byName := make(map[string]Tensor, len(file.Tensors))
	for _, t := range file.Tensors {
		byName[t.Name] = t
	}
	var mismatches []Mismatch
	wanted := make(map[string]bool, len(params))
	for i, want := range FromParams(params) {
		expected := describeTensor(want)
		switch found, ok := byName[want.Name]; {
		case wanted[want.Name]:
			mismatches = append(mismatches, Mismatch{want.Name, "two parameters of this name", "one"})
		case !ok:
			mismatches = append(mismatches, Mismatch{want.Name, "nothing", expected})
		case describeTensor(found) != expected:
			mismatches = append(mismatches, Mismatch{want.Name, describeTensor(found), expected})
		}
		wanted[params[i].Name] = true
	}
	for _, t := range file.Tensors {
		if !wanted[t.Name] {
			mismatches = append(mismatches, Mismatch{t.Name, describeTensor(t), "no such tensor"})
		}
	}
	if mismatches != nil {
		return errors.WithStack(&AssignError{Mismatches: mismatches})
	}

	for _, p := range params {
		switch data := byName[p.Name].Data.(type) {
		case []float32:
			copy(p.Value.Float32s(), data)
		case []float64:
			copy(p.Value.Float64s(), data)
		}
	}
	return nil
}

func describeTensor(t Tensor) string { return fmt.Sprintf("%s %v", t.DType(), t.Shape) }

// AssignError lists how the tensors of a file and the parameters of a model disagree.
type AssignError struct{ Mismatches []Mismatch }

// Mismatch is one tensor that is missing, not expected, or of another shape or dtype.
type Mismatch struct {
	Name     string
	Found    string // in the file, as "F32 [64 192]" or "nothing"
	Expected string // by the model
}

func (e *AssignError) Error() string {
	lines := make([]string, len(e.Mismatches))
	for i, m := range e.Mismatches {
		lines[i] = fmt.Sprintf("tensor %s: found %s, expected %s", quote(m.Name), m.Found, m.Expected)
	}
	return strings.Join(lines, "; ")
}
