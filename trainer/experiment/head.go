package experiment

import (
	"fmt"
	"slices"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/trainer/data"
)

// InputOf is what the model reads, given the data.
func (c Config) InputOf(spec data.Spec) layers.Input {
	in := layers.Input{Vocabulary: spec.Vocabulary, Size: spec.Features}
	if c.Model.EmbedsCategories() {
		in.Categories = CategoriesOf(spec.Categories)
	}
	return in
}

// CategoriesOf are the blocks of the data for a model.
func CategoriesOf(blocks []data.CategoryBlock) []layers.CategoryBlock {
	var out []layers.CategoryBlock
	for _, b := range blocks {
		out = append(out, layers.CategoryBlock(b))
	}
	return out
}

func inputText(in layers.Input) string {
	if in.Vocabulary > 0 {
		return fmt.Sprintf("vocabulary %d", in.Vocabulary)
	}
	text := fmt.Sprintf("size %d", in.Size)
	for _, b := range in.Categories {
		text += fmt.Sprintf(", %d categories from %d on", b.Count, b.First)
	}
	return text
}

// targetsOf is the kind of targets that losses are made for.
func targetsOf(kind data.TargetKind) spec.Targets {
	switch kind {
	case data.ClassPerSequence, data.ClassPerStep, data.TokenPerStep, data.TokenSequence:
		return spec.ClassTargets
	case data.BinaryPerStep:
		return spec.EventTargets
	default:
		return spec.NumberTargets
	}
}

// lossesOf lists the losses that fit the targets, the usual one first.
func (c Config) lossesOf(kind data.TargetKind) []layers.Loss {
	targets := targetsOf(kind)
	var builtIn []layers.Loss
	switch targets {
	case spec.ClassTargets:
		builtIn = layers.ClassLosses()
	case spec.EventTargets:
		builtIn = layers.EventLosses()
	default:
		builtIn = layers.NumberLosses()
	}
	return append(builtIn, c.extensions.lossesOf(targets)...)
}

// lossFor is the loss that is asked for, or the usual one.
func (c Config) lossFor(kind data.TargetKind) layers.Loss {
	if c.Loss == LossAuto {
		return c.lossesOf(kind)[0]
	}
	return layers.Loss(c.Loss)
}

// Head is what the task wants at the end of the model, given the data.
func (c Config) Head(spec data.Spec) layers.Head {
	h := layers.Head{
		Loss:           c.lossFor(spec.TargetKind),
		Options:        c.LossOptions,
		Units:          spec.Targets,
		PerStep:        spec.TargetKind.PerStep(),
		Causal:         spec.Task == data.Next,
		Sequence:       spec.TargetKind == data.TokenSequence,
		LabelSmoothing: c.LabelSmoothing,
		Truncated:      c.Trainer.Truncate != nil,
	}
	if len(spec.Classes) == spec.Targets {
		h.Classes = spec.Classes
	}
	h.Custom = c.customLoss(h.Loss)
	return h
}

// taskHead is what is known of the head without data: all but its size.
func (c Config) taskHead() layers.Head {
	h := layers.Head{
		Loss:      layers.MeanSquaredError, // which wants nothing of the last layer
		PerStep:   c.Task == data.Next || c.Task == data.Label,
		Causal:    c.Task == data.Next,
		Sequence:  c.Task == data.Translate,
		Truncated: c.Trainer.Truncate != nil,
	}
	if kind, _, known := c.targets(); known {
		if loss := c.lossFor(kind); slices.Contains(c.lossesOf(kind), loss) {
			h.Loss, h.Custom = loss, c.customLoss(loss)
		}
	}
	return h
}

// Dtype is the type of the model's numbers.
func (c Config) Dtype() tensor.Dtype {
	if c.Precision == float64Name {
		return tensor.Float64
	}
	return tensor.Float32
}
