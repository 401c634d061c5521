package data

// translations is pairs of token sequences. A target ends with EndToken.
type TokenPairs struct {
	spec             Spec
	Sources, Targets [][]int
	Copies           [][]int // the sources in tokens of the targets, for a baseline; nil: none
}

func NewTokenPairs(spec Spec) *TokenPairs { return &TokenPairs{spec: spec} }

// Add appends a pair.
func (d *TokenPairs) Add(source, target []int) {
	d.Sources, d.Targets = append(d.Sources, source), append(d.Targets, target)
}

func (d *TokenPairs) Spec() Spec            { return d.spec }
func (d *TokenPairs) Len() int              { return len(d.Sources) }
func (d *TokenPairs) Steps(i int) int       { return len(d.Sources[i]) }
func (d *TokenPairs) TargetSteps(i int) int { return len(d.Targets[i]) }

func (d *TokenPairs) Fill(b *Batch, indices []int) error {
	if err := b.Prepare(d, indices); err != nil {
		return err
	}
	for column, i := range indices {
		for t, token := range d.Sources[i] {
			b.Tokens[t*b.Size+column] = token
			b.Mask[t*b.Size+column] = 1
		}
		previous := StartToken
		for u, token := range d.Targets[i] {
			b.Previous[u*b.Size+column] = previous
			b.Labels[u*b.Size+column] = token
			b.Weights[u*b.Size+column] = 1
			previous = token
		}
	}
	return nil
}
