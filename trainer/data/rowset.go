package data

import (
	"math"
	"runtime/debug"
)

// Output is a number that is predicted for a sample.
type Output struct {
	Target int // which of the panel's targets
	Rows   int // from the row of the sample's first output
}

// RowSet is rows of a panel as a dataset. Nothing is copied before a batch is filled.
type RowSet struct {
	spec     Spec
	Panel    *Panel
	Samples  []Sample
	Outputs  []Output     // of a sample, where the targets are numbers of a sequence: all of the first target, then those of the next
	Relative *TableInputs // of which targets are changes; nil: they are none
	classes  []int        // of each label, by its number in the panel, -1 where it is none; of targets that are classes of rows
}

func (d *RowSet) Spec() Spec      { return d.spec }
func (d *RowSet) Len() int        { return len(d.Samples) }
func (d *RowSet) Steps(i int) int { return int(d.Samples[i].Hi - d.Samples[i].Lo) }

func (d *RowSet) Fill(b *Batch, indices []int) (err error) {
	if d.Panel.Mapped {
		defer GuardMapped(debug.SetPanicOnFault(true), d.Panel.Path, &err)
	}
	if err := b.Prepare(d, indices); err != nil {
		return err
	}
	width, k := d.spec.Features, d.spec.Targets
	for column, i := range indices {
		s, base := d.Samples[i], d.Base(d.Samples[i])
		for t := range d.Steps(i) {
			row, at := int(s.Lo)+t, t*b.Size+column
			if d.spec.Vocabulary > 0 {
				b.Tokens[at] = int(d.Panel.Row(row)[0])
			} else {
				copy(b.Inputs[at*width:(at+1)*width], d.Panel.Row(row))
			}
			b.Mask[at] = 1
			switch {
			case d.Relative != nil:
				d.Relative.Shift(b.Inputs[at*width:(at+1)*width], base)
			case d.spec.TargetKind == ValuesPerStep && d.Panel.Complete(row+1):
				copy(b.Targets[at*k:(at+1)*k], d.Panel.Row(row+1))
				b.Weights[at] = 1
			case d.spec.TargetKind == TokenPerStep:
				b.Labels[at], b.Weights[at] = int(d.Panel.Row(row + 1)[0]), 1
			case d.spec.TargetKind == ClassPerStep:
				if class := d.ClassOf(row); class >= 0 {
					b.Labels[at], b.Weights[at] = class, 1
				}
			}
		}
		switch d.spec.TargetKind {
		case ClassPerSequence:
			b.Labels[column], b.Weights[column] = int(s.Target), 1
		case ValuesPerSequence:
			for j := range d.Outputs {
				target := scaling{d.spec.TargetScale[j], d.spec.TargetOffset[j]}
				b.Targets[column*k+j] = target.apply(d.Target(s, j) - base)
			}
			b.Weights[column] = 1
		}
	}
	return nil
}

// Target is the value of output j of a sample, in original units.
func (d *RowSet) Target(s Sample, j int) float64 {
	return d.Panel.TargetValue(int(s.Target)+d.Outputs[j].Rows, d.Outputs[j].Target)
}

// OutputsPerTarget is at how many horizons each target is predicted.
func (d *RowSet) OutputsPerTarget() int { return len(d.Outputs) / len(d.Panel.Values) }

// base is what the targets of a sample are changes from, 0 where they are none.
func (d *RowSet) Base(s Sample) float64 {
	if d.Relative == nil {
		return 0
	}
	return d.Relative.base(d.Panel, Series{d.Panel.Start(int(s.Hi) - 1), int(s.Hi)})
}

// classOf is the class of a row, -1 where it has none.
func (d *RowSet) ClassOf(row int) int {
	label := d.Panel.At(row, d.Panel.Label)
	if math.IsNaN(label) {
		return -1
	}
	return d.classes[int(label)]
}

// TargetValues is what a target is in original units, the outputs of a sample next to each other.
func (d *RowSet) TargetValues(target int) []float64 {
	each := d.OutputsPerTarget()
	values := make([]float64, 0, len(d.Samples)*each)
	for _, s := range d.Samples {
		for j := target * each; j < (target+1)*each; j++ {
			values = append(values, d.Target(s, j))
		}
	}
	return values
}
