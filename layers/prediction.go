package layers

import "github.com/gruexp/gruexp/graph/fault"

// Head is what the model was made for.
func (m *Model) Head() Head { return m.head }

// PredictionHead is the head of a model that is there to predict only, as one whose weights come from elsewhere: it takes
// what the last layer gives, whatever that is. The loss is the squared error, which has no wishes. Where the layers do not
// fit together, or the input or the size of the last one is left out, all faults are listed. A decoder is one: the size of
// its vocabulary follows from data.
func PredictionHead(cfg ModelConfig) (Head, fault.List) {
	cfg = cfg.WithDefaults()
	plan, faults := cfg.plan(nil)
	if len(faults) > 0 {
		return Head{}, faults
	}
	if dense := cfg.Layers[len(cfg.Layers)-1].Dense; dense != nil && dense.Units == 0 {
		faults.Under("input", cfg.Input.validate(true))
		faults.Add("layers", "no units in the last dense layer", "a size: there is no task that it follows from")
		return Head{}, faults
	}
	last := plan[len(plan)-1]
	out, _ := last.follow(last.in)
	head := Head{Loss: MeanSquaredError, Units: out.width, PerStep: out.steps}
	if _, faults = cfg.plan(&head); len(faults) == 0 {
		return head, nil
	}
	windows := head // of models that were trained on windows of sequences
	windows.Truncated = true
	if _, misfits := cfg.plan(&windows); len(misfits) == 0 {
		return windows, nil
	}
	return head, faults
}
