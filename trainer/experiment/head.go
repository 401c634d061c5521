package experiment

import (
	"fmt"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/layers"
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

// lossesOf lists the losses that fit the targets, the usual one first.
func lossesOf(kind data.TargetKind) []layers.Loss {
	switch kind {
	case data.ClassPerSequence, data.ClassPerStep, data.TokenPerStep, data.TokenSequence:
		return layers.ClassLosses()
	case data.BinaryPerStep:
		return layers.EventLosses()
	default:
		return layers.NumberLosses()
	}
}

// lossFor is the loss that is asked for, or the usual one.
func (c Config) lossFor(kind data.TargetKind) layers.Loss {
	if c.Loss == LossAuto {
		return lossesOf(kind)[0]
	}
	return layers.Loss(c.Loss)
}

// Head is what the task wants at the end of the model, given the data.
func (c *Config) Head(spec data.Spec) layers.Head {
	return layers.Head{
		Loss:           c.lossFor(spec.TargetKind),
		Options:        c.LossOptions,
		Units:          spec.Targets,
		PerStep:        spec.TargetKind.PerStep(),
		Causal:         spec.Task == data.Next,
		Sequence:       spec.TargetKind == data.TokenSequence,
		LabelSmoothing: c.LabelSmoothing,
		Truncated:      c.Trainer.Truncate != nil,
	}
}

// Dtype is the type of the model's numbers.
func (c *Config) Dtype() tensor.Dtype {
	if c.Precision == float64Name {
		return tensor.Float64
	}
	return tensor.Float32
}
