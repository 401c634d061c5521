package spec

import (
	"fmt"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
)

// Head is what a task wants at the end of a model.
type Head struct {
	Loss           Loss        `yaml:"loss"`
	Units          int         `yaml:"units"`                     // classes, events or numbers to predict
	PerStep        bool        `yaml:"per_step"`                  // a prediction at every step, not one per sequence
	Sequence       bool        `yaml:"sequence"`                  // a prediction at every step of a sequence that a decoder writes
	Causal         bool        `yaml:"causal"`                    // the targets are later inputs, so that no layer may read later steps
	Truncated      bool        `yaml:"truncated"`                 // batches are windows of sequences, one after the other: every layer with memory must carry its state
	LabelSmoothing float64     `yaml:"label_smoothing,omitempty"` // ε of cross_entropy, in [0, 1): (1−ε)·nll + ε·mean over classes of −log p
	Options        LossOptions `yaml:"options,omitempty"`
	Classes        []string    `yaml:"classes,omitempty"` // names of the units in their order, if they are known; they change no number

	// Custom is the loss of that name, if it is not built in: see [Kinds.Losses].
	Custom CustomLoss `yaml:"-"`
}

// WithDefaults returns h with the options that its loss has.
func (h Head) WithDefaults() Head {
	h.Options = h.Options.WithDefaults(h.Loss)
	return h
}

// Validate lists what is wrong with the head.
func (h Head) Validate() fault.List {
	var l fault.List
	h.checkLoss(&l)
	CheckUnits(&l, "units", h.Units)
	CheckRate(&l, "label_smoothing", h.LabelSmoothing)
	l.Check(h.LabelSmoothing == 0 || h.Loss == CrossEntropy, "label_smoothing", h.LabelSmoothing,
		"0 with the loss %s: only %s has it", h.Loss, CrossEntropy)
	if h.Sequence {
		l.Check(slices.Contains(ClassLosses(), h.Loss), "loss", string(h.Loss), "one of %v: a decoder writes tokens", ClassLosses())
		l.Check(!h.PerStep && !h.Causal && !h.Truncated, "sequence", true, "false where the targets are steps of the input")
	}
	l.Check(h.Classes == nil || len(h.Classes) == h.Units, "classes", fmt.Sprintf("%d names", len(h.Classes)), "%d, one for each unit", h.Units)
	return l
}

// Targets is the kind of the targets of the head's loss, empty for a loss that does not exist.
func (h Head) Targets() Targets {
	if h.Custom != nil {
		return h.Custom.Targets()
	}
	return TargetsOf(h.Loss)
}

// Width is the size of the output of the last layer.
func (h Head) Width() int {
	switch {
	case h.Custom != nil:
		if wide, ok := h.Custom.(interface{ Width(units int) int }); ok {
			return wide.Width(h.Units)
		}
	case h.Loss == QuantileLoss:
		return h.Units * len(h.Options.Quantiles)
	}
	return h.Units
}

// checkLoss adds the faults of the loss and its options.
func (h Head) checkLoss(l *fault.List) {
	rule, known := lossRuleOf(h.Loss)
	if h.Custom != nil {
		l.Check(!known, "loss", string(h.Loss), "another name for a loss that is not built in")
		l.Check(h.Options.isZero(), "loss_options", h.Options, "none: the loss %s has no options", h.Loss)
		l.Check(slices.Contains([]Targets{ClassTargets, EventTargets, NumberTargets}, h.Custom.Targets()), "loss", string(h.Custom.Targets()),
			"targets that are %s, %s or %s", ClassTargets, EventTargets, NumberTargets)
		return
	}
	l.Check(known, "loss", string(h.Loss), "one of %v", Losses())
	l.Under("loss_options", h.Options.Validate(h.Loss))
	if weights := h.Options.ClassWeights; weights != nil && rule.weighs && h.Units > 0 {
		l.Check(len(weights) == h.Units, "loss_options.class_weights", fmt.Sprintf("%d weights", len(weights)), "%d, as there are %s", h.Units, rule.targets)
	}
}

// misfits lists why the task cannot have this layer, whose output is out, as the last one.
func (h Head) misfits(c LayerConfig, out Shape) fault.List {
	var l fault.List
	if h.Sequence {
		l.Check(c.GRU != nil && out.Steps, "", out.String(),
			"a gru with return_sequences: true as the last layer: the decoder begins with its last state and attends to all of them")
		return l
	}
	l.Check(out.droppedBy == "", "", "dropout of the predictions", "a last layer without dropout of its output")
	switch {
	case h.PerStep && !out.Steps:
		l.Add("", out.String(), "a vector at every step, as the task wants: %s", keepSteps)
	case h.PerStep && out.Strided:
		l.Add("", "fewer steps than the input has", "a vector at every step, as the task wants: strides: 1 in every conv1d")
	case !h.PerStep && out.Steps:
		l.Add("", out.String(), "one vector a sequence, as the task wants: end with a pool or set return_sequences: false in the last gru")
	}
	size := ""
	if c.Dense != nil {
		size = "units"
	}
	l.Check(out.Width == 0 || h.Units == 0 || out.Width == h.Width(), size, fmt.Sprintf("%d units", out.Width), "%d, as the task wants", h.Width())
	if c.Dense != nil && h.takesLogits() {
		l.Check(c.Dense.Activation == Linear, "activation", string(c.Dense.Activation), "%s: the loss %s takes logits", Linear, h.Loss)
	}
	return l
}

// takesLogits tells whether a prediction is the argument of a probability, so that nothing may come between it and the layer.
func (h Head) takesLogits() bool {
	return h.Custom == nil && (h.Targets() != NumberTargets || h.Loss == PoissonLoss)
}

// PredictionHead is the head of a model that is only there to predict, as one whose weights come from elsewhere: it accepts
// any output of the last layer. The loss is the squared error, which any numbers can have. If the layers do not fit together, or
// the input or the size of the last one is left out, all faults are listed. A decoder is a fault: the size of its vocabulary
// follows from data.
func PredictionHead(cfg ModelConfig) (Head, fault.List) {
	cfg = cfg.WithDefaults()
	planned, faults := cfg.plan(nil)
	if len(faults) > 0 {
		return Head{}, faults
	}
	if dense := cfg.Layers[len(cfg.Layers)-1].Dense; dense != nil && dense.Units == 0 {
		faults.Under("input", cfg.Input.validate(true))
		faults.Add("layers", "no units in the last dense layer", "a size: there is no task that it follows from")
		return Head{}, faults
	}
	out := planned[len(planned)-1].Out
	head := Head{Loss: MeanSquaredError, Units: out.Width, PerStep: out.Steps}
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
