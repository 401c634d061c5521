package data

// translations is pairs of token sequences. A target ends with EndToken.
type translations struct {
	spec             Spec
	sources, targets [][]int
}

func (d *translations) Spec() Spec            { return d.spec }
func (d *translations) Len() int              { return len(d.sources) }
func (d *translations) Steps(i int) int       { return len(d.sources[i]) }
func (d *translations) TargetSteps(i int) int { return len(d.targets[i]) }

func (d *translations) Fill(b *Batch, indices []int) error {
	if err := b.prepare(d, indices); err != nil {
		return err
	}
	for column, i := range indices {
		for t, token := range d.sources[i] {
			b.Tokens[t*b.Size+column] = token
			b.Mask[t*b.Size+column] = 1
		}
		previous := StartToken
		for u, token := range d.targets[i] {
			b.Previous[u*b.Size+column] = previous
			b.Labels[u*b.Size+column] = token
			b.Weights[u*b.Size+column] = 1
			previous = token
		}
	}
	return nil
}
