package data

import "math"

// rowSet is rows of a panel as a dataset. Nothing is copied before a batch is filled.
type rowSet struct {
	spec     Spec
	panel    *panel
	samples  []sample
	ahead    []int        // how many rows behind the one of a sample's target each target stands, of targets that are numbers of a sequence
	relative *TableInputs // of which targets are changes; nil: they are none
	classes  []int        // of each label, by its number in the panel, -1 where it is none; of targets that are classes of rows
}

func (d *rowSet) Spec() Spec      { return d.spec }
func (d *rowSet) Len() int        { return len(d.samples) }
func (d *rowSet) Steps(i int) int { return int(d.samples[i].hi - d.samples[i].lo) }

func (d *rowSet) Fill(b *Batch, indices []int) error {
	if err := b.prepare(d, indices); err != nil {
		return err
	}
	width, k := d.spec.Features, d.spec.Targets
	for column, i := range indices {
		s, base := d.samples[i], d.base(d.samples[i])
		for t := range d.Steps(i) {
			row, at := int(s.lo)+t, t*b.Size+column
			if d.spec.Vocabulary > 0 {
				b.Tokens[at] = int(d.panel.row(row)[0])
			} else {
				copy(b.Inputs[at*width:(at+1)*width], d.panel.row(row))
			}
			b.Mask[at] = 1
			switch {
			case d.relative != nil:
				d.relative.shift(b.Inputs[at*width:(at+1)*width], base)
			case d.spec.TargetKind == ValuesPerStep && d.panel.complete(row+1):
				copy(b.Targets[at*k:(at+1)*k], d.panel.row(row+1))
				b.Weights[at] = 1
			case d.spec.TargetKind == TokenPerStep:
				b.Labels[at], b.Weights[at] = int(d.panel.row(row + 1)[0]), 1
			case d.spec.TargetKind == ClassPerStep:
				if class := d.classOf(row); class >= 0 {
					b.Labels[at], b.Weights[at] = class, 1
				}
			}
		}
		switch d.spec.TargetKind {
		case ClassPerSequence:
			b.Labels[column], b.Weights[column] = int(s.target), 1
		case ValuesPerSequence:
			for j := range d.ahead {
				target := scaling{d.spec.TargetScale[j], d.spec.TargetOffset[j]}
				b.Targets[column*k+j] = target.apply(d.target(s, j) - base)
			}
			b.Weights[column] = 1
		}
	}
	return nil
}

// target is the value of target j of a sample, in original units.
func (d *rowSet) target(s sample, j int) float64 {
	return d.panel.targetValue(int(s.target) + d.ahead[j])
}

// base is what the targets of a sample are changes from, 0 where they are none.
func (d *rowSet) base(s sample) float64 {
	if d.relative == nil {
		return 0
	}
	return d.relative.base(d.panel, series{d.panel.start(int(s.hi) - 1), int(s.hi)})
}

// classOf is the class of a row, -1 where it has none.
func (d *rowSet) classOf(row int) int {
	label := d.panel.at(row, d.panel.label)
	if math.IsNaN(label) {
		return -1
	}
	return d.classes[int(label)]
}
