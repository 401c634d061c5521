package data

import (
	"fmt"
	"math"

	"github.com/gruexp/gruexp/graph/fault"
)

// Preparation is what belongs to a trained model: how rows become its inputs, and what its outputs mean. It is kept with the weights,
// as JSON. The zero value is that of a model about whose data nothing is known.
type Preparation struct {
	Alphabet []string     `json:"alphabet,omitempty"` // see Spec
	Unit     Unit         `json:"unit,omitempty"`     // see Spec
	Table    *TableInputs `json:"table,omitempty"`    // where the inputs come from a table

	Classes        []string  `json:"classes,omitempty"` // see Spec, as those that follow
	TargetNames    []string  `json:"target_names,omitempty"`
	TargetAlphabet []string  `json:"target_alphabet,omitempty"`
	TargetScale    []float64 `json:"target_scale,omitempty"`
	TargetOffset   []float64 `json:"target_offset,omitempty"`

	Continues Continuation `json:"continues,omitempty"`

	// Cut is how many rows, or tokens of a text, the windows had that series were cut into, of a model that predicts at every one. Each window begins
	// without a state. 0: series were whole.
	Cut int `json:"cut,omitempty"`

	Quantiles []float64 `json:"quantiles,omitempty"` // of each target that the outputs are; nil: an output is a target
	Logarithm bool      `json:"logarithm,omitempty"` // the outputs are logarithms of the targets
}

// Preparation is that of models of these data.
func (d *Data) Preparation() Preparation {
	return Preparation{
		Alphabet: d.Spec.Alphabet, Unit: d.Spec.Unit, Table: d.Inputs, Classes: d.Spec.Classes,
		TargetNames: d.Spec.TargetNames, TargetAlphabet: d.Spec.TargetAlphabet, TargetScale: d.Spec.TargetScale, TargetOffset: d.Spec.TargetOffset,
		Continues: d.Spec.Continues, Cut: d.Cut,
	}
}

// ValidateFor lists what is wrong with a preparation that comes from a file, for a model of that vocabulary or number of
// features, and of that many outputs.
func (s Preparation) ValidateFor(vocabulary, features, outputs int) fault.List {
	var faults fault.List
	faults.Check(s.Alphabet == nil || len(s.Alphabet) == vocabulary, "alphabet", fmt.Sprintf("%d characters", len(s.Alphabet)),
		"%d as the model has tokens", vocabulary)
	if s.Unit != "" {
		checkOneOf(&faults, "unit", s.Unit, UnitCharacter, UnitWord, UnitCell)
	}
	if s.Table != nil {
		faults.Under("table", s.Table.Validate())
		faults.Check(s.Table.Features() == features, "table", fmt.Sprintf("%d inputs", s.Table.Features()), "%d as the model has", features)
	}
	faults.Check(len(s.Quantiles) == 0 || outputs%len(s.Quantiles) == 0, "quantiles", len(s.Quantiles), "a part of the %d outputs of the model", outputs)
	faults.Check(s.Cut >= 0 && s.Cut <= maxWindow, "cut", s.Cut, "0 to %d rows", maxWindow)
	outputs /= max(1, len(s.Quantiles))
	for _, list := range []struct {
		name string
		size int
	}{
		{"classes", len(s.Classes)}, {"target_names", len(s.TargetNames)}, {"target_alphabet", len(s.TargetAlphabet)},
		{"target_scale", len(s.TargetScale)}, {"target_offset", len(s.TargetOffset)},
	} {
		faults.Check(list.size == 0 || list.size == outputs, list.name, list.size, "%d as the model has outputs", outputs)
	}
	faults.Check(len(s.TargetScale) == len(s.TargetOffset), "target_offset", len(s.TargetOffset), "as many as in target_scale, %d", len(s.TargetScale))
	fits := map[Continuation]bool{
		"":              true,
		ContinuesTokens: vocabulary > 0 && vocabulary == outputs && s.Alphabet != nil,
		ContinuesNotes:  features == PianoKeys && outputs == PianoKeys,
		ContinuesValues: s.Quantiles == nil && !s.Logarithm && s.Table != nil && len(s.Table.Columns) == outputs && len(s.TargetScale) == outputs,
	}
	faults.Check(fits[s.Continues], "continues", string(s.Continues), "what the outputs of the model can be, or nothing")
	return faults
}

// Original brings the outputs of one prediction to the units of the data, in place. They are a number for each target, or with
// Quantiles a number for each quantile of each target next to each other. Base is what they are changes from, of [Sequences].Base; 0
// where there is none.
func (s Preparation) Original(outputs []float64, base float64) {
	for i, v := range outputs {
		if s.Logarithm {
			v = math.Exp(v)
		}
		if s.TargetScale != nil {
			k := i * len(s.TargetScale) / len(outputs)
			v = v*s.TargetScale[k] + s.TargetOffset[k]
		}
		outputs[i] = v + base
	}
}

// Encode is [Spec.Encode].
func (s Preparation) Encode(text string) []int {
	return Spec{Alphabet: s.Alphabet, Unit: s.Unit}.Encode(text)
}

// Decode is [Spec.Decode].
func (s Preparation) Decode(tokens []int) string {
	return Spec{TargetAlphabet: s.TargetAlphabet, Unit: s.Unit}.Decode(tokens)
}
