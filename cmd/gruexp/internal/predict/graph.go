package predict

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer/data"
)

// isWide tells whether the model's numbers are float64.
func isWide(m *layers.Model) bool {
	params := m.Params()
	return len(params) > 0 && params[0].Value.Dtype() == tensor.Float64
}

// programs keeps the program of the last batch shape.
type programs struct {
	predictor *predictor
	shape     graph.BatchShape
	program   *graph.Program
}

func (p *programs) close() error {
	if p.program == nil {
		return nil
	}
	program := p.program
	p.program = nil
	return program.Close()
}

// get compiles the predictions alone: no labels are fed.
func (p *programs) get(shape graph.BatchShape) (*graph.Program, error) {
	if p.program != nil && p.shape == shape {
		return p.program, nil
	}
	if err := p.close(); err != nil {
		return nil, err
	}
	dtype := tensor.Float32
	if p.predictor.wide {
		dtype = tensor.Float64
	}
	b := graph.NewBuilder(graph.Evaluate, dtype, graph.NewStreams(0), p.predictor.pool)
	built, err := p.predictor.model.Build(b, shape)
	if err != nil {
		return nil, err
	}
	p.shape = shape
	p.program, err = b.Compile(graph.Outputs{Values: map[string]*gorgonia.Node{
		graph.OutputPredictions: built.Values[graph.OutputPredictions],
	}})
	return p.program, err
}

// graph predicts some of the sequences, padded to the longest of them.
func (p *predictor) graph(programs *programs, in *data.Sequences, indices []int, out *outputs) error {
	shape := graph.BatchShape{Steps: 1, Size: len(indices)}
	for _, i := range indices {
		shape.Steps = max(shape.Steps, out.lengths[i])
	}
	program, err := programs.get(shape)
	if err != nil {
		return err
	}
	if err := program.Run(p.feeds(in, indices, out.lengths, shape)); err != nil {
		return err
	}
	value, err := program.Value(graph.OutputPredictions)
	if err != nil {
		return err
	}
	found, err := numbers(value)
	if err != nil {
		return err
	}
	for column, i := range indices {
		if !out.perStep {
			out.values[i] = append([]float64(nil), found[column*out.units:(column+1)*out.units]...)
			continue
		}
		out.values[i] = make([]float64, 0, out.lengths[i]*out.units)
		for t := range out.lengths[i] {
			at := (t*len(indices) + column) * out.units
			out.values[i] = append(out.values[i], found[at:at+out.units]...)
		}
	}
	return nil
}

func (p *predictor) feeds(in *data.Sequences, indices, lengths []int, shape graph.BatchShape) graph.Feeds {
	width := p.model.Config().Input.Size
	mask := make([]float64, shape.Steps*shape.Size)
	tokens := make([]int, len(mask))
	inputs := make([]float64, len(mask)*width)
	for column, i := range indices {
		for t := range lengths[i] {
			at := t*shape.Size + column
			mask[at] = 1
			if in.Tokens != nil {
				tokens[at] = in.Tokens[i][t]
			} else {
				copy(inputs[at*width:(at+1)*width], in.Inputs[i][t*width:])
			}
		}
	}
	return graph.Feeds{graph.FeedMask: mask, graph.FeedTokens: tokens, graph.FeedInputs: inputs}
}

func numbers(value *tensor.Dense) ([]float64, error) {
	switch data := value.Data().(type) {
	case []float64:
		return data, nil
	case []float32:
		wide := make([]float64, len(data))
		for i, v := range data {
			wide[i] = float64(v)
		}
		return wide, nil
	default:
		return nil, errors.Errorf("predictions: found %T, expected numbers", data)
	}
}
