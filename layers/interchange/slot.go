package interchange

import (
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/weights"
)

// slot is a tensor of a file as a rearrangement of parameters.
type slot struct {
	name   string          // in the file
	shape  []int           // in the file
	params []*graph.Param  // whose elements, one parameter after the other, the tensor has
	at     func(i int) int // the place among them of element i of the tensor; nil: i
}

// same is a parameter as it is.
func same(name string, p *graph.Param) slot {
	return slot{name: name, shape: p.Value.Shape().Clone(), params: []*graph.Param{p}}
}

// transposed is a matrix [rows,columns] that is kept as [columns,rows].
func transposed(name string, p *graph.Param) slot {
	rows, columns := p.Value.Shape()[0], p.Value.Shape()[1]
	return slot{name: name, shape: []int{columns, rows}, params: []*graph.Param{p}, at: func(i int) int { return i%rows*columns + i/rows }}
}

// size is the number of elements.
func (s slot) size() int { return graph.CountElements(s.params) }

// place is [slot.at] with its default.
func (s slot) place(i int) int {
	if s.at == nil {
		return i
	}
	return s.at(i)
}

// tensor makes the tensor of the file.
func (s slot) tensor() weights.Tensor {
	t := weights.Tensor{Name: s.name, Shape: s.shape}
	if s.params[0].Value.Dtype() == tensor.Float32 {
		t.Data = gather(s, (*tensor.Dense).Float32s)
	} else {
		t.Data = gather(s, (*tensor.Dense).Float64s)
	}
	return t
}

func gather[F kernel.Float](s slot, values func(*tensor.Dense) []F) []F {
	all := make([]F, 0, s.size())
	for _, p := range s.params {
		all = append(all, values(p.Value)...)
	}
	out := make([]F, len(all))
	for i := range out {
		out[i] = all[s.place(i)]
	}
	return out
}

// set takes the elements of the tensor of the file, which is of this slot's shape and of the parameters' dtype.
func (s slot) set(data any) {
	switch data := data.(type) {
	case []float32:
		scatter(s, data, (*tensor.Dense).Float32s)
	case []float64:
		scatter(s, data, (*tensor.Dense).Float64s)
	}
}

func scatter[F kernel.Float](s slot, data []F, values func(*tensor.Dense) []F) {
	all := make([]F, len(data))
	for i, v := range data {
		all[s.place(i)] = v
	}
	for _, p := range s.params {
		all = all[copy(values(p.Value), all):]
	}
}

// placeholder is a parameter of the tensor's name and shape, for [graph.Assign] to compare with a file and to fill.
func (s slot) placeholder() *graph.Param {
	value := tensor.New(tensor.Of(s.params[0].Value.Dtype()), tensor.WithShape(s.shape...))
	return &graph.Param{Name: s.name, Value: value}
}
