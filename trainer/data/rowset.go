package data

// rowSet is rows of a panel as a dataset. Nothing is copied before a batch is filled.
type rowSet struct {
	spec    Spec
	panel   *panel
	samples []sample
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
		s := d.samples[i]
		for t := range d.Steps(i) {
			row, at := int(s.lo)+t, t*b.Size+column
			if d.spec.Vocabulary > 0 {
				b.Tokens[at] = int(d.panel.row(row)[0])
			} else {
				copy(b.Inputs[at*width:(at+1)*width], d.panel.row(row))
			}
			b.Mask[at] = 1
			switch {
			case d.spec.TargetKind == ValuesPerStep && d.panel.complete(row+1):
				copy(b.Targets[at*k:(at+1)*k], d.panel.row(row+1))
				b.Weights[at] = 1
			case d.spec.TargetKind == TokenPerStep:
				b.Labels[at], b.Weights[at] = int(d.panel.row(row + 1)[0]), 1
			}
		}
		switch d.spec.TargetKind {
		case ClassPerSequence:
			b.Labels[column], b.Weights[column] = int(s.target), 1
		case ValuesPerSequence:
			target := scaling{d.spec.TargetScale[0], d.spec.TargetOffset[0]}
			b.Targets[column], b.Weights[column] = target.apply(d.panel.targetValue(int(s.target))), 1
		}
	}
	return nil
}
