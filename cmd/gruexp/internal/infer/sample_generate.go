package infer

import (
	"context"
	"fmt"
	"math"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/runtime"
)

// generate adds that many steps to every sequence. The model reads all of them side by side; a sequence that begins with
// fewer steps than another is finished earlier.
func generate[F kernel.Float](ctx context.Context, dir string, m *runtime.Model, s sequences, steps int) error {
	goals := s.lengths()
	for i := range goals {
		goals[i] += steps
	}
	stepper, err := runtime.NewStepper[F](m, len(goals))
	if err != nil {
		return fault.Fault{
			Where: dir, What: "the model cannot run step by step", Found: err.Error(), Expected: "layers that need no later step",
		}.Err()
	}
	width := m.Config().Input.Size
	present, tokens, inputs := make([]bool, len(goals)), make([]int, len(goals)), make([]F, len(goals)*width)
	outputs := make([]float64, stepper.Units())
	for t := 0; ; t++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		lengths, ready := s.lengths(), true
		for i, length := range lengths {
			present[i] = length < goals[i]
			switch {
			case !present[i]:
				continue
			case width == 0:
				tokens[i] = s.token(i, t)
			default:
				for d, v := range s.numbers(i, t) {
					inputs[i*width+d] = F(v)
				}
			}
			ready = false
		}
		if ready {
			return nil
		}
		var found []F
		if width == 0 {
			found, err = stepper.StepTokens(tokens, present)
		} else {
			found, err = stepper.Step(inputs, present)
		}
		if err != nil {
			return errors.WithMessagef(err, "step %d", t)
		}
		for i, length := range lengths {
			if !present[i] || t != length-1 {
				continue
			}
			for k := range outputs {
				outputs[k] = float64(found[i*len(outputs)+k])
				if math.IsNaN(outputs[k]) || math.IsInf(outputs[k], 0) {
					return fault.Fault{
						Where: dir, What: fmt.Sprintf("output %d after step %d of sequence %d", k, t, i+1), Found: fmt.Sprint(outputs[k]),
						Expected: "a finite number; what the model has written itself has led it too far away",
					}.Err()
				}
			}
			s.extend(i, outputs)
		}
	}
}
