package data

func (p *panel) setFeature(column int, values []float64, f func(float64) float64) {
	for row, x := range values {
		p.cells[row*p.columns+column] = f(x)
	}
}

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
			copy(b.Inputs[at*width:(at+1)*width], d.panel.row(row))
			b.Mask[at] = 1
			if d.spec.TargetKind == ValuesPerStep && d.panel.complete[row+1] {
				copy(b.Targets[at*k:(at+1)*k], d.panel.row(row+1))
				b.Weights[at] = 1
			}
		}
		switch d.spec.TargetKind {
		case ClassPerSequence:
			b.Labels[column], b.Weights[column] = int(s.target), 1
		case ValuesPerSequence:
			target := scaling{d.spec.TargetScale[0], d.spec.TargetOffset[0]}
			b.Targets[column], b.Weights[column] = target.apply(d.panel.values[s.target]), 1
		}
	}
	return nil
}

// row returns the features of a row.
func (p *panel) row(row int) []float64 {
	return p.cells[row*p.columns : (row+1)*p.columns]
}
