package predict

import (
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer/data"
)

// checkSteps refuses a model that cannot run step by step.
func (p *predictor) checkSteps() error {
	err := func() error {
		if p.wide {
			_, err := layers.NewStepper[float64](p.model, 1)
			return err
		}
		_, err := layers.NewStepper[float32](p.model, 1)
		return err
	}()
	if err == nil {
		return nil
	}
	return fault.Fault{
		Where: "predict --stream", What: "the model cannot run step by step", Found: err.Error(),
		Expected: "layers that need no later step; without --stream it predicts",
	}.Err()
}

// stream predicts some of the sequences step by step. One without a step is left to the graph: there is nothing to stream.
func (p *predictor) stream(programs *programs, in *data.Sequences, indices []int, out *outputs) error {
	var empty, others []int
	for _, i := range indices {
		if out.lengths[i] == 0 {
			empty = append(empty, i)
		} else {
			others = append(others, i)
		}
	}
	if len(empty) > 0 {
		if err := p.graph(programs, in, empty, out); err != nil {
			return err
		}
	}
	if len(others) == 0 {
		return nil
	}
	if p.wide {
		return stream[float64](p.model, in, others, out)
	}
	return stream[float32](p.model, in, others, out)
}

func stream[F kernel.Float](m *layers.Model, in *data.Sequences, indices []int, out *outputs) error {
	stepper, err := layers.NewStepper[F](m, len(indices))
	if err != nil {
		return err
	}
	steps := 0
	for _, i := range indices {
		steps = max(steps, out.lengths[i])
		out.values[i] = nil
	}
	width := m.Config().Input.Size
	present, tokens, inputs := make([]bool, len(indices)), make([]int, len(indices)), make([]F, len(indices)*width)
	for t := range steps {
		for column, i := range indices {
			present[column] = t < out.lengths[i]
			switch {
			case !present[column]:
			case in.Tokens != nil:
				tokens[column] = in.Tokens[i][t]
			default:
				for d := range width {
					inputs[column*width+d] = F(in.Inputs[i][t*width+d])
				}
			}
		}
		var found []F
		if in.Tokens != nil {
			found, err = stepper.StepTokens(tokens, present)
		} else {
			found, err = stepper.Step(inputs, present)
		}
		if err != nil {
			return errors.WithMessagef(err, "step %d", t)
		}
		for column, i := range indices {
			if !present[column] || !out.perStep && t != out.lengths[i]-1 {
				continue
			}
			for _, v := range found[column*out.units : (column+1)*out.units] {
				out.values[i] = append(out.values[i], float64(v))
			}
		}
	}
	return nil
}
